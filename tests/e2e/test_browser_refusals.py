"""A browser that refuses what the page asks of it: what JavaScript throws is borne, and all else goes on."""

import pytest
from playwright.sync_api import expect

from tests.support.drawings import Groups
from tests.support.page import Visit
from tests.support.servers.lookalike import Server

# What makes a browser refuse things together, as some do. PyScript's own database is not meant.
REFUSALS = {
    "by its settings": """
        const refuse = () => { throw new DOMException("denied", "SecurityError"); };
        for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, { get: refuse });
        LockManager.prototype.request = async () => refuse();
        const open = IDBFactory.prototype.open;
        IDBFactory.prototype.open = function (name, ...version) {
            return name === "lookalike" ? refuse() : open.call(this, name, ...version);
        };
    """,
    "as its disk is full": """
        Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };
        const put = IDBObjectStore.prototype.put;
        IDBObjectStore.prototype.put = function (...given) {
            if (this.name === "unsent") throw new DOMException("cannot be cloned", "DataCloneError");
            return put.apply(this, given);
        };
    """,
    "as the page asks too often": """
        history.pushState = history.replaceState = () => { throw new DOMException("too many", "SecurityError"); };
        LockManager.prototype.request = async () => { throw new DOMException("denied", "SecurityError"); };
        const begin = IDBDatabase.prototype.transaction;
        IDBDatabase.prototype.transaction = function (...given) {
            if (this.name === "lookalike") throw new DOMException("closing", "InvalidStateError");
            return begin.apply(this, given);
        };
    """,
}


@pytest.mark.new_tab
@pytest.mark.parametrize("refused", REFUSALS)
def test_a_browser_that_refuses(visit: Visit, drawn_groups: Groups, refused: str) -> None:
    """The page starts, photos are added and searched with, and the console is clean."""
    visit.page.add_init_script(REFUSALS[refused])
    visit.open().ready()
    visit.page.set_input_files("#add-files", drawn_groups["rings"][0])
    expect(visit.page.locator("#images .card")).to_have_count(1)
    visit.page.set_input_files("#search-file", drawn_groups["rings"][1])
    expect(visit.page.locator("#matches .card")).to_have_count(1)


@pytest.mark.holds(2)
@pytest.mark.new_tab
@pytest.mark.parametrize(("filtered", "found"), [("from=12345-01-01", 0), ("to=123456-01-01", 1)])
def test_a_day_that_no_calendar_has_in_an_address(visit: Visit, server: Server, filtered: str, found: int) -> None:
    """It counts as the last day that there is; the results are there, and can be searched on."""
    with server.api() as api:
        image_id = api.get("/images").json()["images"][0]["id"]
    page = visit.page
    page.goto(f"{visit.url}/?like={image_id}&{filtered}")
    expect(page.locator("#matches")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator("#matches .card")).to_have_count(found)
    page.get_by_role("button", name="Clear filters").click()
    expect(page.locator("#matches .card")).to_have_count(1)


@pytest.mark.holds(2)
def test_a_day_that_no_calendar_has_in_a_field(visit: Visit) -> None:
    """The library shows what was added since then, nothing; and all again when the field is emptied."""
    page = visit.open().page
    page.get_by_role("button", name="Date").click()
    page.fill("#library-from", "12345-01-01")
    expect(page.locator("#images .card")).to_have_count(0)
    expect(page.locator("#library-summary")).to_have_text("0 photos found")
    page.fill("#library-from", "")
    expect(page.locator("#images .card")).to_have_count(2)
