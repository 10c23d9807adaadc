"""The engine panel says what runs here, and is right."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.accessibility import violations
from tests.support.page import Visit


def facts(visit: Visit) -> dict[str, str]:
    """Read the terms of the panel and what is said of them."""
    terms = visit.page.locator("#engine-parts dt").all_inner_texts()
    return dict(zip(terms, visit.page.locator("#engine-parts dd").all_inner_texts(), strict=True))


def test_what_runs_here(visit: Visit) -> None:
    """Model, space, back ends with reasons, start, memory and versions, as worker and server have them."""
    page = visit.open().ready().page
    expect(page.locator("#engine")).to_have_attribute("data-tried", "all")
    page.get_by_role("button", name="Engine").click()
    expect(page.get_by_role("heading", name="Versions")).to_be_visible()
    said, inside = facts(visit), visit.embedder()
    assert (said["Model"], said["Space"]) == (inside["model"], inside["space"])
    assert said[inside["backend"]].startswith("In use: ")
    assert all(trial["reason"] in said[trial["backend"]] for trial in inside["trials"])
    assert f"in {inside['tensors']:,}" in said["Tensors"]
    assert int(said["Threads"]) >= 1
    assert said["Starting Python"].endswith(" s") and said["numpy and Pillow"].startswith("2.")
    assert said["Pillow"] == "12.2.0"
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(page.locator("#engine-panel")).to_be_hidden()
    expect(page.get_by_role("button", name="Engine")).to_be_focused()


@pytest.mark.new_tab
def test_before_it_runs(visit: Visit) -> None:
    """The panel opens while the model is on its way, and says how large that is."""
    held: list[Route] = []
    seen: list[Page] = []
    visit.page.route("**/model/**/*.bin", lambda route: route.continue_() if seen else held.append(route))
    with visit.page.expect_request("**/model/**/*.bin"):
        page = visit.open().page
    page.get_by_role("button", name="Engine").click()
    expect(page.get_by_role("heading", name="Start")).to_be_visible()
    assert facts(visit)["The model"].endswith(" MB")
    seen.append(page)
    for route in held:
        route.continue_()
    page.keyboard.press("Escape")
    visit.ready()
