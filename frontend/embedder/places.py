"""
Places on Earth as files write them, and which of them make no sense. Pure.

Source: XMP specification, part 2 (Exif schema): GPSCoordinate, `48,8.229N` or `48,8,14N`.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

from frontend.embedder import xmp

Coordinates = Mapping[str, float]
"""`latitude` and `longitude` in degrees, to some 10 cm, as the API takes them."""

_COORDINATE = re.compile(r"\s*(\d{1,3}),(\d{1,2}(?:\.\d+)?)(?:,(\d{1,2}(?:\.\d+)?))?\s*([NSEW])\s*", re.IGNORECASE)


def coordinates(latitude: Any, longitude: Any) -> Coordinates | None:
    """Return a place; None if it is not on Earth, or is what those write who know none."""
    if not _within(latitude, 90) or not _within(longitude, 180):
        return None
    # Who knows neither writes zeros, for a spot in the sea south of Ghana.
    if latitude == 0 and longitude == 0:
        return None
    return {"latitude": round(float(latitude), 6), "longitude": round(float(longitude), 6)}


def in_properties(properties: xmp.Properties) -> Coordinates | None:
    """Return the place that XMP tells; None if it tells none."""
    return coordinates(
        _degrees(xmp.first(properties, xmp.EXIF + "GPSLatitude"), "NS"),
        _degrees(xmp.first(properties, xmp.EXIF + "GPSLongitude"), "EW"),
    )


def _degrees(text: str, sides: str) -> float | None:
    """Read degrees; `sides` are the letters for positive and for negative ones."""
    found = _COORDINATE.fullmatch(text)
    if not found or found[4].upper() not in sides:
        return None
    degrees = int(found[1]) + float(found[2]) / 60 + float(found[3] or 0) / 3600
    return -degrees if found[4].upper() == sides[1] else degrees


def _within(degrees: Any, most: int) -> bool:
    is_number = isinstance(degrees, int | float) and not isinstance(degrees, bool)
    return is_number and math.isfinite(degrees) and abs(degrees) <= most
