"""An interpreter that a file kills is started again: the file is refused by name, and everything else goes on."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.drawings import Groups, draw, jpeg
from tests.support.page import Visit, title

# Lets a file kill the worker that reads it: by a trap of WebAssembly amid Python's own frames, such as an error in a
# decoder causes, or by never coming back. PyScript's worker is a script that the page puts together.
DEADLY_FILES = """
const hook = `
    const trap = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(
        [0,97,115,109,1,0,0,0,1,4,1,96,0,0,3,2,1,0,7,5,1,1,116,0,0,10,5,1,3,0,0,11]
    ))).exports.t;
    const read = Blob.prototype.arrayBuffer, now = performance.now.bind(performance);
    let doomed = "";
    Blob.prototype.arrayBuffer = function () {
        doomed = this.name ?? "";
        return read.call(this);
    };
    performance.now = () => {
        const name = doomed;
        doomed = "";
        while (name.startsWith("endless"));
        if (name.startsWith("deadly")) trap();
        return now();
    };
`;
window.Blob = class extends Blob {
    constructor(parts, options) {
        super(String(parts?.[0]).startsWith("/*@*/") ? [hook, ...parts] : parts, options);
    }
};
"""

REFUSAL = "This file stops the part of the page that opens photos: it is damaged, or takes more memory than there is."

OF_THE_DEAD = (
    *("Pyodide has suffered a fatal error", "The cause of the fatal error", "unreachable", "WorkerLost"),
    *("promising task", "Task was destroyed", "PyodideTask", "was never awaited", "tracemalloc"),
)
"""What the console says of an interpreter that has died."""


@pytest.fixture
def deadly(visit: Visit, tmp_path: Path) -> Path:
    """A page whose worker a file kills, and that file."""
    visit.page.add_init_script(DEADLY_FILES)
    visit.tolerated = OF_THE_DEAD
    path = tmp_path / "deadly.jpg"
    path.write_bytes(jpeg(draw("dots", 9)))
    return path


@pytest.mark.new_tab
def test_a_deadly_file_among_others(visit: Visit, deadly: Path, drawn_groups: Groups) -> None:
    """It alone is refused, for good; files before, beside and after it are added, and a search finds them."""
    files = drawn_groups["rings"][:4]
    visit.open().ready().add([*files[:2], deadly, *files[2:]])
    assert visit.outcome("deadly.jpg") == REFUSAL
    assert sorted(visit.library()) == sorted(title(file) for file in files)
    assert visit.search(drawn_groups["rings"][5])
    visit.page.reload()
    visit.ready()
    expect(visit.page.locator("#uploads-resumed")).to_be_hidden()


@pytest.mark.new_tab
@pytest.mark.holds(6)
def test_a_deadly_file_to_search_with(visit: Visit, deadly: Path, drawn_groups: Groups) -> None:
    """It is named with the reason where matches would be; the next search, its parts, and the map are there again."""
    page = visit.open().ready().page
    page.get_by_role("link", name="Map").click()
    expect(page.locator("#map-stage")).to_have_attribute("aria-busy", "false")
    page.set_input_files("#search-file", deadly)
    expect(page.locator("#search-note")).to_have_text(f"deadly.jpg: {REFUSAL}")
    visit.search(drawn_groups["rings"][1])
    expect(page.locator("#matches .card")).to_have_count(6)
    page.locator("#results-close").click()
    visit.shows("map")
    expect(page.locator("#map-stage")).to_have_attribute("aria-busy", "false")
    expect(page.locator("#map-note")).to_have_text("6 photos")
    expect(page.locator(".map-photo").first).to_be_visible()


@pytest.mark.faults
@pytest.mark.new_tab
def test_a_file_that_is_never_done_with(visit: Visit, deadly: Path, drawn_groups: Groups) -> None:
    """A worker that has been silent for two minutes is given up as one that is dead: twice, as it is tried alone."""
    endless = deadly.rename(deadly.with_name("endless.jpg"))
    page = visit.open().ready().page
    page.set_input_files("#add-files", [drawn_groups["rings"][0], endless])
    visit.until(lambda: page.locator("#uploads").get_attribute("data-over") == "2", patience_s=600)
    assert visit.outcome("endless.jpg") == REFUSAL
    visit.ready()
    assert visit.library() == [title(drawn_groups["rings"][0])]
