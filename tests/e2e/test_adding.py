"""Adding many files: folders, the queue, what happens without a connection, over a reload, and to look-alikes."""

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

from tests.support.drawings import Groups, draw, jpeg
from tests.support.page import Visit, title
from tests.support.screens import keep_screens
from tests.support.servers.lookalike import Server

GONE = ["ERR_FAILED", "ERR_CONNECTION"]
"""The browser's own words on a connection that is cut."""


@pytest.fixture
def folder(tmp_path: Path, drawn_groups: Groups) -> Path:
    """A folder with two pictures, one of them in a folder below, and three files that are not to be taken."""
    below = tmp_path / "holiday" / "second day"
    below.mkdir(parents=True)
    (below.parent / "first.jpg").write_bytes(drawn_groups["dots"][0].read_bytes())
    (below / "second.jpg").write_bytes(drawn_groups["rings"][0].read_bytes())
    (below / "notes.txt").write_text("no picture")
    (below / ".hidden.jpg").write_bytes(b"no picture")
    (below.parent / "Thumbs.db").write_bytes(b"no picture")
    return below.parent


def cut(page: Page, pattern: str) -> None:
    """Let requests fail as without a network."""
    page.route(pattern, lambda route: route.abort())


def connect(page: Page, pattern: str) -> None:
    """Let them through again, and let the browser notice."""
    page.unroute(pattern)
    page.evaluate("window.dispatchEvent(new Event('online'))")


def row(page: Page, file_name: str):
    return page.locator(".upload", has=page.get_by_title(file_name, exact=True))


def test_a_chosen_folder(visit: Visit, folder: Path) -> None:
    """All its pictures are added, those of folders below too; what else is in it is counted."""
    visit.open().ready()
    visit.page.set_input_files("#add-folder", folder)
    expect(visit.page.locator("#images .card")).to_have_count(2)
    expect(visit.page.locator("#notice")).to_have_text("Skipped: 3 files that are not photos.")
    assert set(visit.library()) == {"first", "second"}


def test_a_dropped_folder(visit: Visit, folder: Path) -> None:
    """As the same folder chosen."""
    visit.open().ready()
    browser = visit.page.context.new_cdp_session(visit.page)
    for kind in ("dragEnter", "dragOver", "drop"):
        data = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
        browser.send("Input.dispatchDragEvent", {"type": kind, "x": 1200, "y": 300, "data": data})
    expect(visit.page.locator("#images .card")).to_have_count(2)
    expect(visit.page.locator("#notice")).to_have_text("Skipped: 3 files that are not photos.")


def test_a_phone_has_a_camera_at_both_doors(visit: Visit, browser: Browser) -> None:
    """Where there is a touch screen, each door offers to take a picture."""
    assert visit.open().page.locator("#add-camera").get_attribute("capture") == "environment"
    expect(visit.page.locator("#add-door .camera")).to_be_hidden()
    with browser.new_context(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 800}) as phone:
        page = phone.new_page()
        page.goto(visit.url)
        expect(page.locator("#add-door .camera")).to_be_visible()


def test_the_connection_to_the_server_is_lost(visit: Visit, drawn_groups: Groups) -> None:
    """The files say that they wait, none fails, and all go on by themselves when the connection is back."""
    files = [drawn_groups[group][0] for group in ("dots", "rings", "checks", "stripes")]
    visit.tolerated = GONE
    page = visit.open().ready().page
    cut(page, "**/api/v1/uploads")
    page.set_input_files("#add-files", files)
    for path in files[:3]:
        expect(row(page, path.name).locator(".stage")).to_have_text(re.compile(r"^No connection, again in \d+ s$"))
    keep_screens(page, "adding_no_connection")
    connect(page, "**/api/v1/uploads")
    expect(page.locator("#images .card")).to_have_count(4)
    expect(page.locator("#uploads-summary")).to_contain_text("4 photos added")


def test_the_connection_breaks_in_the_middle_of_a_file(visit: Visit, server: Server, drawn_groups: Groups) -> None:
    """What had been sent is sent again, and the store has the whole file at the end."""
    path = drawn_groups["dots"][1]
    broken: list[Route] = []

    def break_once(route: Route) -> None:
        if broken:
            route.continue_()
        else:
            broken.append(route)
            route.abort("connectionreset")

    visit.tolerated = [*GONE, "ERR_"]
    page = visit.open().ready().page
    page.route("**/store/**", lambda route: break_once(route) if route.request.method == "PUT" else route.continue_())
    page.set_input_files("#add-files", path)
    expect(page.locator("#images .card")).to_have_count(1)
    assert broken
    page.unroute_all()
    with server.api() as api:
        (image,) = api.get("/images").json()["images"]
        assert api.get(server.url + image["original_url"]).content == path.read_bytes()
    assert visit.embedder()["open_pictures"] == 0


def test_a_server_that_wants_to_be_left_alone(visit: Visit, drawn_groups: Groups) -> None:
    """The time that it names is waited for."""
    visit.tolerated = ["429"]
    page = visit.open().ready().page
    page.route("**/api/v1/uploads", lambda route: route.fulfill(status=429, headers={"retry-after": "77"}))
    page.set_input_files("#add-files", drawn_groups["dots"][1])
    expect(page.locator(".upload .stage")).to_have_text(re.compile(r"^The server is busy, again in [1-7]\d s$"))
    connect(page, "**/api/v1/uploads")
    expect(page.locator("#images .card")).to_have_count(1)


def test_a_ticket_that_has_expired(visit: Visit, drawn_groups: Groups) -> None:
    """The file begins anew with another ticket, and nobody has to do anything."""
    visit.tolerated = ["410"]
    refused: list[Route] = []

    def refuse_once(route: Route) -> None:
        if refused or route.request.method != "PUT":
            route.continue_()
        else:
            refused.append(route)
            route.fulfill(status=410, json={"title": "The ticket has expired"})

    page = visit.open().ready().page
    page.route("**/api/v1/images/*", refuse_once)
    page.set_input_files("#add-files", drawn_groups["dots"][1])
    expect(page.locator("#images .card")).to_have_count(1)
    assert refused


def test_a_target_that_the_store_says_has_expired(visit: Visit, drawn_groups: Groups) -> None:
    """The file begins anew with another ticket, whatever this browser's clock says of the first."""
    visit.tolerated = ["403"]
    refused: list[Route] = []

    def refuse_once(route: Route) -> None:
        if refused or route.request.method != "PUT":
            route.continue_()
        else:
            refused.append(route)
            route.fulfill(status=403, body="Request has expired")

    page = visit.open().ready().page
    page.route("**/store/**", refuse_once)
    page.set_input_files("#add-files", drawn_groups["dots"][1])
    expect(page.locator("#images .card")).to_have_count(1)
    assert refused


@pytest.mark.new_tab
def test_a_reload_goes_on_with_what_was_not_sent(visit: Visit, drawn_groups: Groups) -> None:
    """The page says which files these are, adds them with their tags, and a second tab leaves them alone."""
    files = drawn_groups["rings"][:2]
    visit.tolerated = GONE
    page = visit.open().ready().page
    cut(page, "**/api/v1/uploads")
    page.fill("#tags", "kept")
    page.set_input_files("#add-files", files)
    visit.until(lambda: unsent(page) == 2)
    with page.context.new_page() as second:
        second.goto(visit.url)
        expect(second.locator("#engine")).to_contain_text("Ready")
        expect(second.locator("#uploads")).to_be_hidden()
    page.reload()
    page.unroute("**/api/v1/uploads")
    expect(page.locator("#uploads-resumed")).to_have_text(
        f"2 files had not been sent yet: {files[0].name}, {files[1].name}."
    )
    expect(page.locator("#images .card")).to_have_count(2)
    expect(page.locator("#images .tag")).to_have_text(["kept", "kept"])
    visit.until(lambda: unsent(page) == 0)
    page.reload()
    visit.ready()
    expect(page.locator("#uploads")).to_be_hidden()


UNSENT = """
() => new Promise(resolve => {
    const request = indexedDB.open("lookalike", 1);
    request.onsuccess = () => {
        const count = request.result.transaction("unsent").objectStore("unsent").count();
        count.onsuccess = () => { request.result.close(); resolve(count.result); };
    };
})
"""


def unsent(page: Page) -> int:
    """Count what the browser keeps for a reload."""
    return page.evaluate(UNSENT)


# As browsers do that are set to keep nothing; PyScript's own database is not meant.
NO_DATABASE = """
const open = IDBFactory.prototype.open;
IDBFactory.prototype.open = function (name, ...version) {
    if (name === "lookalike") throw new DOMException("denied", "SecurityError");
    return open.call(this, name, ...version);
};
"""


@pytest.mark.new_tab
def test_a_browser_that_keeps_nothing(visit: Visit, drawn_groups: Groups) -> None:
    """Without a database the files are added all the same; until then the page says what a reload would lose."""
    visit.tolerated = GONE
    visit.page.add_init_script(NO_DATABASE)
    page = visit.open().ready().page
    cut(page, "**/api/v1/uploads")
    page.set_input_files("#add-files", drawn_groups["rings"][0])
    expect(page.locator("#uploads-unkept")).to_contain_text("lost if you leave the page")
    connect(page, "**/api/v1/uploads")
    expect(page.locator("#images .card")).to_have_count(1)
    expect(page.locator("#uploads-unkept")).to_be_hidden()


def test_cancelling(visit: Visit, drawn_groups: Groups) -> None:
    """One file or all the others are taken from the list at once; nothing of them is kept, sent or left open."""
    files = drawn_groups["dots"][:5]
    page = visit.open().ready().page
    held: list[Route] = []
    page.route("**/store/**", lambda route: held.append(route) if route.request.method == "PUT" else route.continue_())
    page.set_input_files("#add-files", files)
    expect(row(page, files[0].name).locator(".stage")).to_have_text("uploading")
    page.get_by_role("button", name=f"Cancel {files[0].name}").click()
    expect(row(page, files[0].name)).to_have_count(0)
    expect(page.locator("#uploads-rate")).to_contain_text("0 of 4")
    page.get_by_role("button", name="Cancel all").click()
    expect(page.locator("#uploads-summary")).to_have_text("0 photos added, 5 cancelled")
    expect(page.locator(".upload")).to_have_count(0)
    visit.until(lambda: visit.embedder()["open_pictures"] == 0)
    visit.until(lambda: unsent(page) == 0)
    page.unroute_all()
    page.get_by_role("button", name="Clear the list").click()
    visit.add(files[:1])
    assert visit.library() == [title(files[0])]


def test_a_picture_that_looks_like_another(visit: Visit, server: Server, groups: Groups, tmp_path: Path) -> None:
    """It is added, and its row asks; who keeps both has both, who removes it has the other."""
    first = next(iter(groups.values()))[0]
    smaller, smallest = tmp_path / "smaller.jpg", tmp_path / "smallest.jpg"
    with Image.open(first) as picture:
        picture = picture.convert("RGB")
        smaller.write_bytes(jpeg(picture.resize((picture.width * 3 // 4, picture.height * 3 // 4))))
        smallest.write_bytes(jpeg(picture.resize((picture.width * 2 // 3, picture.height * 2 // 3))))
    page = visit.open().ready().add([first]).page
    page.get_by_role("button", name="Clear the list").click()
    visit.add([smaller])
    expect(page.locator(".question")).to_contain_text(f"Looks like {title(first)}: keep both?")
    expect(page.locator("#uploads-summary")).to_have_text("1 photo added, 1 question")
    keep_screens(page, "adding_question")
    page.get_by_role("button", name="Keep both").click()
    expect(page.locator(".question")).to_have_count(0)
    page.get_by_role("button", name="Clear the list").click()

    visit.add([smallest])
    page.get_by_role("button", name="Remove smallest.jpg").click()
    with page.expect_response(lambda response: response.request.method == "DELETE"):
        page.get_by_role("button", name="Delete now").click()
    expect(page.locator("#images .card")).to_have_count(2)
    with server.api() as api:
        titles = [image["title"] for image in api.get("/images").json()["images"]]
    assert set(titles) == {title(first), "smaller"}


def test_two_that_come_together_and_look_alike(visit: Visit, groups: Groups, tmp_path: Path) -> None:
    """One of them asks, and not both: whoever removed each for the other's sake would have neither."""
    first = next(iter(groups.values()))[0]
    smaller = tmp_path / "smaller.jpg"
    with Image.open(first) as picture:
        picture = picture.convert("RGB")
        smaller.write_bytes(jpeg(picture.resize((picture.width * 3 // 4, picture.height * 3 // 4))))
    page = visit.open().ready().add([first, smaller]).page
    expect(page.locator("#uploads-summary")).to_have_text("2 photos added, 1 question")
    expect(page.locator(".question")).to_have_count(1)


def test_many_files_have_few_rows(visit: Visit, tmp_path: Path) -> None:
    """Those that are done fold away; what went wrong stays in sight, whatever comes after it."""
    files = [tmp_path / f"{number:02d}.jpg" for number in range(40)]
    for number, path in enumerate(files):
        path.write_bytes(jpeg(draw("dots", number, 64, 48)) if number else b"no picture")
    page = visit.open().ready().page
    passed: list[Route] = []
    held: list[Route] = []

    def hold_after_some(route: Route) -> None:
        if len(passed) < 25:
            passed.append(route)
            route.continue_()
        else:
            held.append(route)

    page.route("**/api/v1/uploads", hold_after_some)
    # Drawn pictures look like one another; those that are asked about would not fold away.
    page.route("**/api/v1/search", lambda route: route.fulfill(json={"space": "", "matches": []}))
    page.set_input_files("#add-files", files)
    running = r"^26 of 40 · [\d.]+ a (second|minute) · \d+ (s|min) left$"  # Among them the one that is no picture.
    expect(page.locator("#uploads-rate")).to_contain_text(re.compile(running))
    expect(page.locator("#uploads-waiting")).to_contain_text("6 files waiting after these")
    keep_screens(page, "adding_running")
    passed.clear()
    for route in held:
        route.continue_()
    expect(page.locator("#uploads")).to_have_attribute("data-over", "40")
    assert page.locator("#upload-done .upload").count() <= 20
    expect(page.locator("#uploads-folded")).to_contain_text("done before these")
    expect(page.locator(".upload.failed")).to_have_count(1)
    keep_screens(page, "adding_done")
