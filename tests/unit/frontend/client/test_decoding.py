"""Files that a browser reads by decoders of its own, without one."""

import io

import numpy as np
import pytest
from PIL import Image

from frontend.client.decoding import decode
from frontend.client.errors import PictureUnusable
from tests.support import awkward
from tests.support.drawings import draw

SIDE_PX = 96


def saved(image: Image.Image, file_format: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, file_format, **options)
    return out.getvalue()


@pytest.mark.parametrize(("file_format", "content_type"), [("AVIF", "image/avif"), ("JPEG2000", "image/jp2")])
def test_what_pillow_reads_here(file_format: str, content_type: str) -> None:
    """It looks as it was drawn, and has its size and type."""
    drawn = draw("checks", 2, 400, 300)

    picture = decode(saved(drawn, file_format), SIDE_PX)

    assert (picture.width, picture.height, picture.content_type) == (400, 300, content_type)
    expected = np.asarray(drawn.reduce(400 // picture.pixels.shape[1]), float)
    assert np.abs(picture.pixels - expected).mean() < 8


def test_a_turned_avif() -> None:
    """It stands upright."""
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = decode(saved(draw("checks", 2, 400, 300), "AVIF", exif=exif), SIDE_PX)

    assert (picture.width, picture.height) == (300, 400)
    assert picture.pixels.shape[0] > picture.pixels.shape[1]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (awkward.drawing(), "This is a drawing (SVG). Export it as JPEG or PNG."),
        (b"\xff\x0a" + bytes(99), "This is a JPEG XL picture. Export it as JPEG or PNG."),
        (saved(draw("checks", 2), "AVIF")[:-2000], "The picture is damaged: its data are broken or end too early."),
    ],
)
def test_what_cannot_be_read(data: bytes, sentence: str) -> None:
    """The sentence speaks of no browser."""
    with pytest.raises(PictureUnusable) as caught:
        decode(data, SIDE_PX)

    assert str(caught.value) == sentence
