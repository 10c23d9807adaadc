"""Nothing on the page breaks a rule of WCAG 2.2 AA that a program can check, in any of its states, in both themes."""

from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from tests.support.accessibility import violations
from tests.support.drawings import Groups
from tests.support.filling import fill
from tests.support.page import Visit, show_map
from tests.support.servers.lookalike import Server


@pytest.mark.new_tab
def test_while_it_starts_and_empty(visit: Visit) -> None:
    """With its bars, and with nothing in the library."""
    page = visit.open().page
    expect(page.locator("#images .empty")).to_be_visible()
    assert violations(page) == []
    visit.ready()
    assert violations(page) == []


def test_in_use(visit: Visit, drawn_groups: Groups, tmp_path: Path) -> None:
    """Adding, with one refused; results with filters and examples; pictures selected; a picture looked at; undo."""
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"this is no picture")
    page = visit.open().ready().page
    dots, rings = drawn_groups["dots"], drawn_groups["rings"]
    visit.add([*dots[:3], rings[0], broken], tags="summer, linen")
    names = visit.library()
    visit.search(dots[3])
    page.locator("#matches").get_by_role("button", name=f"Less like {names[0]}").click()
    expect(page.locator("#examples .example")).to_have_count(1)
    for summary in page.locator("summary:visible").all():
        summary.click()
    page.locator("#images").get_by_role("checkbox", name=f"Select {names[1]}").check()
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 800})
    assert violations(page) == []
    page.get_by_role("button", name="Search with a part").click()
    page.locator("#selection").get_by_role("button", name="Delete").click()
    expect(page.locator("#undo-bar")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Undo").click()

    page.locator("#images").get_by_role("button", name=f"Open {names[2]}").click()
    expect(page.locator("#lightbox-similar li").first).to_be_visible()
    assert violations(page) == []
    page.set_viewport_size({"width": 1280, "height": 900})
    assert violations(page) == []


def test_files_on_their_way(visit: Visit, drawn_groups: Groups) -> None:
    """Some sent, some waiting, one that is too much like another, then without a connection."""

    def hold(route: Route) -> None:
        if route.request.method != "PUT":
            route.continue_()

    visit.tolerated = ["ERR_"]
    page = visit.open().ready().page
    page.route("**/store/**", hold)
    page.set_input_files("#add-files", [*drawn_groups["dots"], *drawn_groups["rings"]])
    expect(page.locator("#upload-rows .upload").first).to_be_visible()
    expect(page.locator("#uploads-progress")).to_be_visible()
    assert violations(page) == []
    page.unroute("**/store/**")
    page.route("**/api/v1/**", lambda route: route.abort("connectionrefused"))
    page.set_viewport_size({"width": 390, "height": 800})
    assert violations(page) == []
    page.get_by_role("button", name="Cancel all").click()
    page.set_viewport_size({"width": 1280, "height": 900})


def test_map(visit: Visit, server: Server) -> None:
    """With a picture selected, zoomed in, and as on a phone."""
    fill(server, 12)
    page = visit.open().ready().page
    show_map(page)
    page.locator("#map-photos .picture").first.focus()
    page.keyboard.press(" ")
    expect(page.locator("#selection")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Zoom in").click()
    page.set_viewport_size({"width": 390, "height": 800})
    expect(page.locator("#map-stage")).to_have_attribute("aria-busy", "false")
    assert violations(page) == []
    page.get_by_role("button", name="Grid").click()
    page.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.new_tab
def test_a_part_of_the_library_that_is_being_loaded(visit: Visit, server: Server) -> None:
    """Blank cells are nothing to anybody who does not see them."""
    fill(server, 90)
    page = visit.open().page
    expect(page.locator("#images .card").first).to_be_visible()
    page.route("**/api/v1/images?*", lambda route: None)
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(page.locator("#images .blank").first).to_be_visible()
    assert violations(page) == []
