"""What people see and touch: ways in for files, keyboard, themes and widths, and the page while it starts."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.e2e.conftest import PLAIN
from tests.support.drawings import Groups
from tests.support.files import drop, paste
from tests.support.filling import listed
from tests.support.page import Visit, card, delete, press_on_card, title
from tests.support.screens import WIDTHS, keep_screens
from tests.support.servers.lookalike import Server, running_server


def test_dropped_files_go_to_the_half_they_are_dropped_on(visit: Visit, drawn_groups: Groups) -> None:
    """The right half of the window adds to the library, the left half searches it."""
    first, second = drawn_groups["dots"][:2]
    visit.open().ready()
    drop(visit.page, first, x=1200)
    expect(visit.page.locator("#images .card")).to_have_count(1)
    drop(visit.page, second, x=100)
    assert visit.matches(second.name) == [title(first)]
    expect(visit.page.locator("#drop-veil")).to_be_hidden()


def test_pasted_pictures(visit: Visit, drawn_groups: Groups) -> None:
    """A pasted picture is searched with."""
    first, second = drawn_groups["rings"][:2]
    visit.open().ready().add([first])
    paste(visit.page, second)
    assert visit.matches(second.name) == [title(first)]


@pytest.mark.new_tab
def test_all_of_it_by_keyboard(visit: Visit, drawn_groups: Groups) -> None:
    """Without a pointer: reach all that can be chosen, show what is similar, go back, delete, undo, delete."""
    visit.open().ready().add(drawn_groups["checks"][:2])
    page = visit.page
    newest, other = visit.library()
    page.get_by_role("link", name="Skip to the photos").focus()
    reached: list[str] = []
    while f"Open {newest}" not in reached:
        assert len(reached) < 28, " ".join(map(str, reached))
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.ariaLabel"))
    wanted = ["search-words", "search-file", "as-grid", "as-map", "as-tidy", "add-open", "library-sort", "library-size"]
    assert [name for name in reached if name in wanted] == wanted

    page.keyboard.press("s")
    assert visit.matches(newest) == [other]
    page.keyboard.press("Escape")
    visit.shows("library")

    card(page, newest).focus()
    page.keyboard.press("Delete")
    expect(page.locator("#images .card")).to_have_count(1)
    page.keyboard.press("Control+z")
    expect(page.locator("#images .card")).to_have_count(2)
    assert visit.library()[0] == newest

    card(page, newest).focus()
    page.keyboard.press("Delete")
    page.get_by_role("button", name="Delete now").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#images .card")).to_have_count(1)


def test_keys_anywhere(visit: Visit, drawn_groups: Groups) -> None:
    """A slash leads to the search field, Escape empties it, a question mark lists all keys; in fields they are text."""
    visit.open().ready().add(drawn_groups["checks"][:2])
    page, words = visit.page, visit.page.locator("#search-words")
    page.keyboard.press("/")
    expect(words).to_be_focused()
    page.keyboard.type("dots/?")
    expect(words).to_have_value("dots/?")
    expect(page.locator("#images")).to_contain_text("No photos match “dots/?”.")
    page.keyboard.press("Escape")
    expect(words).to_have_value("")
    expect(words).to_be_focused()
    expect(page.locator("#images .card")).to_have_count(2)

    page.locator("#library").focus()
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys).to_contain_text("Go to the search field")
    page.keyboard.press("/")
    expect(words).not_to_be_focused()
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()


@pytest.mark.new_tab
def test_the_library_can_be_used_while_the_embedder_loads(visit: Visit, drawn_groups: Groups) -> None:
    """With Python's own download held back, the library is shown, searched by image and deleted from."""
    visit.open().ready().add(drawn_groups["dots"][:3])
    held: list[Route] = []
    visit.page.route("**/pyodide.asm.wasm", lambda route: held.append(route))
    visit.for_the_first_time().page.reload()
    expect(visit.page.locator("#images .card")).to_have_count(3)
    name = visit.library()[0]
    press_on_card(visit.page, name, "Show similar to")
    assert len(visit.matches(name)) == 2
    expect(visit.page.locator("#engine")).to_have_text("Getting ready")
    line = visit.page.locator("#start-up")
    assert 0 < int(line.get_attribute("aria-valuenow") or 0) < 100  # All else is here, but not Python.
    visit.back_to_library()
    delete(visit.page, name)
    expect(visit.page.locator("#images .card")).to_have_count(2)
    for route in held:
        route.continue_()
    visit.page.unroute("**/pyodide.asm.wasm")
    visit.ready()


# Notes each place of the line, and each sentence, from the first.
NOTE_THE_START = """
window.places = [];
document.addEventListener("DOMContentLoaded", () => {
    const line = document.getElementById("start-up");
    const note = document.getElementById("start-up-note");
    new MutationObserver(() => places.push([+line.ariaValueNow, note.textContent, line.className, performance.now()]))
        .observe(line, { attributes: true });
});
"""


@pytest.mark.new_tab
@pytest.mark.parametrize("first", [True, False])
def test_the_line_of_the_start_moves_evenly_to_its_end(visit: Visit, first: bool) -> None:
    """It never goes back, says no more than there is, and is full only when all is ready."""
    if first:
        visit.for_the_first_time()
    else:
        visit.open().ready()
    visit.page.add_init_script(NOTE_THE_START)
    visit.open().ready()
    places = visit.page.evaluate("places")
    percents = [percent for percent, text, state, at_ms in places]
    assert percents == sorted(percents) and percents[-1] < 100
    assert all(text in ("Getting ready", f"Getting ready, {percent} %") for percent, text, *_ in places[:-1])
    assert len(set(percents)) > 8 and percents[-1] > 60
    assert places[-1][2] == "start-up ready"
    expect(visit.page.locator("#start-up")).to_be_hidden()
    expect(visit.page.locator("#start-up-note")).to_be_hidden()


@pytest.mark.new_tab
def test_a_search_that_comes_before_all_is_ready(visit: Visit, drawn_groups: Groups) -> None:
    """It is taken, the page says how far it is, and answers when it can."""
    held: list[Route] = []
    visit.page.route("**/tf-core.min.js", lambda route: held.append(route))
    visit.open()
    visit.page.set_input_files("#search-file", drawn_groups["dots"][0])
    note = visit.page.locator("#start-up-note")
    expect(note).to_have_class(re.compile("wanted"))
    expect(note).to_be_visible()
    expect(note).to_have_text(re.compile(r"^Getting ready, \d\d? %$"))
    visit.page.unroute("**/tf-core.min.js")
    for route in held:
        route.continue_()
    visit.matches(drawn_groups["dots"][0].name)
    expect(note).to_be_hidden()


@pytest.mark.new_tab
def test_files_chosen_before_the_page_has_started(visit: Visit, drawn_groups: Groups) -> None:
    """Somebody quicker than the page's own script loses nothing: the files are taken once it runs."""
    held: list[Route] = []
    visit.page.route("**/page/main.py", lambda route: held.append(route))
    with visit.page.expect_request("**/page/main.py"):
        visit.open()
    visit.page.set_input_files("#add-files", drawn_groups["dots"][0])
    for route in held:
        route.continue_()
    expect(visit.page.locator("#images .card")).to_have_count(1)


@pytest.mark.new_tab
def test_later_visit(visit: Visit) -> None:
    """What an earlier visit fetched is asked for by the worker only, and the panel says where it lay."""
    visit.for_the_first_time().open().ready()
    asked = [request.url for request in visit.requests if request.url.endswith("/pyodide.asm.wasm")]
    assert len(asked) == 2
    with visit.page.context.new_page() as page:
        later = Visit(page, visit.url).open()
        later.ready()
        assert [request.url for request in later.requests if request.url in asked] == asked[:1]
        page.get_by_role("button", name="About this search").click()
        expect(page.locator("#about-parts")).to_contain_text("from this browser's cache")


@pytest.mark.new_tab
@pytest.mark.parametrize("first", [True, False])
def test_a_part_that_cannot_be_loaded(visit: Visit, drawn_groups: Groups, first: bool) -> None:
    """The page says which file is missing, to whoever drops a picture too, and the library stays usable."""
    visit.tolerated = ["404", "wasm", "WebAssembly"]
    if first:
        visit.for_the_first_time()
    else:
        visit.open().ready()  # From then on it lies in the cache, which a browser may empty.
    visit.page.route("**/pyodide.asm.wasm", lambda route: route.fulfill(status=404))
    visit.open()
    expect(visit.page.locator("#engine")).to_contain_text("pyodide.asm.wasm cannot be loaded (status 404)")
    expect(visit.page.locator("#start-up-note")).to_be_visible()
    expect(visit.page.locator("#start-up-note")).to_contain_text("Reload the page to try again.")
    expect(visit.page.locator("#welcome")).to_be_visible()
    visit.page.set_input_files("#search-file", drawn_groups["dots"][0])
    expect(visit.page.locator("#search-note")).to_contain_text("Search by photo could not start")
    visit.add([drawn_groups["dots"][1]])
    assert "could not start" in visit.outcome(drawn_groups["dots"][1].name)


def test_the_server_goes_away(visit: Visit, drawn_groups: Groups) -> None:
    """Each action says that the server cannot be reached; an upload waits, and goes on when it can be."""
    visit.open().ready()
    path = drawn_groups["stripes"][0]
    visit.tolerated = ["ERR_FAILED"]
    visit.page.route("**/api/v1/**", lambda route: route.abort())
    visit.page.set_input_files("#add-files", path)
    expect(visit.page.locator(".upload .stage").filter(has_text="No connection, again in")).to_have_count(1)
    visit.page.set_input_files("#search-file", path)
    note = "Your search runs once the server answers."
    expect(visit.page.locator("#search-note")).to_have_text(note)
    expect(visit.page.locator("#away")).to_be_visible()
    visit.page.unroute("**/api/v1/**")
    visit.matches(path.name)  # Once the server is back, the page notices and searches.
    expect(visit.page.locator("#search-note")).to_have_text("")
    expect(visit.page.locator("#away")).to_be_hidden()
    visit.back_to_library()
    expect(visit.page.locator("#images .card")).to_have_count(1)


@pytest.mark.new_tab
def test_the_server_is_away_from_the_first(visit: Visit) -> None:
    """A page that comes from elsewhere, or from a cache, starts when the server does."""
    visit.tolerated = ["ERR_FAILED", "APIError"]
    visit.page.route("**/api/v1/**", lambda route: route.abort())
    visit.open()
    expect(visit.page.locator("#away")).to_be_visible()
    visit.page.unroute("**/api/v1/**")
    visit.ready()
    expect(visit.page.locator("#welcome")).to_be_visible()


@pytest.mark.new_tab
def test_a_browser_in_which_nothing_starts(visit: Visit) -> None:
    """Where not even the page's own script can run, style alone says after a while what may be the matter."""
    visit.tolerated = ["ERR_FAILED", "wasm", "Failed to fetch", "ArrayBuffer", "Aborted"]
    visit.page.route("**/micropython.wasm", lambda route: route.abort())
    visit.open()
    late = visit.page.locator("#unstarted")
    expect(late).to_be_hidden()
    late.evaluate("element => element.getAnimations().forEach(animation => animation.finish())")
    expect(late).to_be_visible()


def test_plain_http(context: BrowserContext, drawn_model: Path, drawn_groups: Groups, tmp_path: Path) -> None:
    """At an address that is not this machine's own, without https, all of it works, and the page says what it costs."""
    first, second = drawn_groups["dots"][:2]
    hosts = {"LOOKALIKE_HOSTS": PLAIN}
    with running_server(tmp_path, str(drawn_model), variables=hosts) as server, context.new_page() as page:
        visit = Visit(page, server.url.replace("127.0.0.1", PLAIN))
        visit.tolerated = ["requires SharedArrayBuffer", "Cross-Origin-Opener-Policy"]  # Hints, to whoever looks there.
        visit.open().ready()
        assert not page.evaluate("isSecureContext")
        expect(page.locator("#plain-http")).to_be_visible()
        assert visit.add([first]).search(second) == [title(first)]
        page.get_by_role("button", name="About this search").click()
        expect(page.locator("#about-parts")).to_contain_text("browsers allow more only on https addresses")
    assert visit.complaints == []


@pytest.mark.new_tab
def test_too_little_memory(visit: Visit) -> None:
    """Where the model does not fit, the page says what to do, and the library can be used."""
    visit.tolerated = ["MemoryError"]

    def change(route: Route) -> None:
        source, begin = route.fetch().text(), "async def start_backend() -> dict[str, Any]:\n"
        assert begin in source
        route.fulfill(body=source.replace(begin, begin + "    raise MemoryError\n"))

    visit.page.route("**/embedder/worker.py", change)
    visit.open()
    expect(visit.page.locator("#engine")).to_contain_text("too little free memory")
    expect(visit.page.locator("#welcome")).to_be_visible()


@pytest.mark.new_tab
def test_a_file_that_is_missing_for_a_moment(visit: Visit) -> None:
    """What could not be fetched ahead is fetched again when it is needed; then the page is ready after all."""
    refused: list[Route] = []

    def refuse_once(route: Route) -> None:
        if refused:
            route.continue_()
        else:
            refused.append(route)
            route.fulfill(status=503)

    visit.tolerated = ["503"]
    visit.page.route("**/labels.txt", refuse_once)
    visit.for_the_first_time().open().ready()
    expect(visit.page.locator("#engine")).to_have_text("Ready")


def test_the_same_file_twice_in_one_go(visit: Visit, drawn_groups: Groups, tmp_path: Path) -> None:
    """It is added once and known once, however the two cross."""
    copy = tmp_path / "copy.jpg"
    copy.write_bytes(drawn_groups["dots"][0].read_bytes())
    visit.open().ready().add([drawn_groups["dots"][0], copy])
    expect(visit.page.locator("#uploads-summary")).to_have_text("1 photo added, 1 already there")
    expect(visit.page.locator("#library-summary")).to_have_text("1 photo")


def test_names_and_tags_that_are_odd(visit: Visit, drawn_groups: Groups, tmp_path: Path) -> None:
    """Markup is shown as text, control characters become blanks, and a very long name is cut."""
    names = ['<img src=x onerror="alert(1)">.jpg', "a\tb\u202ec.jpg", "long" * 60 + ".jpg"]
    files = [tmp_path / name for name in names]
    for number, file in enumerate(files):
        file.write_bytes(drawn_groups["rings"][number].read_bytes())
    visit.open().ready().add(files, tags="one\ttwo, <b>three</b>")
    assert set(visit.library()) == {names[0][:-4], "a b c", ("long" * 60)[:200]}
    expect(visit.page.locator("#images .card").first.locator(".tag")).to_have_text(["one two", "<b>three</b>"])
    visit.search(files[2])
    assert visit.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_page_has_a_browser_context_of_its_own(visit: Visit) -> None:
    """Cross-origin isolation is on, so that TF.js may use threads."""
    visit.open()
    assert visit.page.evaluate("crossOriginIsolated")


def test_two_tabs_on_one_library(visit: Visit, server: Server, drawn_groups: Groups) -> None:
    """What one tab deleted is gone from the other as soon as it tries; adding a known picture counts it once."""
    visit.tolerated = ["404"]
    visit.open().ready().add(drawn_groups["dots"][:2])
    gone, held = visit.library()
    with visit.page.context.new_page() as page:
        other = Visit(page, visit.url).open()
        for name in (gone, held):
            delete(other.page, name)
            page.get_by_role("button", name="Delete now").click()
        expect(page.locator("#welcome")).to_be_visible()
        visit.until(lambda: listed(server) == {})
    press_on_card(visit.page, gone, "Show similar to")
    expect(visit.page.locator("#search-note")).to_have_text(f"{gone} has been deleted.")
    visit.back_to_library()
    expect(visit.page.locator("#library-summary")).to_have_text("1 photo")
    delete(visit.page, held)
    visit.page.get_by_role("button", name="Delete now").click()
    expect(visit.page.locator("#welcome")).to_be_visible()
    visit.page.get_by_role("button", name="Clear the list").click()
    visit.add(drawn_groups["dots"][:2])
    expect(visit.page.locator("#library-summary")).to_have_text("2 photos")


@pytest.mark.new_tab
def test_widths_and_themes(visit: Visit, drawn_groups: Groups) -> None:
    """Nothing is wider than the window; the screenshots are for people to look at."""
    page = visit.open().page
    keep_screens(page, "starting")
    visit.ready().add([path for paths in drawn_groups.values() for path in paths[:3]], tags="drawn")
    page.get_by_role("button", name="Clear the list").click()
    keep_screens(page, "library")
    visit.search(drawn_groups["rings"][4])
    expect(page.locator("#matches img").first).to_have_js_property("complete", True)
    keep_screens(page, "results")


@pytest.mark.new_tab
def test_nothing_moves_when_the_embedder_is_ready(visit: Visit) -> None:
    """The bars of the start come and go without shifting what somebody may be about to click, at any width."""
    page = visit.open().page
    expect(page.locator("#welcome")).to_be_visible()
    places = {width: place_of_library(page, width) for width in WIDTHS}
    visit.ready()
    assert {width: place_of_library(page, width) for width in WIDTHS} == places


def place_of_library(page: Page, width: int) -> object:
    """Return where the library begins at a width of the window."""
    page.set_viewport_size({"width": width, "height": 900})
    return page.locator("#welcome").bounding_box()
