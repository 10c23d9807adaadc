"""HEIC under CPython; that Pyodide gives the same pixels is shown end to end."""

import numpy as np
import pytest
from PIL import Image, ImageCms

from frontend.embedder import preprocessing
from frontend.embedder.heif import nclx_profile
from frontend.embedder.preprocessing import UnreadableKind, decode
from tests.support import awkward
from tests.support.drawings import draw


def pixels_of(name: str) -> np.ndarray:
    """Decode one of the awkward files, as integers that can be subtracted."""
    return decode(awkward.good()[name], 224).pixels.astype(int)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_undone_once(orientation: int) -> None:
    """Whichever way the phone was held, an HEIC comes out as the JPEG of the same photo does."""
    picture = decode(awkward.oriented_heic(orientation), 224)
    upright = decode(awkward.oriented(orientation), 224)
    assert (picture.width, picture.height) == (upright.width, upright.height)
    assert picture.pixels.shape == upright.pixels.shape
    assert np.abs(picture.pixels.astype(int) - upright.pixels).mean() < 12


def test_ten_bits_keep_their_range() -> None:
    """A ramp of ten bits stays a ramp from black to white."""
    ramp = pixels_of("ten_bit.heic")[48, :, 1]
    assert (ramp[0], ramp[-1]) == (0, 255) and np.abs(ramp - np.arange(256)).max() <= 3


def test_transparency_is_laid_on_white() -> None:
    """Where an HEIC is see-through it is white."""
    pixels = pixels_of("alpha.heic")
    assert pixels[0].min() > 250 and np.abs(pixels[-1] - np.asarray(draw("rings", 1)).astype(int)[-1]).mean() < 25


def test_the_primary_picture_counts() -> None:
    """Of several pictures in a file the one that is marked is shown: stripes."""
    stripes = np.asarray(draw("stripes", 0, 160, 120)).astype(int)
    assert np.abs(pixels_of("several.heic") - stripes).mean() < 20


def test_what_only_helps_the_photo_is_left_out() -> None:
    """Depth map, gain map and thumbnail in a phone's file are not taken for the photo, which is turned upright."""
    picture = decode(awkward.good()["phone.heic"], 224)
    stripes = np.rot90(np.asarray(draw("stripes", 0)).astype(int), 3)
    assert (picture.width, picture.height) == (240, 320)
    assert np.abs(picture.pixels.astype(int) - stripes).mean() < 12


def test_tiles_make_one_picture() -> None:
    """A photo that is stored in tiles is as large as all of them, and looks like itself."""
    assert awkward.good()["tiles.heic"].count(b"hvc1") == 9
    picture = decode(awkward.good()["tiles.heic"], 224)
    drawn = np.asarray(draw("dots", 2, 1400, 1100).reduce(2)).astype(int)
    assert (picture.width, picture.height) == (1400, 1100)
    assert np.abs(picture.pixels.astype(int) - drawn).mean() < 6


def test_a_colour_profile_is_followed() -> None:
    """A profile with red and blue in each other's place gives a picture with red and blue changed."""
    drawn = np.asarray(draw("rings", 3)).astype(int)
    assert np.abs(pixels_of("profile.heic") - drawn[..., ::-1]).mean() < 12


def test_display_p3_declared_by_numbers() -> None:
    """A red of Display P3 becomes the stronger red of sRGB that looks the same; grey stays grey."""
    pixels = pixels_of("p3.heic")
    light = preprocessing.srgb_to_light(np.array([200, 90, 80]) / 255)
    # Source: CSS Color 4, sample code, Display P3 to XYZ and XYZ to sRGB, multiplied.
    wanted = np.array([[1.2249, -0.2247, 0], [-0.0420, 1.0419, 0], [-0.0197, -0.0786, 1.0979]]) @ light
    assert np.abs(preprocessing.srgb_to_light(pixels[32, 10] / 255) - wanted).max() < 0.02
    assert np.abs(pixels[32, 50] - 128).max() <= 2
    assert pixels[32, 10, 0] > 206


def test_primaries_that_need_no_profile() -> None:
    """Those of sRGB, and what nobody declares, are taken as they are."""
    assert nclx_profile({"color_primaries": 1}) is nclx_profile({}) is None


def test_a_profile_of_primaries_is_one() -> None:
    """What is made of the numbers is a profile that turns red into a red outside of sRGB."""
    profile = nclx_profile({"color_primaries": 12})
    assert profile
    image = Image.new("RGB", (1, 1), (0, 255, 0))
    assert preprocessing.to_srgb(image, profile).getpixel((0, 0)) == (0, 255, 0)
    assert ImageCms.getProfileName(ImageCms.ImageCmsProfile(preprocessing.io.BytesIO(profile)))


def test_without_its_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where pillow_heif is left out, the refusal says what the file is and the way out."""
    monkeypatch.setattr(preprocessing, "can_read_heif", lambda: False)
    with pytest.raises(UnreadableKind, match=r"^This is an HEIC photo\. Export it as JPEG"):
        decode(awkward.good()["plain.heic"], 224)
