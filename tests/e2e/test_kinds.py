"""Files of other kinds than JPEG and PNG in the page: what is stored, and what is shown of them."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.support import awkward
from tests.support.page import Visit, card, whole
from tests.support.servers.lookalike import Server, running_server

HEIC_DECODER = re.compile(r"/pillow_heif-[^/]+\.whl$")


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Every awkward file that can be read, and a drawing, on disk."""
    paths = {}
    for name, data in {**awkward.good(), "drawing.svg": awkward.drawing(), **awkward.bad()}.items():
        paths[name] = tmp_path / name
        paths[name].write_bytes(data)
    return paths


def stored(server: Server) -> dict[str, tuple[str, int, int]]:
    """Return content type, width and height of what is in the library, by file name."""
    with server.api() as api:
        images = api.get("/images", params={"limit": 100}).json()["images"]
    return {image["file_name"]: (image["content_type"], image["width"], image["height"]) for image in images}


def decoders(visit: Visit) -> list[str]:
    """Return the addresses of the decoder of HEIC that were asked for."""
    return [request.url for request in visit.requests if HEIC_DECODER.search(request.url)]


@pytest.mark.new_tab
def test_heic(visit: Visit, server: Server, files: dict[str, Path]) -> None:
    """HEIC is stored as it is and shown as it was decoded; its decoder is loaded once, with the first such file."""
    visit.open().ready().add([files["lossy.webp"]])
    assert decoders(visit) == []
    heics = [files[name] for name in ("orientation_6.heic", "tiles.heic", "ten_bit.heic")]
    visit.page.set_input_files("#add-files", heics)
    expect(visit.page.locator("#uploads-summary")).to_contain_text("4 photos added")
    assert len(decoders(visit)) == 1
    assert stored(server) == {
        "lossy.webp": ("image/webp", 320, 240),
        "orientation_6.heic": ("image/heic", 240, 320),
        "tiles.heic": ("image/heic", 1400, 1100),
        "ten_bit.heic": ("image/heic", 256, 96),
    }
    card(visit.page, "tiles").click()
    visit.until(lambda: visit.page.locator("#lightbox-photo").evaluate("image => image.naturalWidth") == 1400)
    assert len(decoders(visit)) == 1


def test_a_search_with_heic(visit: Visit, files: dict[str, Path]) -> None:
    """The photo searched with is shown, and finds the same picture as a JPEG."""
    visit.open().ready().add([files["orientation_6.jpg"]])
    visit.search(files["orientation_6.heic"])
    expect(visit.page.locator("#matches h3")).to_have_text("Almost identical")
    visit.until(lambda: visit.page.locator("#query").evaluate("image => image.naturalHeight") == 320)


def test_raw_photos(visit: Visit, server: Server, files: dict[str, Path]) -> None:
    """Each is stored as it is, with the size of the whole photo; its largest preview is shown; one filter shows all."""
    names = [name for name in files if name.startswith("raw.")]
    page = visit.open().ready().add([files[name] for name in [*names, "plain.bmp"]]).page
    expect(page.locator("#uploads-summary")).to_contain_text(f"{len(names) + 1} photos added")
    sizes = {name: size for name, (_, *size) in stored(server).items() if name != "plain.bmp"}
    assert sizes == {name: [900, 1200] if name[4:] in ("nef", "arw", "cr2", "cr3") else [1200, 900] for name in names}
    page.get_by_role("button", name="Clear the list").click()
    page.select_option("#library-type", label="RAW")
    expect(page.locator("#images .card")).to_have_count(len(names))
    card(page, "raw").first.click()
    expect(page.locator("#lightbox-note")).to_have_text("")


def test_a_drawing(visit: Visit, server: Server, files: dict[str, Path]) -> None:
    """A drawing is drawn, stored as a picture and nothing else, and none of its scripts runs."""
    page = visit.open().ready().add([files["drawing.svg"]]).page
    assert stored(server) == {"drawing.svg.png": ("image/png", 1024, 683)}
    visit.search(files["drawing.svg"])
    expect(page.locator("#matches h3")).to_have_text("Already in your library")
    visit.back_to_library()
    card(page, "drawing").click()
    whole(page, "drawing")
    assert page.title() != "run"


def test_a_drawing_without_an_ending(visit: Visit, server: Server, tmp_path: Path) -> None:
    """A drawing whose name does not say what it is is known by how it begins."""
    path = tmp_path / "drawing"
    path.write_bytes(awkward.drawing())
    visit.open().ready().add([path])
    assert stored(server) == {"drawing.png": ("image/png", 1024, 683)}


def test_a_file_without_its_end(visit: Visit, server: Server, files: dict[str, Path]) -> None:
    """It is added, the page says what is missing, and whoever added it decides."""
    page = visit.open().ready().add([files["cut.jpg"], files["cut.png"]]).page
    expect(page.locator("#uploads-summary")).to_have_text("2 photos added, 2 lack their end")
    expect(page.locator(".question")).to_contain_text(["The end of this file is missing."] * 2)
    page.get_by_role("button", name="Keep cut.jpg").click()
    page.get_by_role("button", name="Remove cut.png, which was just added").click()
    expect(page.locator(".question")).to_have_count(0)
    visit.until(lambda: list(stored(server)) == ["cut.jpg"])


def test_what_only_the_browser_reads(visit: Visit, server: Server, files: dict[str, Path]) -> None:
    """A bitmap that Pillow would scramble is read by the browser."""
    visit.open().ready().add([files["run_length.bmp"], files["icon.ico"]])
    assert stored(server) == {
        "run_length.bmp": ("image/bmp", 3, 4),
        "icon.ico": ("image/vnd.microsoft.icon", 32, 32),
    }


def test_a_server_without_the_decoder(context: BrowserContext, tmp_path: Path, files: dict[str, Path]) -> None:
    """Where whoever runs the server has left it out, HEIC is refused with the way out, and nothing else is."""
    with running_server(tmp_path / "data", variables={"LOOKALIKE_HEIC": "no"}) as server, context.new_page() as page:
        visit = Visit(page, server.url)
        visit.open().ready().add([files["plain.heic"], files["plain.bmp"]])
        assert visit.outcome("plain.heic").startswith("This is an HEIC photo. Export it as JPEG")
        assert list(stored(server)) == ["plain.bmp"]
