"""Pictures of a high dynamic range."""

import numpy as np
import pytest
from PIL import Image

from frontend.embedder.hdr import HLG, PQ, is_hdr, tone_mapped
from frontend.embedder.preprocessing import decode, srgb_to_light
from tests.support import awkward

BT_2020 = 9


def patches(name: str) -> list[int]:
    """Return the green of the middle of each patch of an awkward file."""
    return [int(value) for value in decode(awkward.good()[name], 224).pixels[32, 32::64, 1]]


def shown(colour: tuple[int, int, int], curve: int = PQ) -> np.ndarray:
    """Return what becomes of a colour."""
    image = Image.new("RGB", (1, 1), colour)
    return np.asarray(tone_mapped(image, {"transfer_characteristics": curve, "color_primaries": BT_2020}))[0, 0]


@pytest.mark.parametrize(("name", "wanted"), [("pq.heic", [0, 89, 237, 253, 254]), ("hlg.heic", [0, 137, 237, 253])])
def test_light_is_kept_below_white_and_pressed_above(name: str, wanted: list[int]) -> None:
    """A tenth, and a quarter, of white come out as sRGB has them, white nearly white, and what shines above that."""
    assert np.abs(np.array(patches(name)) - wanted).max() <= 2


def test_colours() -> None:
    """A grey stays grey; a red of BT.2020 becomes the reddest that sRGB has, and no other colour."""
    assert len(set(shown((120, 120, 120)).tolist())) == 1
    red = shown((140, 20, 20)).astype(int)
    assert red[0] > 150 and red[1:].max() == 0


def test_primaries() -> None:
    """A colour within sRGB comes out as the matrix of BT.2087 has it."""
    light = srgb_to_light(shown((100, 96, 92)) / 255)
    signal = np.array([100, 96, 92]) / 255
    root = signal ** (32 / 2523)
    nits = (np.maximum(root - 107 / 128, 0) / (2413 / 128 - 2392 / 128 * root)) ** (8192 / 1305) * 10000
    matrix = np.array([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]])
    assert np.abs(light - matrix @ nits / 203).max() < 0.004


def test_brighter_stays_brighter() -> None:
    """From black to the brightest nothing comes out darker than what has less light."""
    for curve in (PQ, HLG):
        greys = [int(shown((value, value, value), curve)[1]) for value in range(256)]
        assert greys == sorted(greys) and greys[0] == 0 and greys[-1] >= 253


def test_what_is_no_hdr() -> None:
    """Curves of common screens, and none, are left alone."""
    assert not any(is_hdr(declared) for declared in ({}, {"transfer_characteristics": 13}, {"color_primaries": 9}))
