"""Decoding without a browser: what the browser's own decoders read there, Pillow's read here, as far as it has them."""

import io
from dataclasses import replace
from typing import Final

import numpy as np
from PIL import Image, features

from frontend.client.errors import PictureUnusable
from frontend.embedder import preprocessing
from frontend.embedder.kinds import EXPORT, Kind, Reader, refusal
from frontend.embedder.model_input import Pixels

READERS: Final = {"image/avif": ("AVIF", "avif"), "image/jp2": ("JPEG2000", "jpg_2000")}
"""Content type -> what Pillow calls the format, and the feature that reads it."""


def decode(data: bytes, side_px: int) -> preprocessing.Picture:
    """
    Read a picture as `preprocessing.decode` does, in the browser's place.

    Raises:
        PictureUnusable: It cannot be used.
    """
    try:
        return preprocessing.decode(data, side_px)
    except preprocessing.UnreadableKind as exc:
        if exc.kind.reader not in (Reader.BROWSER, Reader.PAGE):
            raise PictureUnusable(str(exc)) from exc
        return _decode_for_browser(data, exc.kind, side_px)
    except preprocessing.OutOfMemory as exc:
        raise PictureUnusable("There is not enough memory to open the picture.") from exc
    except preprocessing.PictureError as exc:
        raise PictureUnusable(str(exc)) from exc


def _decode_for_browser(data: bytes, kind: Kind, side_px: int) -> preprocessing.Picture:
    name, feature = READERS.get(kind.content_type, ("", ""))
    if not name or not features.check(feature):
        raise PictureUnusable(refusal(replace(kind, way_out=EXPORT)))
    try:
        image = Image.open(io.BytesIO(data), formats=[name])
        size = image.size
        small = preprocessing.shrink(preprocessing.flatten(image, 2 * side_px), 2 * side_px)
        orientation = preprocessing.exif_orientation(image)
        coloured = preprocessing.in_srgb(small, image.info)
        upright = preprocessing.turn_upright(coloured, orientation)
    except MemoryError as exc:
        raise PictureUnusable("There is not enough memory to open the picture.") from exc
    except Exception as exc:  # Pillow's readers let through whatever their parsers meet.
        raise PictureUnusable("The picture is damaged: its data are broken or end too early.") from exc
    width, height = size if orientation < 5 else size[::-1]
    return preprocessing.Picture(Pixels(np.asarray(upright)), width, height, kind.content_type)
