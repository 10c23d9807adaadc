"""
What a photo's file says of when and how it was taken, as the library keeps it. Pure Pillow.

    bytes -> metadata_in -> EXIF, XMP -> camera_facts -> CameraFacts (time, shot) -> told (with files beside it)

Nothing here raises for what is written in a file: what makes no sense is not known.

Source: CIPA DC-008-2019 (Exif 2.32), 4.6.4 to 4.6.6, for numbers and meanings of tags.
"""

import math
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from PIL import Image

from frontend.embedder import xmp
from frontend.embedder.clock_times import from_moment, read_time, with_offset_of, written
from frontend.embedder.metadata import Metadata, metadata_in
from frontend.embedder.places import Coordinates, coordinates, in_properties
from frontend.embedder.sidecars import Notes

# Numbers of directories.
EXIF_DIRECTORY, GPS_DIRECTORY = 0x8769, 0x8825

MAKER, MODEL = 0x010F, 0x0110
EXPOSURE_TIME, SHUTTER_SPEED = 0x829A, 0x9201
F_NUMBER, APERTURE = 0x829D, 0x9202
SENSITIVITY, STANDARD_SENSITIVITY, RECOMMENDED_INDEX = 0x8827, 0x8831, 0x8832
FOCAL_LENGTH, FOCAL_LENGTH_35_MM = 0x920A, 0xA405
LENS = 0xA434
LATITUDE_REF, LATITUDE, LONGITUDE_REF, LONGITUDE = 1, 2, 3, 4

# (time, offset, fraction of the second) of when it was taken, and of when it was made digital.
TIMES: Final = ((0x9003, 0x9011, 0x9291), (0x9004, 0x9012, 0x9292))
# The same of when it was changed last, the first of them in the main directory.
CHANGED: Final = (0x0132, 0x9010, 0x9290)

# The largest number that fits into the two bytes of a sensitivity, and stands for more.
LARGEST_SHORT: Final = 65535

# As the API takes them, see backend/web/schemas.py.
MOST_CHARS: Final = 120
MOST: Final = {"exposure_s": 1e6, "f_number": 1e3, "iso": 2**31 - 1, "focal_length_mm": 1e5}

# How far apart the same moment can be on two clocks: 26 hours in theory.
A_DAY: Final = timedelta(days=1)

# What makers add to their names.
_COMPANY = re.compile(r"[ ,]+(imaging|optical|corporation|corp|company|co|ltd|inc|ag|gmbh)\b.*", re.IGNORECASE)


@dataclass(frozen=True)
class CameraFacts:
    """What a camera, or a program after it, has written into a file."""

    taken: datetime | None = None
    """By the clock there: with its offset, or naive."""
    shot: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """As the API takes it, without what is not known."""


def camera_facts(data: bytes, now: datetime, with_coordinates: bool) -> CameraFacts:
    """
    Read what is written in a file.

    Args:
        now: In UTC: what was taken later makes no sense.
        with_coordinates: Whether to tell where the photo was taken, too.
    """
    return facts_in(metadata_in(data), now, with_coordinates)


def facts_in(metadata: Metadata, now: datetime, with_coordinates: bool) -> CameraFacts:
    """The same, of blocks that were found."""
    tags = _Tags(metadata)
    properties = xmp.properties_in(metadata.xmp or tags.xmp())
    return CameraFacts(
        taken=_taken(tags, properties, now),
        shot=_shot(tags, properties)
        | (_placed(_place(tags.gps) or in_properties(properties)) if with_coordinates else {}),
    )


def told(
    camera: CameraFacts,
    notes: Notes,
    file_ms: float,
    offset_at: Callable[[float], int],
    now: datetime,
    with_coordinates: bool,
) -> dict[str, Any]:
    """
    Put together what is known of a photo, as the API takes it at its registration.

    People's notes count most, as they may have corrected the camera's clock. Where they know only the moment, the
    camera's time is that of the clock there, unless they are so far apart that somebody has corrected it.

    Args:
        file_ms: When the file was changed last, in milliseconds since 1970; 0 if that is not known.
        offset_at: How many minutes a clock here is ahead of UTC at a moment, in milliseconds since 1970.
        with_coordinates: Whether to tell where it was taken, too.

    Returns:
        Some of `taken`, `taken_source`, `shot`, `title`, `description` and `tags`.
    """
    taken, source = _told_time(camera.taken, notes, offset_at, now)
    if taken is None:
        taken, source = from_moment(file_ms, offset_at(file_ms), now), "file"
    known = {
        "taken": taken and written(taken),
        "taken_source": taken and source,
        "shot": {**camera.shot, **(_placed(notes.coordinates) if with_coordinates else {})},
        "title": notes.title,
        "description": notes.description,
        "tags": list(notes.tags),
    }
    return {name: value for name, value in known.items() if value}


def _told_time(
    by_camera: datetime | None, notes: Notes, offset_at: Callable[[float], int], now: datetime
) -> tuple[datetime | None, str]:
    moment = notes.moment
    if notes.taken is not None:
        return notes.taken, "sidecar"
    if moment is None:
        return by_camera, "camera"
    if by_camera is not None and abs(by_camera.replace(tzinfo=None) - moment.replace(tzinfo=None)) <= A_DAY:
        return by_camera if by_camera.tzinfo else with_offset_of(by_camera, moment), "camera"
    moment_ms = moment.timestamp() * 1000
    return from_moment(moment_ms, offset_at(moment_ms), now), "sidecar"


class _Tags:
    """The tags of EXIF data, in one table; what cannot be read is not there."""

    def __init__(self, metadata: Metadata) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Of what is damaged, which nobody can help.
            exif, more, place = (_opened(block) for block in (metadata.exif, metadata.more, metadata.place))
            self._all = _directory(more) | _directory(more, EXIF_DIRECTORY)
            self._all |= _directory(exif) | _directory(exif, EXIF_DIRECTORY)
            self.gps = _directory(exif, GPS_DIRECTORY) or _directory(more, GPS_DIRECTORY) or _directory(place)

    def text(self, tag: int) -> str:
        """Return a text in one line; empty if there is none."""
        value = self._all.get(tag, "")
        if isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
        if not isinstance(value, str):
            return ""
        line = "".join(letter if letter.isprintable() else " " for letter in value.partition("\0")[0])
        return " ".join(line.split())[:MOST_CHARS].strip()

    def number(self, tag: int) -> float | None:
        """Return a number, finite; None if there is none."""
        return _number(self._all.get(tag))

    def xmp(self) -> bytes:
        """Return the XMP that a TIFF has as a tag."""
        value = self._all.get(700, b"")
        return value if isinstance(value, bytes) else b""


def _opened(block: bytes) -> Image.Exif:
    exif = Image.Exif()
    try:
        exif.load(block)
    except Exception:  # Pillow raises whatever it stumbles over.
        return Image.Exif()
    return exif


def _directory(exif: Image.Exif, number: int | None = None) -> dict[int, Any]:
    """Read the tags of a directory, the first or another, each on its own: one that is damaged takes none with it."""
    values: dict[int, Any] = {}
    try:
        directory = exif if number is None else exif.get_ifd(number)
        names = list(directory)
    except Exception:
        return values
    for name in names:
        try:
            values[name] = directory[name]
        except Exception:
            continue
    return values


def _taken(tags: _Tags, properties: xmp.Properties, now: datetime) -> datetime | None:
    """Return the most trustworthy time that makes sense."""
    times = [_time(tags, *numbers, now) for numbers in TIMES]
    times += [read_time(xmp.first(properties, name), now) for name in xmp.TIMES]
    times.append(_time(tags, *CHANGED, now))
    return next((time for time in times if time is not None), None)


def _time(tags: _Tags, time: int, offset: int, fraction: int, now: datetime) -> datetime | None:
    return read_time(tags.text(time), now, tags.text(offset), tags.text(fraction))


def _shot(tags: _Tags, properties: xmp.Properties) -> dict[str, Any]:
    lens = tags.text(LENS) or xmp.first(properties, xmp.AUX + "Lens")[:MOST_CHARS].strip()
    speed, aperture = tags.number(SHUTTER_SPEED), tags.number(APERTURE)
    equivalent = tags.number(FOCAL_LENGTH_35_MM)
    found = {
        "camera": _camera(tags.text(MAKER), tags.text(MODEL)),
        "lens": lens if lens.isprintable() and re.search(r"[A-Za-z1-9]", lens) else "",
        # Of speed and aperture, only the logarithms are there, or those as well: APEX values (annex C).
        "exposure_s": _within("exposure_s", tags.number(EXPOSURE_TIME) or _power(speed, -1)),
        "f_number": _within("f_number", tags.number(F_NUMBER) or _power(aperture, 0.5)),
        "iso": _iso(tags),
        "focal_length_mm": _within("focal_length_mm", tags.number(FOCAL_LENGTH)),
        "equivalent_focal_length_mm": round(_within("focal_length_mm", equivalent) or 0),
    }
    return {name: value for name, value in found.items() if value}


def _camera(maker: str, model: str) -> str:
    """Name a camera by maker and model, as people do."""
    maker = _COMPANY.sub("", maker)
    if maker and model.lower().startswith(maker.split()[0].lower()):
        return model
    return f"{maker} {model}".strip()[:MOST_CHARS].strip()


def _iso(tags: _Tags) -> int:
    given = tags.number(SENSITIVITY) or 0
    if given == LARGEST_SHORT:
        given = tags.number(RECOMMENDED_INDEX) or tags.number(STANDARD_SENSITIVITY) or given
    return round(_within("iso", given) or 0)


def _placed(place: Coordinates | None) -> dict[str, Any]:
    return {"coordinates": place} if place else {}


def _place(gps: Mapping[int, Any]) -> Coordinates | None:
    latitude = _degrees(gps.get(LATITUDE), gps.get(LATITUDE_REF), "S")
    longitude = _degrees(gps.get(LONGITUDE), gps.get(LONGITUDE_REF), "W")
    return coordinates(latitude, longitude)


def _degrees(parts: Any, side: Any, negative: str) -> float | None:
    """Make one number of degrees, minutes and seconds."""
    if not isinstance(parts, tuple) or len(parts) != 3:
        return None
    numbers = [_number(part) for part in parts]
    if None in numbers:
        return None
    degrees = sum(number / 60**place for place, number in enumerate(numbers) if number is not None)
    if degrees < 0:
        return None
    if isinstance(side, bytes):
        side = side.decode("ascii", "replace")
    return -degrees if str(side).strip("\0 ").upper() == negative else degrees


def _number(value: Any) -> float | None:
    # Of several, the first is the one that is meant.
    first: Any = value[0] if isinstance(value, tuple) and value else value
    if isinstance(first, bool | str | bytes):
        return None
    try:
        number = float(first)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _power(exponent: float | None, by: float) -> float | None:
    return 2 ** (by * exponent) if exponent is not None and abs(exponent) < 100 else None


def _within(name: str, value: float | None) -> float | None:
    """Return a number, to six digits, if it is one that a camera can have; else None."""
    if value is None or not 0 < value <= MOST[name]:
        return None
    return float(f"{value:.6g}")
