"""The library's grid: as long as the library, with only what is seen in the document."""

import json
import re
from collections.abc import Callable
from itertools import combinations
from statistics import fmean
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import FloatRect, Page, Route, expect

from tests.support.filling import listed
from tests.support.page import Visit, card, delete, drawn, press_on_card, select, show_map, whole
from tests.support.screens import WIDTHS
from tests.support.servers.lookalike import Server

COUNT = 240

MILLION = 1_000_000

# A proportion in the API's digits: that of the photos that `fill` makes.
FOUR_BY_THREE = "jU"

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

TOPS = "cards => cards.map(card => [Number(card.ariaPosInSet), card.getBoundingClientRect().top])"

# Scrolls by a little, notes where the photos in sight are then, and loads the page anew before anything is drawn.
SCROLL_AND_RELOAD = """
() => {
    scrollBy(0, 120);
    const cards = [...document.querySelectorAll("#images .card")];
    const tops = cards.map(card => [card.ariaPosInSet, card.getBoundingClientRect().top]);
    name = JSON.stringify(Object.fromEntries(tops.filter(([, top]) => top > 0 && top < innerHeight)));
    location.reload();
}
"""

BELOW_THE_MIDDLE = """
[...document.querySelectorAll("#images .card")].find(card => card.getBoundingClientRect().top > 400)
    .querySelector(".title").textContent
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
    found: dict[str, int] = {}
    most = 0
    top = 0
    while top < page.evaluate("document.documentElement.scrollHeight"):
        page.evaluate("top => scrollTo(0, top)", top)
        settled(page)
        shown = places(page)
        assert list(shown.values()) == sorted(shown.values())
        most = max(most, len(shown))
        found |= shown
        top += 600

    assert found == {f"picture {COUNT - 1 - place}": place + 1 for place in range(COUNT)}
    assert most < 90
    assert not overlaps(boxes_of(page))


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
    page.evaluate("scrollTo(0, 0)")
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

    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    page.keyboard.press("Control+a")
    expect(bar).to_contain_text(f"{COUNT} selected")

    page.get_by_label("Sort by").select_option("Oldest")
    expect(page.locator("#images .title").first).to_have_text("picture 0")
    page.locator("#library-from").evaluate("(field, day) => { field.value = day; }", "2100-01-01")
    page.locator("#library-from").dispatch_event("input", {"bubbles": True})
    expect(page.locator("#images")).to_contain_text("No photos match")
    expect(bar).to_contain_text(f"{COUNT} selected, {COUNT} of them not shown")
    page.get_by_role("button", name="Show all photos").click()
    expect(bar).to_contain_text(re.compile(rf"{COUNT} selected, \d+ of them not shown"))
    bar.get_by_role("button", name="Clear the selection").click()
    expect(bar).to_be_hidden()
    expect(page.locator("#images .card.selected")).to_have_count(0)


def test_dragging_over_photos(visit: Visit) -> None:
    """Once one is selected, a drag selects all that it passes, takes back what it leaves, and scrolls at the edges."""
    page = filled(visit)
    bar = page.get_by_role("form", name="Selected photos")
    select(page, f"picture {COUNT - 1}")
    point_at(page, f"picture {COUNT - 3}")
    page.mouse.down()
    point_at(page, f"picture {COUNT - 9}")
    expect(bar).to_contain_text("8 selected")
    point_at(page, f"picture {COUNT - 5}")
    expect(bar).to_contain_text("4 selected")
    page.mouse.up()
    expect(page.locator("#lightbox")).to_be_hidden()
    expect(page.locator("#drop-veil")).to_be_hidden()
    expect(card(page, f"picture {COUNT - 2}").locator("xpath=..")).not_to_have_class(re.compile("selected"))

    point_at(page, f"picture {COUNT - 6}")
    page.mouse.down()
    page.mouse.move(500, 899, steps=3)
    visit.until(lambda: chosen(page) > 60)
    page.mouse.move(500, 450)  # Where it does not scroll.
    rested(page)
    name = page.evaluate(BELOW_THE_MIDDLE)
    point_at(page, name)
    page.mouse.up()
    last = int(name.removeprefix("picture "))
    visit.until(lambda: chosen(page) == COUNT - 1 - last)  # All but the second, whether they were known or not.
    expect(card(page, f"picture {last}").locator("xpath=..")).to_have_class(re.compile("selected"))
    expect(card(page, f"picture {last - 1}").locator("xpath=..")).not_to_have_class(re.compile("selected"))
    select(page, f"picture {last - 3}", "Shift")
    visit.until(lambda: chosen(page) == COUNT - last + 2)

    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    page.mouse.wheel(0, -100_000)
    visit.until(lambda: page.evaluate("scrollY") == 0)
    settled(page)
    tick = page.get_by_role("checkbox", name=f"Select picture {COUNT - 2}", exact=True)
    tick.hover()
    page.mouse.down()
    point_at(page, f"picture {COUNT - 4}")
    page.mouse.up()
    expect(bar).to_contain_text("3 selected")
    expect(tick).to_be_checked()


def point_at(page: Page, name: str) -> None:
    """Move the mouse to the middle of a photo, past all on the way."""
    box = card(page, name).bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)


def chosen(page: Page) -> int:
    """Return how many photos the bar says are selected."""
    return int((page.locator("#selection-count").text_content() or "0").split()[0].replace(",", ""))


def test_deleting_closes_the_gap(visit: Visit, server: Server) -> None:
    """What is deleted makes room for the next, at once; undone, it is where it was."""
    page = filled(visit)
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight / 2)")
    settled(page)
    before = places(page)
    gone = list(before)[len(before) // 2]
    delete(page, gone)
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
    delete(page, gone)
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
    """The rows are laid out anew, also after the grid was hidden meanwhile; they fill the width."""
    page = filled(visit)
    for width in (390, 900, 1440):
        show_map(page)
        page.set_viewport_size({"width": width, "height": 900})
        page.locator("[data-view-button=library]:visible, #as-grid:visible").click()
        inner = page.locator("#images").bounding_box()
        assert inner
        visit.until(lambda inner=inner: row_ends(page) == {round(inner["x"] + inner["width"])})
        settled(page)
        boxes = boxes_of(page)
        assert not overlaps(boxes)
        assert max(box["x"] + box["width"] for box in boxes) <= width


def row_ends(page: Page) -> set[int]:
    """Return where the rows in sight end at the right, to the pixel."""
    rows: dict[int, float] = {}
    for box in boxes_of(page):
        rows[round(box["y"])] = max(rows.get(round(box["y"]), 0), box["x"] + box["width"])
    return {round(end) for end in rows.values()}


def overlaps(boxes: list[FloatRect]) -> list[tuple[FloatRect, FloatRect]]:
    """Return the cards that lie one over the other."""
    return [
        (one, other)
        for one, other in combinations(boxes, 2)
        if one["x"] + one["width"] > other["x"] + 1
        and other["x"] + other["width"] > one["x"] + 1
        and one["y"] + one["height"] > other["y"] + 1
        and other["y"] + other["height"] > one["y"] + 1
    ]


def boxes_of(page: Page) -> list[FloatRect]:
    """Return where the cards in the document lie."""
    boxes = (
        "cards => cards.map(card => card.getBoundingClientRect().toJSON())"  # All at once, before any is taken away.
    )
    return page.locator("#images .card").evaluate_all(boxes)


def test_something_above_grows(visit: Visit) -> None:
    """What somebody is looking at stays where it is, when a notice appears above the library and when it goes."""
    page = filled(visit)
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight / 2)")
    settled(page)
    name = list(places(page))[len(places(page)) // 2]
    before = card(page, name).bounding_box()
    for hidden in (False, True):
        page.locator("#warnings").evaluate(
            "(notice, hidden) => { notice.textContent = 'Something is wrong.'; notice.hidden = hidden; }", hidden
        )
        drawn(page)
        visit.until(lambda: card(page, name).bounding_box() == pytest.approx(before, abs=1))


def test_size_of_the_photos(visit: Visit) -> None:
    """Rows follow the slider and keep what is at the top of the window in sight; a reload keeps all of it."""
    page = filled(visit)
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight / 2)")
    settled(page)
    before = top_row(page)
    for size in ("120", "300"):
        page.get_by_label("Size of the photos").fill(size)
        visit.until(lambda size=size: row_height(page) == pytest.approx(float(size), rel=0.2))
        settled(page)
        assert top_row(page) & before
    before, height = top_row(page), row_height(page)
    remembered(visit)
    page.reload()
    settled(page)
    assert top_row(page) == before
    assert row_height(page) == pytest.approx(height, abs=1)


def remembered(visit: Visit) -> None:
    """Wait until the page has noted for a reload where one is: it does so once it is not scrolled any more."""
    visit.until(lambda: "library" in (visit.page.evaluate("history.state") or ""))


def top_row(page: Page) -> set[int]:
    """Return the photos of the first row that is seen at least in part, as readers hear them."""
    top = tops(page)[first_in_sight(page)]
    return {place for place, other in tops(page).items() if other == top}


def row_height(page: Page) -> float:
    """Return how high photos in the document are on average."""
    return fmean(box["height"] for box in boxes_of(page))


def test_a_focused_photo_that_scrolls_away(visit: Visit) -> None:
    """It keeps the focus, however far that is, until it goes elsewhere."""
    page = filled(visit)
    page.locator("#library").focus()
    page.keyboard.press("ArrowDown")
    first = card(page, f"picture {COUNT - 1}")
    expect(first).to_be_focused()
    for share in (0.3, 0.6, 1):
        page.evaluate("share => scrollTo(0, share * document.documentElement.scrollHeight)", share)
        settled(page)
        assert page.evaluate("document.activeElement.ariaLabel") == f"Open picture {COUNT - 1}"


def test_tab_reaches_the_photos_once(visit: Visit) -> None:
    """The next stop is behind all of them; back again, it is the photo that had the focus last."""
    page = filled(visit)
    page.locator("#library-size").focus()
    page.keyboard.press("Tab")
    expect(card(page, f"picture {COUNT - 1}")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(card(page, f"picture {COUNT - 2}")).to_be_focused()
    page.keyboard.press("Tab")
    assert not page.evaluate("document.activeElement.closest('#images')")
    page.keyboard.press("Shift+Tab")
    expect(card(page, f"picture {COUNT - 2}")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.locator("#library-size")).to_be_focused()
    expect(page.locator("#images [tabindex='0']")).to_have_count(1)


def test_scroll_position_outlives_results_and_a_reload(visit: Visit) -> None:
    """Back from results, forward and back again, and loaded anew, the library is exactly where it was."""
    page = filled(visit)
    page.evaluate("scrollTo(0, 0.6 * document.documentElement.scrollHeight)")
    settled(page)
    name = list(places(page))[len(places(page)) // 2]
    before = card(page, name).bounding_box()
    assert before

    press_on_card(page, name, "Show similar to")
    visit.matches(name)
    assert page.evaluate("scrollY") == 0
    page.go_back()
    visit.shows("library")
    settled(page)
    assert card(page, name).bounding_box() == pytest.approx(before, abs=1)
    page.go_forward()
    visit.matches(name)
    visit.back_to_library()
    settled(page)
    assert card(page, name).bounding_box() == pytest.approx(before, abs=1)

    remembered(visit)
    page.reload()
    settled(page)
    assert card(page, name).bounding_box() == pytest.approx(before, abs=1)


def test_a_reload_while_scrolling(visit: Visit) -> None:
    """Loaded anew in the same moment in which it was scrolled, the library shows the photos that were in sight."""
    page = filled(visit)
    page.evaluate("scrollTo(0, 0.4 * document.documentElement.scrollHeight)")
    settled(page)
    with page.expect_event("domcontentloaded"):
        page.evaluate(SCROLL_AND_RELOAD)
    expect(page.locator("#images .card").first).to_be_attached()
    settled(page)
    before, after = json.loads(page.evaluate("name")), tops(page)
    assert any(0 < top < 900 for top in before.values())
    assert {place: after[int(place)] for place in before} == pytest.approx(before, abs=1)


def test_first_photo_is_near_the_top(visit: Visit) -> None:
    """It begins within 110 pixels of the top, at every width."""
    page = filled(visit)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        settled(page)
        box = card(page, f"picture {COUNT - 1}").bounding_box()
        assert box
        assert box["y"] <= 110


def test_months(visit: Visit) -> None:
    """Photos lie under the months in which they were taken, while they come by time; the first is told above."""

    def answer(route: Route) -> None:
        images = (found := route.fetch().json())["images"]
        for image in images:
            month = 12 if int(image["title"].removeprefix("picture ")) >= COUNT - 5 else 11
            image["taken"] = f"2025-{month}-15T12:00:00"
        route.fulfill(json={**found, "images": images})

    page = visit.page
    page.route("**/api/v1/images?*", answer)
    visit.open()
    settled(page)
    expect(page.locator("#library-month")).to_have_text("December 2025")
    heading = page.locator("#images h3")
    expect(heading.first).to_have_text("November 2025")
    of_december, title, of_november = (
        locator.bounding_box()
        for locator in (card(page, f"picture {COUNT - 5}"), heading.first, card(page, f"picture {COUNT - 6}"))
    )
    assert of_december and title and of_november
    assert of_december["y"] + of_december["height"] <= title["y"]
    assert title["y"] + title["height"] <= of_november["y"]
    assert of_november["x"] == title["x"]
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(page.locator("#library-month")).to_have_text("November 2025")
    page.get_by_label("Sort by").select_option("Title, A to Z")
    expect(heading).to_have_count(0)
    expect(page.locator("#library-month")).to_be_empty()


def test_an_address_of_a_photo_far_down(visit: Visit, server: Server) -> None:
    """Its neighbours are found wherever it is in the list; closed, the library shows where that is."""
    page = visit.page
    with server.api() as api:
        image = api.get("/images", params={"sort": "created", "skip": 20, "limit": 1}).json()["images"][0]
    page.goto(f"{visit.url}/?photo={image['id']}")
    whole(page, "picture 20")
    expect(page.locator("#lightbox-next")).to_be_enabled()
    expect(page.locator("#lightbox-previous")).to_be_enabled()
    page.keyboard.press("ArrowRight")
    whole(page, "picture 19")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    whole(page, "picture 21")
    page.keyboard.press("Escape")
    expect(card(page, "picture 21")).to_be_focused()
    expect(card(page, "picture 21")).to_be_in_viewport(ratio=1)
    settled(page)
    assert places(page)["picture 21"] == COUNT - 21


def test_dragging_through_the_months(visit: Visit) -> None:
    """Beside the photos a handle is dragged to any month, which is told with its year, and back to either end."""

    def taken(place: int) -> str:
        return f"{2026 - place // 80}-{12 - place % 80 // 10:02d}-15T12:00:00"

    def answer(route: Route) -> None:
        images = (found := route.fetch().json())["images"]
        for image in images:
            image["taken"] = taken(COUNT - 1 - int(image["title"].removeprefix("picture ")))
        route.fulfill(json={**found, "images": images})

    page = visit.page
    page.route("**/api/v1/images?*", answer)
    months = [{"month": taken(place)[:7], "count": 10} for place in range(0, COUNT, 10)]
    page.route("**/api/v1/months?*", lambda route: route.fulfill(json={"months": months, "total": COUNT}))
    visit.open()
    settled(page)
    rail = page.locator("#scrubber").bounding_box()
    assert rail
    x, top, bottom = rail["x"] + rail["width"] / 2, rail["y"], rail["y"] + rail["height"]
    page.mouse.move(x, top + rail["height"] / 2)
    expect(page.locator("#scrubber-marks li:not(.dot)")).to_have_text(["2026", "2025", "2024"])
    expect(page.locator("#month")).to_contain_text("2025")
    assert page.evaluate("scrollY") == 0
    page.mouse.down()
    page.mouse.move(x, top + 0.6 * rail["height"], steps=5)
    told = page.locator("#month").text_content()
    assert told and told.endswith("2025")
    page.mouse.up()
    settled(page)
    expect(page.locator("#library-month")).to_have_text(told)
    assert 0.5 < min(places(page).values()) / COUNT < 0.7
    page.mouse.down()
    page.mouse.move(x, bottom + 50, steps=5)
    settled(page)
    expect(card(page, "picture 0")).to_be_in_viewport(ratio=1)
    expect(page.locator("#month")).to_have_text("May 2024")
    page.mouse.move(x, top - 50, steps=5)
    page.mouse.up()
    settled(page)
    assert page.evaluate("scrollY") == 0
    page.unroute("**/api/v1/images?*")
    page.unroute("**/api/v1/months?*")


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
    page.route("**/api/v1/proportions?*", lambda route: route.fulfill(body=FOUR_BY_THREE * MILLION))
    months = {"months": [{"month": image["created"][:7], "count": MILLION}], "total": MILLION}
    page.route("**/api/v1/months?*", lambda route: route.fulfill(json=months))
    page.set_viewport_size({"width": 390, "height": 800})
    visit.open()
    expect(page.locator("#library-summary")).to_have_text("1,000,000 photos")
    rested(page)
    return page


def rested(page: Page) -> None:
    """Wait until nothing is scrolled any more, and all that is near is there."""
    page.evaluate(REST)
    settled(page)


def moved_by(page: Page, scroll: Callable[[], None]) -> float:
    """Return how many pixels photos move down on the screen by what scrolls."""
    before = tops(page)
    scroll()
    rested(page)
    after = tops(page)
    moves = [after[place] - before[place] for place in before if place in after]
    assert moves == pytest.approx(moves[:1] * len(moves), abs=0.1)
    return moves[0]


def tops(page: Page) -> dict[int, float]:
    """Return the place of each card, as readers hear it, and how far its top is below that of the window."""
    return dict(page.locator("#images .card").evaluate_all(TOPS))


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
        for _ in range(3):
            assert 600 < moved_by(page, lambda: page.keyboard.press("PageUp")) < 800
        page.mouse.move(200, 400)
        assert moved_by(page, lambda: page.mouse.wheel(0, 150)) == pytest.approx(-150, abs=1.5)

        page.keyboard.press("Home")
        rested(page)
        assert page.evaluate("scrollY") == 0
        assert min(places(page).values()) == 1
        expect(card(page, "photo 1")).to_be_in_viewport(ratio=1)
        page.keyboard.press("End")
        rested(page)
        assert page.evaluate("scrollY + innerHeight - document.documentElement.scrollHeight") == pytest.approx(0, abs=1)
        expect(card(page, f"photo {MILLION}")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("other", ["as-tidy", "as-map"])
def test_looking_elsewhere_for_less_than_a_frame(visit: Visit, other: str) -> None:
    """The library is left and shown again before anything is drawn: it is where it was."""
    page = filled(visit)
    page.evaluate("scrollTo(0, 900)")
    rested(page)
    before = tops(page)
    page.evaluate("ids => ids.forEach(id => document.getElementById(id).click())", [other, "as-grid"])
    rested(page)
    assert tops(page) == pytest.approx(before, abs=1)


@pytest.mark.new_tab
def test_coming_back_among_a_million(visit: Visit, server: Server) -> None:
    """The browser's way back, the focus and another width lead to where one was."""
    page = with_a_million(visit, server)
    page.evaluate("scrollTo(0, 0.3 * document.documentElement.scrollHeight)")
    rested(page)
    page.mouse.move(200, 400)
    page.mouse.wheel(0, 400)
    rested(page)
    before = tops(page)
    page.route("**/api/v1/search", lambda route: route.fulfill(json={"space": "", "searched": 0, "matches": []}))
    name = f"photo {first_in_sight(page) + 9}"
    card(page, name).focus()
    page.keyboard.press("s")
    visit.matches(name)
    page.go_back()
    visit.shows("library")
    rested(page)
    assert tops(page) == pytest.approx(before, abs=1.5)

    first = first_in_sight(page)
    for width, height in ((1280, 900), (390, 800)):
        page.set_viewport_size({"width": width, "height": height})
        rested(page)
        assert first_in_sight(page) <= first < first_in_sight(page) + 12

    card(page, f"photo {first + 4}").focus()
    page.keyboard.press("End")
    expect(card(page, f"photo {MILLION}")).to_be_focused()
    page.evaluate("scrollTo(0, 0)")
    rested(page)
    page.keyboard.press("ArrowLeft")  # From the photo that has the focus, to which the page goes back.
    expect(card(page, f"photo {MILLION - 1}")).to_be_focused()
    expect(card(page, f"photo {MILLION - 1}")).to_be_in_viewport()
    rested(page)
    assert max(places(page).values()) == MILLION
    page.keyboard.press("ArrowUp")
    visit.until(lambda: page.evaluate("Number(document.activeElement.closest('.card').ariaPosInSet)") < MILLION - 1)
    page.set_viewport_size({"width": 1280, "height": 900})
