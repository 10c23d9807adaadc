"""The table of kinds."""

import re
from pathlib import Path

import pytest

from frontend.embedder.kinds import FIRST_BYTES, KINDS, Reader, kind_of, refusal
from frontend.page.model.svg import HEAD_BYTES, begins_like_drawing
from frontend.page.wording.types import type_name
from tests.support import awkward
from tests.support.raw_photos import raw_photos


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("layers.psd", "This is a Photoshop file (PSD). Export it as JPEG or PNG."),
        ("paper.pdf", "This is a PDF document. Export its pages or its photos as JPEG or PNG."),
        ("page.png", "This is a web page. Open it, and save the photo itself."),
        ("film.mp4", "This is a video. Save a picture of it as JPEG or PNG."),
        ("photos.zip", "This is a ZIP archive, or a document in one. Unpack it, and add the photos that are in it."),
    ],
)
def test_refusals_name_the_kind_and_the_way_out(name: str, said: str) -> None:
    """What is no photo is named, with what to do about it."""
    kind = kind_of(awkward.bad()[name])
    assert kind and refusal(kind) == said


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("orientation_1.jpg", "JPEG"),
        ("plain.heic", "HEIC"),
        ("icon.ico", "ICO"),
        ("cursor.cur", "ICO"),
        ("floating_point.tiff", "TIFF"),
        ("raw.dng", "DNG"),
        ("raw.nef", "NEF"),
        ("raw.arw", "ARW"),
        ("raw.cr2", "CR2"),
        ("raw.cr3", "CR3"),
        ("raw.raf", "RAF"),
        ("raw.orf", "ORF"),
        ("raw.rw2", "RW2"),
    ],
)
def test_kinds_by_their_first_bytes(name: str, short: str) -> None:
    """Each file is known by its content, whatever its name."""
    kind = kind_of({**awkward.good(), **raw_photos()}[name])
    assert kind and kind.short == short


def test_drawings_and_texts() -> None:
    """An SVG is one with a declaration and without, for the page and the worker; a text that speaks of one is none."""
    for data in (awkward.drawing(), b"<svg xmlns='x'/>", b"\xef\xbb\xbf\n<!-- a drawing --><svg/>"):
        kind = kind_of(data)
        assert kind and kind.reader is Reader.PAGE and begins_like_drawing(data.decode())
    assert kind_of(b"An <svg> is a drawing.") is None and not begins_like_drawing("An <svg> is a drawing.")
    assert HEAD_BYTES == FIRST_BYTES


def test_every_kind_is_complete() -> None:
    """What can be read has a type, a name and endings; each kind is a sentence with a way out."""
    for kind in KINDS:
        assert refusal(kind).startswith("This is a") and refusal(kind).endswith(".")
        assert bool(kind.endings) == (kind.reader is not Reader.NOBODY)
        assert bool(kind.content_type) == (kind.reader not in (Reader.NOBODY, Reader.PAGE))


def test_names_are_those_of_the_page() -> None:
    """The lightbox calls a type what the table calls its kind."""
    assert {kind.short or "RAW": type_name(kind.content_type) for kind in KINDS if kind.content_type} == {
        kind.short or "RAW": kind.short or "RAW" for kind in KINDS if kind.content_type
    }


def named(kinds: list[str]) -> str:
    """Name some: 'AVIF, JPEG XL and JPEG 2000'."""
    return f"{', '.join(kinds[:-1])} and {kinds[-1]}"


def test_the_page_and_the_readme_name_what_can_be_read() -> None:
    """Where people choose files, and in the README, stand the kinds of the table, and no others."""
    short = {reader: [kind.short for kind in KINDS if kind.reader is reader and kind.short] for reader in Reader}
    everywhere = [kind.short for kind in KINDS if kind.reader in (Reader.PILLOW, Reader.HEIF, Reader.PAGE)]
    raw, browser = ", ".join(short[Reader.RAW]), named(short[Reader.BROWSER])
    said = f"{', '.join(everywhere)} and the RAW photos of cameras ({raw})"
    root = Path(__file__).parents[4]
    assert f"{said}; {browser} where the browser can." in (root / "frontend/index.html").read_text(encoding="utf-8")
    readme = " ".join((root / "README.md").read_text(encoding="utf-8").split())
    assert f"It reads {said} in every browser" in readme and f"and {browser} where the browser can." in readme


def test_the_choosers_offer_what_can_be_read() -> None:
    """Systems that do not know a kind for a picture let it be chosen by its ending all the same."""
    page = (Path(__file__).parents[4] / "frontend/index.html").read_text(encoding="utf-8")
    unknown = {f".{ending}" for kind in KINDS if kind.reader is not Reader.PILLOW for ending in kind.endings}
    offered = [set(accept.split(",")) for accept in re.findall(r'type="file" accept="(image/\*,[^"]*)"', page)]
    assert len(offered) == 4
    for kinds in offered:
        assert unknown - {".svg", ".avifs"} <= kinds


def test_the_filters_offer_what_can_be_stored() -> None:
    """Above the library and above results, each type of the table can be chosen; those of RAW photos together."""
    page = (Path(__file__).parents[4] / "frontend/index.html").read_text(encoding="utf-8")
    stored = {kind.content_type: kind.short for kind in KINDS if kind.content_type and kind.reader is not Reader.RAW}
    stored[",".join(kind.content_type for kind in KINDS if kind.reader is Reader.RAW)] = "RAW"
    selects = re.findall(r'<option value="">All types</option>(.*?)</select>', page, re.DOTALL)
    assert len(selects) == 2
    for offered in selects:
        assert dict(re.findall(r'<option value="(.+?)">(.+?)</option>', offered)) == stored
