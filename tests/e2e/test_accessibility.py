"""Nothing on the page breaks a rule of WCAG 2.2 AA that a program can check, in any of its states, in both themes."""

from pathlib import Path

import pytest
from playwright.sync_api import Route, ViewportSize, expect

from tests.support.accessibility import violations
from tests.support.drawings import Groups
from tests.support.filling import fill
from tests.support.page import Visit, card, press_on_card, show_map, title
from tests.support.reused_visit import VIEWPORT
from tests.support.servers.lookalike import Server

PHONE: ViewportSize = {"width": 390, "height": 800}


@pytest.mark.new_tab
def test_while_it_starts_and_empty(visit: Visit) -> None:
    """With its bars, and with nothing in the library."""
    page = visit.open().page
    expect(page.locator("#welcome")).to_be_visible()
    assert violations(page) == []
    visit.ready()
    assert violations(page) == []


def test_library(visit: Visit, drawn_groups: Groups, tmp_path: Path) -> None:
    """With photos added and one refused, pointed at, selected, deleted; with menus, keys and suggestions open."""
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"this is no picture")
    page = visit.open().ready().page
    visit.add([*drawn_groups["dots"][:3], drawn_groups["rings"][0], broken], tags="summer, linen")
    names = visit.library()
    card(page, names[0]).hover()
    assert violations(page) == []
    card(page, names[1]).focus()
    page.keyboard.press("Space")
    expect(page.locator("#selection")).to_be_visible()
    assert violations(page) == []
    page.set_viewport_size(PHONE)
    assert violations(page) == []
    page.set_viewport_size(VIEWPORT)
    page.locator("#selection").get_by_role("button", name="Tag", exact=True).click()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.locator("#selection").get_by_role("button", name="Delete 1 photo").click()
    expect(page.locator("#undo-bar")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Undo").click()

    controls = page.get_by_role("form", name="Sort and filter the library")
    for menu in (controls.get_by_role("button", name="Tags"), controls.get_by_role("button", name="Date")):
        menu.click()
        assert violations(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Add photos").click()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.locator("#library").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")

    page.locator("#search-words").press_sequentially("summ")
    expect(page.get_by_role("option").first).to_be_visible()
    assert violations(page) == []
    page.locator("#search-words").fill("nothing that is there")
    expect(page.locator("#images")).to_contain_text("No photos match")
    assert violations(page) == []


def test_results(visit: Visit, server: Server, drawn_groups: Groups) -> None:
    """In groups, the last of them folded; with filters, examples and a part; with nothing that is similar."""
    fill(server, 20)
    dots, rings = drawn_groups["dots"], drawn_groups["rings"]
    page = visit.open().ready().page
    visit.add(dots[:3], tags="summer")
    visit.search(dots[3])
    expect(page.locator("#matches details")).to_be_visible()
    assert violations(page) == []
    card(page, title(dots[0])).hover()
    page.locator("#matches summary").click()
    assert violations(page) == []
    page.set_viewport_size(PHONE)
    assert violations(page) == []
    page.set_viewport_size(VIEWPORT)
    page.locator("#region").focus()
    page.keyboard.press("Shift+ArrowLeft")
    expect(page.get_by_role("button", name="Whole photo")).to_be_visible()
    press_on_card(page, title(dots[0]), "Less like")
    expect(page.locator("#chips .example")).to_have_count(2)
    expect(page.locator("#matches[aria-busy]")).to_have_count(0)  # Those of before are dimmed for a moment.
    page.get_by_role("form", name="Filter the results").get_by_role("button", name="Tags").click()
    assert violations(page) == []
    page.keyboard.press("Escape")
    visit.back_to_library()
    visit.search(rings[0])
    expect(page.get_by_text("No similar photos in your library")).to_be_visible()
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
    expect(page.locator("#uploads-progress")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Details", exact=True).click()
    expect(page.locator("#upload-rows .upload").first).to_be_visible()
    assert violations(page) == []
    page.unroute("**/store/**")
    page.route("**/api/v1/**", lambda route: route.abort("connectionrefused"))
    page.set_viewport_size(PHONE)
    assert violations(page) == []
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.set_viewport_size(VIEWPORT)


def test_map(visit: Visit, server: Server) -> None:
    """With a picture selected, zoomed in, and as on a phone."""
    fill(server, 12)
    page = visit.open().ready().page
    show_map(page)
    page.locator("#map-photos button").first.focus()
    page.keyboard.press("Space")
    expect(page.locator("#selection")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Zoom in").click()
    page.set_viewport_size(PHONE)
    expect(page.locator("#map-stage")).to_have_attribute("aria-busy", "false")
    assert violations(page) == []
    page.set_viewport_size(VIEWPORT)


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
