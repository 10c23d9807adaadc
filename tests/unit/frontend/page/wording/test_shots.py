"""How a photo was taken, in words."""

from typing import Any

import pytest

from frontend.page.wording.shots import exposure_text, focal_length_text, place_text

UNKNOWN = dict.fromkeys(("exposure_s", "f_number", "iso", "focal_length_mm", "equivalent_focal_length_mm"))


@pytest.mark.parametrize(
    ("known", "text"),
    [
        ({"exposure_s": 0.0015625, "f_number": 5.6, "iso": 400}, "1/640 s · f/5.6 · ISO 400"),
        ({"exposure_s": 0.008, "f_number": 1.78}, "1/125 s · f/1.8"),
        ({"exposure_s": 0.5, "f_number": 8.0}, "0.5 s · f/8"),
        ({"exposure_s": 30.0}, "30 s"),
        ({"iso": 64}, "ISO 64"),
        ({}, ""),
    ],
)
def test_exposure(known: dict[str, Any], text: str) -> None:
    """Short times are fractions, and what is not known is left out."""
    assert exposure_text(UNKNOWN | known) == text


@pytest.mark.parametrize(
    ("length", "equivalent", "text"),
    [
        (55.0, None, "55 mm"),
        (6.765, 24, "6.8 mm (24 mm equivalent)"),
        (50.0, 50, "50 mm"),
        (None, 28, "28 mm equivalent"),
        (None, None, ""),
    ],
)
def test_focal_length(length: float | None, equivalent: int | None, text: str) -> None:
    """The equivalent for 35 mm film is said where it differs."""
    assert focal_length_text({"focal_length_mm": length, "equivalent_focal_length_mm": equivalent}) == text


def test_place() -> None:
    """The side of the equator, and of Greenwich, is a letter."""
    assert place_text({"latitude": 48.137154, "longitude": -11.5754}) == "48.1372° N, 11.5754° W"
    assert place_text({"latitude": -33.9, "longitude": 18.42}) == "33.9000° S, 18.4200° E"
