"""A tab that the system threw away for its memory comes back to where it was, though it was not asked before."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.drawings import Groups
from tests.support.page import Visit, card

# A tab is thrown away while it is out of sight, and without a word: what pages do as they are left must not be what
# helps. So only the test tells the page that it is hidden.
SILENT = """
for (const name of ["visibilitychange", "pagehide", "beforeunload", "unload"]) {
    addEventListener(name, event => { if (event.isTrusted) event.stopImmediatePropagation(); }, true);
}
"""
HIDE = """
() => {
    Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
}
"""

# The browser's own words on a connection that is cut.
CUT = ("ERR_FAILED",)

# Waits until the page has been drawn and has lain still for as long as it takes the grid to notice.
SETTLED = """
() => new Promise(done => {
    let last = scrollY, since = performance.now();
    const look = now => {
        if (scrollY !== last) [last, since] = [scrollY, now];
        if (now > since + 500) done(); else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
})
"""


@pytest.mark.new_tab
@pytest.mark.holds(60)
def test_a_library_that_was_scrolled_and_a_file_not_sent(visit: Visit, drawn_groups: Groups) -> None:
    """The photos that were in sight are there again, as far down the page; and the file is added."""
    visit.tolerated = CUT
    visit.page.add_init_script(SILENT)
    visit.page.set_viewport_size({"width": 700, "height": 500})
    page = visit.open().ready().page
    page.route("**/api/v1/uploads", lambda route: route.abort())
    page.set_input_files("#add-files", drawn_groups["rings"][:1])
    expect(page.locator("#uploads")).to_be_visible()
    page.evaluate("scrollTo(0, 0.6 * document.documentElement.scrollHeight)")
    page.evaluate(SETTLED)
    name, top = in_sight(page)

    throw_away(page)

    expect(page.locator("#uploads-resumed")).to_contain_text(drawn_groups["rings"][0].name)
    expect(card(page, name)).to_be_attached()
    page.evaluate(SETTLED)
    box = card(page, name).bounding_box()
    assert box
    assert box["y"] == pytest.approx(top, abs=1)
    page.unroute("**/api/v1/uploads")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#uploads")).to_have_attribute("data-over", "1")
    expect(page.locator("#uploads-summary")).to_contain_text("1 photo added")


@pytest.mark.new_tab
@pytest.mark.holds(12)
def test_a_photo_open_over_the_results_of_a_file(visit: Visit, drawn_groups: Groups) -> None:
    """The same photo is open over the same results, with the photo searched with; back leads on from there."""
    visit.page.add_init_script(SILENT)
    page = visit.open().ready().page
    found = visit.search(drawn_groups["rings"][1])
    card(page, found[1]).click()
    expect(page.locator("#lightbox")).to_be_visible()
    address = page.url

    throw_away(page)

    assert page.url == address
    expect(page.locator("#lightbox")).to_be_visible()
    expect(page.locator("#lightbox-photo")).to_have_attribute("alt", found[1])
    page.go_back()
    assert visit.matches(drawn_groups["rings"][1].name) == found
    visit.until(lambda: page.locator("#query").evaluate("image => image.naturalWidth") > 0)


def throw_away(page: Page) -> None:
    """Let the tab be thrown away out of sight, and come back as the browser lets it: from the same entry."""
    page.evaluate(HIDE)
    page.reload()


def in_sight(page: Page) -> tuple[str, float]:
    """Return the title of a photo that is wholly in the window, and how far it is from the top."""
    title, top = page.evaluate("""
        () => {
            const cards = [...document.querySelectorAll("#images .card")];
            const seen = cards.find(card => card.getBoundingClientRect().top > 100);
            return [seen.querySelector(".title").textContent, seen.getBoundingClientRect().top];
        }
    """)
    return title, top
