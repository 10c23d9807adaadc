"""A server is started with another model: browsers re-embed the library, and its old space is given up."""

from collections.abc import Callable, Mapping
from pathlib import Path

from playwright.sync_api import BrowserContext, Route, expect

from tests.e2e.conftest import keep_screenshot
from tests.e2e.test_page import fill
from tests.support.accessibility import violations
from tests.support.drawn_model import write_drawn_model
from tests.support.page import Visit, title
from tests.support.servers.lookalike import Server, running_server


def test_change_of_the_model(
    context: BrowserContext, drawn_model: Path, drawn_groups: Mapping[str, list[Path]], tmp_path: Path
) -> None:
    """
    The page says what cannot be found; two tabs share the work, a reload goes on, a torn file is told and dealt with.
    """
    data, tags = tmp_path / "data", "striped, wide"
    pictures = [path for group in ("stripes", "dots", "checks", "rings") for path in drawn_groups[group]]
    with running_server(data, str(drawn_model)) as server, context.new_page() as page:
        visit = Visit(page, server.url).open().ready().add(pictures, tags)
        assert visit.complaints == []
        old_space = space_of(server)
        torn = torn_image(server, data)

    other = write_drawn_model(tmp_path / "other", seed=21)
    with running_server(data, str(other)) as server, context.new_page() as page:
        visit = Visit(page, server.url).open()
        notice = page.locator("#reembed-notice")
        expect(notice).to_contain_text("24 pictures were added with another model and cannot be found yet.")
        assert visit.library() == []
        keep_screenshot(visit, "reembed_notice")
        page.get_by_role("link", name="Re-embed them").click()
        expect(page.locator("#reembed-models")).to_contain_text("24 pictures) to drawn")
        start = page.get_by_role("button", name="Start")
        expect(start).to_be_enabled()
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            keep_screenshot(visit, f"reembed_{width}")
            assert violations(page) == []
        page.emulate_media(color_scheme="light")

        # This tab is held up after a few pictures, so that the other one meets it in the middle.
        page.route("**/api/v1/reembedding/images/*", hold_after(4))
        start.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Pause")).to_be_visible()
        visit.until(lambda: progress(server)["left"] <= 21)
        with context.new_page() as second:
            other_visit = Visit(second, server.url)
            visit.tolerated = other_visit.tolerated = ["ERR_CONTENT_LENGTH_MISMATCH"]
            second.goto(page.url)
            visit.until(lambda: written(other_visit) >= 5)
            page.unroute("**/api/v1/reembedding/images/*")
            page.reload()
            visit.until(lambda: progress(server)["left"] == 1)
            for tab in (page, second):
                expect(tab.locator("#unreadable")).to_contain_text(title(torn))
                expect(tab.locator("#reembed-count")).to_have_text("23 of 24 pictures")
            assert written(visit) >= 3
            assert other_visit.complaints == []

        row = page.locator(".unreadable", has_text=title(torn))
        keep_screenshot(visit, "reembed_unreadable")
        assert violations(page) == []
        keep_screenshot(visit, "reembed_unreadable_dark")
        page.emulate_media(color_scheme="light")
        expect(page.get_by_role("button", name="Finish")).to_be_hidden()
        row.get_by_role("button", name="Use the thumbnail").click()
        expect(row).to_be_hidden()
        keep_screenshot(visit, "reembed_done")
        assert violations(page) == []
        page.get_by_role("button", name="Finish").click()
        expect(page.locator("#reembed-state")).to_contain_text("Every picture can be found")
        assert not list((data / "database").glob(f"images_{old_space}*"))
        assert visit.complaints == []
        assert visit.foreign_requests() == []

        visit.open().ready()
        expect(notice).to_be_hidden()
        assert sorted(visit.library()) == sorted(title(path) for path in pictures)
        assert visit.search(drawn_groups["dots"][0])[0] == title(drawn_groups["dots"][0])
        with server.api() as api:
            assert {tuple(image["tags"]) for image in api.get("/images").json()["images"]} == {("striped", "wide")}


def test_key_and_lost_connection(context: BrowserContext, drawn_model: Path, tmp_path: Path) -> None:
    """The page asks for an administrator's key; what it loses the server over is waited for, and goes on by itself."""
    data, key = tmp_path / "data", "admin0123456789" * 3
    with running_server(data, str(drawn_model)) as server:
        fill(server, 5)
    other = write_drawn_model(tmp_path / "other", seed=21)
    variables = {"LOOKALIKE_API_KEYS": f"admin:{key}"}
    with running_server(data, str(other), variables=variables) as server, context.new_page() as page:
        visit = Visit(page, server.url)
        visit.tolerated = ["the server responded with a status of 401", "ERR_"]
        page.goto(f"{server.url}/reembed.html")
        expect(page.get_by_role("dialog", name="This needs a key")).to_be_visible()
        assert violations(page) == []
        page.get_by_label("Key", exact=True).fill(key)
        page.keyboard.press("Enter")
        expect(page.locator("#reembed-models")).to_contain_text("5 pictures) to drawn")

        page.route("**/api/v1/reembedding/images/*", lambda route: route.abort("connectionrefused"))
        page.get_by_role("button", name="Start").click()
        expect(page.get_by_text("The server cannot be reached. Trying again.")).to_be_visible()
        page.unroute("**/api/v1/reembedding/images/*")
        expect(page.get_by_role("button", name="Finish")).to_be_visible()
        expect(page.get_by_text("The server cannot be reached. Trying again.")).to_be_hidden()
        page.evaluate("localStorage.clear()")
        assert visit.complaints == []


def hold_after(count: int) -> Callable[[Route], None]:
    """Return what lets so many requests through, and never answers the others."""
    passed: list[Route] = []

    def handle(route: Route) -> None:
        passed.append(route)
        if len(passed) <= count:
            route.continue_()

    return handle


def space_of(server: Server) -> str:
    with server.api() as api:
        return api.get("/space").json()["space"]


def torn_image(server: Server, data: Path) -> Path:
    """Cut off what the store has of an original, and return its file's name."""
    with server.api() as api:
        image = api.get("/images", params={"sort": "title"}).json()["images"][0]
    body = data / "objects" / "originals" / image["id"] / "body"
    body.write_bytes(body.read_bytes()[:60])
    return Path(image["file_name"])


def progress(server: Server) -> dict[str, int]:
    with server.api() as api:
        return api.get("/reembedding").json()


def written(visit: Visit) -> int:
    """Count the images that a tab has written."""
    return sum(request.method == "PUT" and "/reembedding/" in request.url for request in visit.requests)
