"""
Turn the bytes of a picture into what the model and the library need: open, decode, then a thumbnail and a model input.

    bytes -> decode -> Picture (upright RGB pixels, bounded) -> to_model_input -> ModelInput
                                                             -> make_thumbnail -> Thumbnail (JPEG, average colour)
                                                             -> make_preview -> Encoded (JPEG, size)

What a file is and who reads it: `kinds`. Pure numpy and Pillow, so that it gives the same bytes under CPython and under
Pyodide; a test compares the two.

    PictureError           the file is not used; the message is for the person who chose it
     +-- EmptyFile         there is nothing in it
     +-- UnknownFormat     nobody knows what it is
     +-- UnreadableKind    it is known what it is, and cannot be read here (the browser's own decoder may)
     +-- DamagedPicture    a reader knows it, but its data are broken, or more than half of them are missing
     +-- TooManyPixels     the header declares more than MAX_PIXELS; nothing was decoded
     +-- OutOfMemory       this browser had no room for it
"""

import io
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    IcoImagePlugin,
    Image,
    ImageCms,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from frontend.embedder.declared_end import lacks_end
from frontend.embedder.declared_size import declared_size
from frontend.embedder.hdr import is_hdr, tone_mapped
from frontend.embedder.heif import can_read_heif, nclx_profile, strips
from frontend.embedder.icons import best_of_icon
from frontend.embedder.kinds import BMP, ICO, JPEG, TIFF, Kind, Reader, kind_of, refusal
from frontend.embedder.model_input import InputSpec, ModelInput, Pixels, scale_to_range
from frontend.embedder.raw_previews import read_raw
from frontend.embedder.tiff_tags import sample_words, unread_compression

MAX_PIXELS: Final = 2**27
# 134 megapixels: above the 108 of today's largest common phone sensor, and at 4 bytes a pixel still a quarter of
# the 2 GiB that a browser is sure to give to WebAssembly.

THUMBNAIL_SIDE_PX: Final = 384
# A grid cell of 192 CSS pixels on a screen of double density.

MIDDLE_SHARE: Final = 0.7
# Half of the picture. With it 87 of 100 photographs that stand within another picture were found first, without it 45.

TINY_PX: Final = 64
# JPEG keeps colours at half the resolution, which nobody sees in a photograph. In an icon a pixel is a thing of its
# own and loses its colour to its neighbours; to keep that costs a kilobyte or two at this size.

READERS: Final = frozenset(
    str(reader.format)
    for reader in (
        JpegImagePlugin.JpegImageFile,
        PngImagePlugin.PngImageFile,
        GifImagePlugin.GifImageFile,
        WebPImagePlugin.WebPImageFile,
        BmpImagePlugin.BmpImageFile,
        TiffImagePlugin.TiffImageFile,
        IcoImagePlugin.IcoImageFile,
    )
)
"""Imported by name: else the first picture would wait until Pillow has imported all of its forty readers."""

END_MISSING: Final = "The end of this file is missing."

MOST_MISSING: Final = 0.5
# Of a picture's rows: more than that is not taken for the photo.


class PictureError(Exception):
    """A picture cannot be used; the message says why in one sentence."""


class EmptyFile(PictureError):
    """The file has no bytes."""


class UnknownFormat(PictureError):
    """Nobody knows what it is."""

    def __init__(self) -> None:
        super().__init__("The file is not a picture in a format that can be read here.")


class UnreadableKind(PictureError):
    """It is known what it is, and it cannot be read here."""

    def __init__(self, kind: Kind, why: str = "") -> None:
        """`why` goes on after the kind's name, where not the whole kind is meant."""
        self.kind = kind
        super().__init__(refusal(kind, why))


class DamagedPicture(PictureError):
    """The data are broken, or too much of them is missing."""


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
    note: str = ""
    """What is not as it should be, as a sentence; empty if nothing is known to be wrong."""


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
        EmptyFile, UnknownFormat, UnreadableKind, DamagedPicture, OutOfMemory: As their names say.
        TooManyPixels: The header declares more than MAX_PIXELS.
    """
    if not data:
        raise EmptyFile("The file is empty.")
    kind = kind_of(data)
    if kind is None:
        raise UnknownFormat
    if declared := declared_size(data):
        check_size(*declared)
    with warnings.catch_warnings():
        # What Pillow warns of is either refused below or harmless (an EXIF block that ends early).
        warnings.simplefilter("ignore")
        return decode_raw(data, kind, side_px) if kind.reader is Reader.RAW else decode_kind(data, kind, side_px)


def decode_raw(data: bytes, kind: Kind, side_px: int) -> Picture:
    """Decode the largest preview that a camera put into a RAW photo; the size is that of the whole photo."""
    raw = read_raw(data)
    for preview in raw.previews:
        try:
            picture = decode_kind(data[preview.start : preview.end], JPEG, side_px, raw.orientation)
        except DamagedPicture:
            continue
        return as_raw(picture, kind, raw.size)
    if TIFF.begins(data):
        try:
            return as_raw(decode_kind(data, TIFF, side_px), kind, raw.size)  # Without compression, in the first place.
        except PictureError:
            pass
    raise UnreadableKind(kind, " without a preview")


def as_raw(preview: Picture, kind: Kind, stored: tuple[int, int] | None) -> Picture:
    """Return a preview as what stands for a RAW photo of a size; that may be told as stored, or not at all."""
    size = preview.width, preview.height
    if stored and max(stored) > max(size):
        size = max(stored), min(stored)
        if preview.width < preview.height:
            size = size[::-1]
    return replace(preview, width=size[0], height=size[1], content_type=kind.content_type)


def decode_kind(data: bytes, kind: Kind, side_px: int, orientation: int | None = None) -> Picture:
    """Decode a file of a kind; the orientation is its own unless it is told."""
    image = open_checked(data, kind)
    full_size = image.size
    try:
        image, note = load(image, data, kind, side_px)
        orientation = orientation or exif_orientation(image)
        small = flat_and_small(image, 2 * side_px)
        upright = turn_upright(in_srgb(small, image.info), orientation)
    except MemoryError as exc:
        raise OutOfMemory from exc
    except PictureError:
        raise
    except Exception as exc:
        # Pillow's readers let through whatever their parsers meet: OSError, SyntaxError, struct.error, zlib.error ...
        raise damaged(data, "its data are broken or end too early") from exc
    width, height = full_size if orientation < 5 else full_size[::-1]
    return Picture(Pixels(np.asarray(upright)), width, height, kind.content_type, note)


def load(image: Image.Image, data: bytes, kind: Kind, side_px: int) -> tuple[Image.Image, str]:
    """Decode all of an opened picture, or what there is of one that lacks its end; returns it and a note."""
    if kind.reader is Reader.HEIF:
        return load_heif(image, data, 2 * side_px)
    # For JPEG the decoder itself scales by 1/2, 1/4 or 1/8 and does a fraction of the work.
    image.draft(None, (2 * side_px, 2 * side_px))
    transparent = transparent_value(image)
    try:
        image.load()
        note = ""
    except OSError as exc:
        if "truncated" not in str(exc):
            raise
        image = open_checked(data, kind)
        image.draft(None, (2 * side_px, 2 * side_px))
        load_what_is_there(image)
        note = END_MISSING
    if transparent is not None:
        image.info["transparency"] = transparent
    return image, note


def damaged(data: bytes, why: str) -> DamagedPicture:
    """Say why a picture cannot be read: as its end is missing, where that is known."""
    if lacks_end(data):
        return DamagedPicture("The end of this file is missing, and without it the picture cannot be shown.")
    return DamagedPicture(f"The picture is damaged: {why}.")


def load_heif(image: Image.Image, data: bytes, shorter_px: int) -> tuple[Image.Image, str]:
    """
    Decode an opened HEIC, flatten and shrink it as `flatten` and `shrink` do, strip by strip; returns it and a note.

    Raises:
        DamagedPicture: More than MOST_MISSING of it is missing.
    """
    is_cut = lacks_end(data)
    shrinking, missing = Shrinking(image.size, shorter_px), 0
    for strip in strips(data, shrinking.rows):
        if is_cut:
            strip, lost = without_lost_tiles(strip)
            missing += lost
        shrinking.add(strip)
    check_share(missing / (image.width * image.height))
    small = shrinking.done()
    small.info = image.info
    return small, END_MISSING if is_cut else ""


def without_lost_tiles(image: Image.Image) -> tuple[Image.Image, int]:
    """
    Lay grey over what lay in the lost end of an HEIC: its reader leaves such tiles empty, which is one green.

    Returns:
        The picture, and how many of its pixels that were.
    """
    if image.mode not in ("RGB", "RGBA"):
        return image, 0
    pixels = np.array(image)
    counts = np.bincount(pixels[(pixels[..., 0] == 0) & (pixels[..., 2] == 0), 1], minlength=256)
    green = EMPTY_GREEN[0] + counts[slice(*EMPTY_GREEN)].argmax()
    empty = (pixels[..., 0] == 0) & (pixels[..., 1] == green) & (pixels[..., 2] == 0)
    pixels[empty, :3] = GREY["L"]
    return Image.fromarray(pixels), int(empty.sum())


def check_share(missing: float) -> None:
    """Raise DamagedPicture if more than MOST_MISSING of a picture is missing."""
    if missing > MOST_MISSING:
        raise DamagedPicture("The picture is damaged: more than half of it is missing.")


def load_what_is_there(image: Image.Image) -> None:
    """
    Decode an opened picture that lacks its end; the rest is grey, as browsers show it.

    Raises:
        DamagedPicture: More than MOST_MISSING of it is missing.
    """
    # A BMP begins with its last row, unless it says otherwise.
    coded = image.tile[0].args if isinstance(image, BmpImagePlugin.BmpImageFile) else None
    from_below = isinstance(coded, tuple) and coded[-1] == -1
    if image.mode in GREY and not isinstance(image, GifImagePlugin.GifImageFile):
        image.im = Image.new(image.mode, image.size, GREY[image.mode]).im
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        image.load()
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False
    rows = np.asarray(image)
    if from_below:
        rows = rows[::-1]
    plain = (rows == rows[-1:, :1]).reshape(len(rows), -1).all(axis=1)
    missing = int(plain[::-1].argmin()) if not plain.all() else len(rows)
    check_share(missing / len(rows))


class Shrinking:
    """Flattens and shrinks a picture as `flatten` and `shrink` do, with no more of it at once than a strip."""

    def __init__(self, size: tuple[int, int], shorter_px: int) -> None:
        """`size` is the picture's width and height."""
        self._shorter_px = shorter_px
        self._factor = max(min(size) // shorter_px, 1)
        self._parts: list[npt.NDArray[np.uint8]] = []

    @property
    def rows(self) -> int:
        """How many each strip has but the last: no block of pixels that are averaged lies in two, nor one of colour."""
        step = 2 * self._factor
        return -(-STRIP_ROWS // step) * step

    def add(self, strip: Image.Image) -> None:
        """Take the next strip, from the top."""
        self._parts.append(np.asarray(flatten(strip, self._shorter_px).reduce(self._factor)))

    def done(self) -> Image.Image:
        """Return the picture."""
        return Image.fromarray(np.concatenate(self._parts))


STRIP_ROWS: Final = 256
# That are flattened and shrunk at once, at least: some megabytes, a few dozen strips. A guess.

EMPTY_GREEN: Final = (70, 150)
"""Between which the green of no data is, by the matrix in use: 84 for BT.709, 94 for BT.2020, 136 for BT.601."""

GREY: Final[Mapping[str, int | tuple[int, ...]]] = {
    "L": 128,
    "LA": (128, 255),
    "RGB": (128, 128, 128),
    "RGBA": (128, 128, 128, 255),
}
"""Mode -> the grey that libjpeg gives to what is missing."""


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


def make_preview(pixels: Pixels, side_px: int) -> Encoded:
    """Make a JPEG to look at, its longer side at most `side_px`: what was decoded, also where browsers cannot."""
    image = fit(pixels, side_px)
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


def open_checked(data: bytes, kind: Kind) -> Image.Image:
    """Open a picture by its header alone and refuse what is too large before a pixel is decoded."""
    if kind.pillow_format not in READERS and not (kind.reader is Reader.HEIF and can_read_heif()):
        raise UnreadableKind(kind)
    if kind is TIFF and (compression := unread_compression(data)):
        raise UnreadableKind(kind, f" with {compression} compression, which cannot be read here")
    try:
        image = Image.open(io.BytesIO(best_of_icon(data) if kind is ICO else data), formats=[kind.pillow_format])
    except Image.DecompressionBombError as exc:
        raise TooManyPixels(declared_pixels(exc)) from exc
    except MemoryError as exc:
        raise OutOfMemory from exc
    except Exception as exc:
        if kind is TIFF and isinstance(exc, UnidentifiedImageError) and (samples := sample_words(data)):
            raise UnreadableKind(kind, f" of {samples}, which cannot be read here") from exc
        raise damaged(data, "its header cannot be read") from exc
    check_size(*image.size)
    if kind is BMP and image.info.get("compression") == BmpImagePlugin.BmpImageFile.COMPRESSIONS["RLE4"]:
        # Pillow 12.2 counts the pixels of an odd run wrongly, and scrambles all that follows.
        raise UnreadableKind(kind, " with 4-bit run-length compression, which cannot be read here")
    return image


def check_size(width: int, height: int) -> None:
    """Raise TooManyPixels if a picture of this size is not to be decoded."""
    if width * height > MAX_PIXELS:
        raise TooManyPixels(width * height)


def flat_and_small(image: Image.Image, shorter_px: int) -> Image.Image:
    """Flatten and shrink a decoded picture; strip by strip where flattening makes copies, up to four of a large one."""
    if image.mode in ("I", "F") or (image.mode in FLAT and not image.has_transparency_data):
        return shrink(flatten(image, shorter_px), shorter_px)
    shrinking = Shrinking(image.size, shorter_px)
    for top in range(0, image.height, shrinking.rows):
        shrinking.add(image.crop((0, top, image.width, min(top + shrinking.rows, image.height))))
    return shrinking.done()


FLAT: Final = ("L", "RGB", "CMYK")
"""Modes that stay as they are, unless they are seen through."""


def flatten(image: Image.Image, shorter_px: int) -> Image.Image:
    """Bring any mode to L, RGB or CMYK with 8 bits a channel, transparency laid on white."""
    if image.mode.startswith("I;16"):
        # A plain convert() would clip everything above 255 to white.
        values = np.asarray(image)
        grey = HIGH_TO_LOW[values]
        grey[values == image.info.get("transparency", -1)] = 255
        return Image.fromarray(grey)
    if image.mode in ("I", "F"):
        return stretch(shrink(image, shorter_px))
    if image.has_transparency_data:
        picture = image.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(white, picture).convert("RGB")
    if image.mode in FLAT:
        return image
    if image.mode == "LAB":
        return to_rgb(image, ImageCms.createProfile("LAB"))
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


def transparent_value(image: Image.Image) -> int | tuple[int, ...] | None:
    """
    Return the colour that a PNG declares as transparent, in the values that Pillow is going to decode; None if none.

    The file tells it in the depth of its own, which Pillow knows until it has decoded, and does not heed.
    """
    declared = image.info.get("transparency")
    if not isinstance(image, PngImagePlugin.PngImageFile) or declared is None or not image.tile:
        return None
    match image.tile[0].args:
        case "L;2":
            return declared * 85
        case "L;4":
            return declared * 17
        case "RGB;16B":
            return tuple(value >> 8 for value in declared)
    return None


def in_srgb(image: Image.Image, info: Mapping[Any, Any]) -> Image.Image:
    """Convert to sRGB from the colours that a picture declares, by numbers or by a profile, if it does."""
    declared = info.get("nclx_profile") or {}
    if is_hdr(declared):
        return tone_mapped(image.convert("RGB"), declared)
    return to_srgb(image, info.get("icc_profile") or nclx_profile(declared))


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert to sRGB by the picture's own colour profile; by Pillow's plain rule where there is none that works."""
    if profile:
        try:
            return to_rgb(image, ImageCms.ImageCmsProfile(io.BytesIO(profile)))
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass  # A broken profile, or one for another kind of picture: viewers ignore it, and so does this.
    return image.convert("RGB")


def to_rgb(image: Image.Image, profile: object) -> Image.Image:
    """Convert to sRGB from the colours of a profile."""
    return ImageCms.profileToProfile(
        image,
        profile,  # type: ignore[arg-type]  # What createProfile makes is taken as well.
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
    )  # type: ignore[return-value]  # None only when asked to work in place


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
