"""The orientation in the EXIF data of a WebP, which browsers leave as it lies."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from frontend.page.photo.exif import CHUNK_HEAD_BYTES, HEADER_BYTES, UPRIGHT, chunk, orientation


def exif_chunk(webp: bytes) -> bytes:
    """Walk through the chunks of a file to its EXIF data, as the page does; empty if it has none."""
    at = HEADER_BYTES
    while at < len(webp):
        name, size = chunk(webp[at : at + CHUNK_HEAD_BYTES])
        at += CHUNK_HEAD_BYTES
        if name == b"EXIF":
            return webp[at : at + size]
        at += size + size % 2
    return b""


def webp(value: int | None) -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "a description before it"
    if value is not None:
        exif[0x0112] = value
    Image.new("RGB", (33, 21), "teal").save(out, "WEBP", exif=exif)
    return out.getvalue()


@pytest.mark.parametrize("value", range(1, 9))
def test_every_orientation(value: int) -> None:
    """What Pillow writes into a WebP is read from it."""
    assert orientation(exif_chunk(webp(value))) == value


@pytest.mark.parametrize("value", [None, 0, 9])
def test_none_that_makes_sense(value: int | None) -> None:
    """Without an orientation, or with one that does not exist, the picture counts as upright."""
    assert orientation(exif_chunk(webp(value))) == UPRIGHT


def test_a_file_without_exif() -> None:
    """There is no such chunk in it."""
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "WEBP")
    assert exif_chunk(out.getvalue()) == b""


def test_as_in_a_jpeg() -> None:
    """The mark that a JPEG has before its EXIF data is passed over, and both orders of bytes are read."""
    little = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
    big = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x03\0\0\0\0\0\0"
    assert orientation(b"Exif\0\0" + little) == 6
    assert orientation(big) == 3


@given(st.binary(max_size=200))
def test_anything(data: bytes) -> None:
    """Whatever is in the chunk, it is read in no time as one of the eight orientations."""
    assert 1 <= orientation(b"II*\0" + data) <= 8
    assert 1 <= orientation(data) <= 8
