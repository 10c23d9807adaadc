"""
HEIF files of several pictures that nobody's encoder writes: as phones put photo, depth map, gain map and thumbnail into
one.

Source: ISO/IEC 23008-12 (HEIF) and ISO/IEC 14496-12 (ISO base media file format).
"""

import io
import struct
from collections.abc import Sequence
from dataclasses import dataclass

import pillow_heif
from PIL import Image

pillow_heif.register_heif_opener()

DEPTH = b"urn:mpeg:hevc:2015:auxid:2"
GAIN_MAP = b"urn:com:apple:photo:2020:aux:hdrgainmap"


def box(name: bytes, *content: bytes) -> bytes:
    """Return a box of an ISO base media file."""
    inside = b"".join(content)
    return struct.pack(">I", 8 + len(inside)) + name + inside


def full(name: bytes, *content: bytes, version: int = 0, flags: int = 0) -> bytes:
    """Return a box with version and flags."""
    return box(name, struct.pack(">I", version << 24 | flags), *content)


@dataclass(frozen=True)
class Item:
    """A picture in a file."""

    number: int
    coded: bytes
    properties: Sequence[bytes]
    """Boxes."""
    refers: tuple[bytes, int] | None = None
    """What it is to another item: `auxl` or `thmb`, and that item's number."""


def item(number: int, image: Image.Image, *properties: bytes, refers: tuple[bytes, int] | None = None) -> Item:
    """Encode a picture as an item."""
    out = io.BytesIO()
    image.save(out, "HEIF", quality=90)
    data = out.getvalue()
    found = [data[at - 4 : at - 4 + int.from_bytes(data[at - 4 : at])] for at in map(data.index, (b"hvcC", b"ispe"))]
    at = data.index(b"mdat")
    coded = data[at + 4 : at - 4 + int.from_bytes(data[at - 4 : at])]
    return Item(number, coded, [*found, *properties], refers)


def quarters(count: int) -> bytes:
    """Return the property of a picture that is to be turned to the left by so many quarters."""
    return box(b"irot", bytes([count]))


def helps(what: bytes) -> bytes:
    """Return the property of a picture that only helps another one."""
    return full(b"auxC", what + b"\0")


def heif(items: Sequence[Item], primary: int) -> bytes:
    """Return a file of these items, of which one is the photo."""
    kind = box(b"ftyp", b"heic", bytes(4), b"mif1heic")
    at = len(kind) + len(meta(items, primary, 0)) + 8
    return kind + meta(items, primary, at) + box(b"mdat", *[one.coded for one in items])


def meta(items: Sequence[Item], primary: int, at: int) -> bytes:
    """Return the box that describes items whose data begin at an offset of the file."""
    properties = [one for item in items for one in item.properties]
    places, belongs, number = b"", b"", 0
    for one in items:
        places += struct.pack(">HHHII", one.number, 0, 1, at, len(one.coded))
        at += len(one.coded)
        numbers = range(number + 1, number + 1 + len(one.properties))
        number += len(one.properties)
        belongs += struct.pack(">HB", one.number, len(numbers)) + bytes(0x80 | index for index in numbers)
    infos = [full(b"infe", struct.pack(">HH", one.number, 0), b"hvc1\0", version=2) for one in items]
    references = [box(one.refers[0], struct.pack(">HHH", one.number, 1, one.refers[1])) for one in items if one.refers]
    return full(
        b"meta",
        full(b"hdlr", bytes(4), b"pict", bytes(13)),
        full(b"pitm", struct.pack(">H", primary)),
        full(b"iloc", b"\x44\0", struct.pack(">H", len(items)), places),
        full(b"iinf", struct.pack(">H", len(items)), *infos),
        full(b"iref", *references),
        box(b"iprp", box(b"ipco", *properties), full(b"ipma", struct.pack(">I", len(items)), belongs)),
    )
