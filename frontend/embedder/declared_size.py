"""
The size in pixels that a file's header declares, for kinds whose decoders take memory for a picture as soon as they
open it, or are not ours.
"""

from collections.abc import Iterator
from typing import Final

# A box of a size may lie behind others; a header is in the first bytes.
HEADER_BYTES: Final = 65536


def declared_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height; None for other kinds, and where the header is damaged."""
    if data[:4] == b"RIFF":
        return webp_size(data)
    if data[4:8] == b"ftyp":
        return isobmff_size(data)
    if data[:2] == b"\xff\x0a" or data[4:8] == b"JXL ":
        return jxl_size(data)
    if data[:4] == b"\xff\x4f\xff\x51" or data[4:8] == b"jP  ":
        return jp2_size(data)
    return None


def isobmff_size(data: bytes) -> tuple[int, int] | None:
    """
    Read the size of an AVIF or HEIC file.

    The largest `ispe` box counts: a picture made of tiles has one for the tiles and one for the whole.

    Source: ISO/IEC 23008-12, 6.5.3, image spatial extents property.
    """
    header = data[:HEADER_BYTES]
    sizes = []
    at = header.find(b"ispe")
    while at != -1 and at + 16 <= len(header):
        sizes.append((int.from_bytes(header[at + 8 : at + 12]), int.from_bytes(header[at + 12 : at + 16])))
        at = header.find(b"ispe", at + 4)
    return max(sizes, key=lambda size: size[0] * size[1], default=None)


def webp_size(data: bytes) -> tuple[int, int] | None:
    """
    Read the size of a WebP file.

    Source: RFC 9649, sections 2.5 (VP8), 2.6 (VP8L) and 2.7 (VP8X).
    """
    kind, header = data[12:16], data[20:30]
    if data[8:12] != b"WEBP" or len(header) < 10:
        return None
    if kind == b"VP8X":
        return int.from_bytes(header[4:7], "little") + 1, int.from_bytes(header[7:10], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(header[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return int.from_bytes(header[6:8], "little") & 0x3FFF, int.from_bytes(header[8:10], "little") & 0x3FFF


def jp2_size(data: bytes) -> tuple[int, int] | None:
    """
    Read the size of a JPEG 2000 file.

    Source: ISO/IEC 15444-1, A.5.1 (SIZ).
    """
    at = data[:HEADER_BYTES].find(b"\xff\x4f\xff\x51")
    header = data[at + 8 : at + 24]
    if at == -1 or len(header) < 16:
        return None
    right, bottom, left, top = (int.from_bytes(header[start : start + 4]) for start in range(0, 16, 4))
    return right - left, bottom - top


# ISO/IEC 18181-1, SizeHeader: how many bits a side has, and width to height where only the height is told.
JXL_BITS: Final = (9, 13, 18, 30)
JXL_RATIOS: Final = ((0, 1), (1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))


def jxl_size(data: bytes) -> tuple[int, int] | None:
    """
    Read the size of a JPEG XL file.

    Source: ISO/IEC 18181-1, D.2 (SizeHeader); 18181-2 for the boxes around it.
    """
    at = 0 if data[:2] == b"\xff\x0a" else codestream_in_boxes(data)
    header = data[at + 2 : at + 14]
    if data[at : at + 2] != b"\xff\x0a" or len(header) < 9:
        return None
    bits = bits_of(header)
    small = read_bits(bits, 1)
    height = jxl_side(bits, small)
    across, down = JXL_RATIOS[read_bits(bits, 3)]
    return (height * across // down if across else jxl_side(bits, small)), height


def codestream_in_boxes(data: bytes) -> int:
    """Return where the picture begins in a JPEG XL file with boxes."""
    whole, part = data[:HEADER_BYTES].find(b"jxlc"), data[:HEADER_BYTES].find(b"jxlp")
    return whole + 4 if whole != -1 else part + 8


def jxl_side(bits: Iterator[int], small: int) -> int:
    """Read a side in pixels."""
    if small:
        return (read_bits(bits, 5) + 1) * 8
    return read_bits(bits, JXL_BITS[read_bits(bits, 2)]) + 1


def bits_of(data: bytes) -> Iterator[int]:
    """Yield the bits of bytes, the lowest of each byte first."""
    return (byte >> bit & 1 for byte in data for bit in range(8))


def read_bits(bits: Iterator[int], count: int) -> int:
    """Read a number, its lowest bit first."""
    return sum(next(bits) << index for index in range(count))
