"""Sizes by headers alone."""

import io

import pytest
from PIL import Image

from frontend.embedder.declared_size import declared_size
from tests.support import awkward
from tests.support.drawings import draw, jpeg


def test_the_header_of_an_avif() -> None:
    """The size is read without a decoder; of a file that is cut, or another kind, there is none."""
    header = awkward.isobmff_header(640, 427)
    assert declared_size(header) == (640, 427)
    assert declared_size(jpeg(draw("dots", 0))) is None
    assert declared_size(header[:40]) is None


@pytest.mark.parametrize("name", ["lossy.webp", "lossless.webp", "animated.webp", "plain.heic", "tiles.heic"])
def test_other_headers(name: str) -> None:
    """Each of WebP's three kinds declares its size in its own way; an HEIC of tiles has that of the whole."""
    data = awkward.good()[name]
    assert declared_size(data) == Image.open(io.BytesIO(data)).size
    assert declared_size(data[:24]) is None


def test_jpeg_2000() -> None:
    """The size is that of the grid, less what is left of the picture, in boxes and without."""
    data = awkward.encoded(draw("dots", 0, 321, 200), "JPEG2000")
    bare = awkward.encoded(draw("dots", 0, 321, 200), "JPEG2000", no_jp2=True)
    assert declared_size(data) == declared_size(bare) == (321, 200)
    assert declared_size(data[:30]) is declared_size(bare[:10]) is None


@pytest.mark.parametrize(
    ("header", "size"),
    [
        # By hand: small, 8 x 8, ratio 1:1; then 9 bits for the height of 300 and for the width of 400.
        (b"\xff\x0a\x41" + bytes(12), (8, 8)),
        (b"\xff\x0a" + (0 | 0 << 1 | 299 << 3 | 0 << 12 | 0 << 15 | 399 << 17).to_bytes(12, "little"), (400, 300)),
        (b"\xff\x0a" + (0 | 1 << 1 | 2999 << 3 | 3 << 16).to_bytes(12, "little"), (4000, 3000)),
    ],
)
def test_jpeg_xl(header: bytes, size: tuple[int, int]) -> None:
    """The size is packed into bits, with both sides or a ratio; in boxes it lies deeper."""
    boxed = b"\0\0\0\x0cJXL \r\n\x87\n" + b"\0\0\0\x14ftypjxl \0\0\0\0jxl " + b"\0\0\0\0jxlc"
    assert declared_size(header) == declared_size(boxed + header) == size
    assert declared_size(header[:5]) is None
