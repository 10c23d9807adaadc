"""
HEIC and HEIF by pillow_heif, which a browser loads when the first such file comes, and a desk may lack.

It turns pictures upright itself and says so in their EXIF data. It takes the colours that a picture declares by numbers
(nclx) as they are: `nclx_profile` makes a colour profile of them, and `hdr` a picture for common screens of one with a
high dynamic range.
"""

import io
import struct
from collections.abc import Iterator, Mapping
from typing import Any, Final

from PIL import Image, ImageCms

# Of the colour profile's header and of an entry in the table of tags behind it. Source: ICC.1:2022, 7.
TABLE_AT: Final = 128
ENTRY_BYTES: Final = 12

# Numbers of colour primaries -> red, green and blue as XYZ under D50, by Bradford's adaptation. Source: ITU-T H.273,
# table 2; SMPTE EG 432-1 (Display P3) and ITU-R BT.2020.
PRIMARIES: Final[Mapping[int, Mapping[bytes, tuple[float, float, float]]]] = {
    12: {
        b"rXYZ": (0.51512, 0.24120, -0.00105),
        b"gXYZ": (0.29198, 0.69225, 0.04189),
        b"bXYZ": (0.15710, 0.06657, 0.78407),
    },
    9: {
        b"rXYZ": (0.67348, 0.27904, -0.00194),
        b"gXYZ": (0.16566, 0.67534, 0.02998),
        b"bXYZ": (0.12505, 0.04561, 0.79686),
    },
}


def can_read_heif() -> bool:
    """Let Pillow read HEIF if pillow_heif is installed, and tell whether it is."""
    try:
        import pillow_heif
    except ImportError:
        return False
    # A thumbnail in the file would be taken for the photo, and depth and gain maps are not looked at.
    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
    return True


def strips(data: bytes, rows: int) -> Iterator[Image.Image]:
    """
    Decode a file's photo and yield it from top to bottom in strips of so many rows, of 8 bits a channel.

    As a whole it would be there twice: here, and as one of Pillow's images with 4 bytes for each pixel.
    """
    import pillow_heif

    photo = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=True)
    pixels: Any = photo.data  # A memoryview, whose parts are no copies. Decoding may correct the size.
    width, height = photo.size
    for top in range(0, height, rows):
        size = (width, min(rows, height - top))
        part = pixels[top * photo.stride : (top + size[1]) * photo.stride]
        yield Image.frombytes(photo.mode, size, part, "raw", photo.mode, photo.stride)


def nclx_profile(declared: Mapping[str, Any]) -> bytes | None:
    """
    Make a colour profile of what a picture declares by numbers; None where that is sRGB, or next to it.

    The curve is that of sRGB, which cameras declare with these primaries.

    Args:
        declared: As pillow_heif gives it, `color_primaries` among it.
    """
    primaries = PRIMARIES.get(int(declared.get("color_primaries", 0)))
    if primaries is None:
        return None
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    (count,) = struct.unpack_from(">I", profile, TABLE_AT)
    for entry in range(TABLE_AT + 4, TABLE_AT + 4 + ENTRY_BYTES * count, ENTRY_BYTES):
        name, at, _size = struct.unpack_from(">4sII", profile, entry)
        if name in primaries:
            struct.pack_into(">3i", profile, at + 8, *[round(value * 65536) for value in primaries[name]])
    return bytes(profile)
