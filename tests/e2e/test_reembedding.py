"""
A server is started with another model: browsers re-embed the library, and its old space is given up.

That is one story, and takes one server and two tabs: each fixture here brings it to its next station, and each test
looks at one thing there. They stand in the story's order.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from tests.support.accessibility import violations
from tests.support.drawings import Groups
from tests.support.drawn_model import write_drawn_model
from tests.support.filling import add_files, fill
from tests.support.page import Visit, title
from tests.support.screens import keep_screen
from tests.support.servers.lookalike import Server, running_server

TAGS = ["striped", "wide"]


@dataclass(frozen=True)
class Story:
    """What the tests look at: a server with a new model and photos of the old one, and two tabs."""

    server: Server
    photos: Sequence[Path]
    torn: Path
    """Of which the store has only the beginning."""
    old_space: str
    first: Visit
    second: Visit

    @property
    def page(self) -> Page:
        return self.first.page


@pytest.fixture(scope="module")
def other_model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_drawn_model(tmp_path_factory.mktemp("other"), seed=21))


@pytest.fixture(scope="module")
def opened(
    context: BrowserContext,
    drawn_model: Path,
    other_model: str,
    drawn_groups: Groups,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Story]:
    """The page is opened on the server with the new model."""
    data = tmp_path_factory.mktemp("data")
    photos = [path for group in ("stripes", "dots", "checks", "rings") for path in drawn_groups[group]]
    with running_server(data, str(drawn_model)) as server:
        add_files(server, photos, TAGS)
        old_space, torn = space_of(server), torn_image(server, data)
    with running_server(data, other_model) as server, context.new_page() as page, context.new_page() as second:
        story = Story(server, photos, torn, old_space, Visit(page, server.url), Visit(second, server.url))
        story.first.open()
        yield story


@pytest.fixture(scope="module")
def followed(opened: Story) -> Story:
    """Somebody follows the link to the page that re-embeds."""
    opened.page.get_by_role("link", name="Re-embed them").click()
    expect(opened.page.get_by_role("button", name="Start")).to_be_enabled()
    return opened


@pytest.fixture(scope="module")
def worked(followed: Story) -> Story:
    """
    One tab is held up after a few photos, another does the next ones, the first is loaded again; one photo is left.
    """
    page, server = followed.page, followed.server
    followed.first.tolerated = followed.second.tolerated = ["ERR_CONTENT_LENGTH_MISMATCH"]
    page.route("**/api/v1/reembedding/images/*", hold_after(4))
    page.get_by_role("button", name="Start").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    followed.first.until(lambda: progress(server)["left"] <= 21)
    followed.second.page.goto(page.url)
    followed.first.until(lambda: written(followed.second) >= 5)
    page.unroute("**/api/v1/reembedding/images/*")
    page.reload()
    followed.first.until(lambda: progress(server)["left"] == 1)
    return followed


@pytest.fixture(scope="module")
def replaced(worked: Story) -> Story:
    """Of the photo that cannot be read its thumbnail is taken."""
    torn_row(worked.page, worked.torn).get_by_role("button", name="Use the thumbnail").click()
    expect(worked.page.get_by_role("button", name="Finish")).to_be_visible()
    return worked


@pytest.fixture(scope="module")
def finished(replaced: Story) -> Story:
    """The old space is given up."""
    replaced.page.get_by_role("button", name="Finish").click()
    expect(replaced.page.locator("#reembed-state")).to_contain_text("Every photo can be found")
    return replaced


@pytest.fixture(scope="module")
def returned(finished: Story) -> Story:
    """Somebody goes back to the library."""
    finished.first.open().ready()
    return finished


def test_photos_of_another_model_are_told(opened: Story) -> None:
    """The page says how many cannot be found, and shows none of them."""
    notice = "24 photos were added with another model and cannot be found yet."
    expect(opened.page.locator("#reembed-notice")).to_contain_text(notice)
    assert opened.first.library() == []
    keep_screen(opened.page, "reembed_notice")


def test_what_there_is_to_do_is_told(followed: Story) -> None:
    """The page that re-embeds names the number of photos and the new model."""
    expect(followed.page.locator("#reembed-models")).to_contain_text("24 photos) to drawn")


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_that_reembeds(followed: Story, width: int) -> None:
    """It fits a phone and a desktop, and breaks no rule of accessibility."""
    page = followed.page
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    keep_screen(page, f"reembed_{width}")
    assert violations(page) == []


def test_two_tabs_share_the_work(worked: Story) -> None:
    """The second tab did photos that the first was not at, and the first went on after it had been loaded again."""
    assert written(worked.second) >= 5
    assert written(worked.first) >= 3


def test_both_tabs_tell_the_photo_that_cannot_be_read(worked: Story) -> None:
    """They name it, and count the others."""
    for tab in (worked.page, worked.second.page):
        expect(tab.locator("#unreadable")).to_contain_text(title(worked.torn))
        expect(tab.locator("#reembed-count")).to_have_text("23 of 24 photos")


def test_with_a_photo_left_nothing_is_finished(worked: Story) -> None:
    """The old space cannot be given up yet."""
    expect(torn_row(worked.page, worked.torn)).to_be_visible()
    expect(worked.page.get_by_role("button", name="Finish")).to_be_hidden()


def test_accessibility_with_a_photo_that_cannot_be_read(worked: Story) -> None:
    """What is said of it breaks no rule either."""
    expect(torn_row(worked.page, worked.torn)).to_be_visible()
    keep_screen(worked.page, "reembed_unreadable")
    assert violations(worked.page) == []


def test_a_thumbnail_stands_in(replaced: Story) -> None:
    """Nothing is said of that photo any more."""
    expect(torn_row(replaced.page, replaced.torn)).to_be_hidden()


def test_accessibility_when_all_are_done(replaced: Story) -> None:
    """The page that offers to finish breaks no rule."""
    keep_screen(replaced.page, "reembed_done")
    assert violations(replaced.page) == []


def test_the_old_space_is_given_up(finished: Story) -> None:
    """Its table is deleted."""
    assert not list((finished.server.data / "database").glob(f"images_{finished.old_space}*"))


def test_the_library_is_whole_again(returned: Story) -> None:
    """All photos are there, and there is nothing more to tell."""
    expect(returned.page.locator("#reembed-notice")).to_be_hidden()
    assert sorted(returned.first.library()) == sorted(title(path) for path in returned.photos)


def test_searches_find_again(returned: Story, drawn_groups: Groups) -> None:
    """A search by the file of a photo finds that photo."""
    assert returned.first.search(drawn_groups["dots"][0])[0] == title(drawn_groups["dots"][0])


def test_data_are_kept(returned: Story) -> None:
    """The photos have the tags that they had."""
    with returned.server.api() as api:
        images = api.get("/images", params={"limit": 100}).json()["images"]
    assert [image["tags"] for image in images] == [TAGS] * 24


def test_nothing_else_was_complained_of(returned: Story) -> None:
    """Neither tab wrote anything to the console or asked anybody but its server, from the beginning to the end."""
    for visit in (returned.first, returned.second):
        assert visit.complaints == []
        assert visit.foreign_requests() == []


def test_key_and_lost_connection(context: BrowserContext, drawn_model: Path, other_model: str, tmp_path: Path) -> None:
    """The page asks for an administrator's key; what it loses the server over is waited for, and goes on by itself."""
    data, key = tmp_path / "data", "admin0123456789" * 3
    with running_server(data, str(drawn_model)) as server:
        fill(server, 5)
    variables = {"LOOKALIKE_API_KEYS": f"admin:{key}"}
    with running_server(data, other_model, variables=variables) as server, context.new_page() as page:
        visit = Visit(page, server.url)
        visit.tolerated = ["the server responded with a status of 401", "ERR_"]
        page.goto(f"{server.url}/reembed.html")
        expect(page.get_by_role("dialog", name="A key is needed")).to_be_visible()
        assert violations(page) == []
        page.get_by_label("Key", exact=True).fill(key)
        page.keyboard.press("Enter")
        expect(page.locator("#reembed-models")).to_contain_text("5 photos) to drawn")

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


def torn_row(page: Page, torn: Path) -> Locator:
    return page.locator(".unreadable", has_text=title(torn))


def progress(server: Server) -> dict[str, int]:
    with server.api() as api:
        return api.get("/reembedding").json()


def written(visit: Visit) -> int:
    """Count the images that a tab has written."""
    return sum(request.method == "PUT" and "/reembedding/" in request.url for request in visit.requests)
