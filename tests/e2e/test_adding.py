"""Adding many files: folders, the queue, what happens without a connection, over a reload, and to look-alikes."""

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

from tests.support.drawings import Groups, draw, jpeg
from tests.support.filling import listed
from tests.support.page import Visit, title
from tests.support.screens import keep_screens
from tests.support.servers.lookalike import Server

GONE = ["ERR_FAILED", "ERR_CONNECTION"]
"""The browser's own words on a connection that is cut."""


@pytest.fixture
def folder(tmp_path: Path, drawn_groups: Groups) -> Path:
    """A folder as a network's disk has it: four pictures, two known by their bytes alone, and what else is there."""
    holiday = tmp_path / "holiday"
    for number, name in enumerate(("first.jpg", "second day/second.jpg", "third", "fourth.jpg.download")):
        write(holiday / name, drawn_groups["dots"][number].read_bytes())
    for name in SKIPPED_FILES:
        write(holiday / name, b"no picture")
    for folder in SYSTEM_FOLDERS:
        for name in ("first.jpg/THUMB_XL.jpg", "THUMB_M.jpg"):
            write(holiday / "second day" / folder / name, drawn_groups["rings"][1].read_bytes())
    return holiday


SKIPPED_FILES = ("second day/notes.txt", "second day/.hidden.jpg", "Thumbs.db", "no ending")
SYSTEM_FOLDERS = (
    "@eaDir",
    "#recycle",
    "$RECYCLE.BIN",
    "@Recycle",
    ".@__thumb",
    "System Volume Information",
    "__MACOSX",
)


def write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def check_folder(visit: Visit) -> None:
    """Check that the pictures of the folder were added, and that all else is named."""
    page = visit.page
    expect(page.locator("#images .card")).to_have_count(4)
    expect(page.locator("#uploads")).to_have_attribute("data-over", "4")
    assert set(visit.library()) == {"first", "second", "third", "fourth.jpg"}
    page.get_by_role("button", name="11 skipped").click()
    named = set(page.locator("#skipped-files li").all_text_contents())
    folders = {f"holiday/second day/{folder}/" for folder in SYSTEM_FOLDERS}
    assert named == {f"holiday/{name}" for name in SKIPPED_FILES} | folders


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
    """All its pictures are added, those of folders below too; what else is in it is named."""
    visit.open().ready()
    visit.page.set_input_files("#add-folder", folder)
    check_folder(visit)


def test_a_folder_without_photos(visit: Visit, tmp_path: Path) -> None:
    """The page says so, and names what was left out."""
    write(tmp_path / "papers" / "notes.txt", b"no picture")
    page = visit.open().ready().page
    page.set_input_files("#add-folder", tmp_path / "papers")
    expect(page.locator("#notice")).to_have_text("There are no photos in there.")
    expect(page.get_by_role("heading", name="No photos to add")).to_be_visible()
    page.get_by_role("button", name="1 skipped").click()
    expect(page.locator("#skipped-files li")).to_have_text(["papers/notes.txt"])


def test_a_dropped_folder(visit: Visit, folder: Path) -> None:
    """As the same folder chosen."""
    visit.open().ready()
    browser = visit.page.context.new_cdp_session(visit.page)
    for kind in ("dragEnter", "dragOver", "drop"):
        data = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
        browser.send("Input.dispatchDragEvent", {"type": kind, "x": 1200, "y": 300, "data": data})
    check_folder(visit)


def test_a_phone_has_a_camera_for_searching_and_adding(visit: Visit, browser: Browser) -> None:
    """Where there is a touch screen, the search field and the menu of adding offer to take a picture."""
    page = visit.open().page
    assert page.locator("#add-camera").get_attribute("capture") == "environment"
    page.get_by_role("button", name="Add photos").click()
    expect(page.locator("#add-menu").get_by_text("Choose a folder")).to_be_visible()
    expect(page.get_by_text("Take a photo").locator("visible=true")).to_have_count(0)
    page.keyboard.press("Escape")
    with browser.new_context(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 800}) as phone:
        page = phone.new_page()
        page.goto(visit.url)
        page.get_by_role("button", name="Add photos").click()
        expect(page.locator("#add-menu").get_by_text("Take a photo")).to_be_visible()


def test_the_connection_to_the_server_is_lost(visit: Visit, drawn_groups: Groups) -> None:
    """The files say that they wait, none fails, and all go on by themselves when the connection is back."""
    files = [drawn_groups[group][0] for group in ("dots", "rings", "checks", "stripes")]
    visit.tolerated = GONE
    page = visit.open().ready().page
    cut(page, "**/api/v1/uploads")
    page.set_input_files("#add-files", files)
    for path in files[:3]:
        expect(row(page, path.name).locator(".stage")).to_have_text(re.compile(r"^No connection, again in \d+ s$"))
    expect(page.locator("#uploads-rate")).to_have_text("No connection")
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
    page.set_input_files("#add-files", files)
    visit.until(lambda: unsent(page) == 2)
    visit.tag_added("kept")
    visit.until(lambda: unsent(page) == 3)  # The tags of all of them are kept beside the files.
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
    page.get_by_role("button", name="Details", exact=True).click()
    expect(page.locator("#uploads-unkept")).to_be_visible()
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
    page.get_by_role("button", name="Details", exact=True).click()
    page.get_by_role("button", name=f"Cancel {files[0].name}").click()
    expect(row(page, files[0].name)).to_have_count(0)
    expect(page.locator("#uploads-title")).to_have_text("Adding 0 of 4")
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.locator("#uploads")).to_be_focused()  # The button is gone, and the focus stays beside it.
    expect(page.locator("#uploads-summary")).to_have_text("0 photos added, 5 cancelled")
    expect(page.locator(".upload")).to_have_count(0)
    visit.until(lambda: visit.embedder()["open_pictures"] == 0)
    visit.until(lambda: unsent(page) == 0)
    page.unroute_all()
    page.get_by_role("button", name="Clear the list").click()
    visit.add(files[:1])
    assert visit.library() == [title(files[0])]


def test_a_picture_that_looks_like_another(visit: Visit, server: Server, groups: Groups, tmp_path: Path) -> None:
    """It is added, and the tray asks; who keeps both has both, who removes it has the other."""
    first = next(iter(groups.values()))[0]
    smaller, smallest = tmp_path / "smaller.jpg", tmp_path / "smallest.jpg"
    with Image.open(first) as picture:
        picture = picture.convert("RGB")
        smaller.write_bytes(jpeg(picture.resize((picture.width * 3 // 4, picture.height * 3 // 4))))
        smallest.write_bytes(jpeg(picture.resize((picture.width * 2 // 3, picture.height * 2 // 3))))
    page = visit.open().ready().add([first]).page
    page.get_by_role("button", name="Clear the list").click()
    visit.add([smaller])
    expect(page.locator(".question")).to_contain_text(f"smaller.jpg looks like {title(first)}, which is there already.")
    expect(page.locator("#uploads-summary")).to_have_text("1 photo added, 1 looks like another")
    expect(page.get_by_role("button", name="1 needs you")).to_be_visible()
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
    expect(page.locator("#uploads-summary")).to_have_text("2 photos added, 1 looks like another")
    expect(page.locator(".question")).to_have_count(1)


def held_after(page: Page, most: int) -> list[Route]:
    """Let so many files through, and hold those after them; returns what is held."""
    passed: list[Route] = []
    held: list[Route] = []

    def decide(route: Route) -> None:
        if len(passed) < most:
            passed.append(route)
            route.continue_()
        else:
            held.append(route)

    page.route("**/api/v1/uploads", decide)
    return held


def many(folder: Path, count: int) -> list[Path]:
    """Draw small pictures, and one file that is none in front of them."""
    files = [folder / f"{number:02d}.jpg" for number in range(count)]
    for number, path in enumerate(files):
        path.write_bytes(jpeg(draw("dots", number, 64, 48)) if number else b"no picture")
    return files


def let_alone(page: Page) -> None:
    """Let no picture look like another: drawn ones do."""
    page.route("**/api/v1/search", lambda route: route.fulfill(json={"space": "", "searched": 0, "matches": []}))


def test_many_files_have_few_rows(visit: Visit, tmp_path: Path) -> None:
    """Those that are done fold away; what went wrong stays in sight, whatever comes after it."""
    files = many(tmp_path, 60)
    page = visit.open().ready().page
    held = held_after(page, 45)
    let_alone(page)
    page.set_input_files("#add-files", files)
    expect(page.locator("#uploads-title")).to_have_text("Adding 46 of 60")  # Among them the one that is no picture.
    expect(page.locator("#uploads-rate")).to_have_text(
        re.compile(r"^\d+ a (second|minute) · \d+ (second|minute)s? left$")
    )
    expect(page.locator("#uploads-waiting")).to_have_text("6 files waiting after these")
    expect(page.get_by_role("button", name="1 needs you")).to_be_visible()
    keep_screens(page, "adding_running")
    page.unroute("**/api/v1/uploads")
    for route in held:
        route.continue_()
    expect(page.locator("#uploads")).to_have_attribute("data-over", "60")
    assert page.locator("#upload-rows .upload").count() <= 40
    expect(page.locator("#uploads-folded")).to_contain_text("done before these")
    expect(page.locator(".need.failed")).to_have_count(1)
    expect(page.locator(".need.failed")).to_be_visible()
    keep_screens(page, "adding_done")


# Notes what in the tray is moved, and by how much, as the browser's layout shift has it.
WATCH_SHIFTS = """
() => {
    window.shifts = [];
    new PerformanceObserver(list => {
        for (const entry of list.getEntries())
            for (const source of entry.sources)
                if (source.node?.parentElement?.closest("#uploads"))
                    window.shifts.push([source.node.id || source.node.textContent, entry.value]);
    }).observe({ type: "layout-shift" });
}
"""


def test_the_tray_moves_nothing(visit: Visit, tmp_path: Path) -> None:
    """While files come and go, with their details open, everything in the tray stays where it is."""
    page = visit.open().ready().page
    let_alone(page)
    held = held_after(page, 6)
    page.evaluate(WATCH_SHIFTS)
    page.set_input_files("#add-files", many(tmp_path, 20))
    page.get_by_role("button", name="Details", exact=True).click()
    expect(page.locator("#uploads-title")).to_have_text("Adding 7 of 20")
    first = page.locator("#upload-rows .upload").first
    place = first.bounding_box()
    page.unroute("**/api/v1/uploads")
    for route in held:
        route.continue_()
    expect(page.locator("#uploads")).to_have_attribute("data-over", "20")
    expect(page.locator("#uploads-title")).to_have_text("19 photos added")
    assert first.bounding_box() == place
    assert page.evaluate("window.shifts") == []


def test_pausing(visit: Visit, tmp_path: Path) -> None:
    """What has begun is finished, and no other file is begun until somebody goes on."""
    page = visit.open().ready().page
    let_alone(page)
    held = held_after(page, 4)
    page.set_input_files("#add-files", many(tmp_path, 12)[1:])
    expect(page.locator("#uploads-title")).to_have_text("Adding 4 of 11")
    page.get_by_role("button", name="Pause").click()
    page.unroute("**/api/v1/uploads")
    for route in held:
        route.continue_()
    expect(page.locator("#uploads-title")).to_have_text("Paused at 7 of 11")
    expect(page.locator("#upload-rows .waiting")).to_have_count(4)
    page.get_by_role("button", name="Resume").click()
    expect(page.locator("#uploads-title")).to_have_text("11 photos added")
    expect(page.get_by_role("button", name="Pause")).to_be_hidden()


def test_tags_for_all(visit: Visit, server: Server, tmp_path: Path) -> None:
    """Those that are in already, those on their way and those that wait get them; the next list does not."""
    page = visit.open().ready().page
    let_alone(page)
    files = many(tmp_path, 13)[1:]
    held = held_after(page, 4)
    page.set_input_files("#add-files", files[:11])
    expect(page.locator("#uploads-title")).to_have_text("Adding 4 of 11")
    visit.tag_added("summer, linen")
    page.unroute("**/api/v1/uploads")
    for route in held:
        route.continue_()
    expect(page.locator("#uploads-title")).to_have_text("11 photos added")
    page.get_by_role("button", name="Clear the list").click()
    expect(page.locator("#add-open")).to_be_focused()
    visit.add(files[11:])
    tags = listed(server)
    assert tags.pop(title(files[11])) == []
    assert len(tags) == 11
    assert set(map(tuple, tags.values())) == {("summer", "linen")}


def test_the_tray_folds_to_a_pill(visit: Visit, drawn_groups: Groups) -> None:
    """Folded, it says how it goes and no more; a key unfolds it."""
    page = visit.open().ready().add(drawn_groups["dots"][:1]).page
    page.get_by_role("button", name="Details of adding").click()
    expect(page.locator("#uploads-title")).to_be_visible()
    expect(page.locator("#tags")).to_be_hidden()
    expect(page.get_by_role("button", name="Details of adding")).to_have_attribute("aria-expanded", "false")
    keep_screens(page, "adding_folded")
    page.get_by_role("button", name="Details of adding").press("Enter")
    expect(page.locator("#tags")).to_be_visible()
