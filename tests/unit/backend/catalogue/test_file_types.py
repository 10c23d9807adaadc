"""Beginnings of files against their types."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.catalogue.file_types import FIRST_BYTES, IMAGE_TYPES, begins_like
from frontend.embedder.kinds import KINDS, kind_of
from frontend.embedder.preprocessing import PictureError, UnreadableKind, decode
from tests.support import awkward
from tests.support.drawings import draw
from tests.support.shared import AWKWARD, NO_PHOTOGRAPHS


def box(*brands: bytes) -> bytes:
    """Return the beginning of an ISO base media file."""
    size = 12 + 4 * len(brands)
    return size.to_bytes(4) + b"ftyp" + brands[0] + b"\0\0\0\0" + b"".join(brands[1:]) + b"meta"


PILLOWS = {"JPEG": "jpeg", "MPO": "jpeg", "PNG": "png", "WEBP": "webp", "GIF": "gif", "BMP": "bmp", "TIFF": "tiff"}
FILES = {name: (awkward.encoded(draw("dots", 0), name), f"image/{kind}") for name, kind in PILLOWS.items()}
FILES |= {
    "big TIFF": (awkward.encoded(draw("dots", 0), "TIFF", big_tiff=True), "image/tiff"),
    "AVIF": (box(b"avif", b"mif1", b"miaf"), "image/avif"),
    "AVIF by its second brand": (box(b"mif1", b"avif", b"miaf"), "image/avif"),
    "AVIF in motion": (box(b"avis", b"msf1", b"iso8"), "image/avif"),
    "HEIC": (box(b"heic", b"mif1"), "image/heic"),
    "HEIF": (box(b"mif1", b"jpeg"), "image/heif"),
}


IN_TIFF = {"image/x-adobe-dng", "image/x-dcraw", "image/x-nikon-nef", "image/x-sony-arw"}


@pytest.mark.parametrize("name", FILES)
def test_files_of_each_type(name: str) -> None:
    """A file is of its type and of no other, but for the two names of one family, and RAW photos in a TIFF."""
    data, content_type = FILES[name]
    taken = {kind for kind in IMAGE_TYPES if begins_like(data[:FIRST_BYTES], kind)}

    family = {"image/heic", "image/heif"}
    assert taken - {"image/avif"} == family if content_type in family else content_type in taken
    assert taken <= {content_type} | (family if content_type in family | {"image/avif"} else IN_TIFF)
    assert content_type == "image/tiff" or taken.isdisjoint(IN_TIFF)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8",
        b"<!doctype html><script>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7",
        b"PK\x03\x04",
        b"MZ\x90\x00",
        b"\x7fELF",
        b"RIFF\x10\0\0\0WAVEfmt ",
        box(b"mp42", b"isom"),
        b"\0\0\0\x10ftyp",
        b"GIF88a",
        b" \xff\xd8\xff",
    ],
)
def test_other_files(data: bytes) -> None:
    """What is no picture is of no type."""
    assert [kind for kind in IMAGE_TYPES if begins_like(data, kind)] == []


@given(st.binary(max_size=64), st.sampled_from(IMAGE_TYPES))
def test_any_bytes(data: bytes, content_type: str) -> None:
    """No beginning is more than can be looked at."""
    assert begins_like(data, content_type) in (True, False)


@pytest.mark.skipif(not AWKWARD.is_file(), reason=NO_PHOTOGRAPHS)
def test_whatever_the_page_takes() -> None:
    """Each awkward file from the wild that the page can read begins like the type that the page declares for it."""
    with AWKWARD.open(newline="", encoding="utf-8") as file:
        names = [row["file"] for row in csv.DictReader(file)]
    declared = {name: kind for name in names if (kind := declared_type((AWKWARD.parent / name).read_bytes()))}

    assert {name.rpartition(".")[2] for name in declared} >= {"jpg", "png", "gif", "webp", "avif", "heif", "mpo"}
    wrong = {
        name: kind
        for name, kind in declared.items()
        if not begins_like((AWKWARD.parent / name).read_bytes()[:FIRST_BYTES], kind)
    }
    assert wrong == {}


def declared_type(data: bytes) -> str | None:
    """Return the type under which the page uploads a file, None if it refuses it; as `worker.decode` finds it."""
    try:
        return decode(data, 224).content_type
    except UnreadableKind as exc:
        return exc.kind.content_type or None  # The browser may read it.
    except PictureError:
        return None


def test_all_types_of_the_page_are_accepted() -> None:
    """The server takes each type that the page may declare, and no other but the second name of HEIC."""
    assert {kind.content_type for kind in KINDS if kind.content_type} == set(IMAGE_TYPES) - {"image/heif"}


@pytest.mark.parametrize("name", sorted(awkward.good()))
def test_files_as_the_page_declares_them(name: str) -> None:
    """Each kind that can be read begins like the type that it is stored under."""
    data = awkward.good()[name]
    kind = kind_of(data)

    assert kind and (not kind.content_type or begins_like(data[:FIRST_BYTES], kind.content_type))
