"""Awkward pictures that the tests make themselves: one for each thing that pre-processing has to get right."""

import io
import struct
import zlib
from functools import cache
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image, ImageCms

from tests.support import heif_boxes
from tests.support.drawings import draw, jpeg, noise
from tests.support.raw_photos import canon_cr3, raw_photos

pillow_heif.register_heif_opener()

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


def transparent_png(depth: int, colour_type: int, pixels: bytes, transparent: tuple[int, ...]) -> bytes:
    """
    A PNG of 32 x 16 pixels in which one colour is declared as transparent, in the depth of the file.

    Args:
        colour_type: 0 for grey, 2 for red, green and blue.
        pixels: A row.
    """
    header = struct.pack(">IIBBBBB", 32, 16, depth, colour_type, 0, 0, 0)
    rows = zlib.compress((b"\0" + pixels) * 16)
    declared = struct.pack(f">{len(transparent)}H", *transparent)
    return png_of((b"IHDR", header), (b"tRNS", declared), (b"IDAT", rows), (b"IEND", b""))


def transparent_pngs() -> dict[str, bytes]:
    """PNGs of every depth whose left half is of a colour that is declared as transparent, and whose right is black."""
    return {
        "transparent_2_bit.png": transparent_png(2, 0, b"\x55" * 4 + b"\0" * 4, (1,)),
        "transparent_4_bit.png": transparent_png(4, 0, b"\x33" * 8 + b"\0" * 8, (3,)),
        "transparent_8_bit.png": transparent_png(8, 0, b"\x30" * 16 + b"\0" * 16, (0x30,)),
        "transparent_16_bit.png": transparent_png(16, 0, b"\x20\x01" * 16 + b"\0\0" * 16, (0x2001,)),
        "transparent_colour.png": transparent_png(8, 2, b"\x20\x30\x40" * 16 + b"\0\0\0" * 16, (0x20, 0x30, 0x40)),
        "transparent_16_bit_colour.png": transparent_png(
            16, 2, b"\x20\x01\x30\x01\x40\x01" * 16 + bytes(6) * 16, (0x2001, 0x3001, 0x4001)
        ),
    }


# Black, a tenth of white, white, and what shines: 1,000 and 4,000 nits. Source: ITU-R BT.2100, table 4.
PQ_VALUES = (0.0, 0.3583, 0.5807, 0.7518, 0.9026)

# Black, a quarter of white, white, and the brightest. Source: ITU-R BT.2100, table 5, at 1,000 nits.
HLG_VALUES = (0.0, 0.5, 0.75, 1.0)


def heic(image: Image.Image, **options: Any) -> bytes:
    """Return an image as an HEIC."""
    return encoded(image, "HEIF", quality=90, **options)


def oriented_heic(orientation: int) -> bytes:
    """An HEIC whose camera noted how it was held."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return heic(draw("dots", 0), exif=exif.tobytes())


def p3_heic() -> bytes:
    """An HEIC whose colours are declared by numbers as those of Display P3: a red on the left, grey on the right."""
    image = Image.new("RGB", (64, 64), "gray")
    image.paste((200, 90, 80), (0, 0, 32, 64))
    return heic(image, chroma=444, color_primaries=12, transfer_characteristics=13, matrix_coefficients=6)


def ten_bit_heic() -> bytes:
    """An HEIC of ten bits, a ramp from black to white."""
    ramp = np.linspace(0, 65535, 256).astype(np.uint16)[None, :, None].repeat(96, 0).repeat(3, 2)
    made = pillow_heif.from_bytes("RGB;16", (256, 96), ramp.tobytes())
    out = io.BytesIO()
    made.save(out, quality=90)
    return out.getvalue()


def hdr_heic(curve: int, values: tuple[float, ...]) -> bytes:
    """An HEIC of HDR, ten bits, the primaries of BT.2020: grey patches of these values (0 to 1), side by side.

    Args:
        curve: 16 for PQ, 18 for HLG.
    """
    row = np.repeat(np.array(values) * 65535, 64).round().astype(np.uint16)
    pixels = row[None, :, None].repeat(64, 0).repeat(3, 2)
    made = pillow_heif.from_bytes("RGB;16", (len(row), 64), pixels.tobytes())
    out = io.BytesIO()
    made.save(out, quality=95, chroma=444, color_primaries=9, transfer_characteristics=curve, matrix_coefficients=9)
    return out.getvalue()


def several_heic() -> bytes:
    """An HEIC of three pictures, the second of which, of stripes, is the one to show."""
    pictures = [draw(group, 0, 160, 120) for group in ("dots", "stripes", "rings")]
    return heic(pictures[0], save_all=True, append_images=pictures[1:], primary_index=1)


def phone_heic() -> bytes:
    """An HEIC as a phone writes it: stripes, held on its side, behind a depth map, a gain map and a thumbnail."""
    depth, gain, thumbnail, photo = 1, 2, 3, 4
    return heif_boxes.heif(
        [
            heif_boxes.item(
                depth, draw("dots", 0, 80, 60), heif_boxes.helps(heif_boxes.DEPTH), refers=(b"auxl", photo)
            ),
            heif_boxes.item(gain, draw("dots", 1), heif_boxes.helps(heif_boxes.GAIN_MAP), refers=(b"auxl", photo)),
            heif_boxes.item(thumbnail, draw("rings", 2, 80, 60), heif_boxes.quarters(3), refers=(b"thmb", photo)),
            heif_boxes.item(photo, draw("stripes", 0), heif_boxes.quarters(3)),
        ],
        photo,
    )


@cache
def heics() -> dict[str, bytes]:
    """HEICs, one for each thing that has to come out right."""
    faded = draw("rings", 1)
    faded.putalpha(Image.linear_gradient("L").resize(faded.size))
    return {
        **{f"orientation_{value}.heic": oriented_heic(value) for value in range(1, 9)},
        "plain.heic": heic(draw("checks", 1)),
        "odd.heic": heic(draw("checks", 1, 321, 243)),
        "full_chroma.heic": heic(draw("checks", 1), chroma=444),
        "grey.heic": heic(draw("dots", 1).convert("L")),
        "alpha.heic": heic(faded),
        "profile.heic": heic(draw("rings", 3), icc_profile=swapped_profile()),
        "p3.heic": p3_heic(),
        "ten_bit.heic": ten_bit_heic(),
        "several.heic": several_heic(),
        "phone.heic": phone_heic(),
        "pq.heic": hdr_heic(16, PQ_VALUES),
        "hlg.heic": hdr_heic(18, HLG_VALUES),
        "tiles.heic": heic(draw("dots", 2, 1400, 1100), tile_size=512),
    }


def icon_file(cursor: bool) -> bytes:
    """An icon, or a cursor, of two pictures of one size: one of 1 bit, black, and one of 32, red fading to nothing."""
    header = struct.pack("<HHH", 0, 2 if cursor else 1, 2)
    places = [(3, 5) if cursor else (1, 0)] * 2  # A cursor's hot spot, or planes and bits, which many leave out.
    few = struct.pack("<IiiHHIIiiII", 40, 32, 64, 1, 1, 0, 0, 0, 0, 2, 0) + bytes(8) + bytes(32 * 4) + bytes(32 * 4)
    row = b"".join(bytes([0, 0, 255, 8 * x]) for x in range(32))
    many = struct.pack("<IiiHHIIiiII", 40, 32, 64, 1, 32, 0, 0, 0, 0, 0, 0) + row * 32 + bytes(32 * 4)
    offsets = (38, 38 + len(few))
    entries = [
        struct.pack("<BBBBHHII", 32, 32, 0, 0, *place, len(picture), offset)
        for place, picture, offset in zip(places, (few, many), offsets, strict=True)
    ]
    return header + b"".join(entries) + few + many


def cut_short() -> dict[str, bytes]:
    """Pictures that lack their last bytes."""
    plain = jpeg(draw("stripes", 0))
    return {
        "no_end.jpg": plain[:-2],
        "cut.jpg": plain[: len(plain) * 9 // 10],
        "cut_progressive.jpg": (whole := encoded(draw("rings", 2), "JPEG", progressive=True))[: len(whole) * 9 // 10],
        "cut.png": (whole := encoded(draw("dots", 1), "PNG"))[: len(whole) * 9 // 10],
        "cut.bmp": (whole := encoded(draw("dots", 1), "BMP"))[: len(whole) * 9 // 10],
        "cut.gif": (whole := encoded(draw("dots", 1), "GIF"))[: len(whole) * 9 // 10],
        "cut.tiff": (whole := encoded(draw("dots", 1), "TIFF"))[: len(whole) * 9 // 10],
        "cut_tiles.heic": (whole := heics()["tiles.heic"])[: len(whole) * 9 // 10],
    }


def four_bit_rle() -> bytes:
    """A BMP of 4 bits with run-length compression, an odd run in it."""
    rows = b"\0\3\x12\x30\0\0" * 4 + b"\0\1"
    palette_bytes = bytes(range(64))
    info = struct.pack("<IiiHHIIiiII", 40, 3, 4, 1, 4, 2, len(rows), 0, 0, 16, 0) + palette_bytes
    return b"BM" + struct.pack("<IHHI", 14 + len(info) + len(rows), 0, 0, 14 + len(info)) + info + rows


def double_precision() -> bytes:
    """A TIFF of 64-bit floating-point values, which Pillow does not read."""
    return with_tag(floating_point(), 258, 32, 64)


def compressed_tiff(compression: int) -> bytes:
    """A TIFF that says to be compressed in another way than it is."""
    return with_tag(encoded(draw("dots", 1).convert("L"), "TIFF"), 259, 1, compression)


def with_tag(tiff: bytes, tag: int, before: int, after: int) -> bytes:
    """Change the value of a tag of a TIFF."""
    old, new = (struct.pack("<HHIHH", tag, 3, 1, value, 0) for value in (before, after))
    assert tiff.count(old) == 1
    return tiff.replace(old, new)


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


def lab(image: Image.Image) -> Image.Image:
    """Convert to the colours of Lab."""
    profiles = [ImageCms.createProfile(name) for name in ("sRGB", "LAB")]
    converted = ImageCms.profileToProfile(image, *profiles, outputMode="LAB")
    assert converted
    return converted


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
        "lab.tiff": encoded(lab(draw("rings", 2)), "TIFF"),
        "icon.ico": icon_file(cursor=False),
        "cursor.cur": icon_file(cursor=True),
        **transparent_pngs(),
        **heics(),
        **raw_photos(),
        **cut_short(),
    }


@cache
def bad() -> dict[str, bytes]:
    """Return files that must be refused, by name."""
    whole = jpeg(draw("stripes", 0))
    return {
        "empty.jpg": b"",
        "text.jpg": b"This is no picture.\n" * 20,
        "page.png": b"<!doctype html><title>404</title>",
        "quarter.jpg": whole[: len(whole) // 4],
        "header_only.jpg": whole[:200],
        "bomb.png": png_header(60_000, 60_000),
        "bomb.avif": isobmff_header(17_000, 17_000),
        "bomb.webp": webp_header(16_000, 16_000),
        "layers.psd": b"8BPS\0\1" + bytes(20),
        "paper.pdf": b"%PDF-1.7\n",
        "photos.zip": b"PK\3\4" + bytes(26),
        "film.mp4": b"\0\0\0\x18ftypmp42\0\0\0\0isommp42",
        "zstd.tiff": compressed_tiff(50000),
        "lzma.tiff": compressed_tiff(34925),
        "webp.tiff": compressed_tiff(50001),
        "double.tiff": double_precision(),
        "run_length.bmp": four_bit_rle(),
        "no_preview.cr3": canon_cr3(previews=False),
        "cut.heic": heic(draw("dots", 1))[:2000],
        "third.bmp": (whole := encoded(draw("dots", 1), "BMP"))[: len(whole) // 3],
        "third_of_tiles.heic": (whole := heics()["tiles.heic"])[: len(whole) // 3],
        "cut.webp": (whole := encoded(draw("dots", 1), "WEBP"))[: len(whole) * 9 // 10],
        "cut_deflated.tiff": (whole := encoded(draw("dots", 1), "TIFF", compression="tiff_deflate"))[: len(whole) // 2],
    }


def drawing() -> bytes:
    """An SVG with a script in it, red on the left and blue on the right."""
    return (
        b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 200">'
        b'<rect width="150" height="200" fill="red"/><rect x="150" width="150" height="200" fill="blue"/>'
        b"<script>parent.document.title = 'run'</script></svg>"
    )


def png_header(width: int, height: int) -> bytes:
    """A PNG that declares a size and has next to nothing in it."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return png_of((b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))


def png_of(*chunks: tuple[bytes, bytes]) -> bytes:
    """Put a PNG together of its chunks, each a name and its data."""
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def isobmff_header(width: int, height: int) -> bytes:
    """The beginning of an AVIF file that declares a size."""
    file_type = struct.pack(">I4s4sI4s4s", 24, b"ftyp", b"avif", 0, b"avif", b"mif1")
    extents = struct.pack(">I4sIII", 20, b"ispe", 0, width, height)
    return file_type + struct.pack(">I4sI", 12 + len(extents), b"meta", 0) + extents
