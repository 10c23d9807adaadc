"""The keys under which the store keeps an image's objects: `originals/<image id>` and `thumbnails/<image id>`."""

import re

from .values import ImageID, ObjectKey

KINDS = ("originals", "thumbnails")

# What the keys of all originals begin with.
ORIGINALS = "originals/"

# Nothing else is a key: stores put keys into paths and addresses.
_KEY = re.compile(rf"({'|'.join(KINDS)})/[0-9a-f]{{32}}")


def original_key(image_id: ImageID) -> ObjectKey:
    return ObjectKey(f"{ORIGINALS}{image_id}")


def thumbnail_key(image_id: ImageID) -> ObjectKey:
    return ObjectKey(f"thumbnails/{image_id}")


def is_object_key(text: str) -> bool:
    """Say whether a text is the key of an original or a thumbnail."""
    return _KEY.fullmatch(text) is not None


def image_of(key: str) -> ImageID:
    """Return the id of the image that an object belongs to."""
    return ImageID(key.rpartition("/")[2])
