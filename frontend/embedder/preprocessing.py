"""
Turn the bytes of a picture into what the model and the library need: open, decode, then a thumbnail and a model input.

    bytes -> decode -> Picture (upright RGB pixels, bounded) -> to_model_input -> ModelInput
                                                             -> make_thumbnail -> Thumbnail (JPEG, average colour)
                                                             -> make_preview -> Encoded (JPEG, size)

Pure numpy and Pillow, so that it gives the same bytes under CPython and under Pyodide; a test compares the two.

    PictureError           the file is not used; the message is for the person who chose it
     +-- EmptyFile         there is nothing in it
     +-- UnknownFormat     no reader here knows it (the browser's own decoder may)
     +-- DamagedPicture    a reader knows it, but its data are broken or end too early
     +-- TooManyPixels     the header declares more than MAX_PIXELS; nothing was decoded
     +-- OutOfMemory        this browser had no room for it
"""

import io
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageCms,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from frontend.embedder.model_input import InputSpec, ModelInput, Pixels, scale_to_range

MAX_PIXELS: Final = 2**27
# 134 megapixels: above the 108 of today's largest common phone sensor, and at 4 bytes a pixel still a quarter of
# the 2 GiB that a browser is sure to give to WebAssembly.

THUMBNAIL_SIDE_PX: Final = 384
# A grid cell of 192 CSS pixels on a screen of double density.

PREVIEW_SIDE_PX: Final = 1024
# The photo searched with is shown 320 CSS pixels wide, on a phone as wide as the screen: enough for three pixels each.

MIDDLE_SHARE: Final = 0.7
# Half of the picture. With it 87 of 100 photographs that stand within another picture were found first, without it 45.

TINY_PX: Final = 64
# JPEG keeps colours at half the resolution, which nobody sees in a photograph. In an icon a pixel is a thing of its
# own and loses its colour to its neighbours; to keep that costs a kilobyte or two at this size.

READERS: Final = tuple(
    str(reader.format)
    for reader in (
        JpegImagePlugin.JpegImageFile,
        PngImagePlugin.PngImageFile,
        GifImagePlugin.GifImageFile,
        WebPImagePlugin.WebPImageFile,
        BmpImagePlugin.BmpImageFile,
        TiffImagePlugin.TiffImageFile,
    )
)
"""Imported by name: else the first picture would wait until Pillow has imported all of its forty readers."""

CONTENT_TYPES: Final[Mapping[str, str]] = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",  # Two JPEGs in one file, found by the reader of JPEG: every viewer shows the first.
    "PNG": "image/png",
    "GIF": "image/gif",
    "WEBP": "image/webp",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
}
"""Pillow's name of a format -> content type under which the original is stored."""


class PictureError(Exception):
    """A picture cannot be used; the message says why in one sentence."""


class EmptyFile(PictureError):
    """The file has no bytes."""


class UnknownFormat(PictureError):
    """No reader here knows the format."""


class DamagedPicture(PictureError):
    """The data are broken or end too early."""


class TooManyPixels(PictureError):
    """The header declares more pixels than are ever decoded here."""

    def __init__(self, pixels: int) -> None:
        self.pixels = pixels
        super().__init__(
            f"The picture is too large: {pixels / 1e6:,.0f} megapixels; at most {MAX_PIXELS / 1e6:.0f} are opened."
        )


class OutOfMemory(PictureError):
    """There was no room to decode the picture."""

    def __init__(self) -> None:
        super().__init__("There is not enough memory in this browser to open the picture.")


@dataclass(frozen=True)
class Picture:
    """A decoded picture. Compared by identity: the pixels are an array."""

    pixels: Pixels
    """Bounded: the shorter side has about twice the model's square, however large the file was."""
    width: int
    """Of the file's picture when upright, in pixels."""
    height: int
    """Of the file's picture when upright, in pixels."""
    content_type: str


@dataclass(frozen=True)
class Encoded:
    """A JPEG."""

    data: bytes
    width: int
    """In pixels, as `height`."""
    height: int


@dataclass(frozen=True)
class Thumbnail:
    """What stands for a picture in a grid: first its colour, then a small JPEG."""

    data: bytes
    color: str
    """#rrggbb, see `average_color`."""


def decode(data: bytes, side_px: int) -> Picture:
    """
    Read a picture's first frame as upright sRGB on white, shrunk to about twice `side_px`.

    The order is that of cost: the header is checked before anything is decoded, JPEG is decoded at the scale that is
    needed, and colours and orientation are put right on the small picture.

    Raises:
        EmptyFile, UnknownFormat, DamagedPicture, OutOfMemory: As their names say.
        TooManyPixels: The header declares more than MAX_PIXELS.
    """
    with warnings.catch_warnings():
        # What Pillow warns of is either refused below or harmless (an EXIF block that ends early).
        warnings.simplefilter("ignore")
        return decode_first_frame(open_checked(data), side_px)


def decode_first_frame(image: Image.Image, side_px: int) -> Picture:
    """Decode an opened picture; the steps of `decode` after the header."""
    full_size = image.size
    content_type = CONTENT_TYPES[str(image.format)]
    try:
        # For JPEG the decoder itself scales by 1/2, 1/4 or 1/8 and does a fraction of the work.
        image.draft(None, (2 * side_px, 2 * side_px))
        image.load()
        orientation = exif_orientation(image)
        small = shrink(flatten(image, 2 * side_px), 2 * side_px)
        upright = turn_upright(to_srgb(small, image.info.get("icc_profile")), orientation)
    except MemoryError as exc:
        raise OutOfMemory from exc
    except PictureError:
        raise
    except Exception as exc:
        # Pillow's readers let through whatever their parsers meet: OSError, SyntaxError, struct.error, zlib.error ...
        raise DamagedPicture("The picture is damaged: its data are broken or end too early.") from exc
    width, height = full_size if orientation < 5 else full_size[::-1]
    return Picture(Pixels(np.asarray(upright)), width, height, content_type)


def decode_rgba(rgba: npt.NDArray[np.uint8], full_size: tuple[int, int], content_type: str, side_px: int) -> Picture:
    """
    Finish what another decoder began: the browser reads AVIF (and HEIC where the system can), which Pillow here cannot.

    Args:
        rgba: (H, W, 4) uint8, upright sRGB with alpha.
        full_size: Width and height of the upright picture in the file.
    """
    small = shrink(flatten(Image.fromarray(rgba), 2 * side_px), 2 * side_px)
    return Picture(Pixels(np.asarray(small.convert("RGB"))), *full_size, content_type)


def cut(pixels: Pixels, left: float, top: float, width: float, height: float) -> Pixels:
    """
    Cut a part out of a picture, whole pixels and at least one.

    Args:
        left, width: As fractions of the picture's width, 0 to 1.
        top, height: As fractions of its height.
    """
    rows, columns = pixels.shape[:2]
    x, y = min(int(left * columns), columns - 1), min(int(top * rows), rows - 1)
    right, bottom = round((left + width) * columns), round((top + height) * rows)
    return Pixels(pixels[y : max(bottom, y + 1), x : max(right, x + 1)])


def middle(pixels: Pixels) -> Pixels:
    """Cut out the middle of a picture, MIDDLE_SHARE of each side: what a search looks at a second time."""
    margin = (1 - MIDDLE_SHARE) / 2
    return cut(pixels, margin, margin, MIDDLE_SHARE, MIDDLE_SHARE)


def to_model_input(pixels: Pixels, spec: InputSpec) -> ModelInput:
    """
    Squeeze a picture to the model's square and scale it to the model's range.

    The whole picture is kept, not its centre: what stands at the edge counts in a search. Pillow averages over the
    area when it shrinks, where tf.image.resizeBilinear samples four neighbours, so a vector stays put when a picture
    is rescaled or recompressed.
    """
    square = Image.fromarray(pixels).resize((spec.side_px, spec.side_px), Image.Resampling.BILINEAR, reducing_gap=2.0)
    return scale_to_range(Pixels(np.asarray(square)), spec)


def make_thumbnail(pixels: Pixels) -> Thumbnail:
    """Make a JPEG whose longer side is at most THUMBNAIL_SIDE_PX; a smaller picture keeps its size."""
    image = fit(pixels, THUMBNAIL_SIDE_PX)
    return Thumbnail(to_jpeg(image, 80), average_color(Pixels(np.asarray(image))))


def make_preview(pixels: Pixels) -> Encoded:
    """Make a JPEG to look at, its longer side at most PREVIEW_SIDE_PX: what was decoded, also where browsers cannot."""
    image = fit(pixels, PREVIEW_SIDE_PX)
    return Encoded(to_jpeg(image, 85), *image.size)


def average_color(pixels: Pixels) -> str:
    """
    Return the mean colour as #rrggbb, averaged as light.

    That is what a picture looks like from afar. A mean of sRGB's values, which are not proportional to light, would be
    darker: its box would brighten visibly when the picture takes its place.
    """
    means = [(np.bincount(channel, minlength=256) * LIGHT).sum() / channel.size for channel in pixels.reshape(-1, 3).T]
    return "#" + "".join(f"{np.abs(LIGHT - mean).argmin():02x}" for mean in means)


def srgb_to_light(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Undo the transfer function of sRGB, for values from 0 to 1. Source: IEC 61966-2-1."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


LIGHT: Final = srgb_to_light(np.arange(256) / 255)
"""(256,) float64: the light of each value of a channel, 0 to 1."""


def fit(pixels: Pixels, side_px: int) -> Image.Image:
    """Shrink a picture until its longer side is at most `side_px`."""
    image = Image.fromarray(pixels)
    image.thumbnail((side_px, side_px), Image.Resampling.BILINEAR, reducing_gap=2.0)
    return image


def to_jpeg(image: Image.Image, quality: int) -> bytes:
    """Encode a picture; one that is narrower or lower than TINY_PX, hardly losing anything."""
    out = io.BytesIO()
    if min(image.size) < TINY_PX:
        image.save(out, "JPEG", quality=95, subsampling="4:4:4")
    else:
        image.save(out, "JPEG", quality=quality, subsampling="4:2:0")
    return out.getvalue()


def open_checked(data: bytes) -> Image.Image:
    """Open a picture by its header alone and refuse what is too large before a pixel is decoded."""
    if not data:
        raise EmptyFile("The file is empty.")
    if declared := webp_size(data):
        check_size(*declared)  # libwebp takes memory for the whole picture as soon as it is opened.
    try:
        image = Image.open(io.BytesIO(data), formats=READERS)
    except UnidentifiedImageError as exc:
        raise UnknownFormat("The file is not a picture in a format that can be read here.") from exc
    except Image.DecompressionBombError as exc:
        raise TooManyPixels(declared_pixels(exc)) from exc
    except Exception as exc:
        raise DamagedPicture("The picture is damaged: its header cannot be read.") from exc
    check_size(*image.size)
    return image


def check_size(width: int, height: int) -> None:
    """Raise TooManyPixels if a picture of this size is not to be decoded."""
    if width * height > MAX_PIXELS:
        raise TooManyPixels(width * height)


def isobmff_size(data: bytes) -> tuple[int, int] | None:
    """
    Read width and height from the header of an AVIF or HEIC file; None if it is neither.

    The largest `ispe` box counts: a picture made of tiles has one for the tiles and one for the whole.

    Source: ISO/IEC 23008-12, 6.5.3, image spatial extents property.
    """
    if data[4:8] != b"ftyp":
        return None
    header = data[:65536]
    sizes = []
    at = header.find(b"ispe")
    while at != -1 and at + 16 <= len(header):
        sizes.append((int.from_bytes(header[at + 8 : at + 12]), int.from_bytes(header[at + 12 : at + 16])))
        at = header.find(b"ispe", at + 4)
    return max(sizes, key=lambda size: size[0] * size[1], default=None)


def webp_size(data: bytes) -> tuple[int, int] | None:
    """
    Read width and height from the header of a WebP file; None if it is none.

    Source: RFC 9649, sections 2.5 (VP8), 2.6 (VP8L) and 2.7 (VP8X).
    """
    kind, header = data[12:16], data[20:30]
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(header) < 10:
        return None
    if kind == b"VP8X":
        return int.from_bytes(header[4:7], "little") + 1, int.from_bytes(header[7:10], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(header[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return int.from_bytes(header[6:8], "little") & 0x3FFF, int.from_bytes(header[8:10], "little") & 0x3FFF


def isobmff_type(data: bytes) -> str:
    """Return the content type of a file for which `isobmff_size` found a size. Source: MIME types of AVIF and HEIF."""
    brands = data[8 : int.from_bytes(data[:4])]
    return "image/avif" if b"avif" in brands or b"avis" in brands else "image/heic"


def flatten(image: Image.Image, shorter_px: int) -> Image.Image:
    """Bring any mode to L, RGB or CMYK with 8 bits a channel, transparency laid on white."""
    if image.mode.startswith("I;16"):
        # A plain convert() would clip everything above 255 to white.
        return Image.fromarray(HIGH_TO_LOW[np.asarray(image)])
    if image.mode in ("I", "F"):
        return stretch(shrink(image, shorter_px))
    if image.has_transparency_data:
        picture = image.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(white, picture).convert("RGB")
    if image.mode in ("L", "RGB", "CMYK"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


HIGH_TO_LOW: Final = ((np.arange(65536) + 128) // 257).astype(np.uint8)
"""(65536,) uint8: a 16-bit value -> the nearest of 8 bits; 65535 = 257 * 255. A table, so that no copy is wider."""


def stretch(image: Image.Image) -> Image.Image:
    """Scale 32-bit values to 8 bits by the picture's own range: depth maps and scientific TIFFs declare none."""
    values = np.asarray(image).astype(np.float64)
    finite = values[np.isfinite(values)]
    if not finite.size:
        raise DamagedPicture("The picture is damaged: none of its values is a number.")
    low, high = finite.min(), finite.max()
    values = np.clip(np.nan_to_num(values, nan=low), low, high)
    return Image.fromarray(np.rint((values - low) * (255 / ((high - low) or 1.0))).astype(np.uint8))


def shrink(image: Image.Image, shorter_px: int) -> Image.Image:
    """Average whole blocks of pixels until the shorter side is less than twice `shorter_px`; never below it."""
    factor = min(image.size) // shorter_px
    return image.reduce(factor) if factor > 1 else image


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert to sRGB by the picture's own colour profile; by Pillow's plain rule where there is none that works."""
    if profile:
        try:
            return ImageCms.profileToProfile(
                image,
                ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
                outputMode="RGB",
            )  # type: ignore[return-value]  # None only when asked to work in place
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass  # A broken profile, or one for another kind of picture: viewers ignore it, and so does this.
    return image.convert("RGB")


def exif_orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8; 1 where it is missing, illegal or unreadable."""
    try:
        value = image.getexif().get(0x0112, 1)
    except Exception:
        # The picture is fine even if what a camera wrote about it is not.
        return 1
    return value if value in ORIENTATIONS else 1


ORIENTATIONS: Final[Mapping[int, tuple[Image.Transpose, ...]]] = {
    1: (),
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.TRANSPOSE,),
    6: (Image.Transpose.ROTATE_270,),
    7: (Image.Transpose.TRANSVERSE,),
    8: (Image.Transpose.ROTATE_90,),
}
"""EXIF orientation -> what turns the stored picture upright. Source: CIPA DC-008 (Exif 2.32), tag 0x0112."""


def turn_upright(image: Image.Image, orientation: int) -> Image.Image:
    """Undo the orientation that the camera noted."""
    for step in ORIENTATIONS[orientation]:
        image = image.transpose(step)
    return image


def declared_pixels(error: Image.DecompressionBombError) -> int:
    """Return how many pixels the header declares: Pillow, which refused first, says it in its message only."""
    numbers = re.findall(r"\d+", str(error))
    return int(numbers[0]) if numbers else MAX_PIXELS + 1
