"""
Finds what cameras and programs have written into a picture's file: blocks of EXIF data and of XMP.

Only the headers of a file are walked through, and no pixel is decoded. Whatever is damaged or unknown counts as not
there: a picture is fine even if what is written about it is not.

Sources: JPEG (ITU-T T.81, B), Exif 2.32 (4.5.4), XMP part 3 (1.1), PNG 3 (11.3.3, 11.3.4), WebP (RFC 9649, 2.7), HEIF
and AVIF (ISO/IEC 14496-12, 8.11, and 23008-12, A.2.1), JPEG XL (ISO/IEC 18181-2, 9); of cameras' own RAW formats, and
of EXIF in JPEG 2000, what ExifTool's documentation of tags says.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from frontend.embedder.raw_previews import jpegs

EXIF_MARK: Final = b"Exif\0\0"
XMP_MARK: Final = b"http://ns.adobe.com/xap/1.0/\0"
XMP_KEYWORD: Final = b"XML:com.adobe.xmp\0"
XMP_TYPE: Final = b"application/rdf+xml\0"

# Of boxes that are nobody's standard, by which their owners know them.
XMP_UUID: Final = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
EXIF_UUID: Final = b"JpgTiffExif->JP2"
CANON_UUID: Final = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")

# What Canon keeps in boxes of a CR3: directories of TIFF, each in a file of its own.
CANON_BOXES: Final = {b"CMT1": "exif", b"CMT2": "more", b"CMT4": "place"}

# How TIFF files of Panasonic and Olympus begin -> how they would begin if they said what they are.
TIFF_SIGNS: Final = {b"IIU\0": b"II*\0", b"IIRO": b"II*\0", b"IIRS": b"II*\0", b"MMOR": b"MM\0*"}

FUJIFILM_SIGN: Final = b"FUJIFILMCCD-RAW"
FUJIFILM_PREVIEW_AT: Final = 84
"""Where the header tells first byte and length of the JPEG."""

# As ImageMagick wrote EXIF into PNG before that had a place for it: hex digits in a text.
EXIF_KEYWORDS: Final = (b"Raw profile type exif\0", b"Raw profile type APP1\0")

# Markers of a JPEG that have no length: TEM, RST0 to RST7 and SOI.
BARE_MARKERS: Final = (0x01, *range(0xD0, 0xD9))
START_OF_SCAN, END_OF_IMAGE, APP1 = 0xDA, 0xD9, 0xE1

# The largest text that is unpacked: far more than any camera writes, and no bomb.
MOST_BYTES: Final = 4_000_000


@dataclass(frozen=True)
class Metadata:
    """The blocks of a file; empty where there is none."""

    exif: bytes = b""
    """From the header of TIFF on: `II*` or `MM*`."""
    more: bytes = b""
    """EXIF data that a RAW photo keeps apart, for what the first block does not tell."""
    place: bytes = b""
    """The same, with the directory for GPS as its first."""
    xmp: bytes = b""
    """An XML document."""


def metadata_in(data: bytes) -> Metadata:
    """Find the blocks in a file's bytes, the first of each kind, as far as the file can be walked through."""
    found: dict[str, bytes] = {}
    try:
        for kind, block in _blocks_in(data):
            found.setdefault(kind, block)
    except (LookupError, ValueError, zlib.error):
        pass
    return Metadata(**{kind: block.removeprefix(EXIF_MARK) for kind, block in found.items()})


def _blocks_in(data: bytes) -> Iterator[tuple[str, bytes]]:
    if data[:2] == b"\xff\xd8":
        return _of_jpeg(data)
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return _of_png(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _of_webp(data)
    if data[:4] in (b"II*\0", b"MM\0*"):  # The whole file is what a block of EXIF data is elsewhere.
        return iter([("exif", data)])
    if data[:4] in TIFF_SIGNS:
        return _of_raw_in_tiff(data)
    if data.startswith(FUJIFILM_SIGN):
        return _of_fujifilm(data)
    if data[4:8] in (b"ftyp", b"JXL ", b"jP  "):
        return _in_boxes(data, 0, len(data))
    return iter([])


def _of_jpeg(data: bytes) -> Iterator[tuple[str, bytes]]:
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF or marker in BARE_MARKERS:
            at += 1 if marker == 0xFF else 2
            continue
        if marker in (START_OF_SCAN, END_OF_IMAGE):
            return
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4])
        segment = data[at + 4 : end]
        if marker == APP1 and segment.startswith(EXIF_MARK):
            yield "exif", segment
        elif marker == APP1 and segment.startswith(XMP_MARK):
            yield "xmp", segment[len(XMP_MARK) :]
        at = end


def _of_png(data: bytes) -> Iterator[tuple[str, bytes]]:
    at = 8
    while at + 12 <= len(data):
        size, name = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        chunk = data[at + 8 : at + 8 + size] if name in (b"eXIf", b"iTXt", b"zTXt", b"tEXt") else b""
        if name == b"eXIf":
            yield "exif", chunk
        elif name == b"iTXt" and chunk.startswith(XMP_KEYWORD):
            yield "xmp", _international_text(chunk)
        elif chunk.startswith(EXIF_KEYWORDS):
            text = chunk.partition(b"\0")[2]
            # After a name and a number, each on a line of its own, come the digits.
            digits = (_unpacked(text[1:]) if name == b"zTXt" else text).split(maxsplit=2)[2]
            yield "exif", bytes.fromhex(digits.decode("ascii"))
        at += 12 + size


def _international_text(chunk: bytes) -> bytes:
    is_packed, rest = chunk[len(XMP_KEYWORD)], chunk[len(XMP_KEYWORD) + 2 :]
    text = rest.split(b"\0", 2)[2]
    return _unpacked(text) if is_packed else text


def _unpacked(packed: bytes) -> bytes:
    return zlib.decompressobj().decompress(packed, MOST_BYTES)


def _of_webp(data: bytes) -> Iterator[tuple[str, bytes]]:
    at = 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        kind = {b"EXIF": "exif", b"XMP ": "xmp"}.get(name)
        if kind:
            yield kind, data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _of_raw_in_tiff(data: bytes) -> Iterator[tuple[str, bytes]]:
    yield "exif", TIFF_SIGNS[data[:4]] + data[4:]
    # Panasonic writes most into the preview.
    for preview in jpegs(data):
        yield from _as_more(_of_jpeg(data[preview.start : preview.end]))
        return


def _of_fujifilm(data: bytes) -> Iterator[tuple[str, bytes]]:
    at = int.from_bytes(data[FUJIFILM_PREVIEW_AT : FUJIFILM_PREVIEW_AT + 4])
    length = int.from_bytes(data[FUJIFILM_PREVIEW_AT + 4 : FUJIFILM_PREVIEW_AT + 8])
    return _of_jpeg(data[at : at + length])


def _as_more(blocks: Iterator[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    for kind, block in blocks:
        yield "more" if kind == "exif" else kind, block


def _in_boxes(data: bytes, at: int, last: int) -> Iterator[tuple[str, bytes]]:
    for name, start, end in _boxes(data, at, last):
        if name == b"meta":
            yield from _in_items(data, start, end)
        elif name == b"moov":
            yield from _in_boxes(data, start, end)
        elif name == b"Exif":
            yield "exif", _behind_offset(data[start:end])
        elif name == b"xml ":
            yield "xmp", data[start:end]
        elif name == b"uuid":
            yield from _in_owners_box(data, start + 16, end, data[start : start + 16])


def _in_owners_box(data: bytes, at: int, last: int, owner: bytes) -> Iterator[tuple[str, bytes]]:
    if owner == XMP_UUID:
        yield "xmp", data[at:last]
    elif owner == EXIF_UUID:
        yield "exif", data[at:last]
    elif owner == CANON_UUID:
        for name, start, end in _boxes(data, at, last):
            if name in CANON_BOXES:
                yield CANON_BOXES[name], data[start:end]


def _in_items(data: bytes, start: int, end: int) -> Iterator[tuple[str, bytes]]:
    # A box with four bytes of version and flags in front, as the two that matter here have.
    inside = {name: (first, last) for name, first, last in _boxes(data, start + 4, end)}
    idat_start = inside.get(b"idat", (0, 0))[0]
    places = _places(_Reader(data, *inside[b"iloc"]), idat_start)
    for kind, item in _items(data, *inside[b"iinf"]):
        block = b"".join(data[first : first + size] for first, size in places.get(item, []))
        yield kind, _behind_offset(block) if kind == "exif" else block


def _behind_offset(block: bytes) -> bytes:
    """Return EXIF data of which the first four bytes tell how many others are before the header of TIFF."""
    return block[4 + int.from_bytes(block[:4]) :]


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start and end of what is in each box."""
    while at + 8 <= end:
        size, head = int.from_bytes(data[at : at + 4]), 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16]), 16
        box_end = end if size == 0 else at + size
        if box_end < at + head:
            return
        yield data[at + 4 : at + 8], at + head, min(box_end, end)
        at = box_end


def _items(data: bytes, start: int, end: int) -> Iterator[tuple[str, int]]:
    """Yield kind and number of each item with EXIF data or XMP."""
    reader = _Reader(data, start, end)
    reader.number(2 if reader.version == 0 else 4)
    for _, first, last in _boxes(data, reader.at, end):
        entry = _Reader(data, first, last)
        item = entry.number(2 if entry.version < 3 else 4)
        kind = data[entry.at + 2 : entry.at + 6]
        if kind == b"Exif":
            yield "exif", item
        elif kind == b"mime" and XMP_TYPE in data[entry.at + 6 : last]:
            yield "xmp", item


def _places(reader: "_Reader", idat_start: int) -> dict[int, list[tuple[int, int]]]:
    """Return where each item's bytes are: first and how many, of each piece."""
    sizes = reader.number(2)
    offset_size, length_size, base_size, index_size = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    wide, places = 2 if reader.version < 2 else 4, {}
    for _ in range(reader.number(wide)):
        item = reader.number(wide)
        within_idat = reader.version > 0 and reader.number(2) & 15 == 1
        reader.number(2)
        base = reader.number(base_size) + (idat_start if within_idat else 0)
        pieces = []
        for _ in range(reader.number(2)):
            reader.number(index_size if reader.version > 0 else 0)
            offset = reader.number(offset_size)
            pieces.append((base + offset, reader.number(length_size)))
        places[item] = pieces
    return places


class _Reader:
    """Reads the numbers in a box that has a version."""

    def __init__(self, data: bytes, start: int, end: int) -> None:
        self._data = data
        self._end = end
        self.version = data[start]
        self.at = start + 4

    def number(self, size: int) -> int:
        """
        Read a number of so many bytes, 0 of none.

        Raises:
            ValueError: The box ends before that.
        """
        if self.at + size > self._end:
            raise ValueError("the box ends too early")
        self.at += size
        return int.from_bytes(self._data[self.at - size : self.at])
