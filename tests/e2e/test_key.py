"""A server with keys: the page asks for one when it needs it, and goes on."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from frontend.client import Client
from tests.support.drawings import Groups
from tests.support.page import Visit, card, select, show_map, title
from tests.support.screens import keep_screen
from tests.support.servers.lookalike import Server, running_server

READ, WRITE = "read0123456789" * 3, "write0123456789" * 3

# The browser says so of each answer with 401; nothing else may be complained of.
REFUSED = "the server responded with a status of 401"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, drawn_model: Path) -> Iterator[Server]:
    keys = {"LOOKALIKE_API_KEYS": f"read:{READ},write:{WRITE}"}
    with running_server(tmp_path_factory.mktemp("guarded"), str(drawn_model), variables=keys) as server:
        yield server


@pytest.fixture
def visit(context: BrowserContext, guarded: Server, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """A tab of a browser that remembers no key of earlier tests."""
    with context.new_page() as page:
        visit = Visit(page, guarded.url)
        visit.tolerated = [REFUSED]
        yield visit
        keep_screen(visit.page, request.node.name)
        page.evaluate("localStorage.clear()")
    assert visit.complaints == []
    assert [request.url for request in visit.requests if READ in request.url or WRITE in request.url] == []


def give(page: Page, key: str) -> None:
    """Type a key into the dialog and press Enter."""
    page.get_by_label("Key", exact=True).fill(key)
    page.keyboard.press("Enter")


def test_key_is_asked_for_once(visit: Visit, drawn_groups: Groups) -> None:
    """One question for all that waits; then everything goes on in the same document, and after a reload without one."""
    page = visit.open().page
    expect(page.get_by_role("dialog", name="A key is needed")).to_be_visible()
    assert page.evaluate("document.activeElement.id") == "key"
    keep_screen(visit.page, "key_asked_for")
    page.evaluate("window.sameDocument = true")
    give(page, "wrong" * 8)
    expect(page.get_by_role("alert").filter(has_text="did not accept")).to_be_visible()
    keep_screen(visit.page, "key_refused")
    give(page, f"  {WRITE} ")
    expect(page.get_by_role("dialog")).to_be_hidden()

    visit.ready().add(drawn_groups["dots"][:2])
    assert len(visit.search(drawn_groups["dots"][2])) == 2
    assert page.evaluate("window.sameDocument")
    keep_screen(visit.page, "key_given")

    visit.back_to_library()
    visit.open().ready()
    assert len(visit.library()) == 2
    show_map(page)
    expect(page.locator("#map-photos li")).to_have_count(2)
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_key_that_may_only_read(visit: Visit, guarded: Server, drawn_groups: Groups, tmp_path: Path) -> None:
    """Nothing is shown that adds, changes or deletes, and no key does it; photos are looked at and searched with."""
    first, second = drawn_groups["rings"][:2]
    with Client(guarded.url, WRITE, cache=tmp_path) as library:
        library.add(first, tags=["ring"])
    page = visit.open().page
    give(page, READ)
    visit.ready()
    expect(page.locator("#add-open")).to_be_hidden()
    card(page, title(first)).focus()
    page.keyboard.press("Delete")
    select(page, title(first))
    tools = page.locator("#selection .tools > button:visible")
    assert [button.get_attribute("title") for button in tools.all()] == ["Show similar to these", "Download"]
    keep_screen(page, "reading_selected")
    page.keyboard.press("Delete")
    page.keyboard.press("Escape")

    card(page, title(first)).click()
    page.keyboard.press("i")
    details = page.locator("#lightbox-drawer")
    expect(details.get_by_text("ring", exact=True)).to_be_visible()
    expect(details.locator("input:visible, button:visible")).to_have_count(1)  # The one that closes them.
    expect(page.locator("#lightbox-delete")).to_be_hidden()
    page.keyboard.press("Delete")
    expect(page.locator("#lightbox-title")).to_have_text(title(first))
    keep_screen(page, "reading_details")
    page.keyboard.press("Escape")

    page.set_input_files("#add-files", second)
    assert title(first) in visit.matches(second.name)
    assert {request.method for request in visit.requests} <= {"GET", "POST"}
    assert [request.url for request in visit.requests if request.url.endswith("/uploads")] == []


def test_rights_before_the_server_has_told_them(visit: Visit) -> None:
    """The page begins as it looked the last time, so that nothing is shown that goes away again."""
    page = visit.open().page
    give(page, READ)
    visit.ready()
    page.route("**/api/v1/**", lambda route: None)  # Never answered.
    page.reload()
    expect(page.locator("html")).to_have_class(re.compile("reading"))
    expect(page.locator("#add-open")).to_be_hidden()


def test_an_empty_library_that_may_only_be_read(context: BrowserContext, drawn_model: Path, tmp_path: Path) -> None:
    """It says that there are no photos, and asks nobody to add any."""
    rights = {"LOOKALIKE_API_KEYS": f"write:{WRITE}", "LOOKALIKE_ANONYMOUS": "read"}
    with running_server(tmp_path, str(drawn_model), variables=rights) as server, context.new_page() as page:
        visit = Visit(page, server.url).for_the_first_time().open().ready()
        expect(page.get_by_text("There are no photos in this library yet.")).to_be_visible()
        expect(page.locator("#welcome button:visible")).to_have_count(0)
        keep_screen(page, "reading_empty")
    assert visit.complaints == []


def test_a_refusal_that_comes_late(visit: Visit) -> None:
    """Whoever has closed the question is not asked it again for a request of before."""
    page = visit.page
    late: list[Route] = []
    page.route("**/api/v1/proportions?*", lambda route: late.append(route))
    visit.open()
    expect(page.get_by_role("dialog")).to_be_visible()
    visit.until(lambda: bool(late))
    visit.tolerated = [REFUSED, "This needs a key"]
    page.keyboard.press("Escape")
    late[0].fulfill(status=401, json={"title": "The request needs a key"})
    expect(page.locator("#library-summary")).to_contain_text("This needs a key of the role read")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_no_key_at_hand(visit: Visit) -> None:
    """Whoever closes the question is told why nothing is shown, and asked again when they try again."""
    page = visit.open().page
    expect(page.get_by_role("dialog")).to_be_visible()
    visit.tolerated = [REFUSED, "This needs a key"]
    page.keyboard.press("Escape")

    expect(page.locator("#library-summary")).to_contain_text("This needs a key of the role read")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_role("button", name="Not now").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="Try again").click()
    give(page, READ)
    expect(page.locator("#library-summary")).to_contain_text("photo")


def test_forgotten_key(visit: Visit) -> None:
    """Forgetting the key takes everything from the page that it has brought there, and out of the browser."""
    page = visit.open().page
    give(page, READ)
    visit.ready()
    page.get_by_role("button", name="About this search").click()
    page.get_by_role("button", name="Forget key").click()

    expect(page.get_by_role("dialog")).to_be_visible()
    assert set(page.evaluate("Object.keys(localStorage)")) <= {"lookalike-fetched", "lookalike-start"}
    assert READ not in page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
    assert visit.library() == []
    expect(page.get_by_role("button", name="Forget key")).to_be_hidden()


def test_what_is_no_key_is_not_sent(visit: Visit) -> None:
    """What no key can be is stopped at the field, where the browser says why."""
    page = visit.open().page
    expect(page.get_by_role("dialog")).to_be_visible()
    for text in ("", "mit Leerzeichen", "schlüssel", "key\u200b"):
        give(page, text)
        assert page.evaluate("document.querySelector('#key').validity.valid") is False
        expect(page.get_by_role("dialog")).to_be_visible()


def test_server_tells_strangers_nothing(guarded: Server) -> None:
    """The page itself needs no key, as it has nothing to tell."""
    assert httpx.get(guarded.url + "/").status_code == 200
    assert httpx.get(guarded.url + "/api/v1/images").status_code == 401
