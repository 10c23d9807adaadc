"""The library's grid: as long as the library, with only what is seen in the document."""

import json
import re
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import FloatRect, Page, Route, expect

from tests.support.filling import listed
from tests.support.page import Visit, drawn, select, whole
from tests.support.servers.lookalike import Server

COUNT = 120

MILLION = 1_000_000

# Waits until the page has not been scrolled for longer than it takes the grid to notice.
REST = """
new Promise(done => {
    let last = scrollY, since = performance.now();
    const look = now => {
        if (scrollY !== last) [last, since] = [scrollY, now];
        now - since > 400 ? done() : requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
})
"""

# How far the top of the window is below that of the first row, in pixels of the list, and how many columns there are.
IN_LIST = """
() => {
    const grid = document.getElementById("images"), cards = [...grid.querySelectorAll(".card")];
    const [first] = cards, top = card => card.getBoundingClientRect().top;
    const columns = cards.filter(card => top(card) === top(first)).length;
    const row = Math.floor((Number(first.ariaPosInSet) - 1) / columns);
    return [row * parseFloat(grid.style.getPropertyValue("--pitch")) - top(first), columns];
}
"""

pytestmark = pytest.mark.holds(COUNT)


def filled(visit: Visit) -> Page:
    """Open the page on a library of several screens."""
    page = visit.open().page
    expect(page.locator("#library-summary")).to_have_text(f"{COUNT} photos")
    settled(page)
    return page


def settled(page: Page) -> None:
    """Wait until all that is near is there: cards, and no blank in their place."""
    drawn(page)
    expect(page.locator("#images .blank")).to_have_count(0)
    expect(page.locator("#images .card").first).to_be_attached()


def places(page: Page) -> dict[str, int]:
    """Return the title of each card in the document with its place, as readers hear it, in the document's order."""
    cards = page.locator("#images .card").evaluate_all(
        "cards => cards.map(card => [card.querySelector('.title').textContent, Number(card.ariaPosInSet)])"
    )
    return dict(cards)


def test_scrolling_through_all(visit: Visit) -> None:
    """Each picture comes once, at its place, and never are all in the document."""
    page = filled(visit)
    height = page.evaluate("document.documentElement.scrollHeight")
    found: dict[str, int] = {}
    most = 0
    for top in range(0, height, 600):
        page.evaluate("top => scrollTo(0, top)", top)
        settled(page)
        shown = places(page)
        assert list(shown.values()) == sorted(shown.values())
        most = max(most, len(shown))
        found |= shown

    assert found == {f"picture {COUNT - 1 - place}": place + 1 for place in range(COUNT)}
    assert most < 60
    assert page.evaluate("document.documentElement.scrollHeight") == height
    boxes = [card.bounding_box() for card in page.locator("#images .card").all()]
    assert len({(round(box["x"]), round(box["y"])) for box in boxes if box}) == len(boxes)


def test_keys_through_all(visit: Visit) -> None:
    """End goes to the last picture, Home to the first; the lightbox goes on beyond what is loaded."""
    page = filled(visit)
    page.locator("#library").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("button", name=f"Open picture {COUNT - 1}", exact=True)).to_be_focused()
    page.keyboard.press("End")
    expect(page.get_by_role("button", name="Open picture 0", exact=True)).to_be_focused()
    expect(page.get_by_role("button", name="Open picture 0", exact=True)).to_be_in_viewport()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("button", name="Open picture 1", exact=True)).to_be_focused()

    page.evaluate("scrollTo(0, 0)")  # The card with the focus stays, far from all others.
    settled(page)
    assert places(page)["picture 1"] == COUNT - 1
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("button", name="Open picture 0", exact=True)).to_be_focused()
    page.keyboard.press("Home")
    expect(page.get_by_role("button", name=f"Open picture {COUNT - 1}", exact=True)).to_be_focused()

    page.reload()
    settled(page)
    last_known = COUNT - 60  # The page asks for sixty at a time.
    page.get_by_role("button", name=f"Open picture {COUNT - 1}", exact=True).click()
    for number in range(COUNT - 2, last_known - 3, -1):
        page.keyboard.press("ArrowRight")
        expect(page.locator("#lightbox-title")).to_have_text(f"picture {number}")
    whole(page, f"picture {last_known - 2}")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name=f"Open picture {last_known - 2}", exact=True)).to_be_focused()


def test_selecting_what_is_not_there(visit: Visit) -> None:
    """A range reaches over pictures that were never loaded; all of the library can be taken at once, and let go."""
    page = filled(visit)
    bar = page.get_by_role("form", name="Selected photos")
    select(page, f"picture {COUNT - 2}")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    settled(page)
    select(page, "picture 1", "Shift")
    expect(bar).to_contain_text(f"{COUNT - 2} selected")
    bar.get_by_role("button", name="Select all").click()
    expect(bar).to_contain_text(f"{COUNT} selected")
    page.evaluate("scrollTo(0, 0)")
    settled(page)
    expect(page.locator("#images .card:not(.selected)")).to_have_count(0)

    page.locator("#library-controls").get_by_label("Sort by").select_option("Oldest first")
    expect(page.locator("#images .title").first).to_have_text("picture 0")
    page.get_by_text("Filter", exact=True).click()
    page.locator("#library-controls").get_by_label("Added from").fill("2100-01-01")
    expect(page.locator("#images")).to_contain_text("No photos match")
    expect(bar).to_contain_text(f"{COUNT} selected, {COUNT} of them not shown")
    page.get_by_role("button", name="Show all").click()
    expect(bar).to_contain_text(re.compile(rf"{COUNT} selected, \d+ of them not shown"))
    bar.get_by_role("button", name="Clear").click()
    expect(bar).to_be_hidden()
    expect(page.locator("#images .card.selected")).to_have_count(0)


def test_deleting_closes_the_gap(visit: Visit, server: Server) -> None:
    """What is deleted makes room for the next, at once; undone, it is where it was."""
    page = filled(visit)
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight / 2)")
    settled(page)
    before = places(page)
    gone = list(before)[len(before) // 2]
    page.get_by_role("button", name=f"Delete {gone}", exact=True).click()
    expect(page.locator("#library-summary")).to_have_text(f"{COUNT - 1} photos")
    settled(page)
    after = places(page)
    assert gone not in after
    number = int(gone.removeprefix("picture "))
    assert after[f"picture {number - 1}"] == before[gone]
    assert after[f"picture {number + 1}"] == before[gone] - 1

    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#library-summary")).to_have_text(f"{COUNT} photos")
    visit.until(lambda: places(page) == before)
    page.get_by_role("button", name=f"Delete {gone}", exact=True).click()
    page.get_by_role("button", name="Delete now").click()
    visit.until(lambda: gone not in listed(server))
    settled(page)
    assert places(page) == after


def test_a_library_that_changes_elsewhere(visit: Visit, server: Server) -> None:
    """What another client deletes is noticed with the next answer, and each picture is at its place again."""
    page = filled(visit)
    with server.api() as api:
        oldest = api.get("/images", params={"sort": "created", "limit": 20}).json()["images"]
        for image in oldest:
            api.delete(f"/images/{image['id']}")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(page.locator("#library-summary")).to_have_text(f"{COUNT - 20} photos")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    settled(page)
    shown = places(page)
    assert shown["picture 20"] == COUNT - 20
    assert shown == {title: COUNT - int(title.removeprefix("picture ")) for title in shown}


def test_other_widths(visit: Visit) -> None:
    """The rows are laid out anew, also after the grid was hidden meanwhile; nothing overlaps."""
    page = filled(visit)
    for width, columns in ((390, 2), (900, 4), (1440, 6)):
        page.get_by_role("button", name="Map").click()
        page.set_viewport_size({"width": width, "height": 900})
        page.get_by_role("button", name="Grid").click()
        visit.until(lambda columns=columns: len({round(box["x"]) for box in boxes_of(page)}) == columns)
        settled(page)
        boxes = boxes_of(page)
        rows = sorted({round(box["y"], 1) for box in boxes})
        assert all(below - above > boxes[0]["height"] for above, below in pairwise(rows))
        assert max(box["x"] + box["width"] for box in boxes) <= width


def boxes_of(page: Page) -> list[FloatRect]:
    """Return where the cards in the document lie."""
    boxes = (
        "cards => cards.map(card => card.getBoundingClientRect().toJSON())"  # All at once, before any is taken away.
    )
    return page.locator("#images .card").evaluate_all(boxes)


def test_something_above_grows(visit: Visit) -> None:
    """What somebody is looking at stays where it is."""
    page = filled(visit)
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight / 2)")
    settled(page)
    name = list(places(page))[len(places(page)) // 2]
    card = page.get_by_role("button", name=f"Open {name}", exact=True)
    before = card.bounding_box()
    page.evaluate("document.getElementById('uploads').hidden = false")
    expect(page.locator("#uploads")).to_be_visible()
    visit.until(lambda: card.bounding_box() == before)


def test_a_part_that_cannot_be_loaded(visit: Visit) -> None:
    """Blank cells stand for it, the page says why, and tries again when it is told to."""
    page = filled(visit)
    visit.tolerated = ["503"]
    problem = {"type": "about:blank", "title": "Unavailable", "status": 503, "detail": "Not now."}
    page.route("**/api/v1/images?*", lambda route: route.fulfill(status=503, json=problem))
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(page.locator("#library-summary")).to_have_text("Not now.")
    expect(page.locator("#notice")).to_have_text("Not now.")
    expect(page.locator("#images .blank").first).to_be_visible()
    page.unroute("**/api/v1/images?*")
    page.get_by_role("button", name="Try again").click()
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    settled(page)
    assert places(page)["picture 0"] == COUNT
    expect(page.locator("#library-summary")).to_have_text(f"{COUNT} photos")


def with_a_million(visit: Visit, server: Server) -> Page:
    """Open the page, as on a phone, on a library of which the API's answers say that it has a million photos."""
    with server.api() as api:
        image = api.get("/images").json()["images"][0]

    def answer(route: Route) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(route.request.url).query).items()}
        assert json.loads(query["filters"]) == {}
        numbers = range(int(query["skip"]), min(int(query["skip"]) + int(query["limit"]), MILLION))
        images = [{**image, "id": f"{MILLION - number:032x}", "title": f"photo {number + 1}"} for number in numbers]
        route.fulfill(json={"images": images, "total": MILLION})

    page = visit.page
    page.route("**/api/v1/images?*", answer)
    page.set_viewport_size({"width": 390, "height": 800})
    visit.open()
    expect(page.locator("#library-summary")).to_have_text("1,000,000 photos")
    rested(page)
    return page


def rested(page: Page) -> None:
    """Wait until nothing is scrolled any more, and all that is near is there."""
    page.evaluate(REST)
    settled(page)


def in_list(page: Page) -> float:
    """Return how far down the list one is, in pixels."""
    return page.evaluate(IN_LIST)[0]


def first_in_sight(page: Page) -> int:
    """Return which photo is the first that is seen at least in part, as readers hear it."""
    cards = "cards => cards.filter(card => card.getBoundingClientRect().bottom > 0)[0].ariaPosInSet"
    return int(page.locator("#images .card").evaluate_all(cards))


@pytest.mark.new_tab
def test_scrolling_through_a_million(visit: Visit, server: Server) -> None:
    """The scroll bar leads to the last photo; keys and wheel go on from anywhere by what one sees."""
    page = with_a_million(visit, server)
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    rested(page)
    assert max(places(page).values()) == MILLION
    expect(page.get_by_role("button", name=f"Open photo {MILLION}", exact=True)).to_be_in_viewport()
    assert page.locator("#images").evaluate("grid => grid.getBoundingClientRect().height") <= 8_000_000

    for part in (1, 0.6):
        page.evaluate("part => scrollTo(0, part * document.documentElement.scrollHeight)", part)
        rested(page)
        positions = [in_list(page)]
        for _ in range(3):
            page.keyboard.press("PageUp")
            rested(page)
            positions.append(in_list(page))
        steps = [above - below for above, below in pairwise(positions)]
        assert steps == pytest.approx([steps[0]] * 3, abs=1.5)
        assert 600 < steps[0] < 800
        before = in_list(page)
        page.mouse.move(200, 400)
        page.mouse.wheel(0, 150)
        rested(page)
        assert in_list(page) == pytest.approx(before + 150, abs=1.5)

    page.keyboard.press("Home")
    rested(page)
    assert min(places(page).values()) == 1
    assert page.evaluate("scrollY") == 0


@pytest.mark.new_tab
def test_coming_back_among_a_million(visit: Visit, server: Server) -> None:
    """The browser's way back, the focus and another width lead to where one was."""
    page = with_a_million(visit, server)
    page.evaluate("scrollTo(0, 0.3 * document.documentElement.scrollHeight)")
    rested(page)
    page.mouse.move(200, 400)
    page.mouse.wheel(0, 400)
    rested(page)
    before = in_list(page)
    page.evaluate("history.pushState({}, '', '#elsewhere')")
    page.evaluate("scrollTo(0, 0)")
    rested(page)
    page.go_back()
    rested(page)
    assert in_list(page) == pytest.approx(before, abs=1.5)

    first = first_in_sight(page)
    for width, height in ((1280, 900), (390, 800)):
        page.set_viewport_size({"width": width, "height": height})
        rested(page)
        columns = page.evaluate(IN_LIST)[1]
        assert first_in_sight(page) <= first < first_in_sight(page) + columns

    page.get_by_role("button", name=f"Open photo {first + 4}", exact=True).focus()
    page.keyboard.press("End")
    expect(page.get_by_role("button", name=f"Open photo {MILLION}", exact=True)).to_be_focused()
    page.evaluate("scrollTo(0, 0)")
    rested(page)
    page.keyboard.press("Tab")  # To the next button of the card that has the focus, which the browser scrolls to.
    rested(page)
    expect(page.get_by_role("button", name=f"Show similar to photo {MILLION}", exact=True)).to_be_in_viewport()
    assert max(places(page).values()) == MILLION
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("button", name=f"Open photo {MILLION - 2}", exact=True)).to_be_focused()
    page.set_viewport_size({"width": 1280, "height": 900})
