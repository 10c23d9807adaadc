"""A worker that a large photo has made fat is begun anew once nobody needs it; nothing is lost, and nobody notices."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support import awkward
from tests.support.drawings import Groups, draw
from tests.support.page import PYTHON_BYTES, Visit, title

# Lets the page believe that it is seen, or that it is not.
SHOW = "state => Object.defineProperty(document, 'visibilityState', { get: () => state, configurable: true })"


# Another embedder in front of the page's worker, as the page's own is nobody's to ask. Tells whether it is idle: at
# first, with a picture open, closed again, while somebody waits for a worker that is not ready, and with a map.
IDLE = """
import asyncio
from pyscript import window
from pyscript.ffi import to_js
from frontend.page.model.embedder import Embedder

async def tell():
    embedder = Embedder()
    embedder._last_number = 1000000
    await embedder._worker.begin()
    embedder._answers = True
    embedder._called.set()
    embedder._ready.set()
    told = []

    async def note():
        await asyncio.sleep(0.02)
        told.append(embedder.idle_s() > 0)

    await embedder._worker.call("is_alive")
    await note()
    picture = await embedder._open(window.file, False, False)
    await note()
    await embedder.close(picture)
    await note()
    embedder._ready.clear()
    asyncio.create_task(embedder.ready())
    await note()
    embedder._ready.set()
    await note()
    await embedder.answering_life()
    await note()
    window.told = to_js(told)

asyncio.create_task(tell())
"""
ASK = """
async text => {
    const canvas = new OffscreenCanvas(40, 30);
    canvas.getContext("2d").fillRect(0, 0, 20, 30);
    window.file = await canvas.convertToBlob();
    document.body.append(Object.assign(document.createElement("script"), { type: "mpy", textContent: text }));
}
"""

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


@pytest.mark.new_tab
def test_when_a_worker_is_not_needed(visit: Visit) -> None:
    """It is not idle while it holds a picture or a map, or while somebody waits for it: that would be lost, or late."""
    page = visit.open().ready().page
    page.evaluate(ASK, IDLE)
    page.wait_for_function("window.told")
    at_first, opened, closed, awaited, ready, with_map = page.evaluate("[...window.told]")
    assert (at_first, closed, ready) == (True, True, True)
    assert (opened, awaited, with_map) == (False, False, False)
