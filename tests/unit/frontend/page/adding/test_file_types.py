"""Which files in a folder are taken for pictures."""

import pytest

from frontend.embedder.kinds import KINDS, kind_of
from frontend.page.adding.file_types import (
    BEGINNINGS,
    BITMAP_HEADERS,
    BRANDS,
    HEAD_BYTES,
    PICTURE_ENDINGS,
    begins_like_picture,
    is_hidden,
    is_picture,
    system_folder_of,
)
from tests.support import awkward


@pytest.mark.parametrize(
    ("name", "content_type", "picture"),
    [
        ("a.jpg", "image/jpeg", True),
        ("without ending", "image/png", True),
        ("IMG_1.HEIC", "", True),
        ("notes.txt", "text/plain", False),
        ("without ending", "", False),
    ],
)
def test_pictures_by_type_or_ending(name: str, content_type: str, picture: bool) -> None:
    """A file is taken for a picture by the browser's type, or, where it has none, by its ending."""
    assert is_picture(name, content_type) == picture


@pytest.mark.parametrize("name", [name for name in awkward.good() if not name.endswith(".svg")])
def test_pictures_by_their_first_bytes(name: str) -> None:
    """All that can be read is known without its name, but for drawings, which are texts."""
    assert begins_like_picture(awkward.good()[name][:HEAD_BYTES])


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"BM",
        b"BMW is a make of cars, and this is a text",
        b"RIFF\x00\x00\x00\x00WAVEfmt ",
        b"\x00\x00\x00\x1cftypisom",
        b"8BPS\x00\x01",
    ],
)
def test_first_bytes_of_what_is_no_picture(head: bytes) -> None:
    """Neither a text that begins like a bitmap, nor sound and film of the same wrapping, nor what nobody reads."""
    assert not begins_like_picture(head)


def test_first_bytes_are_those_of_the_worker() -> None:
    """Whatever begins like a picture for the page does so for the worker, and the other way round."""
    heads = [*BEGINNINGS, *(b"\0\0\0\x18ftyp" + brand + bytes(8) for brand in BRANDS)]
    heads += [b"BM" + bytes(12) + bytes([size]) + bytes(20) for size in BITMAP_HEADERS]
    for head in heads:
        kind = kind_of(head)
        assert kind and kind.short and begins_like_picture(head), head


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("a/b.jpg", ""),
        ("a.b/@home/#1/$5.jpg", ""),
        ("@eaDir", ""),
        ("a/@eaDir/b.jpg/SYNOPHOTO_THUMB_XL.jpg", "a/@eaDir"),
        ("#recycle/b.jpg", "#recycle"),
        ("disk/$RECYCLE.BIN/S-1-5/b.jpg", "disk/$RECYCLE.BIN"),
        ("a/@Recycle/b.jpg", "a/@Recycle"),
        ("a/.@__thumb/b.jpg", "a/.@__thumb"),
        ("disk/System Volume Information/", "disk/System Volume Information"),
        ("disk/.Trash-1000/files/b.jpg", "disk/.Trash-1000"),
        ("phone/DCIM/.thumbnails/1.jpg", "phone/DCIM/.thumbnails"),
        ("__MACOSX/a/b.jpg", "__MACOSX"),
        ("disk/lost+found/b.jpg", "disk/lost+found"),
        ("Lightroom/Catalog Previews.lrdata/0/b.jpg", "Lightroom/Catalog Previews.lrdata"),
        ("P.photoslibrary/resources/derivatives/b.jpg", "P.photoslibrary/resources"),
        ("P.photoslibrary/originals/0/b.jpg", ""),
    ],
)
def test_folders_of_systems(path: str, folder: str) -> None:
    """Disks, networks and programs keep thumbnails and what was deleted in folders of known names; hidden ones too."""
    assert system_folder_of(path) == folder


@pytest.mark.parametrize(("name", "hidden"), [("b.jpg", False), ("._b.jpg", True), (".picasa.ini", True)])
def test_hidden_files(name: str, hidden: bool) -> None:
    """A file is hidden if its name begins with a dot."""
    assert is_hidden(name) == hidden


def test_endings_are_those_of_the_kinds_that_can_be_read() -> None:
    """The worker's table has the same endings."""
    assert sorted(PICTURE_ENDINGS) == sorted(ending for kind in KINDS for ending in kind.endings)
