"""What is said about this search, for the curious, is right."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.accessibility import violations
from tests.support.drawings import Groups
from tests.support.page import Visit


def unfold(visit: Visit) -> None:
    """Ask for what only the curious want to know."""
    expect(visit.page.locator("#about-parts dl").first).to_be_hidden()
    visit.page.get_by_text("Technical details").click()


def facts(visit: Visit) -> dict[str, str]:
    """Read the terms of the panel and what is said of them."""
    terms = visit.page.locator("#about-parts dt").all_inner_texts()
    return dict(zip(terms, visit.page.locator("#about-parts dd").all_inner_texts(), strict=True))


def test_what_runs_here(visit: Visit) -> None:
    """Model, space, back ends with reasons, start, memory and versions, as worker and server have them."""
    page = visit.open().ready().page
    expect(page.locator("#engine")).to_have_attribute("data-tried", "all")
    page.get_by_role("button", name="About this search").click()
    unfold(visit)
    expect(page.get_by_role("heading", name="Versions")).to_be_visible()
    said, inside = facts(visit), visit.embedder()
    assert (said["Model"], said["Space"]) == (inside["model"], inside["space"])
    assert said[inside["backend"]].startswith("In use: ")
    assert all(trial["reason"] in said[trial["backend"]] for trial in inside["trials"])
    assert f"in {inside['tensors']:,}" in said["Tensors"]
    assert int(said["Threads"]) >= 1
    assert said["Starting Python"].endswith(" s") and said["numpy and Pillow"].startswith("2.")
    assert said["Pillow"] == "12.2.0"
    assert said["State"] == "Ready"
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(page.locator("#about")).to_be_hidden()
    expect(page.get_by_role("button", name="About this search")).to_be_focused()


@pytest.mark.new_tab
def test_before_it_runs(visit: Visit) -> None:
    """The panel opens while the model is on its way, and says how large that is."""
    held: list[Route] = []
    seen: list[Page] = []
    visit.page.route("**/model/**/*.bin", lambda route: route.continue_() if seen else held.append(route))
    with visit.page.expect_request("**/model/**/*.bin"):
        page = visit.open().page
    page.get_by_role("button", name="About this search").click()
    unfold(visit)
    expect(page.get_by_role("heading", name="Downloads")).to_be_visible()
    assert facts(visit)["The model"].endswith(" MB")
    seen.append(page)
    for route in held:
        route.continue_()
    page.keyboard.press("Escape")
    visit.ready()


def test_the_last_search(visit: Visit, drawn_groups: Groups) -> None:
    """How long its parts took is told here, and only of the last one."""
    page = visit.open().ready().page
    page.set_input_files("#add-files", drawn_groups["dots"][0])
    expect(page.locator("#images .card")).to_have_count(1)
    visit.search(drawn_groups["dots"][1])
    page.get_by_role("button", name="About this search").click()
    unfold(visit)
    expect(page.get_by_role("heading", name="The last search")).to_be_visible()
    said = facts(visit)
    assert all(said[name].endswith(" ms") for name in ("Decoding", "Vector", "Search"))
    page.keyboard.press("Escape")
    expect(page.locator("#about")).to_be_hidden()
