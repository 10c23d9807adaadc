"""
The browser's own decoders: what Pillow cannot read here, such as AVIF, a strip at a time.

    decode -> decode_bitmap   by createImageBitmap, which every browser has: four bytes for each pixel, all at once
           -> decode_frame    by ImageDecoder, where there is one, for large pictures: as coded, 1.5 bytes for most

Whatever else were made of all pixels at once (a canvas, what is read of it, a copy in Python) would come on top.
"""

from typing import Any, Final

import js
import numpy as np
from PIL import Image
from pyodide.ffi import JsException, to_js

from frontend.embedder import preprocessing
from frontend.embedder.declared_size import declared_size
from frontend.embedder.model_input import Pixels

LARGE_PIXELS: Final = 2**24
# From here on a bitmap takes 67 MB and more. A frame's colours are brought to the size of its brightness by repeating,
# a bitmap's smoothly, as Pillow's. Of a photo so large seven pixels times seven become one, and that averages out.

FORMATS: Final = ("I420", "I422", "I444", "NV12")
PRIMARIES: Final = ("bt709", "smpte432")
TRANSFER: Final = "iec61966-2-1"
# Of frames that are taken: without transparency, 8 bits, and in colours that a browser converts from as it does for a
# bitmap. Others are left to that: of a colour profile that has no such name a frame knows nothing.

ORIENTATIONS: Final = {
    (0, False): 1,
    (0, True): 2,
    (180, False): 3,
    (180, True): 4,
    (90, True): 5,
    (90, False): 6,
    (270, True): 7,
    (270, False): 8,
}
"""How a frame is to be turned, clockwise, and whether it is to be mirrored then -> the EXIF orientation."""


async def decode(data: bytes, unread: preprocessing.UnreadableKind, side_px: int) -> preprocessing.Picture:
    """
    Let the browser decode a picture that Pillow cannot read, as `preprocessing.decode` would.

    Raises:
        UnreadableKind: The browser cannot read it either.
        TooManyPixels, OutOfMemory: As their names say.
    """
    content_type = unread.kind.content_type
    width, height = declared_size(data) or (0, 0)
    try:
        frame = await frame_of(data, content_type) if width * height >= LARGE_PIXELS else None
        if frame:
            return await decode_frame(frame, content_type, side_px)
        try:
            bitmap = await js.createImageBitmap(to_blob(data, content_type))
        except JsException as exc:
            raise unread from exc
        return decode_bitmap(bitmap, content_type, side_px)
    except (JsException, MemoryError) as exc:
        raise preprocessing.OutOfMemory from exc


def decode_bitmap(bitmap: Any, content_type: str, side_px: int) -> preprocessing.Picture:
    """Shrink an ImageBitmap, which is upright and in sRGB, and close it."""
    try:
        width, height = bitmap.width, bitmap.height
        preprocessing.check_size(width, height)
        shrinking = preprocessing.Shrinking((width, height), 2 * side_px)
        rows = min(shrinking.rows, height)
        # Never on graphics hardware: to read from there would copy the bitmap into its memory first.
        context = js.OffscreenCanvas.new(width, rows).getContext("2d", to_options({"willReadFrequently": True}))
        context.fillStyle = "white"
        for top in range(0, height, rows):
            lower = min(rows, height - top)
            context.fillRect(0, 0, width, rows)
            context.drawImage(bitmap, 0, -top)
            shrinking.add(to_image(context.getImageData(0, 0, width, lower).data, width, lower))
        pixels = Pixels(np.asarray(shrinking.done()))
        return preprocessing.Picture(pixels, width, height, content_type)
    finally:
        bitmap.close()


async def frame_of(data: bytes, content_type: str) -> Any:
    """Decode a picture to a VideoFrame; None where that cannot be done, or would not give what a bitmap does."""
    if not can_decode_frames() or not await js.ImageDecoder.isTypeSupported(content_type):
        return None
    decoder = js.ImageDecoder.new(to_options({"type": content_type, "data": to_js(data)}))
    try:
        frame = (await decoder.decode()).image
    except JsException:
        return None  # Another attempt tells why.
    finally:
        decoder.close()
    colours = frame.colorSpace
    if frame.format in FORMATS and colours.primaries in PRIMARIES and colours.transfer == TRANSFER:
        return frame
    frame.close()
    return None


def can_decode_frames() -> bool:
    """Tell whether the browser decodes to frames that say how they lie; Firefox' do not, nor are they as coded."""
    return hasattr(js, "ImageDecoder") and js.Reflect.has(js.VideoFrame.prototype, "rotation")


async def decode_frame(frame: Any, content_type: str, side_px: int) -> preprocessing.Picture:
    """Shrink a VideoFrame, turn it upright, and close it."""
    try:
        shown = frame.visibleRect
        width, height = int(shown.width), int(shown.height)
        preprocessing.check_size(width, height)
        shrinking = preprocessing.Shrinking((width, height), 2 * side_px)
        copied = js.Uint8Array.new(4 * width * min(shrinking.rows, height))
        for top in range(0, height, shrinking.rows):
            rows = min(shrinking.rows, height - top)
            part = {"x": shown.x, "y": shown.y + top, "width": width, "height": rows}
            await frame.copyTo(copied, to_options({"format": "RGBX", "colorSpace": "srgb", "rect": part}))
            shrinking.add(to_image(copied.subarray(0, 4 * width * rows), width, rows))
        orientation = ORIENTATIONS[int(frame.rotation), bool(frame.flip)]
        pixels = Pixels(np.asarray(preprocessing.turn_upright(shrinking.done(), orientation)))
        size = (width, height) if orientation < 5 else (height, width)
        return preprocessing.Picture(pixels, *size, content_type)
    finally:
        frame.close()


def to_image(values: Any, width: int, height: int) -> Image.Image:
    """Make a picture of four bytes for each pixel, the last of which counts for nothing."""
    return Image.frombytes("RGB", (width, height), values.to_bytes(), "raw", "RGBX")


def to_blob(data: bytes, content_type: str) -> Any:
    """Copy bytes into a JavaScript Blob."""
    return js.Blob.new(to_js([to_js(data)]), to_options({"type": content_type}))


def to_options(options: dict[str, Any]) -> Any:
    """Make a JavaScript object of options."""
    return to_js(options, dict_converter=js.Object.fromEntries)
