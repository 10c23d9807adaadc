"""RAW photos as cameras of several makers build them, with a preview of ours and a sensor's pixels that are noise."""

import struct
from collections.abc import Mapping
from functools import cache

from tests.support.drawings import draw, jpeg, noise

SIZE = (1200, 900)
"""Of each photo, stored, in pixels."""

SHORT, LONG, TEXT = 3, 4, 2

ORIENTATION = 0x0112


def tags(order: str, entries: Mapping[int, tuple[int, tuple[int, ...] | bytes]], at: int, following: int = 0) -> bytes:
    """Return a directory of TIFF that is going to lie at an offset: tag -> type and values."""
    behind = at + 2 + 12 * len(entries) + 4
    directory, values = struct.pack(f"{order}H", len(entries)), b""
    for tag, (kind, content) in sorted(entries.items()):
        letter = {SHORT: "H", LONG: "I"}.get(kind)
        packed = struct.pack(f"{order}{len(content)}{letter}", *content) if letter else bytes(content)
        field = packed.ljust(4, b"\0") if len(packed) <= 4 else struct.pack(f"{order}I", behind + len(values))
        values += packed if len(packed) > 4 else b""
        directory += struct.pack(f"{order}HHI", tag, kind, len(content)) + field
    return directory + struct.pack(f"{order}I", following) + values


def sensor_pixels() -> bytes:
    """Return what a sensor saw: nothing that decodes as a picture, the beginnings of JPEGs among it."""
    return noise(300, 200).tobytes() + b"\xff\xd8\xff\xdb\0\x05" + b"\xff\xd8\xff\xff\xff" + noise(50, 20).tobytes()


def raw_in_tiff(make: str, order: str = "<", orientation: int = 1, dng: bool = False) -> bytes:
    """Return a photo whose first directory is a thumbnail, with a preview and the sensor's pixels in those below it."""
    thumbnail, preview, pixels = jpeg(draw("dots", 1, 160, 120)), jpeg(draw("rings", 1, 800, 600)), sensor_pixels()
    data = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(f"{order}I", 0)
    places = []
    for part in (thumbnail, preview, pixels):
        places.append(len(data))
        data += part + b"\0" * (len(part) % 2)
    of_preview = len(data)
    data += tags(order, {254: (LONG, (1,)), 513: (LONG, (places[1],)), 514: (LONG, (len(preview),))}, of_preview)
    of_sensor = len(data)
    size = {256: (LONG, (SIZE[0],)), 257: (LONG, (SIZE[1],))}
    kept = {262: (SHORT, (32803,)), 273: (LONG, (places[2],)), 279: (LONG, (len(pixels),))}
    data += tags(order, {254: (LONG, (0,)), **size, **kept}, of_sensor)
    first = {
        254: (LONG, (1,)),
        256: (LONG, (160,)),
        257: (LONG, (120,)),
        271: (TEXT, make.encode() + b"\0"),
        ORIENTATION: (SHORT, (orientation,)),
        330: (LONG, (of_preview, of_sensor)),
        513: (LONG, (places[0],)),
        514: (LONG, (len(thumbnail),)),
        **({50706: (1, b"\1\4\0\0")} if dng else {}),
    }
    return data[:4] + struct.pack(f"{order}I", len(data)) + data[8:] + tags(order, first, len(data))


def canon_cr2() -> bytes:
    """Return a CR2: a TIFF with a sign of Canon's; the sensor's pixels are a JPEG without loss."""
    preview, data = jpeg(draw("rings", 1, *SIZE)), b"II*\0" + struct.pack("<I", 16) + b"CR\x02\0" + bytes(4)
    entries = {
        256: (LONG, (SIZE[0],)),
        257: (LONG, (SIZE[1],)),
        259: (SHORT, (6,)),
        271: (TEXT, b"Canon\0"),
        ORIENTATION: (SHORT, (6,)),
        273: (LONG, (1024,)),
        279: (LONG, (len(preview),)),
    }
    lossless = b"\xff\xd8\xff\xc3\0\x0b\x0e" + struct.pack(">HH", *SIZE) + b"\2\0\x11\0" + noise(60, 40).tobytes()
    return (data + tags("<", entries, 16)).ljust(1024, b"\0") + preview + lossless


def box(name: bytes, content: bytes) -> bytes:
    """Return a box of an ISO base media file."""
    return struct.pack(">I", 8 + len(content)) + name + content


def canon_cr3(previews: bool = True) -> bytes:
    """Return a CR3: boxes, with a small TIFF in one, and the preview among the data."""
    first = b"II*\0" + struct.pack("<I", 8) + tags("<", {ORIENTATION: (SHORT, (8,))}, 8)
    kind = box(b"ftyp", b"crx \0\0\0\1crx isom")
    data = sensor_pixels() + (jpeg(draw("rings", 1, *SIZE)) if previews else b"") + sensor_pixels()
    return kind + box(b"moov", box(b"uuid", bytes(16) + box(b"CMT1", first))) + box(b"mdat", data)


def fujifilm_raf() -> bytes:
    """Return a RAF: a header that points to a JPEG with EXIF data of its own, and to tags."""
    preview = jpeg(draw("rings", 1, 800, 600))
    entries = struct.pack(">I", 2) + struct.pack(">HHHH", 0x0100, 4, SIZE[1] + 32, SIZE[0] + 64)
    entries += struct.pack(">HHHH", 0x0111, 4, SIZE[1], SIZE[0])
    header = b"FUJIFILMCCD-RAW 0201FF383501".ljust(84, b"\0")
    header += struct.pack(">IIII", 160, len(preview), 160 + len(preview), len(entries))
    return header.ljust(160, b"\0") + preview + entries + sensor_pixels()


def olympus_orf() -> bytes:
    """Return an ORF: a TIFF with another sign, and a preview in the maker's own notes."""
    entries = {256: (LONG, (SIZE[0],)), 257: (LONG, (SIZE[1],)), ORIENTATION: (SHORT, (3,))}
    return b"IIRO" + struct.pack("<I", 8) + tags("<", entries, 8) + jpeg(draw("rings", 1, 800, 600)) + sensor_pixels()


def panasonic_rw2() -> bytes:
    """Return an RW2: a TIFF with another sign and tags of its own, a preview in one of them."""
    preview = jpeg(draw("rings", 1, 800, 600))
    borders = {4: 8, 5: 16, 6: 8 + SIZE[1], 7: 16 + SIZE[0]}
    entries = {tag: (SHORT, (value,)) for tag, value in borders.items()} | {46: (7, preview)}
    return b"IIU\0" + struct.pack("<I", 8) + tags("<", entries, 8) + sensor_pixels()


@cache
def raw_photos() -> dict[str, bytes]:
    """Return one of each maker, by name."""
    return {
        "raw.dng": raw_in_tiff("Pentax", dng=True),
        "raw.nef": raw_in_tiff("NIKON CORPORATION", ">", orientation=8),
        "raw.arw": raw_in_tiff("SONY", orientation=6),
        "raw.pef": raw_in_tiff("RICOH", ">"),
        "raw.cr2": canon_cr2(),
        "raw.cr3": canon_cr3(),
        "raw.raf": fujifilm_raf(),
        "raw.orf": olympus_orf(),
        "raw.rw2": panasonic_rw2(),
    }
