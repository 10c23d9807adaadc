"""
Read the tags of TIFF files and of the RAW photos that are built like them, without decoding anything.

Source: TIFF 6.0, sections 2 and 8; TIFF/EP (ISO 12234-2); DNG 1.7; Exif 2.32, 4.6.
"""

import struct
from collections.abc import Iterator, Mapping
from typing import Final

IMAGE_WIDTH, IMAGE_LENGTH = 256, 257
COMPRESSION, PHOTOMETRIC, MAKE = 259, 262, 271
STRIP_OFFSETS, ORIENTATION, TILE_OFFSETS = 273, 274, 324
SUB_DIRECTORIES, EXIF_DIRECTORY = 330, 34665
BITS_PER_SAMPLE, SAMPLE_FORMAT = 258, 339
DNG_VERSION, DEFAULT_CROP_SIZE = 50706, 50720

# Values of PHOTOMETRIC: a sensor's pixels under their colour filter, and behind it.
SENSOR: Final = (32803, 34892)

FLOATING_POINT: Final = 3
"""A value of SAMPLE_FORMAT."""

TYPES: Final[Mapping[int, tuple[int, str]]] = {
    1: (1, "B"),
    2: (1, ""),
    3: (2, "H"),
    4: (4, "I"),
    5: (8, "II"),
    7: (1, ""),
    13: (4, "I"),
}
"""Type -> its size in bytes, and how `struct` reads it; text and what is undefined stay as they are."""

# Guesses: a camera writes some ten directories, none of a hundred tags, and no tag of more values that is read here.
MOST_DIRECTORIES: Final = 64
MOST_TAGS: Final = 512
MOST_VALUES: Final = 65536

# Of a BigTIFF, whose offsets have 64 bits: no camera writes them.
BIG: Final = (b"+\0", b"\0+")

Directory = dict[int, tuple[int, ...] | bytes]
"""Tag -> its values; a fraction is two numbers; text and what is undefined are bytes."""


def directories(data: bytes) -> Iterator[Directory]:
    """
    Yield the directories of a file, each before those below it; none if there is none, as many as make sense if some
    are damaged.

    The first two bytes have to tell the byte order: what else a file begins with is its maker's.
    """
    order = {b"II": "<", b"MM": ">"}.get(bytes(data[:2]))
    if order is None or len(data) < 8 or data[2:4] in BIG:
        return
    waiting, seen = [struct.unpack_from(f"{order}I", data, 4)[0]], set[int]()
    while waiting and len(seen) < MOST_DIRECTORIES:
        at = waiting.pop(0)
        if at in seen or not 0 < at <= len(data) - 2:
            continue
        seen.add(at)
        directory, following = read_directory(data, at, order)
        yield directory
        below = [*numbers(directory, SUB_DIRECTORIES), *numbers(directory, EXIF_DIRECTORY)]
        waiting = [*below, following, *waiting]


def read_directory(data: bytes, at: int, order: str) -> tuple[Directory, int]:
    """Return the tags of the directory at an offset, and the offset of the next directory, 0 if there is none."""
    (count,) = struct.unpack_from(f"{order}H", data, at)
    directory: Directory = {}
    entry = at + 2
    for entry in range(at + 2, at + 2 + 12 * min(count, MOST_TAGS), 12):
        if entry + 12 > len(data):
            return directory, 0
        tag, kind, values = struct.unpack_from(f"{order}HHI", data, entry)
        if kind in TYPES and values <= MOST_VALUES:
            directory[tag] = read_values(data, entry + 8, kind, values, order)
    end = at + 2 + 12 * count
    return directory, struct.unpack_from(f"{order}I", data, end)[0] if end + 4 <= len(data) else 0


def read_values(data: bytes, at: int, kind: int, count: int, order: str) -> tuple[int, ...] | bytes:
    """Return a tag's values, which lie at an offset, or, where they are more than 4 bytes, where it points to."""
    size, letter = TYPES[kind]
    if size * count > 4:
        (at,) = struct.unpack_from(f"{order}I", data, at)
    if at + size * count > len(data):
        return ()
    return struct.unpack_from(order + letter * count, data, at) if letter else data[at : at + count]


def numbers(directory: Directory, tag: int) -> tuple[int, ...]:
    """Return the numbers of a tag; none if it is missing, or is text."""
    values = directory.get(tag, ())
    return () if isinstance(values, bytes) else values


def number(directory: Directory, tag: int, default: int = 0) -> int:
    """Return the first number of a tag."""
    return next(iter(numbers(directory, tag)), default)


def raw_make(data: bytes) -> str:
    """
    Tell whose RAW photo a TIFF file is: 'DNG', else the camera's maker in capitals; empty if it is no RAW photo.

    It is one if it says so, or if a sensor's own pixels are in it.
    """
    found = list(directories(data))
    if any(DNG_VERSION in directory for directory in found):
        return "DNG"
    if not any(number(directory, PHOTOMETRIC) in SENSOR for directory in found):
        return ""
    make = found[0].get(MAKE, b"")
    return make.decode("latin-1").strip("\0 ").upper() if isinstance(make, bytes) and make.strip(b"\0 ") else "?"


# Compressions that the Pillow of browsers lacks; that of a desk may have them, but both are to say the same.
UNREAD_COMPRESSIONS: Final[Mapping[int, str]] = {
    33003: "JPEG 2000",
    33005: "JPEG 2000",
    34661: "JBIG",
    34712: "JPEG 2000",
    34887: "LERC",
    34925: "LZMA",
    50000: "ZSTD",
    50001: "WebP",
    50002: "JPEG XL",
    52546: "JPEG XL",
}
"""Value of COMPRESSION -> what people call it. Source: libtiff, tiff.h."""


def unread_compression(data: bytes) -> str:
    """Return what a TIFF file's first picture is compressed with, if that cannot be read here, else nothing."""
    first = next(directories(data), {})
    return UNREAD_COMPRESSIONS.get(number(first, COMPRESSION), "")


def sample_words(data: bytes) -> str:
    """Say of which numbers a TIFF file's first picture is: '64-bit floating-point values'; nothing if it is damaged."""
    first = next(directories(data), {})
    if not numbers(first, IMAGE_WIDTH):
        return ""
    bits = number(first, BITS_PER_SAMPLE, 1)
    kind = "floating-point values" if number(first, SAMPLE_FORMAT, 1) == FLOATING_POINT else "values"
    several = " in several channels" if len(numbers(first, BITS_PER_SAMPLE)) > 1 else ""
    return f"{bits}-bit {kind}{several}"
