"""The library as a map: where photos lie, looking around, opening and selecting them, and what comes and goes."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests.support.drawings import Groups
from tests.support.filling import add_files, fill, listed
from tests.support.page import Visit, filled, show_map, title
from tests.support.screens import keep_screens
from tests.support.servers.lookalike import Server

Point = tuple[float, float]

ALL = [(0.01, 0.01), (0.99, 0.01), (0.99, 0.99), (0.01, 0.99)]

# A browser that has no graphics hardware, nor draws in its place.
WITHOUT_WEBGL = """
const getContext = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...options) {
    return kind.startsWith("webgl") ? null : getContext.call(this, kind, ...options);
};
"""


# A browser that keeps no map, as some do in private, or as its disk is full.
WITHOUT_ROOM = {
    "denied": """
        const open = IDBFactory.prototype.open;
        IDBFactory.prototype.open = function (name, ...version) {
            if (name === "lookalike-map") throw new DOMException("denied", "SecurityError");
            return open.call(this, name, ...version);
        };
    """,
    "full": """
        const put = IDBObjectStore.prototype.put;
        IDBObjectStore.prototype.put = function (...given) {
            if (this.name === "maps") throw new DOMException("full", "QuotaExceededError");
            return put.apply(this, given);
        };
    """,
}

PYODIDE = "**/pyodide.asm.wasm"

# For which state of the library the browser has kept a wide map.
KEPT = """
new Promise(resolve => {
    const opened = indexedDB.open("lookalike-map");
    opened.onsuccess = () => {
        const found = opened.result.transaction("maps").objectStore("maps").get("wide");
        found.onsuccess = () => { opened.result.close(); resolve(found.result?.marker ?? ""); };
    };
})
"""


def add(visit: Visit, server: Server, paths: Sequence[Path]) -> None:
    """Choose files for the library, and wait until all are in it."""
    count = len(listed(server)) + len(paths)
    visit.page.set_input_files("#add-files", list(paths))
    visit.until(lambda: len(listed(server)) == count)
    expect(visit.page.locator("#uploads-title")).to_have_text(re.compile(" added$"))
    visit.page.get_by_role("button", name="Clear the list").click()  # It would lie over the map.


def places(page: Page) -> dict[str, Point]:
    """Return the titles of all photos on the map, and where they lie on it."""
    script = "document.querySelector('script[name=embedder]').xworker.sync.map_near(0.5, 0.5, 10000)"
    return {name: (x, y) for _, name, x, y, _ in json.loads(page.evaluate(script))}


def look(page: Page) -> tuple[float, float, float]:
    """Return where the map's corner is on the stage, in pixels, and how many pixels a height of the map takes up."""
    filled(page)
    return looks(page)


def looks(page: Page) -> tuple[float, float, float]:
    """As `look`, of a map that need not be filled."""
    style = page.locator("#map-layer").evaluate("layer => layer.style.transform")
    left, top, scale = (float(number) for number in re.findall(r"-?[\d.]+(?=px|\))", style))
    return left, top, 1000 * scale


def on_screen(page: Page, place: Point) -> Point:
    """Return where on the screen a point of the map is."""
    filled(page)
    return drawn_at(page, place)


def drawn_at(page: Page, place: Point) -> Point:
    """As `on_screen`, of a map that need not be filled."""
    left, top, scale = looks(page)
    box = page.locator("#map-stage").bounding_box()
    assert box
    return box["x"] + left + place[0] * scale, box["y"] + top + place[1] * scale


def draw(page: Page, corners: list[Point]) -> None:
    """Drag the mouse along corners, in fractions of the map's width and height."""
    box = page.locator("#map-stage").bounding_box()
    assert box
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=4)
    page.mouse.up()


def lit(page: Page) -> float:
    """Return which share of the stage is not its dark ground."""
    picture = Image.open(BytesIO(page.locator("#map-canvas").screenshot())).convert("RGB")
    return float((np.asarray(picture).max(axis=2) > 60).mean())


def test_map_of_groups(visit: Visit, server: Server, groups: Groups) -> None:
    """Those that look alike lie together; each is a thumbnail; a click opens one, and what is beside it is next."""
    paths = [path for members in groups.values() for path in members[:6]]
    page = visit.open().ready().page
    add(visit, server, paths)
    show_map(page)
    expect(page.locator("#map-note")).to_have_text(f"{len(paths)} photos")
    keep_screens(page, "map")
    page.set_viewport_size({"width": 1280, "height": 900})

    where = places(page)
    assert len(where) == len(paths)
    middles = {
        name: tuple(np.mean([where[title(path)] for path in members[:6]], axis=0)) for name, members in groups.items()
    }
    at_home = [nearest(where[title(path)], middles) == name for name in groups for path in groups[name][:6]]
    assert sum(at_home) >= len(paths) - 1
    assert lit(page) > 0.05

    page.mouse.click(*on_screen(page, where[title(paths[0])]))
    expect(page.locator("#lightbox")).to_be_visible()
    first = page.locator("#lightbox-title").inner_text()  # That photo, or one of its group that lies on top of it.
    assert first in {title(path) for path in paths[:6]}
    page.keyboard.press("ArrowRight")
    expect(page.locator("#lightbox-title")).not_to_have_text(first)
    page.keyboard.press("Escape")
    expect(page.locator("#map-photos button:focus")).to_have_count(1)


def nearest(place: Point, middles: Mapping[str, tuple[float, ...]]) -> str:
    """Return the group whose middle is nearest."""
    return min(middles, key=lambda name: sum((a - b) ** 2 for a, b in zip(place, middles[name], strict=True)))


def test_outline_selects(visit: Visit, server: Server) -> None:
    """What lies within an outline is selected, and can be tagged; keys do the same with one photo."""
    fill(server, 105)
    page = visit.open().ready().page
    show_map(page)
    page.get_by_role("button", name="Select", exact=True).click()
    draw(page, ALL)
    bar = page.locator("#selection")
    expect(bar).to_contain_text("105 selected")
    expect(page.locator("#map-note")).to_have_text("105 photos")
    assert page.locator("#map-photos .selected").count() == page.locator("#map-photos li").count() > 1
    keep_screens(page, "map_selected")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    expect(page.locator("#map-photos .selected")).to_have_count(0)

    filled(page)
    page.get_by_role("button", name="Select", exact=True).click()
    draw(page, [(0, 0), (0.001, 0), (0, 0.02)])
    expect(bar).to_be_hidden()  # That moved the map, or nothing: the lasso is off.
    photo = page.locator("#map-photos button").first
    photo.focus()
    page.keyboard.press("Space")
    expect(bar).to_contain_text("1 selected")
    expect(page.locator("#lightbox")).to_be_hidden()
    page.keyboard.press("Space")
    expect(bar).to_be_hidden()


def test_looking_around(visit: Visit, server: Server) -> None:
    """Drag, wheel, buttons and keys move the map; zoom ends at the nearest photo and at the whole, never in nothing."""
    fill(server, 60)
    page = visit.open().ready().page
    show_map(page)
    everything = look(page)
    expect(page.get_by_role("button", name="Zoom out")).to_be_disabled()
    expect(page.get_by_role("button", name="Fit")).to_be_disabled()
    expect(page.locator("#map-overview")).to_be_hidden()

    draw(page, [(0.5, 0.5), (0.6, 0.5)])
    assert look(page) == everything  # There is nothing beyond.
    page.get_by_role("button", name="Zoom in").click()
    page.get_by_role("button", name="Zoom in").click()
    visit.until(lambda: look(page)[2] > 2 * everything[2])
    before = look(page)
    expect(page.locator("#map-overview")).to_be_visible()
    draw(page, [(0.5, 0.5), (0.55, 0.45)])
    after = look(page)
    box = page.locator("#map-stage").bounding_box()
    assert box
    assert after[0] - before[0] == pytest.approx(0.05 * box["width"], abs=8)
    assert after[1] - before[1] == pytest.approx(-0.05 * box["height"], abs=8)
    page.locator("#map-stage").focus()
    page.keyboard.press("ArrowRight")
    assert look(page)[0] < after[0]
    page.keyboard.press("-")
    visit.until(lambda: look(page)[2] < before[2])

    page.mouse.move(box["x"] + 20, box["y"] + 80)  # Hardly anything is there.
    for _ in range(40):
        page.mouse.wheel(0, -300)
    expect(page.get_by_role("button", name="Zoom in")).to_be_disabled()
    visit.until(lambda: lit(page) > 0.04)
    photo = page.locator("#map-photos img").first.bounding_box()
    assert photo
    assert 0.4 < max(photo["width"], photo["height"]) / min(box["width"], box["height"]) < 0.6

    page.locator("#map-overview").click(position={"x": 60, "y": 45})
    filled(page)
    page.get_by_role("button", name="Fit").click()
    visit.until(lambda: look(page) == everything)
    for _ in range(20):
        page.mouse.wheel(0, 300)
    assert look(page) == everything


def test_keys_lead_from_photo_to_photo(visit: Visit, server: Server) -> None:
    """Tab reaches one photo, arrows lead to those beside it, Enter opens it; on the map, Enter opens the nearest."""
    fill(server, 60)
    page = visit.open().ready().page
    show_map(page)
    assert page.locator("#map-photos button[tabindex='0']").count() == 1
    page.locator("#map-stage").focus()
    page.keyboard.press("Tab")
    here = page.locator("#map-photos button:focus")
    first = here.get_attribute("aria-label") or ""
    page.keyboard.press("ArrowRight")
    expect(here).not_to_have_attribute("aria-label", first)
    second = here.get_attribute("aria-label") or ""
    where = places(page)
    assert where[second.removeprefix("Open ")][0] > where[first.removeprefix("Open ")][0]
    page.keyboard.press("Enter")
    expect(page.locator("#lightbox-title")).to_have_text(second.removeprefix("Open "))
    page.keyboard.press("Escape")
    expect(page.locator("#lightbox")).to_be_hidden()
    expect(here).to_have_attribute("aria-label", second)  # It is there that the lightbox was opened from.

    page.locator("#map-stage").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#lightbox")).to_be_visible()
    expect(page.locator("#lightbox-title")).not_to_have_text("")
    page.keyboard.press("Escape")


def test_the_tray_leaves_the_zoom_free(visit: Visit, drawn_groups: Groups) -> None:
    """While photos are being added, and while the tray is folded, the map can be zoomed by its buttons."""
    page = visit.open().ready().add(drawn_groups["rings"][:4]).page
    show_map(page)
    page.get_by_role("button", name="Zoom in").click()
    page.locator("#uploads-fold").click()
    page.get_by_role("button", name="Fit").click()
    expect(page.get_by_role("button", name="Fit")).to_be_disabled()


def test_results_lead_back_to_the_map(visit: Visit, server: Server) -> None:
    """What is like a photo of the map is left by a button that names the map, and leads to it."""
    fill(server, 5)
    page = visit.open().ready().page
    show_map(page)
    page.locator("#map-stage").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Show similar", exact=True).click()
    visit.shows("results")
    expect(page.locator("#results-close")).to_have_text("Map")
    page.locator("#results-close").click()
    visit.shows("map")


def test_fingers(visit: Visit, server: Server) -> None:
    """Two fingers zoom where they are, one drags."""
    fill(server, 30)
    page = visit.open().ready().page
    show_map(page)
    browser = page.context.new_cdp_session(page)
    box = page.locator("#map-stage").bounding_box()
    assert box

    def touch(kind: str, *points: Point) -> None:
        """Have fingers at these points, in fractions of the map, with as many events as fingers move."""
        spots = [{"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]} for x, y in points]
        touches = [{**spot, "id": number} for number, spot in enumerate(spots)]
        browser.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    everything = look(page)
    touch("touchStart", (0.4, 0.5))
    touch("touchStart", (0.4, 0.5), (0.6, 0.5))
    for step in range(1, 6):
        touch("touchMove", (0.4 - 0.02 * step, 0.5), (0.6 + 0.02 * step, 0.5))
    touch("touchEnd")
    near = look(page)
    assert near[2] == pytest.approx(2 * everything[2], rel=0.1)  # The fingers are twice as far apart.

    touch("touchStart", (0.5, 0.5))
    for step in range(1, 6):
        touch("touchMove", (0.5, 0.5 + 0.01 * step))
    touch("touchEnd")
    assert look(page)[1] - near[1] == pytest.approx(0.05 * box["height"], abs=12)
    expect(page.locator("#lightbox")).to_be_hidden()


def test_names_colours_and_dates(visit: Visit, server: Server, drawn_groups: Groups) -> None:
    """Islands are called what their photos are; colours are told; what is outside of the dates is dimmed."""
    page = visit.open().ready().page
    tags = {title(path): name for name in ("dots", "rings") for path in drawn_groups[name][:6]}
    add(visit, server, [*drawn_groups["dots"][:6], *drawn_groups["rings"][:6]])
    with server.api() as api:
        for image in api.get("/images").json()["images"]:
            api.patch(f"/images/{image['id']}", json={"tags": [tags[image["title"]]]}).raise_for_status()
    show_map(page)
    expect(page.locator("#map-time")).to_be_hidden()  # All are of one day.

    with server.api() as api:
        for image in api.get("/images", params={"filters": '{"tags_any":["rings"]}'}).json()["images"]:
            api.patch(f"/images/{image['id']}", json={"taken": "2026-01-15T12:00:00"}).raise_for_status()
    page.reload()
    visit.ready()
    filled(page)
    expect(page.locator("#map-dates")).to_contain_text("Jan")
    assert {"dots", "rings"} <= set(page.locator("#map-names li").all_text_contents())

    page.get_by_role("combobox", name="Colour", exact=True).select_option("by tag")
    expect(page.get_by_role("list", name="What the colours mean").get_by_role("listitem")).to_have_count(2)
    page.get_by_role("combobox", name="Colour", exact=True).select_option("none")
    expect(page.locator("#map-meanings li")).to_have_count(0)

    bright = lit(page)
    page.locator("#map-from").fill("1000")
    visit.until(lambda: lit(page) < 0.8 * bright)
    page.locator("#map-from").fill("0")
    visit.until(lambda: lit(page) > 0.9 * bright)


@pytest.mark.new_tab
def test_without_graphics_hardware(visit: Visit, server: Server) -> None:
    """Where a browser has no WebGL, photos are drawn all the same, also after one has moved, and can be opened."""
    visit.page.add_init_script(WITHOUT_WEBGL)
    fill(server, 40)
    page = visit.open().ready().page
    show_map(page)
    visit.until(lambda: lit(page) > 0.02)
    page.get_by_role("button", name="Zoom in").click()
    expect(page.get_by_role("button", name="Fit")).to_be_enabled()
    filled(page)
    visit.until(lambda: not page.locator("#map-canvas").evaluate("canvas => canvas.style.transform"))
    visit.until(lambda: lit(page) > 0.02)
    page.locator("#map-stage").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#lightbox")).to_be_visible()


@pytest.mark.new_tab
def test_what_comes_and_goes(visit: Visit, server: Server, drawn_groups: Groups) -> None:
    """The map waits for the worker, says when it is empty or fails, and follows what is added and deleted."""
    page = visit.page
    note = page.locator("#map-note")
    with held(page, PYODIDE):
        page.goto(f"{visit.url}/?view=map")
        expect(note).to_have_text("The map comes once this page is ready …")
    expect(page.locator("#map-empty-text")).to_have_text("Your map is empty")
    expect(page.get_by_role("button", name="Fit")).to_be_hidden()
    page.locator("#map-empty").get_by_role("button", name="Add photos").click()
    expect(page.get_by_text("Choose a folder").locator("visible=true")).to_be_visible()
    page.keyboard.press("Escape")

    add(visit.ready(), server, drawn_groups["dots"][:1])
    expect(note).to_have_text("1 photo")
    add(visit, server, drawn_groups["rings"][:1])
    page.get_by_role("button", name="Show 1 new photo").click()
    expect(note).to_have_text("2 photos")
    expect(page.locator("#map-photos li")).to_have_count(2)

    visit.tolerated = ["ERR_FAILED"]
    page.route("**/api/v1/vectors*", lambda route: route.abort())
    page.reload()
    expect(note).to_have_text("The server cannot be reached.")
    page.unroute("**/api/v1/vectors*")
    page.get_by_role("button", name="Try again").first.click()
    expect(note).to_have_text("2 photos")
    filled(page)

    page.locator("#map-photos button").first.focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Delete 1 photo").click()
    page.get_by_role("button", name="Delete now").click()
    visit.until(lambda: len(places(page)) == 1)
    expect(page.locator("#map-photos li")).to_have_count(1)


@pytest.mark.new_tab
def test_the_map_is_there_again_after_a_reload(
    visit: Visit, server: Server, drawn_groups: Mapping[str, list[Path]]
) -> None:
    """A map that is still right is shown before the worker is there, and a click waits for it; new photos join it."""
    fill(server, 60)
    page = visit.open().ready().page
    show_map(page)
    before = places(page)
    visit.until(lambda: page.evaluate(KEPT) == library_marker(server))

    with held(page, PYODIDE):
        page.reload()
        expect(page.locator("#map-note")).to_have_text("60 photos")
        visit.until(lambda: lit(page) > 0.05)
        expect(page.locator("#map-stage")).to_have_attribute("aria-busy", "true")
        name = next(iter(before))
        page.mouse.click(*drawn_at(page, before[name]))
    expect(page.locator("#lightbox")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#lightbox")).to_be_hidden()
    filled(page)
    assert places(page) == before

    add_files(server, drawn_groups["rings"][:1], [])
    with held(page, PYODIDE):
        page.reload()
        expect(page.locator("#map-note")).to_have_text("The map comes once this page is ready …")
    expect(page.locator("#map-note")).to_have_text("61 photos")
    filled(page)
    after = places(page)
    assert len(after) == 61
    still = [name for name in before if np.hypot(*np.subtract(after[name], before[name])) < 0.05]
    assert len(still) > 50
    visit.until(lambda: page.evaluate(KEPT) == library_marker(server))


@pytest.mark.new_tab
@pytest.mark.parametrize("refused", WITHOUT_ROOM)
def test_a_browser_that_keeps_no_map(visit: Visit, server: Server, refused: str) -> None:
    """The map is made anew each time, and nothing is said of it."""
    visit.page.add_init_script(WITHOUT_ROOM[refused])
    fill(server, 20)
    page = visit.page
    for _ in range(2):
        page.goto(f"{visit.url}/?view=map")
        visit.ready()
        filled(page)
        expect(page.locator("#map-note")).to_have_text("20 photos")
        visit.until(lambda: lit(page) > 0.05)


def library_marker(server: Server) -> str:
    """Return the library's marker of changes."""
    with server.api() as api:
        return api.get("/library").json()["marker"]


@contextmanager
def held(page: Page, files: str) -> Iterator[None]:
    """Let files come only at the end."""
    asked_for: list[Route] = []
    page.route(files, lambda route: asked_for.append(route))
    yield
    for route in asked_for:
        route.continue_()
    page.unroute(files)


@pytest.mark.new_tab
def test_what_is_pressed_before_the_page_has_started(visit: Visit, server: Server) -> None:
    """The map that is asked for at once is there once the page has started, at its own address."""
    fill(server, 5)
    page = visit.page
    with held(page, "**/micropython.wasm"):
        page.goto(visit.url + "/", wait_until="commit")
        page.locator("#as-map").click()
        expect(page).to_have_url(visit.url + "/#map")
    visit.shows("map")
    expect(page).to_have_url(visit.url + "/?view=map")
    expect(page.get_by_role("link", name="Map", exact=True)).to_have_attribute("aria-current", "page")
