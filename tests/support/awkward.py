"""Awkward pictures that the tests make themselves: one for each thing that pre-processing has to get right."""

import io
import struct
import zlib
from functools import cache
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from tests.support.drawings import draw, jpeg, noise

ORIENTATION = 0x0112


def encoded(image: Image.Image, file_format: str, **options: Any) -> bytes:
    """Return an image as the bytes of a file."""
    out = io.BytesIO()
    image.save(out, file_format, **options)
    return out.getvalue()


def oriented(orientation: int) -> bytes:
    """A JPEG whose camera noted how it was held."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return encoded(draw("dots", 0), "JPEG", exif=exif)


def swapped_profile() -> bytes:
    """An ICC profile in which red and blue have changed places, so that ignoring it cannot be overlooked."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    table, rest = srgb[:256], srgb[256:]
    return table.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ") + rest


def animated(file_format: str) -> bytes:
    """Three frames, the first of stripes."""
    frames = [draw(group, 0, 120, 90) for group in ("stripes", "dots", "rings")]
    return encoded(frames[0], file_format, save_all=True, append_images=frames[1:])


def icon(side_px: int) -> bytes:
    """A PNG with a palette in which each pixel has another full colour than its neighbours."""
    y, x = np.mgrid[0:side_px, 0:side_px]
    image = Image.fromarray(((x + y) % 4).astype(np.uint8), "P")
    image.putpalette([255, 0, 0, 0, 0, 255, 0, 255, 0, 255, 255, 0])
    return encoded(image, "PNG")


def oriented_webp(orientation: int) -> bytes:
    """A WebP whose camera noted how it was held, which browsers do not heed."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return encoded(draw("dots", 0), "WEBP", lossless=True, exif=exif)


def sixteen_bit() -> bytes:
    """A grey PNG of 16 bits from black to white: clipped to 8 bits it would be all white but for a corner."""
    ramp = np.linspace(0, 65535, 200 * 160).astype(np.uint16).reshape(160, 200)
    return encoded(Image.fromarray(ramp), "PNG")


def floating_point() -> bytes:
    """A TIFF of 32-bit floating-point values far outside 0 to 255."""
    return encoded(Image.fromarray(np.linspace(-4000, 9000, 120 * 90, dtype=np.float32).reshape(90, 120)), "TIFF")


def not_a_number() -> bytes:
    """A TIFF of floating-point values, some of which are none."""
    values = np.linspace(0, 1, 120 * 90, dtype=np.float32).reshape(90, 120)
    values[10:20, 10:20], values[30:40, 30:40] = np.nan, np.inf
    return encoded(Image.fromarray(values), "TIFF")


def webp_header(width: int, height: int) -> bytes:
    """A small WebP whose header declares another size."""
    data = bytearray(animated("WEBP"))
    assert data[12:16] == b"VP8X"
    data[24:30] = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return bytes(data)


def palette(transparent: bool) -> bytes:
    """A palette PNG; with transparency its first colour is see-through."""
    image = draw("checks", 1).quantize(16)
    return encoded(image, "PNG", **({"transparency": 0} if transparent else {}))


def see_through(mode: str) -> bytes:
    """A PNG that fades from opaque to transparent from left to right."""
    image = draw("rings", 1)
    fade = np.tile(np.linspace(255, 0, image.width).astype(np.uint8), (image.height, 1))
    image.putalpha(Image.fromarray(fade))
    return encoded(image.convert(mode), "PNG")


@cache
def good() -> dict[str, bytes]:
    """Return files that must be read, by name."""
    return {
        **{f"orientation_{value}.jpg": oriented(value) for value in range(1, 9)},
        "orientation_illegal.jpg": oriented(0),
        "large.jpg": jpeg(draw("checks", 2, 2400, 1700)),
        "grey.jpg": encoded(draw("dots", 1).convert("L"), "JPEG"),
        "cmyk.jpg": encoded(draw("stripes", 1).convert("CMYK"), "JPEG"),
        "progressive.jpg": encoded(draw("rings", 2), "JPEG", progressive=True),
        "profile.jpg": encoded(draw("rings", 3), "JPEG", icc_profile=swapped_profile()),
        "profile_broken.jpg": encoded(draw("rings", 3), "JPEG", icc_profile=b"not a profile"),
        "profile.png": encoded(draw("rings", 3), "PNG", icc_profile=swapped_profile()),
        "palette.png": palette(transparent=False),
        "palette_transparent.png": palette(transparent=True),
        "alpha.png": see_through("RGBA"),
        "grey_alpha.png": see_through("LA"),
        "sixteen_bit.png": sixteen_bit(),
        "one_bit.png": encoded(draw("checks", 3).convert("1"), "PNG"),
        "noise.png": encoded(Image.fromarray(noise(900, 700)), "PNG"),
        "thin.png": encoded(Image.new("L", (1, 3000), 128), "PNG"),
        "icon.png": icon(16),
        "dot.png": encoded(Image.new("RGB", (1, 1), "orange"), "PNG"),
        "animated.gif": animated("GIF"),
        "animated.webp": animated("WEBP"),
        "animated.png": animated("PNG"),
        "lossy.webp": encoded(draw("stripes", 2), "WEBP", quality=70),
        "plain.bmp": encoded(draw("dots", 3), "BMP"),
        "floating_point.tiff": floating_point(),
        "not_a_number.tiff": not_a_number(),
        "orientation_6.webp": oriented_webp(6),
        "lossless.webp": encoded(draw("dots", 2), "WEBP", lossless=True),
        "deflated.tiff": encoded(draw("checks", 4), "TIFF", compression="tiff_deflate"),
        "jpeg_named.png": jpeg(draw("dots", 4)),
    }


@cache
def bad() -> dict[str, bytes]:
    """Return files that must be refused, by name."""
    whole = jpeg(draw("stripes", 0))
    return {
        "empty.jpg": b"",
        "text.jpg": b"This is no picture.\n" * 20,
        "page.png": b"<!doctype html><title>404</title>",
        "half.jpg": whole[: len(whole) // 2],
        "header_only.jpg": whole[:200],
        "bomb.png": png_header(60_000, 60_000),
        "bomb.avif": isobmff_header(17_000, 17_000),
        "bomb.webp": webp_header(16_000, 16_000),
        "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    }


def png_header(width: int, height: int) -> bytes:
    """A PNG that declares a size and has next to nothing in it."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def isobmff_header(width: int, height: int) -> bytes:
    """The beginning of an AVIF file that declares a size."""
    file_type = struct.pack(">I4s4sI4s4s", 24, b"ftyp", b"avif", 0, b"avif", b"mif1")
    extents = struct.pack(">I4sIII", 20, b"ispe", 0, width, height)
    return file_type + struct.pack(">I4sI", 12 + len(extents), b"meta", 0) + extents
