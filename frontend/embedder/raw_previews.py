"""
The JPEG previews that cameras put into RAW photos, and what a RAW photo says of its size and how it was held.

Wherever a maker keeps its previews, they begin like every JPEG: they are looked for in all of the file.

Sources: TIFF/EP (ISO 12234-2), DNG 1.7; of Canon's, Fujifilm's and Panasonic's own formats, what ExifTool's
documentation of tags says.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from frontend.embedder import tiff_tags
from frontend.embedder.tiff_tags import Directory, directories, number, numbers

START: Final = b"\xff\xd8\xff"
END_OF_PICTURE, START_OF_SCAN = 0xD9, 0xDA
FRAMES: Final = (0xC0, 0xC1, 0xC2)
"""Markers of the frames that photographs have; the sensor's own values are in others, without loss."""

# A side that no sensor has: a guess, for directories that are damaged.
MOST_PX: Final = 2**17

# The next marker in compressed data: there 255 is followed by 0, or by a number that counts restarts.
NEXT_MARKER: Final = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")


@dataclass(frozen=True)
class Preview:
    """A JPEG in a file."""

    start: int
    """In bytes from the beginning of the file, as `end`."""
    end: int
    size: tuple[int, int]
    """Width and height in pixels, as stored."""


@dataclass(frozen=True)
class RawPhoto:
    """What is known of a RAW photo without its maker's program."""

    previews: list[Preview]
    """The largest first."""
    size: tuple[int, int] | None
    """Width and height of the whole photo in pixels, as stored; None where only the previews tell."""
    orientation: int | None
    """As EXIF has it; None where only the previews tell."""


def read_raw(data: bytes) -> RawPhoto:
    """Look through a RAW photo."""
    found = list(directories(data))
    sensor = set(offsets_of_sensor_data(found))
    previews = [preview for preview in jpegs(data) if preview.start not in sensor]
    previews.sort(key=lambda preview: area(preview.size), reverse=True)
    sizes = [*map(declared_size, found), panasonic_size(data, found), fujifilm_size(data)]
    size = max((size for size in sizes if size), key=area, default=None)
    return RawPhoto(previews, size, orientation(found or canon_directories(data)))


def area(size: tuple[int, int]) -> int:
    """Return how many pixels there are."""
    return size[0] * size[1]


def jpegs(data: bytes) -> Iterator[Preview]:
    """Yield the JPEGs in a file, without those that lie in others."""
    at = data.find(START)
    while at != -1:
        preview = read_jpeg(data, at)
        if preview:
            yield preview
        at = data.find(START, preview.end if preview else at + 1)


def read_jpeg(data: bytes, start: int) -> Preview | None:
    """Read the JPEG at an offset; None if it is none that shows a photo. Source: ITU-T T.81, B.1 and B.2."""
    size, at = None, start + 2
    while at + 10 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if marker in FRAMES and data[at + 4] == 8 and data[at + 9] in (1, 3):
            size = int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
        elif marker == START_OF_SCAN and size and area(size):
            return Preview(start, end_of_jpeg(data, at + 2 + length), size)
        elif marker < 0xC0 or marker in (START_OF_SCAN, END_OF_PICTURE) or length < 2:
            return None
        at += 2 + length
    return None


def end_of_jpeg(data: bytes, at: int) -> int:
    """Return where the JPEG ends whose first scan begins at an offset."""
    while found := NEXT_MARKER.search(data, at):
        if data[found.start() + 1] == END_OF_PICTURE:
            return found.end()
        at = found.end() + int.from_bytes(data[found.end() : found.end() + 2])
    return len(data)


def offsets_of_sensor_data(found: list[Directory]) -> Iterator[int]:
    """Yield where a sensor's own pixels lie: they may be compressed as JPEG, too, and are no picture to look at."""
    for directory in found:
        if number(directory, tiff_tags.PHOTOMETRIC) in tiff_tags.SENSOR:
            yield from numbers(directory, tiff_tags.STRIP_OFFSETS)
            yield from numbers(directory, tiff_tags.TILE_OFFSETS)


def declared_size(directory: Directory) -> tuple[int, int] | None:
    """Return the size that a directory declares, without the border that is not meant to be seen."""
    crop = numbers(directory, tiff_tags.DEFAULT_CROP_SIZE)
    if len(crop) == 4 and crop[1] and crop[3]:  # Two fractions.
        return crop[0] // crop[1], crop[2] // crop[3]
    if len(crop) == 2:
        return crop[0], crop[1]
    size = number(directory, tiff_tags.IMAGE_WIDTH), number(directory, tiff_tags.IMAGE_LENGTH)
    return size if area(size) and max(size) < MOST_PX else None


def panasonic_size(data: bytes, found: list[Directory]) -> tuple[int, int] | None:
    """Return the size of a photo of Panasonic's, which declares the borders within the sensor."""
    if data[:4] != b"IIU\0" or not found:
        return None
    top, left, bottom, right = (number(found[0], tag) for tag in (4, 5, 6, 7))
    return (right - left, bottom - top) if right > left and bottom > top else None


def fujifilm_size(data: bytes) -> tuple[int, int] | None:
    """Return the size of a photo of Fujifilm's, from the list of tags that the header points to."""
    if not data.startswith(b"FUJIFILMCCD-RAW") or len(data) < 100:
        return None
    (at,) = struct.unpack_from(">I", data, 92)
    count = int.from_bytes(data[at : at + 4])
    at += 4
    for _ in range(min(count, 256)):
        if at + 8 > len(data):
            return None
        tag, length, height, width = struct.unpack_from(">HHHH", data, at)
        if tag == 0x0111:  # Without the sensor's border.
            return width, height
        at += 4 + length
    return None


def canon_directories(data: bytes) -> list[Directory]:
    """Return the directories in a CR3, which is built of boxes: one of them holds a small TIFF file."""
    at = data[:65536].find(b"CMT1")
    return [] if at == -1 else list(directories(data[at + 4 : at + 4 + 65536]))


def orientation(found: list[Directory]) -> int | None:
    """Return how a camera was held, 1 to 8, by its first directory."""
    value = number(found[0], tiff_tags.ORIENTATION) if found else 0
    return value if 1 <= value <= 8 else None
