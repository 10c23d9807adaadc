"""
Reads files that programs put beside a photo: XMP, and the JSON of Google Takeout. Pure.

Source of what Takeout's have: exports of 2019 to 2025; Google describes them nowhere.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from frontend.embedder import xmp
from frontend.embedder.clock_times import from_moment, read_time
from frontend.embedder.places import Coordinates, coordinates, in_properties

XMP_ENDING: Final = ".xmp"


@dataclass(frozen=True)
class Notes:
    """What people, or a program for them, have noted about a photo; empty or None where they have not."""

    title: str = ""
    description: str = ""
    tags: Sequence[str] = ()
    taken: datetime | None = None
    """By the clock there: with its offset, or naive."""
    moment: datetime | None = None
    """When it was taken by UTC, where the clock there is not known."""
    coordinates: Coordinates | None = None
    """Where it was taken."""


def notes_in(files: Sequence[tuple[str, str]], now: datetime) -> Notes:
    """
    Read the files beside a photo, of which the first that says something counts; tags are those of all.

    Args:
        files: Their names and texts.
        now: In UTC: what was taken later makes no sense.
    """
    notes = Notes()
    for name, text in files:
        others = _of_xmp(text, now) if name.lower().endswith(XMP_ENDING) else _of_takeout(text, now)
        notes = Notes(
            notes.title or others.title,
            notes.description or others.description,
            tuple(dict.fromkeys([*notes.tags, *others.tags])),
            notes.taken or others.taken,
            notes.moment or others.moment,
            notes.coordinates or others.coordinates,
        )
    return notes


def _of_xmp(text: str, now: datetime) -> Notes:
    properties = xmp.properties_in(text.encode())
    times = [read_time(xmp.first(properties, name), now) for name in xmp.TIMES]
    return Notes(
        title=_line(xmp.first(properties, xmp.DC + "title")),
        description=_line(xmp.first(properties, xmp.DC + "description")),
        tags=_lines(properties.get(xmp.DC + "subject", ())),
        taken=next((time for time in times if time is not None), None),
        coordinates=in_properties(properties),
    )


def _of_takeout(text: str, now: datetime) -> Notes:
    try:
        said: Any = json.loads(text)
    except (ValueError, RecursionError):
        return Notes()
    if not isinstance(said, dict) or "photoTakenTime" not in said:  # Other JSON, or that of an album.
        return Notes()
    return Notes(
        title=_name(_line(said.get("title"))),
        description=_line(said.get("description")),
        tags=_lines([_member(person, "name") for person in _list(said.get("people"))]),
        moment=_moment(_member(said["photoTakenTime"], "timestamp"), now),
        # What people have set or Google has guessed, and what the camera wrote.
        coordinates=_place(said.get("geoData")) or _place(said.get("geoDataExif")),
    )


def _name(file_name: str) -> str:
    """Return the name of a file, as people would write it: Takeout's titles are such."""
    stem, _, ending = file_name.rpartition(".")
    return (stem if stem and ending.isalnum() and len(ending) < 6 else file_name).replace("_", " ")


def _moment(seconds: Any, now: datetime) -> datetime | None:
    try:
        return from_moment(1000 * float(seconds), 0, now)
    except (TypeError, ValueError):
        return None


def _place(value: Any) -> Coordinates | None:
    return coordinates(_member(value, "latitude"), _member(value, "longitude"))


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _lines(values: Sequence[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for line in map(_line, values) if line))


def _line(value: Any) -> str:
    """Return a text in one line; empty if it is none."""
    if not isinstance(value, str):
        return ""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in value).split())
