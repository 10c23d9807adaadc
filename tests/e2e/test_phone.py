"""The page on a phone: a narrow window and a finger."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect

from tests.e2e.conftest import checked
from tests.support.accessibility import violations
from tests.support.drawings import Groups
from tests.support.filling import add_files, fill
from tests.support.page import Visit, card, drawn, title
from tests.support.servers.lookalike import Server

WIDTH = 390
# All text that people see, also that of empty fields.
SEEN = """
() => {
    const hidden = element => element.closest(".visually-hidden");
    const seen = element => element.checkVisibility({ visibilityProperty: true }) && !hidden(element);
    const elements = [...document.body.querySelectorAll("*")].filter(seen);
    const own = element => [...element.childNodes].filter(node => node.nodeType === Node.TEXT_NODE);
    return elements.flatMap(element => [element.placeholder, ...own(element).map(node => node.data)]).join(" ");
}
"""

SIZE: ViewportSize = {"width": WIDTH, "height": 844}


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    """A browser as a phone has it."""
    with browser.new_context(viewport=SIZE, has_touch=True, is_mobile=True) as context:
        yield context


@pytest.fixture
def visit(phone: BrowserContext, server: Server, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """A tab on the page, as `visit` of conftest."""
    yield from checked(Visit(phone.new_page(), server.url), request)


def bottom(page: Page, name: str) -> Locator:
    """Return what leads to a view in the bar at the bottom."""
    return page.locator("nav.bottom > *", has_text=name)


def is_as_wide_as_the_window(page: Page) -> bool:
    """Tell whether nothing has to be scrolled to sideways."""
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth && innerWidth") == WIDTH


def hold(visit: Visit, photo: Locator, until: Locator) -> None:
    """Rest a finger on a photo until something is there."""
    box = photo.bounding_box()
    assert box
    session = visit.page.context.new_cdp_session(visit.page)
    point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    expect(until).to_be_visible()
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_library_on_a_phone(visit: Visit, server: Server) -> None:
    """Three photos a row on average, nothing sideways; the bar at the bottom stays in sight and leads to the views."""
    fill(server, 60)
    page = visit.open().page
    expect(page.locator("#images .card").first).to_be_visible()
    drawn(page)
    boxes = [box for each in page.locator("#images .card").all()[:21] if (box := each.bounding_box())]
    rows = {round(box["y"]) for box in boxes}
    assert 2 <= len(boxes) / len(rows) <= 4
    assert max(box["x"] + box["width"] for box in boxes) <= WIDTH
    assert is_as_wide_as_the_window(page)

    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(bottom(page, "Library")).to_be_in_viewport()
    expect(bottom(page, "Library")).to_have_attribute("aria-current", "page")
    bottom(page, "Map").tap()
    visit.shows("map")
    expect(bottom(page, "Map")).to_have_attribute("aria-current", "page")
    assert is_as_wide_as_the_window(page)
    page.go_back()
    visit.shows("library")
    expect(bottom(page, "Library")).to_have_attribute("aria-current", "page")
    assert violations(page) == []


def test_a_finger_that_goes_on_after_a_long_press(visit: Visit, server: Server) -> None:
    """It selects what it passes, takes back what it leaves, scrolls at the edge; without the press it only scrolls."""
    fill(server, 120)
    page = visit.open().page
    expect(page.locator("#images .card").first).to_be_visible()
    bar = page.get_by_role("form", name="Selected photos")
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    def middle_of(name: str) -> tuple[float, float]:
        box = card(page, name).bounding_box()
        assert box
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    touch("touchStart", middle_of("picture 117"))
    expect(bar).to_contain_text("1 selected")
    touch("touchMove", middle_of("picture 116"))
    touch("touchMove", middle_of("picture 109"))
    expect(bar).to_contain_text("9 selected")
    touch("touchMove", middle_of("picture 112"))
    expect(bar).to_contain_text("6 selected")
    assert page.evaluate("scrollY") == 0
    touch("touchMove", (200, 840))
    visit.until(lambda: page.evaluate("scrollY") > 800)
    touch("touchMove", (200, 500))
    touch("touchEnd")
    drawn(page)
    expect(page.locator("#lightbox")).to_be_hidden()
    expect(bar).to_contain_text(re.compile(r"[3-9]\d selected|1\d\d selected"))
    bar.get_by_role("button", name="Clear the selection").tap()

    before = page.evaluate("scrollY")
    touch("touchStart", (200, 300))
    for y in range(320, 700, 20):
        touch("touchMove", (200, y))
    touch("touchEnd")
    visit.until(lambda: page.evaluate("scrollY") < before)
    expect(bar).to_be_hidden()


def test_searching_on_a_phone(visit: Visit, server: Server, drawn_groups: Groups) -> None:
    """The camera and the photos of the phone are at hand; results fit, and go back to the library by the bar."""
    add_files(server, drawn_groups["dots"][:3], [])
    page = visit.open().ready().page
    bottom(page, "Search").tap()
    expect(page.get_by_text("Take a photo", exact=True).locator("visible=true").first).to_be_visible()
    expect(page.get_by_text("Choose a photo", exact=True).locator("visible=true").first).to_be_visible()
    assert is_as_wide_as_the_window(page)
    page.set_input_files("#search-camera", drawn_groups["dots"][3])
    assert len(visit.matches(drawn_groups["dots"][3].name)) == 3
    expect(page.locator("#query")).to_be_in_viewport()
    expect(page.locator("#matches .card").first).to_be_in_viewport()
    assert is_as_wide_as_the_window(page)
    assert violations(page) == []
    bottom(page, "Library").tap()
    visit.shows("library")


def test_selecting_with_a_finger(visit: Visit, server: Server) -> None:
    """A finger that rests on a photo selects it, then taps do; the bar fits and has all that can be done."""
    fill(server, 12)
    page = visit.open().page
    bar = page.get_by_role("form", name="Selected photos")
    hold(visit, card(page, "picture 11"), until=bar)
    expect(bar).to_contain_text("1 selected")
    expect(page.get_by_role("dialog")).to_be_hidden()
    card(page, "picture 10").tap()
    expect(bar).to_contain_text("2 selected")
    for name in ("Show similar to these", "Tag", "Download", "Delete 2 photos", "Clear the selection"):
        expect(bar.get_by_role("button", name=name, exact=True)).to_be_in_viewport(ratio=1)
    assert is_as_wide_as_the_window(page)
    assert violations(page) == []
    bar.get_by_role("button", name="Delete 2 photos").tap()
    expect(page.locator("#undo-bar")).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="Undo").tap()
    expect(page.locator("#library-summary")).to_have_text("12 photos")


def test_words_for_those_who_have_no_mouse(visit: Visit, server: Server, drawn_groups: Groups) -> None:
    """Nothing that can be seen speaks of dropping, pasting, keys or a wheel."""
    page = visit.open().page
    expect(page.locator("#welcome")).to_be_visible()
    assert spoken_of(page) == []
    add_files(server, drawn_groups["dots"][:2], [])
    page.reload()
    card(page, title(drawn_groups["dots"][0])).wait_for()
    assert spoken_of(page) == []
    bottom(page, "Map").tap()
    visit.shows("map")
    assert spoken_of(page) == []


def spoken_of(page: Page) -> list[str]:
    """Return the words that can be seen, as text or in an empty field, of what a phone does not have."""
    words = re.findall(r"\w+", page.evaluate(SEEN).lower())
    return [word for word in words if word in {"drop", "paste", "key", "keys", "wheel", "hover", "click", "mouse"}]
