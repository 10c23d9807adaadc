"""
The table of the kinds of files: how each is known by its first bytes, who reads it, and what to do where nobody can.

Refusals, the sentence on the page, the list in the README and what is looked for in folders follow this one table;
tests compare those that cannot import it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from frontend.embedder.tiff_tags import raw_make

FIRST_BYTES: Final = 1024
"""Enough for every sign but those of a RAW photo in a TIFF, which may lie anywhere. An SVG begins with comments."""

EXPORT: Final = "Export it as JPEG or PNG."
EXPORT_RAW: Final = "Export it as JPEG with the camera's own program."


class Reader(Enum):
    """Who turns a kind into pixels."""

    PILLOW = auto()
    HEIF = auto()
    """Pillow with pillow_heif, which a browser loads when the first such file comes."""
    RAW = auto()
    """Pillow, from the largest preview that the camera put into the file."""
    BROWSER = auto()
    """The browser's own decoder, where it has one."""
    PAGE = auto()
    """The page draws it and hands on a PNG: only documents can draw."""
    NOBODY = auto()


@dataclass(frozen=True)
class Kind:
    """One kind of file."""

    name: str
    """With an article, as in 'This is a Photoshop file (PSD).'"""
    begins: Callable[[bytes], bool]
    """Tells by FIRST_BYTES of a file, or all of a shorter one; the first kind of the table that fits counts."""
    reader: Reader
    way_out: str
    """What to do where it cannot be read, as a sentence."""
    content_type: str = ""
    """Under which an original is stored; empty where none is."""
    short: str = ""
    """What people call it in a list; empty where it cannot be read."""
    endings: tuple[str, ...] = ()
    """Of the names of such files, where it can be read."""
    pillow_format: str = ""
    """What Pillow calls it; empty where Pillow cannot read it."""


def kind_of(data: bytes) -> Kind | None:
    """Return the kind of a file; None if it is none of the table."""
    first = data[:FIRST_BYTES]
    kind = next((kind for kind in KINDS if kind.begins(first)), None)
    if kind is TIFF and (make := raw_make(data)):
        # By their first bytes, most makers' RAW photos are TIFF files.
        return next((raw for start, raw in RAW_IN_TIFF if make.startswith(start)))
    return kind


def refusal(kind: Kind, why: str = "") -> str:
    """Say what a file is, why it cannot be read if its kind does not say it, and the way out."""
    return f"This is {kind.name}{why}. {kind.way_out}"


def brands(first: bytes) -> set[bytes]:
    """Return the brands of an ISO base media file: which readers it is for. Source: ISO/IEC 14496-12, 4.3."""
    if first[4:8] != b"ftyp":
        return set()
    compatible = first[16 : int.from_bytes(first[:4])]
    return {first[8:12], *(compatible[at : at + 4] for at in range(0, len(compatible), 4))}


def _with(*beginnings: bytes) -> Callable[[bytes], bool]:
    return lambda first: first.startswith(beginnings)


def _at(offset: int, *signs: bytes) -> Callable[[bytes], bool]:
    return lambda first: first.startswith(signs, offset)


def _branded(*wanted: bytes) -> Callable[[bytes], bool]:
    return lambda first: not brands(first).isdisjoint(wanted)


def _riff(form: bytes) -> Callable[[bytes], bool]:
    return lambda first: first[:4] == b"RIFF" and first[8:12] == form


def _bitmap(first: bytes) -> bool:
    # Two letters alone begin many a text: the size of the second header is one of a few.
    return first[:2] == b"BM" and int.from_bytes(first[14:18], "little") in (12, 16, 40, 52, 56, 64, 108, 124)


def _svg(first: bytes) -> bool:
    text = first.removeprefix(b"\xef\xbb\xbf").lstrip()
    return text[:1] == b"<" and (b"<svg" in text or b"<!DOCTYPE svg" in text)


def _html(first: bytes) -> bool:
    return first.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith((b"<!doctype html", b"<html"))


def _portable(first: bytes) -> bool:
    return first[:1] == b"P" and first[1:2] in b"1234567" and first[2:3] in (b" ", b"\t", b"\r", b"\n")


def _cr2(first: bytes) -> bool:
    return first[:4] == b"II*\0" and first[8:11] == b"CR\x02"


def _told_by_tags(first: bytes) -> bool:
    return False


def _pillow(short: str, begins: Callable[[bytes], bool], content_type: str, *endings: str, article: str = "a") -> Kind:
    return Kind(f"{article} {short} file", begins, Reader.PILLOW, EXPORT, content_type, short, endings, short.upper())


def _browser(short: str, begins: Callable[[bytes], bool], content_type: str, *endings: str, name: str) -> Kind:
    way_out = "This browser cannot read it: try Safari, or export it as JPEG or PNG."
    return Kind(name, begins, Reader.BROWSER, way_out, content_type, short, endings)


def _raw(short: str, maker: str, begins: Callable[[bytes], bool], content_type: str, *endings: str) -> Kind:
    name = f"a RAW photo of {maker} ({short})" if maker else f"a RAW photo ({short})" if short else "a RAW photo"
    return Kind(name, begins, Reader.RAW, EXPORT_RAW, content_type, short, endings)


def _refused(name: str, begins: Callable[[bytes], bool], way_out: str = EXPORT) -> Kind:
    return Kind(name, begins, Reader.NOBODY, way_out)


JPEG: Final = _pillow("JPEG", _with(b"\xff\xd8\xff"), "image/jpeg", "jpg", "jpeg", "jpe", "jfif", "mpo")
# ITU-T T.81, B.2.1. Behind the first JPEG there may be more, as an MPO has them: every viewer shows the first.

BMP: Final = _pillow("BMP", _bitmap, "image/bmp", "bmp")
# Microsoft, BITMAPFILEHEADER and the headers that may follow it.

ICO: Final = _pillow("ICO", _with(b"\0\0\1\0", b"\0\0\2\0"), "image/vnd.microsoft.icon", "ico", "cur", article="an")
# Icon and cursor differ in one byte, and a cursor's pixels are an icon's. Microsoft, ICONDIR.

# TIFF 6.0, section 2, in both byte orders; 43 instead of 42 is BigTIFF. The last two are wrong but exist, and Pillow
# reads them.
TIFF: Final = _pillow(
    "TIFF", _with(b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"MM*\0", b"II\0*"), "image/tiff", "tif", "tiff"
)

# MPEG's registry of brands (mp4ra.org), those of ISO/IEC 23008-12 (HEIF), annexes B and E, and 3rd edition.
_HEIF_BRANDS = (
    *(b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"),
    *(b"mif1", b"mif2", b"msf1", b"miaf", b"MiHB", b"MiHE"),
)
HEIC: Final = Kind(
    "an HEIC photo",
    _branded(*_HEIF_BRANDS),
    Reader.HEIF,
    "Export it as JPEG, or let the phone take photos as 'Most Compatible'.",
    "image/heic",
    "HEIC",
    ("heic", "heif", "hif"),
    "HEIF",
)

SVG: Final = Kind("a drawing (SVG)", _svg, Reader.PAGE, EXPORT, "", "SVG", ("svg",))

RAW_IN_TIFF: Final = (
    ("DNG", _raw("DNG", "", _told_by_tags, "image/x-adobe-dng", "dng")),
    ("NIKON", _raw("NEF", "a Nikon camera", _told_by_tags, "image/x-nikon-nef", "nef", "nrw")),
    ("SONY", _raw("ARW", "a Sony camera", _told_by_tags, "image/x-sony-arw", "arw", "sr2")),
    ("", _raw("", "", _told_by_tags, "image/x-dcraw", "3fr", "erf", "mef", "pef", "srw")),
)
"""How what `raw_make` says of a TIFF begins -> kind."""

KINDS: Final = (
    JPEG,
    # An AVIF file also has brands of HEIF.
    _browser("AVIF", _branded(b"avif", b"avis"), "image/avif", "avif", "avifs", name="an AVIF file"),
    HEIC,
    _pillow("PNG", _with(b"\x89PNG\r\n\x1a\n"), "image/png", "png", "apng"),  # W3C PNG 3rd edition, 5.2
    _pillow("WebP", _riff(b"WEBP"), "image/webp", "webp"),  # RFC 9649, 2.4
    _pillow("GIF", _with(b"GIF87a", b"GIF89a"), "image/gif", "gif"),  # CompuServe's specifications
    _raw("CR2", "a Canon camera", _cr2, "image/x-canon-cr2", "cr2"),
    TIFF,
    BMP,
    ICO,
    SVG,
    _raw("CR3", "a Canon camera", _branded(b"crx "), "image/x-canon-cr3", "cr3"),
    _raw("RAF", "a Fujifilm camera", _with(b"FUJIFILMCCD-RAW"), "image/x-fuji-raf", "raf"),
    _raw("ORF", "an Olympus camera", _with(b"IIRO", b"IIRS", b"MMOR"), "image/x-olympus-orf", "orf"),
    _raw("RW2", "a Panasonic or Leica camera", _with(b"IIU\0"), "image/x-panasonic-rw2", "rw2", "rwl"),
    *(raw for _, raw in RAW_IN_TIFF),
    # ISO/IEC 18181-2, as a bare codestream and in boxes; ISO/IEC 15444-1, annex I, likewise.
    _browser("JPEG XL", _with(b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n"), "image/jxl", "jxl", name="a JPEG XL picture"),
    _browser(
        "JPEG 2000",
        _with(b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  \r\n\x87\n"),
        "image/jp2",
        *("jp2", "j2k", "jpf", "jpx"),
        name="a JPEG 2000 picture",
    ),
    _refused("a Photoshop file (PSD)", _with(b"8BPS")),
    _refused("a GIMP file (XCF)", _with(b"gimp xcf")),
    _refused("a PDF document", _with(b"%PDF-"), "Export its pages or its photos as JPEG or PNG."),
    _refused("a PostScript file (EPS)", _with(b"%!PS", b"\xc5\xd0\xd3\xc6")),
    _refused("an OpenEXR picture (EXR)", _with(b"\x76\x2f\x31\x01")),
    _refused("a Radiance picture (HDR)", _with(b"#?RADIANCE", b"#?RGBE")),
    _refused("a JPEG XR picture", _with(b"II\xbc")),
    _refused("a DirectDraw texture (DDS)", _with(b"DDS ")),
    _refused("a portable pixmap (PNM)", _portable),
    _refused("a QOI picture", _with(b"qoif")),
    _refused("a BPG picture", _with(b"BPG\xfb")),
    _refused("a FLIF picture", _with(b"FLIF")),
    _refused("a FITS picture", _with(b"SIMPLE  =")),
    _refused("a medical picture (DICOM)", _at(128, b"DICM")),
    _refused("an Apple icon (ICNS)", _with(b"icns")),
    _refused("a DjVu document", _with(b"AT&TFORM")),
    _refused("a Windows metafile", _with(b"\xd7\xcd\xc6\x9a", b"\1\0\0\0\x6c\0\0\0", b"\1\0\0\0\x58\0\0\0")),
    _refused("a raw photo of a Sigma camera (X3F)", _with(b"FOVb"), EXPORT_RAW),
    _refused("a raw photo of a Minolta camera (MRW)", _with(b"\0MRM"), EXPORT_RAW),
    _refused("a video", _at(4, b"ftyp", b"moov", b"mdat"), "Save a picture of it as JPEG or PNG."),
    _refused("a video", _with(b"\x1a\x45\xdf\xa3"), "Save a picture of it as JPEG or PNG."),  # Matroska, WebM
    _refused("a video", _riff(b"AVI "), "Save a picture of it as JPEG or PNG."),
    _refused("a ZIP archive, or a document in one", _with(b"PK\3\4"), "Unpack it, and add the photos that are in it."),
    _refused(
        "an archive",
        _with(b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b\x08"),
        "Unpack it, and add the photos that are in it.",
    ),
    _refused("a web page", _html, "Open it, and save the photo itself."),
)
