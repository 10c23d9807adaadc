"""Whatever is dropped on the page: one clear sentence beside the file's name, and everything else goes on."""

import csv
from pathlib import Path

import pytest
from PIL import features
from playwright.sync_api import Route, expect

from tests.support import awkward
from tests.support.drawings import draw, jpeg
from tests.support.page import Visit, title
from tests.support.servers.lookalike import Server
from tests.support.shared import AWKWARD, AWKWARD_2, NO_PHOTOGRAPHS

SENTENCES = {
    "empty.jpg": "The file is empty.",
    "text.jpg": "The file is not a picture in a format that can be read here.",
    "page.png": "This is a web page. Open it, and save the photo itself.",
    "layers.psd": "This is a Photoshop file (PSD). Export it as JPEG or PNG.",
    "paper.pdf": "This is a PDF document. Export its pages or its photos as JPEG or PNG.",
    "photos.zip": "This is a ZIP archive, or a document in one. Unpack it, and add the photos that are in it.",
    "film.mp4": "This is a video. Save a picture of it as JPEG or PNG.",
    "zstd.tiff": "This is a TIFF file with ZSTD compression, which cannot be read here. Export it as JPEG or PNG.",
    "lzma.tiff": "This is a TIFF file with LZMA compression, which cannot be read here. Export it as JPEG or PNG.",
    "webp.tiff": "This is a TIFF file with WebP compression, which cannot be read here. Export it as JPEG or PNG.",
    "double.tiff": (
        "This is a TIFF file of 64-bit floating-point values, which cannot be read here. Export it as JPEG or PNG."
    ),
    "no_preview.cr3": (
        "This is a RAW photo of a Canon camera (CR3) without a preview."
        " Export it as JPEG with the camera's own program."
    ),
    "quarter.jpg": "The picture is damaged: more than half of it is missing.",
    "cut.heic": "The end of this file is missing, and without it the picture cannot be shown.",
    "cut.webp": "The end of this file is missing, and without it the picture cannot be shown.",
    "cut_deflated.tiff": "The end of this file is missing, and without it the picture cannot be shown.",
    "third.bmp": "The picture is damaged: more than half of it is missing.",
    "third_of_tiles.heic": "The picture is damaged: more than half of it is missing.",
    "header_only.jpg": "The picture is damaged: its header cannot be read.",
    "bomb.png": "The picture is too large: 3,600 megapixels; at most 134 are opened.",
    "bomb.webp": "The picture is too large: 256 megapixels; at most 134 are opened.",
    "bomb.avif": "The picture is too large: 289 megapixels; at most 134 are opened.",
    "huge.jpg": "The file is too large: 200.0 MB. The limit is 104.9 MB.",
}


# Notes whether any file says that it waits for the connection.
WATCH_FOR_WAITING = """
() => {
    window.hasWaited = false;
    const uploads = document.getElementById("uploads");
    const look = () => { window.hasWaited ||= uploads.textContent.includes("No connection"); };
    new MutationObserver(look).observe(uploads, { subtree: true, childList: true });
}
"""

READ_BY_THE_BROWSER = "run_length.bmp"
"""An awkward file that Pillow cannot read."""

SAME_AS_ANOTHER = {"made_jpeg_named.png", "made Größe 写真 👕.jpg"}
"""Awkward files of the same bytes, of which one is added."""


@pytest.fixture
def bad_files(tmp_path: Path) -> dict[str, Path]:
    paths = {}
    for name, data in awkward.bad().items():
        if name == READ_BY_THE_BROWSER:
            continue
        paths[name] = tmp_path / name
        paths[name].write_bytes(data)
    paths["huge.jpg"] = tmp_path / "huge.jpg"
    with paths["huge.jpg"].open("wb") as file:
        file.truncate(200_000_000)
    return paths


@pytest.fixture
def good_file(tmp_path: Path) -> Path:
    path = tmp_path / "Größe 写真 👕.jpg"
    path.write_bytes(jpeg(draw("stripes", 0)))
    return path


def test_bad_files_among_good_ones(visit: Visit, server: Server, bad_files: dict[str, Path], good_file: Path) -> None:
    """Each bad file is refused with its sentence; the good one is added, and so is one after all of them."""
    visit.open().ready().add([*bad_files.values(), good_file])
    assert {name: visit.outcome(name) for name in bad_files} == SENTENCES
    assert visit.outcome(good_file.name).startswith("decoded ")
    assert visit.library() == [title(good_file)]
    with server.api() as api:
        assert api.get("/images").json()["total"] == 1


def test_bad_queries(visit: Visit, bad_files: dict[str, Path], good_file: Path) -> None:
    """A query picture that cannot be used is named with the reason where matches would be; the next one is searched."""
    visit.open().ready()
    for name, sentence in SENTENCES.items():
        visit.page.set_input_files("#search-file", bad_files[name])
        expect(visit.page.locator("#search-note")).to_have_text(f"{name}: {sentence}")
        expect(visit.page.locator("#matches > *")).to_have_count(0)
    assert visit.search(good_file) == []


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow cannot write AVIF")
def test_a_picture_that_only_the_browser_can_read(visit: Visit, server: Server, tmp_path: Path) -> None:
    """AVIF is decoded by the browser and is searched and stored like any other picture."""
    avif, same = tmp_path / "rings.avif", tmp_path / "rings.png"
    avif.write_bytes(awkward.encoded(draw("rings", 1), "AVIF", quality=90))
    same.write_bytes(awkward.encoded(draw("rings", 1), "PNG"))
    visit.open().ready().add([avif])
    visit.search(same)
    expect(visit.page.locator("#matches h3")).to_have_text("Almost identical")
    with server.api() as api:
        (image,) = api.get("/images").json()["images"]
    assert (image["content_type"], image["width"], image["height"]) == ("image/avif", 320, 240)


@pytest.mark.new_tab
def test_a_file_that_is_gone_when_its_turn_comes(visit: Visit, tmp_path: Path, good_file: Path) -> None:
    """A file that was deleted after it was chosen is refused, and the next file goes on."""
    gone = tmp_path / "gone.jpg"
    gone.write_bytes(jpeg(draw("dots", 0)))
    visit.tolerated = ["ERR_"]  # The browser's own word on a file that it could not load.
    visit.open()
    visit.page.set_input_files("#add-files", [gone])
    gone.unlink()
    visit.ready()
    expect(visit.page.locator(".upload.over")).to_have_count(1)
    assert visit.outcome("gone.jpg") == "The file could not be read."
    visit.page.get_by_role("button", name="Clear the list").click()
    visit.add([good_file])
    assert visit.library() == [title(good_file)]


def test_files_that_are_gone_before_they_are_sent(visit: Visit, tmp_path: Path, good_file: Path) -> None:
    """Each is refused with a sentence of its own, and no other file waits as for a connection that is lost."""
    gone = [tmp_path / f"gone {number}.jpg" for number in range(2)]
    for number, path in enumerate(gone):
        path.write_bytes(jpeg(draw("dots", number)))
    page = visit.open().ready().page
    visit.tolerated = ["ERR_"]
    held: list[Route] = []
    page.route("**/api/v1/uploads", lambda route: held.append(route) if len(held) < 3 else route.continue_())
    page.set_input_files("#add-files", [*gone, good_file])
    visit.until(lambda: len(held) == 3)  # All have been read, and none has been sent.
    for path in gone:
        path.unlink()
    page.evaluate(WATCH_FOR_WAITING)
    for route in held:
        route.continue_()
    expect(page.locator("#uploads")).to_have_attribute("data-over", "3")
    expect(page.locator("#uploads-summary")).to_contain_text("2 not added")
    for path in gone:
        assert visit.outcome(path.name) == "The file was moved, changed or deleted before it was sent."
    assert visit.library() == [title(good_file)]
    assert not page.evaluate("window.hasWaited")


@pytest.mark.skipif(not AWKWARD.is_file(), reason=NO_PHOTOGRAPHS)
def test_awkward_files_from_the_wild(visit: Visit, server: Server) -> None:
    """Each file has the outcome that its manifest expects: there in the expected size, or refused for a reason."""
    with AWKWARD.open(newline="", encoding="utf-8") as file:
        expected = {row["file"]: row for row in csv.DictReader(file)}
    visit.tolerated = ["Cannot decode"]
    visit.open().ready().add([AWKWARD.parent / name for name in expected])
    names, reasons = [visit.page.locator(f".upload.failed .{part}").all_inner_texts() for part in ("name", "stage")]
    refused = dict(zip(names, reasons, strict=True))
    with server.api() as api:
        images = api.get("/images", params={"limit": 100}).json()["images"]
    sizes = {image["file_name"]: (image["width"], image["height"]) for image in images}
    wrong = {}
    for name, row in expected.items():
        may = row["expected"]
        if name in refused:
            if "error" not in may or not refused[name].endswith("."):
                wrong[name] = (may, refused[name])
        elif name in sizes:
            if "ok" not in may or sizes[name] != (int(row["expected_width"]), int(row["expected_height"])):
                wrong[name] = (may, sizes[name])
        elif name not in SAME_AS_ANOTHER:
            wrong[name] = (may, "neither there nor refused")
    assert wrong == {}
    assert visit.embedder()["open_pictures"] == 0


OF_THE_SECOND_LIST = {
    "i_trns.png": "image/png 64x64",
    "made_heic_10bit.heic": "image/heic 1800x1200",
    "made_heic_made.heic": "image/heic 1800x1200",
    "made_icon.ico": "image/vnd.microsoft.icon 256x171",
    "made_jpeg_no_eoi.jpg": "image/jpeg 1800x1200, The end of this file is missing.",
    "made_jpeg_truncated_last_100_bytes.jpg": "image/jpeg 1800x1200, The end of this file is missing.",
    "made_raw_like_camera.dng": "image/x-adobe-dng 1800x1200",
    "made_svg_simple.svg.png": "image/png 1024x768",
    "made_tiff_webp.tif": SENTENCES["webp.tiff"],
    "made_tiff_zstd.tif": SENTENCES["zstd.tiff"],
    "made_webp_exif6.webp": "image/webp 1200x1800",
    "pal4rle.bmp": "image/bmp 127x64",
}
"""What becomes of each file of the second list, whose column `expected` says it in words."""


@pytest.mark.skipif(not AWKWARD_2.is_file(), reason=NO_PHOTOGRAPHS)
def test_awkward_files_of_the_second_list(visit: Visit, server: Server) -> None:
    """Each is there in its size and with what is wrong with it, or refused by a sentence that is true."""
    with AWKWARD_2.open(newline="", encoding="utf-8") as file:
        paths = [AWKWARD_2.parent / row["file"] for row in csv.DictReader(file)]
    page = visit.open().ready().add(paths).page
    with server.api() as api:
        images = api.get("/images", params={"limit": 100}).json()["images"]
    outcomes = {image["file_name"]: f"{image['content_type']} {image['width']}x{image['height']}" for image in images}
    for question in page.locator(".question").all_inner_texts():
        (name,) = [name for name in outcomes if name in question]
        if "The end of this file is missing." in question:
            outcomes[name] += ", The end of this file is missing."
    for path in paths:
        if not any(name.startswith(path.name) for name in outcomes):
            outcomes[path.name] = visit.outcome(path.name)
    assert outcomes == OF_THE_SECOND_LIST
