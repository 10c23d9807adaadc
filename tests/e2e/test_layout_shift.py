"""Nothing on the page jumps away from under the pointer, in any flow, as browsers measure it themselves."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.drawings import Groups
from tests.support.files import drop
from tests.support.filling import fill
from tests.support.page import Visit, drawn
from tests.support.screens import WIDTHS
from tests.support.servers.lookalike import Server

# More than this share of the window, times the share of it that they move by, may not move in a flow. By Google's
# measure of a good page it is 0.1 for a whole visit.
MOST = 0.02

# Upright, across, square and wide.
SIZES = ((64, 48), (48, 64), (64, 64), (64, 36), (48, 64), (64, 48), (36, 64))

# Notes each shift that no click or key has brought about: how much it counts, and what has moved.
WATCH = """
window.shifts = [];
new PerformanceObserver(list => {
    const name = node => node ? node.id || node.className || node.nodeName : "something that is gone";
    for (const { hadRecentInput, value, sources } of list.getEntries()) {
        if (!hadRecentInput) shifts.push([value, sources.map(({ node }) => name(node)).join(", ")]);
    }
}).observe({ type: "layout-shift", buffered: true });
"""


class Shifts:
    """What has moved in each flow."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._flows: dict[str, list[tuple[float, str]]] = {}
        page.add_init_script(WATCH)

    def take(self, flow: str) -> None:
        """Count all since the flow before as this one's."""
        drawn(self._page)
        self._flows[flow] = self._page.evaluate("shifts.splice(0)")

    def too_large(self) -> dict[str, list[tuple[float, str]]]:
        """Return the flows in which too much has moved, and what."""
        return {flow: shifts for flow, shifts in self._flows.items() if sum(value for value, _ in shifts) > MOST}


@pytest.mark.new_tab
@pytest.mark.parametrize("width", WIDTHS)
def test_layout_shift(visit: Visit, server: Server, drawn_groups: Groups, width: int) -> None:
    """Starting, scrolling, searching by a drop, going back, and adding move nothing that was in sight."""
    fill(server, 150, sizes=SIZES)
    page = visit.page
    page.set_viewport_size({"width": width, "height": 900})
    shifts = Shifts(page)
    visit.open().ready()
    settled(page)
    shifts.take("start")

    page.mouse.move(width / 2, 500)
    for _ in range(6):
        page.mouse.wheel(0, 700)
        settled(page)
    shifts.take("scrolling")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    settled(page)
    shifts.take("jumping")

    search_by_drop(visit, drawn_groups["dots"][0])
    shifts.take("searching")
    page.go_back()
    visit.shows("library")
    settled(page)
    shifts.take("going back")

    page.evaluate("scrollTo(0, 0)")
    settled(page)
    shifts.take("jumping back")
    visit.add(drawn_groups["dots"][:4])
    expect(page.locator("#library-summary")).to_have_text("154 photos")
    settled(page)
    shifts.take("adding")
    assert shifts.too_large() == {}


@pytest.mark.new_tab
@pytest.mark.parametrize("width", WIDTHS)
def test_layout_shift_of_a_first_visit(visit: Visit, drawn_groups: Groups, width: int) -> None:
    """Nor do the start with an empty library, and the first photos in it."""
    page = visit.page
    page.set_viewport_size({"width": width, "height": 900})
    shifts = Shifts(page)
    visit.open().ready()
    shifts.take("start")
    visit.add(drawn_groups["rings"][:3])
    expect(page.locator("#library-summary")).to_have_text("3 photos")
    settled(page)
    shifts.take("first photos")
    assert shifts.too_large() == {}


def search_by_drop(visit: Visit, file: Path) -> None:
    """Drop a file where it is searched with, and wait until all that was found is to be seen."""
    drop(visit.page, file, x=20)
    visit.matches(file.name)
    images = visit.page.locator("#results img:visible")
    visit.until(lambda: images.evaluate_all("images => images.length > 2 && images.slice(0, 9).every(i => i.complete)"))


def settled(page: Page) -> None:
    """Wait until all cards in and near sight are there."""
    drawn(page)
    expect(page.locator("#images .blank")).to_have_count(0)
    drawn(page)
