"""What an upload says of a picture without the model, and its thumbnail. Pure numpy and Pillow."""

import hashlib
from typing import Any

from frontend.embedder.perceptual_hash import perceptual_hash
from frontend.embedder.preprocessing import Picture, make_thumbnail

THUMBNAIL_TYPE = "image/jpeg"


def package(data: bytes, picture: Picture) -> tuple[dict[str, Any], bytes]:
    """
    Describe a picture whose file is `data`.

    Returns:
        `original` and `thumbnail` as the API wants them declared, `color`, and `perceptual_hash`, empty for a plain
        picture; and the thumbnail's bytes.
    """
    thumbnail = make_thumbnail(picture.pixels)
    made = {
        "original": declare(data, picture.content_type),
        "thumbnail": declare(thumbnail.data, THUMBNAIL_TYPE),
        "color": thumbnail.color,
        "perceptual_hash": perceptual_hash(picture.pixels) or "",  # None would reach the page as a proxy.
    }
    return made, thumbnail.data


def declare(data: bytes, content_type: str) -> dict[str, Any]:
    """Describe a file as the API wants it. hashlib: crypto.subtle has no MD5, and is itself missing on plain http."""
    return {
        "sha256": hashlib.sha256(data).hexdigest(),
        "md5": hashlib.md5(data, usedforsecurity=False).hexdigest(),
        "size": len(data),
        "content_type": content_type,
    }
