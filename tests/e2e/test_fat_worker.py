"""A worker that a large photo has made fat is begun anew once nobody needs it; nothing is lost, and nobody notices."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support import awkward
from tests.support.drawings import Groups, draw
from tests.support.page import Visit, title

# Lets the page believe that it is seen, or that it is not.
SHOW = "state => Object.defineProperty(document, 'visibilityState', { get: () => state, configurable: true })"

PYTHON_BYTES = "async () => (await document.querySelector('script[name^=embedder]').xworker.sync.python_bytes())"

FIRST, SECOND = "script[name=embedder]", "script[name=embedder-2]"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PNG of 36 megapixels, which are decoded at their full size."""
    path = tmp_path_factory.mktemp("large") / "large.png"
    path.write_bytes(awkward.encoded(draw("rings", 8).resize((6000, 6000)), "PNG", compress_level=1))
    return path


@pytest.mark.new_tab
@pytest.mark.holds(6)
def test_a_large_photo_and_a_page_that_is_left(visit: Visit, large: Path, drawn_groups: Groups) -> None:
    """Once the page is out of sight its memory is as at first; what was added is there, and searches go on."""
    page = visit.open().ready().page
    lean_bytes = page.evaluate(PYTHON_BYTES)
    visit.add([large])
    assert page.evaluate(PYTHON_BYTES) > lean_bytes + 100e6
    expect(page.locator(FIRST)).to_be_attached()

    page.evaluate(SHOW, "hidden")
    expect(page.locator(SECOND)).to_be_attached()
    expect(page.locator("#start-up")).not_to_be_visible()
    expect(page.locator("#engine")).to_have_text("Ready")
    page.evaluate(SHOW, "visible")

    assert title(large) in visit.search(drawn_groups["rings"][1])
    assert page.evaluate(PYTHON_BYTES) == lean_bytes
    visit.back_to_library()
    assert title(large) in visit.library()
