"""
Checks by its first bytes whether a file is of its declared type.

This proves no more: it keeps out what is something else altogether, such as a web page or a program under the name of a
picture, without a decoder on the server.
"""

from collections.abc import Callable

# Enough for the longest signature, the brands of an ISO file: some 30 are in use, of four bytes each.
FIRST_BYTES = 256

# Source: MPEG's registry of brands (mp4ra.org), those of ISO/IEC 23008-12 (HEIF), annexes B and E, and 3rd edition.
HEIF_BRANDS = frozenset(
    {
        *(b"mif1", b"mif2", b"msf1", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm"),
        *(b"hevs", b"miaf", b"MiHB", b"MiHE"),
    }
)

# Source: TIFF 6.0, section 2, in both byte orders; 43 instead of 42 is BigTIFF. The last two are wrong but exist, and
# Pillow, which the page uses, reads them.
TIFF_BEGINNINGS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"MM*\0", b"II\0*")

# Source: AV1 Image File Format 1.1.0, 6.
AVIF_BRANDS = frozenset({b"avif", b"avis"})


def begins_like(first: bytes, content_type: str) -> bool:
    """
    Say whether a file with these first bytes can be of a type.

    Args:
        first: FIRST_BYTES of the file, or all of a shorter one.
        content_type: One of IMAGE_TYPES.
    """
    return _BEGINNINGS[content_type](first)


def _with(*beginnings: bytes) -> Callable[[bytes], bool]:
    return lambda first: first.startswith(beginnings)


def _is_webp(first: bytes) -> bool:
    return first[:4] == b"RIFF" and first[8:12] == b"WEBP"


def _with_brand(brands: frozenset[bytes]) -> Callable[[bytes], bool]:
    return lambda first: not brands.isdisjoint(_brands(first))


def _brands(first: bytes) -> set[bytes]:
    """Return the brands of an ISO base media file: which readers it is for. Source: ISO/IEC 14496-12, 4.3."""
    if first[4:8] != b"ftyp":
        return set()
    compatible = first[16 : int.from_bytes(first[:4])]
    return {first[8:12], *(compatible[at : at + 4] for at in range(0, len(compatible), 4))}


_BEGINNINGS: dict[str, Callable[[bytes], bool]] = {
    # ITU-T T.81, B.2.1: a marker SOI, and the next marker.
    "image/jpeg": _with(b"\xff\xd8\xff"),
    # W3C PNG 3rd edition, 5.2.
    "image/png": _with(b"\x89PNG\r\n\x1a\n"),
    # RFC 9649, 2.4.
    "image/webp": _is_webp,
    # CompuServe, GIF89a specification, 17; GIF87a specification.
    "image/gif": _with(b"GIF87a", b"GIF89a"),
    "image/avif": _with_brand(AVIF_BRANDS),
    # Microsoft, BITMAPFILEHEADER, bfType.
    "image/bmp": _with(b"BM"),
    "image/tiff": _with(*TIFF_BEGINNINGS),
    # The page declares the whole family as HEIC.
    "image/heic": _with_brand(HEIF_BRANDS),
    "image/heif": _with_brand(HEIF_BRANDS),
    # Microsoft, ICONDIR: an icon, or a cursor.
    "image/vnd.microsoft.icon": _with(b"\0\0\1\0", b"\0\0\2\0"),
    # ISO/IEC 18181-2 and ISO/IEC 15444-1, annex I: as a bare codestream, and in boxes.
    "image/jxl": _with(b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n"),
    "image/jp2": _with(b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  \r\n\x87\n"),
    # RAW photos, under the names of freedesktop.org's shared-mime-info. Most are TIFF files; ExifTool's documentation
    # has the others.
    "image/x-adobe-dng": _with(*TIFF_BEGINNINGS),
    "image/x-nikon-nef": _with(*TIFF_BEGINNINGS),
    "image/x-sony-arw": _with(*TIFF_BEGINNINGS),
    "image/x-dcraw": _with(*TIFF_BEGINNINGS),
    "image/x-canon-cr2": lambda first: first[:4] == b"II*\0" and first[8:11] == b"CR\x02",
    "image/x-canon-cr3": _with_brand(frozenset({b"crx "})),
    "image/x-fuji-raf": _with(b"FUJIFILMCCD-RAW"),
    "image/x-olympus-orf": _with(b"IIRO", b"IIRS", b"MMOR"),
    "image/x-panasonic-rw2": _with(b"IIU\0"),
}

# The types that are accepted: pictures only. Nothing that a browser would run as a document (SVG, HTML) may lie under
# our origin.
IMAGE_TYPES = tuple(_BEGINNINGS)
