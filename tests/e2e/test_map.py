"""The library as a map: where pictures lie, looking around, opening and selecting them, and what comes and goes."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.drawings import Groups
from tests.support.filling import fill
from tests.support.page import Visit, filled, show_map, title
from tests.support.screens import keep_screens
from tests.support.servers.lookalike import Server

ALL = [(0.01, 0.01), (0.99, 0.01), (0.99, 0.99), (0.01, 0.99)]


def spots(page: Page) -> dict[str, tuple[float, float]]:
    """Return the titles of the pictures that the map shows, and where, in fractions of the unit square."""
    script = """cards => cards.map(card => [
        card.querySelector("img").alt, card.style.getPropertyValue("--x"), card.style.getPropertyValue("--y")])"""
    found = page.locator("#map-photos .card").evaluate_all(script)
    return {name: (float(x), float(y)) for name, x, y in found}


def draw(page: Page, corners: list[tuple[float, float]]) -> None:
    """Drag the mouse along corners, in fractions of the map's width and height."""
    box = page.locator("#map-stage").bounding_box()
    assert box
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()


def test_map_of_groups(visit: Visit, groups: Groups) -> None:
    """Those that look alike lie together; zooming shows more; a click opens one with its neighbours."""
    paths = [path for members in groups.values() for path in members[:6]]
    visit.open().ready().add(paths)
    page = visit.page
    page.get_by_role("button", name="Clear the list").click()
    show_map(page)
    expect(page.locator("#map-note")).to_have_text(f"{len(paths)} photos. Similar photos lie near each other.")
    keep_screens(page, "map")
    page.set_viewport_size({"width": 1280, "height": 900})

    places = {}
    page.locator("#map-stage").focus()
    for _ in range(30):
        filled(page)
        places.update(spots(page))
        if len(places) == len(paths):
            break
        page.keyboard.press("+")
    middles = {}
    for name, members in groups.items():
        of_group = [places[title(path)] for path in members[:6] if title(path) in places]
        assert of_group
        middles[name] = [sum(axis) / len(of_group) for axis in zip(*of_group, strict=True)]
    assert all(nearest(places[title(path)], middles) == name for name, path in shown_of(groups, places))

    page.keyboard.press("0")
    filled(page)
    name = next(iter(spots(page)))
    page.get_by_role("button", name=f"Open {name}", exact=True).last.click()
    expect(page.locator("#lightbox-title")).to_have_text(name)
    expect(page.locator("#lightbox-similar li")).to_have_count(12)
    page.keyboard.press("Escape")
    expect(page.locator("#map-photos").get_by_role("button", name=f"Open {name}", exact=True)).to_be_focused()


def shown_of(groups: Groups, places: Mapping[str, object]) -> list[tuple[str, Path]]:
    """Return the pictures that were shown, each with the name of its group."""
    return [(name, path) for name, members in groups.items() for path in members[:6] if title(path) in places]


def nearest(place: tuple[float, float], middles: Mapping[str, list[float]]) -> str:
    """Return the group whose middle is nearest."""
    return min(middles, key=lambda name: sum((a - b) ** 2 for a, b in zip(place, middles[name], strict=True)))


def test_outline_selects(visit: Visit, server: Server) -> None:
    """What lies within an outline is selected, dots too, and can be tagged; keys do the same with one picture."""
    fill(server, 105)
    page = visit.open().ready().page
    show_map(page)
    assert 1 < page.locator("#map-photos .card").count() < 105
    page.get_by_role("button", name="Select", exact=True).click()
    draw(page, ALL)
    bar = page.get_by_role("form", name="Selected photos")
    expect(bar).to_contain_text("105 selected")
    expect(page.locator("#map-note")).to_contain_text("105 photos.")
    expect(page.locator("#map-selected")).to_have_attribute("d", page.locator("#map-dots").get_attribute("d") or "")
    keep_screens(page, "map_selected")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    expect(page.locator("#map-selected")).to_have_attribute("d", "")

    filled(page)
    page.get_by_role("button", name="Select", exact=True).click()
    first = page.locator("#map-photos .picture").first
    first.focus()
    page.keyboard.press("Space")
    expect(bar).to_contain_text("1 selected")
    expect(page.get_by_role("dialog")).to_be_hidden()
    bar.get_by_label("Tags").fill("linen")
    page.keyboard.press("Enter")
    expect(bar).to_contain_text("1 photo changed.")
    first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_label("Tags")).to_have_value("linen")


def test_looking_around(visit: Visit, server: Server) -> None:
    """Drag, wheel, buttons and keys move the map and stop at its edge; a dot opens like a picture."""
    fill(server, 60)
    page = visit.open().ready().page
    show_map(page)
    drawing = page.locator("#map-points")
    everything = drawing.get_attribute("viewBox") or ""

    def seen() -> list[float]:
        filled(page)
        return [float(number) for number in (drawing.get_attribute("viewBox") or "").split()]

    draw(page, [(0.5, 0.5), (0.6, 0.5)])
    filled(page)
    assert drawing.get_attribute("viewBox") == everything  # There is nothing beyond.
    page.get_by_role("button", name="Zoom in").click()
    page.get_by_role("button", name="Zoom in").click()
    before = seen()
    assert before[2] < 50_000
    draw(page, [(0.5, 0.5), (0.6, 0.4)])
    after = seen()
    assert after[0] - before[0] == pytest.approx(-0.1 * before[2], rel=0.02)
    assert after[1] - before[1] == pytest.approx(0.1 * before[2], rel=0.02)
    page.locator("#map-stage").focus()
    page.keyboard.press("ArrowRight")
    assert seen()[0] > after[0]
    page.mouse.wheel(0, -300)
    visit.until(lambda: seen()[2] < after[2])
    page.get_by_role("button", name="Fit").click()
    filled(page)
    assert drawing.get_attribute("viewBox") == everything

    filled(page)
    x, y = free_dot(page)
    box = page.locator("#map-stage").bounding_box()
    assert box
    page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    expect(page.locator("#lightbox-similar li")).to_have_count(12)


def test_fingers(visit: Visit, server: Server) -> None:
    """Two fingers zoom where they are, one drags."""
    fill(server, 30)
    page = visit.open().ready().page
    show_map(page)
    browser = page.context.new_cdp_session(page)
    box = page.locator("#map-stage").bounding_box()
    assert box

    def touch(kind: str, *points: tuple[float, float]) -> None:
        """Have fingers at these points, in fractions of the map, with as many events as fingers move."""
        places = [{"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]} for x, y in points]
        touches = [{**place, "id": number} for number, place in enumerate(places)]
        browser.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    def seen() -> list[float]:
        filled(page)
        return [float(number) / 100_000 for number in (drawing.get_attribute("viewBox") or "").split()]

    drawing = page.locator("#map-points")
    touch("touchStart", (0.4, 0.5))
    touch("touchStart", (0.4, 0.5), (0.6, 0.5))
    for step in range(1, 6):
        touch("touchMove", (0.4 - 0.02 * step, 0.5), (0.6 + 0.02 * step, 0.5))
    touch("touchEnd")
    left, top, side, _ = seen()
    assert side == pytest.approx(0.5, rel=0.05)  # The fingers are twice as far apart.
    assert left + side / 2 == pytest.approx(0.5, abs=0.03)

    touch("touchStart", (0.5, 0.5))
    for step in range(1, 6):
        touch("touchMove", (0.5 + 0.04 * step, 0.5))
    touch("touchEnd")
    moved = seen()
    assert moved[0] == pytest.approx(left - 0.2 * side, abs=0.02)
    assert moved[1:3] == pytest.approx([top, side], abs=0.01)
    expect(page.locator("#lightbox")).to_be_hidden()


def free_dot(page: Page) -> tuple[float, float]:
    """Return where a dot lies that no picture covers."""
    drawn = (page.locator("#map-dots").get_attribute("d") or "").removeprefix("M").split("M")
    dots = [tuple(int(number) / 100_000 for number in dot.removesuffix("h0").split()) for dot in drawn]
    pictures = spots(page).values()
    return next((x, y) for x, y in dots if all(abs(x - px) > 0.06 or abs(y - py) > 0.09 for px, py in pictures))


@pytest.mark.new_tab
def test_what_comes_and_goes(visit: Visit, server: Server, drawn_groups: Groups) -> None:
    """The map waits for the worker, says when it is empty or fails, follows filters, and what is added and deleted."""
    page = visit.page
    held: list[Route] = []
    page.route("**/pyodide.asm.wasm", lambda route: held.append(route))
    visit.open()
    expect(page.locator("#images")).to_contain_text("Your library is empty")
    page.get_by_role("button", name="Map", exact=True).click()
    expect(page.locator("#map-note")).to_have_text("The photos will be arranged once Python has started …")
    visit.until(lambda: bool(held))
    for route in held:
        route.continue_()
    page.unroute("**/pyodide.asm.wasm")
    expect(page.locator("#map-note")).to_contain_text("There are no photos to show")

    visit.ready().add(drawn_groups["dots"][:1], tags="summer")
    expect(page.locator("#map-note")).to_contain_text("1 photo.")
    visit.add(drawn_groups["rings"][:1])
    page.get_by_role("button", name="Add 1 new photo").click()
    expect(page.locator("#map-photos .card")).to_have_count(2)
    page.get_by_text("Filter", exact=True).click()
    page.locator("#library-controls").get_by_label("All of these tags").fill("summer")
    expect(page.locator("#map-note")).to_contain_text("1 photo.")
    expect(page.locator("#map-photos .card")).to_have_count(1)
    page.locator("#library-controls").get_by_label("Words").fill("nothing has these")
    expect(page.locator("#map-note")).to_contain_text("There are no photos to show")

    visit.tolerated = ["ERR_FAILED"]
    page.route("**/api/v1/vectors*", lambda route: route.abort())
    page.get_by_role("button", name="Show all").click()
    expect(page.locator("#map-note")).to_have_text("The server cannot be reached.")
    page.unroute("**/api/v1/vectors*")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#map-photos .card")).to_have_count(2)

    name = next(iter(spots(page)))
    page.locator("#map-photos").get_by_role("checkbox", name=f"Select {name}", exact=True).click()
    page.get_by_role("form", name="Selected photos").get_by_role("button", name="Delete").click()
    expect(page.locator("#map-photos .card")).to_have_count(1)
    page.get_by_role("button", name="Delete now").click()
    expect(page.locator("#map-dots")).not_to_have_attribute(
        "d", page.locator("#map-selected").get_attribute("d") or "x"
    )
    visit.until(lambda: (page.locator("#map-dots").get_attribute("d") or "").count("M") == 1)

    page.reload()
    expect(page.locator("#map-note")).to_contain_text("1 photo.")
    page.get_by_role("button", name="Grid", exact=True).click()
    expect(page.locator("#images .card")).to_have_count(1)
