"""The perceptual hash: which bits it has, and what changes them."""

import io

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw, ImageOps

from frontend.embedder.model_input import Pixels
from frontend.embedder.perceptual_hash import perceptual_hash, without_frame
from tests.support.drawings import draw, noise
from tests.support.edits import EDITS

# Made by imagehash 4.3.2: phash(draw(...), hash_size=16).
CHECKS = "c00e050fc10f050f810f810f810f010ffef07ef0baf0fef0fff1fef0190d3bf2"
RINGS = "c8073807547a107fdf8031e29e006389389867a37377c7a171ddc7a1777cc7e3"

HARMLESS = ("jpeg 30", "jpeg 10", "webp 40", "png", "half size", "quarter size", "squashed", "blurred", "noisy", "grey")


def bits(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return the 256 bits of a picture's hash."""
    found = perceptual_hash(Pixels(pixels))
    assert found is not None
    return np.unpackbits(np.frombuffer(bytes.fromhex(found), dtype=np.uint8))


def differing(one: Image.Image, other: Image.Image) -> int:
    """Count the bits in which two pictures differ."""
    return int((bits(np.asarray(one)) != bits(np.asarray(other))).sum())


@pytest.mark.parametrize(("group", "expected"), [("checks", CHECKS), ("rings", RINGS)])
def test_the_bits_are_those_of_a_known_library(group: str, expected: str) -> None:
    """Other programs that know this hash find the same pictures."""
    assert perceptual_hash(Pixels(np.asarray(draw(group, 0)))) == expected


@pytest.mark.parametrize("edit", HARMLESS)
def test_edits_that_leave_the_picture_as_it_is(edit: str) -> None:
    """Saving anew, shrinking, blurring and grain change few bits of 256."""
    drawn = draw("rings", 0)
    edited = Image.open(io.BytesIO(EDITS[edit](drawn))).convert("RGB")
    assert differing(drawn, edited) <= 20


def test_other_pictures() -> None:
    """Pictures that have nothing in common differ in about half of the bits."""
    assert differing(draw("rings", 0), draw("checks", 0)) > 90


@pytest.mark.parametrize("spread", [0, 2])
def test_a_plain_picture_has_none(spread: int) -> None:
    """What is left of a plain picture is noise, which says nothing."""
    pixels = np.uint8(120) + (noise(320, 240) % np.uint8(spread + 1))
    assert perceptual_hash(Pixels(pixels)) is None


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (2, 2), (17, 5)])
def test_tiny_pictures(size: tuple[int, int]) -> None:
    """However small or narrow a picture is, it has a hash, or none if it is plain."""
    found = perceptual_hash(Pixels(noise(*size)))
    assert found is None or len(found) == 64


@pytest.mark.parametrize("color", ["white", "black", "#777777"])
def test_a_frame_does_not_count(color: str) -> None:
    """A border around a picture leaves nearly all bits as they are."""
    drawn = draw("rings", 0)
    assert differing(drawn, ImageOps.expand(drawn, 30, color)) <= 20


def test_bars_with_words_do_not_count() -> None:
    """Neither do bars above and below, with words in them."""
    drawn = draw("rings", 0)
    barred = Image.open(io.BytesIO(EDITS["meme"](drawn))).convert("RGB")
    assert differing(drawn, barred) <= 20


def test_plain_ground_is_no_frame() -> None:
    """A thing on plain ground ends nowhere at once over a whole side: its ground belongs to the picture."""
    picture = Image.new("RGB", (300, 300), "white")
    ImageDraw.Draw(picture).ellipse((60, 90, 220, 260), fill="#884422")
    pixels = Pixels(np.asarray(picture))
    assert without_frame(pixels).shape == pixels.shape
