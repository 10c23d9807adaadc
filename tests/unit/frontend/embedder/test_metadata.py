"""Blocks of EXIF data and XMP, found in files of all kinds."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin, features

from frontend.embedder.metadata import Metadata, metadata_in
from tests.support.camera import block

XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"


def exif() -> Image.Exif:
    made = Image.Exif()
    made[0x010F] = "Maker"
    return made


def maker_of(metadata: Metadata) -> str | None:
    read = Image.Exif()
    read.load(b"Exif\0\0" + metadata.exif)
    return read.get(0x010F)


def saved(kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (33, 21), "teal").save(out, kind, exif=exif(), **options)
    return out.getvalue()


def png_with_xmp(packed: bool) -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", XMP.decode(), zip=packed)
    return saved("PNG", pnginfo=info)


def png_as_imagemagick_writes_it(packed: bool) -> bytes:
    data = exif().tobytes()
    info = PngImagePlugin.PngInfo()
    info.add_text("Raw profile type exif", f"\nexif\n{len(data):8}\n{data.hex()}\n", zip=packed)
    out = io.BytesIO()
    Image.new("RGB", (33, 21), "teal").save(out, "PNG", pnginfo=info)
    return out.getvalue()


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + name + content


def heif(within_idat: bool) -> bytes:
    """Return the boxes of a HEIF file that has both blocks, but no picture."""
    item = struct.pack(">I", 6) + b"Exif\0\0" + block({0x010F: "Maker"})
    entries = box(b"infe", struct.pack(">IHH", 2 << 24, 1, 0) + b"hvc1\0")
    entries += box(b"infe", struct.pack(">IHH", 2 << 24, 2, 0) + b"Exif\0")
    entries += box(b"infe", struct.pack(">IHH", 2 << 24, 3, 0) + b"mime\0application/rdf+xml\0")
    iinf = box(b"iinf", struct.pack(">IH", 0, 3) + entries)
    ftyp = box(b"ftyp", b"heic\0\0\0\0mif1heic")
    idat = box(b"idat", item + XMP) if within_idat else b""

    def meta(base: int) -> bytes:
        """Both items are in two pieces each."""
        locations = b""
        for number, start, size in ((2, 0, len(item)), (3, len(item), len(XMP))):
            locations += struct.pack(">HHHIH", number, int(within_idat), 0, base, 2)
            locations += struct.pack(">IIII", start, 5, start + 5, size - 5)
        iloc = box(b"iloc", struct.pack(">IHH", 1 << 24, 0x4440, 2) + locations)
        return box(b"meta", bytes(4) + iinf + iloc + idat)

    if within_idat:
        return ftyp + meta(0)
    return ftyp + meta(len(ftyp) + len(meta(0)) + 8) + box(b"mdat", item + XMP)


def jpeg_xl() -> bytes:
    """Return the boxes of a JPEG XL file that has both blocks, but no picture."""
    start = box(b"JXL ", b"\r\n\x87\n") + box(b"ftyp", b"jxl \0\0\0\0jxl ")
    return start + box(b"Exif", struct.pack(">I", 2) + b"\0\0" + block({0x010F: "Maker"})) + box(b"xml ", XMP)


def jpeg_2000() -> bytes:
    """The same of a JPEG 2000 file."""
    start = box(b"jP  ", b"\r\n\x87\n") + box(b"ftyp", b"jp2 \0\0\0\0jp2 ")
    start += box(b"uuid", b"JpgTiffExif->JP2" + block({0x010F: "Maker"}))
    return start + box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + XMP)


FILES = {
    "JPEG": lambda: saved("JPEG", xmp=XMP),
    "JPEG with other segments first": lambda: saved("JPEG", xmp=XMP, comment=b"x" * 300, icc_profile=b"y" * 9000),
    "PNG": lambda: png_with_xmp(packed=False),
    "PNG with packed XMP": lambda: png_with_xmp(packed=True),
    "WebP": lambda: saved("WEBP", xmp=XMP),
    "HEIF": lambda: heif(within_idat=False),
    "HEIF with a box of data of its own": lambda: heif(within_idat=True),
    "JPEG XL": jpeg_xl,
    "JPEG 2000": jpeg_2000,
}


@pytest.mark.parametrize("kind", FILES)
def test_both_blocks(kind: str) -> None:
    """EXIF data is found from its header on, and XMP as it is."""
    found = metadata_in(FILES[kind]())

    assert found.exif[:2] in (b"II", b"MM") and maker_of(found) == "Maker"
    assert found.xmp == XMP


@pytest.mark.parametrize("packed", [False, True])
def test_png_of_imagemagick(packed: bool) -> None:
    """Its EXIF data is hex digits in a text."""
    assert maker_of(metadata_in(png_as_imagemagick_writes_it(packed))) == "Maker"


def test_tiff() -> None:
    """The whole file is what a block is elsewhere."""
    assert maker_of(metadata_in(saved("TIFF"))) == "Maker"


@pytest.mark.skipif(not features.check("avif"), reason="NOT TESTED: this Pillow has no AVIF")
def test_avif() -> None:
    """AVIF keeps them as HEIF does."""
    found = metadata_in(saved("AVIF", xmp=XMP))

    assert maker_of(found) == "Maker" and found.xmp == XMP


def test_file_without_any() -> None:
    """There is none in a plain picture, nor in what is no picture."""
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "GIF")
    for data in (out.getvalue(), b"", b"\xff\xd8", b"hello", b"RIFF\0\0\0\0WEBP"):
        assert metadata_in(data) == Metadata()


@given(st.sampled_from(sorted(FILES)), st.data())
def test_damaged_file(kind: str, data: st.DataObject) -> None:
    """Whatever bytes are other, or missing, there is no error."""
    damaged = bytearray(FILES[kind]())
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(damaged)))

    metadata_in(bytes(damaged))
    metadata_in(bytes(damaged[:end]))
