"""Which files in a folder are taken for pictures."""

import io

import pytest
from PIL import Image, features

from backend.catalogue.service import IMAGE_TYPES
from frontend.page.adding.file_types import (
    HEAD_BYTES,
    PICTURE_ENDINGS,
    begins_like_picture,
    is_hidden,
    is_picture,
    system_folder_of,
)


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


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "AVIF"])
def test_pictures_by_their_first_bytes(kind: str) -> None:
    """What Pillow writes is known without a name."""
    if kind == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow cannot write AVIF")
    out = io.BytesIO()
    Image.new("RGB", (20, 10), "teal").save(out, kind)
    assert begins_like_picture(out.getvalue()[:HEAD_BYTES], "without ending")


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"", "empty"),
        (b"BM", "short"),
        (b"BMW is a make of cars, and this is a text", "text"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "sound"),
        (b"\x00\x00\x00\x1cftypisom", "film"),
        (b"II*\x00\x08\x00\x00\x00", "DSC_1.NEF"),
    ],
)
def test_first_bytes_of_what_is_no_picture(head: bytes, name: str) -> None:
    """Neither a text that begins like a bitmap, nor sound and film of the same wrapping, nor a camera's raw photo."""
    assert not begins_like_picture(head, name)


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


def test_endings_are_those_of_the_types_that_the_server_accepts() -> None:
    """Pillow knows the same endings for the server's types; HEIF, which is no part of it, has two."""
    Image.init()
    formats = {name for name, content_type in Image.MIME.items() if content_type in IMAGE_TYPES}
    # An MPO file is a JPEG with more pictures behind it; the page declares it as one. Nobody has pictures in .dib.
    known = {ending for ending, name in Image.registered_extensions().items() if name in formats | {"MPO"}}

    assert set(PICTURE_ENDINGS) == {ending.removeprefix(".") for ending in known - {".dib"}} | {"heic", "heif"}
