"""
The best picture of a Windows icon or cursor, as an icon with nothing else in it.

Pillow takes the one of fewest colours where several are of the same size, believes the bits that the directory tells
(many tell 0, and lose their shades of transparency), and reads a cursor's hot spot as such bits.

Source: Microsoft, "Icons" (ICONDIR, ICONDIRENTRY, BITMAPINFOHEADER).
"""

import struct
from typing import Final

HEADER_BYTES: Final = 6
ENTRY_BYTES: Final = 16

# What a PNG in an icon counts as: programs write nothing else for shades of transparency.
PNG_BITS: Final = 32


def best_of_icon(data: bytes) -> bytes:
    """
    Return an icon with the largest picture of an icon or a cursor; of several, that of most colours.

    Raises:
        struct.error, ValueError: It is damaged.
    """
    (count,) = struct.unpack_from("<H", data, 4)
    entries = [read_entry(data, HEADER_BYTES + ENTRY_BYTES * index) for index in range(count)]
    width, height, bits, picture = max(entries, key=lambda entry: (entry[0] * entry[1], entry[2]))
    header = struct.pack("<HHH", 0, 1, 1)
    entry = struct.pack("<BBBBHHII", width % 256, height % 256, 0, 0, 1, bits, len(picture), HEADER_BYTES + ENTRY_BYTES)
    return header + entry + picture


def read_entry(data: bytes, at: int) -> tuple[int, int, int, bytes]:
    """Return width and height in pixels, bits of a pixel, and the picture of the directory's entry at an offset."""
    width, height, _colours, _reserved, _x, _y, size, offset = struct.unpack_from("<BBBBHHII", data, at)
    picture = data[offset : offset + size]
    bits = PNG_BITS if picture.startswith(b"\x89PNG") else struct.unpack_from("<H", picture, 14)[0]
    return width or 256, height or 256, bits, picture
