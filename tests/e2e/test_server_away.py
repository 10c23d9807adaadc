"""A server that goes away and comes back: said once, and not any more once it is there again."""

import pytest
from playwright.sync_api import expect

from tests.support.drawings import Groups
from tests.support.page import Visit

AWAY = "The server cannot be reached"


@pytest.mark.holds(3)
@pytest.mark.new_tab
def test_one_notice_while_the_server_is_away(visit: Visit, drawn_groups: Groups) -> None:
    """Library, search and adding all need it; the page says so in one place, and goes on with all when it is back."""
    page = visit.open().ready().page
    visit.tolerated = ["ERR_"]
    page.route("**/api/v1/**", lambda route: route.abort())
    page.select_option("#library-sort", "title")
    expect(page.locator("#away")).to_be_visible()
    page.set_input_files("#add-files", drawn_groups["dots"][0])
    page.set_input_files("#search-file", drawn_groups["rings"][0])
    expect(page.locator("#search-note")).to_have_text("Your search runs once the server answers.")
    expect(page.get_by_text(AWAY).locator("visible=true")).to_have_count(1)

    page.unroute("**/api/v1/**")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("#matches .card")).not_to_have_count(0)
    expect(page.locator("#uploads-title")).to_have_text("1 photo added")
    for gone in ("#away", "#notice", "#search-note:not(:empty)"):
        expect(page.locator(gone).locator("visible=true")).to_have_count(0)
    page.locator("#results-close").click()
    expect(page.locator("#library-new")).to_be_visible()  # Sorted by title, what was added is offered.
    expect(page.locator("#library-again")).to_be_hidden()
