"""Nothing on the page breaks a rule of WCAG 2.2 AA that a program can check, in any of its states, in both themes."""

from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import expect

from tests.support.accessibility import violations
from tests.support.page import Visit

Groups = Mapping[str, list[Path]]


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

    page.locator("#images").get_by_role("button", name=f"Show {names[2]}").click()
    expect(page.locator("#detail-neighbours li").first).to_be_visible()
    assert violations(page) == []
    page.set_viewport_size({"width": 1280, "height": 900})
    assert violations(page) == []
