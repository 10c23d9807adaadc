"""A server with keys: the page asks for one when it needs it, and goes on."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.drawings import Groups
from tests.support.page import Visit, show_map
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


def test_key_that_may_only_read(visit: Visit, drawn_groups: Groups) -> None:
    """What the key is not for says so beside the file; the rest works."""
    page = visit.open().page
    visit.tolerated = [REFUSED, "the server responded with a status of 403"]
    give(page, READ)
    visit.ready().add(drawn_groups["rings"][:1])

    assert "a key of the role write" in visit.outcome(drawn_groups["rings"][0].name)
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
