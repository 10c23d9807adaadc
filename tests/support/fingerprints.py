"""Fingerprints of what pre-processing makes of files. Runs under CPython and, as text, under Pyodide."""

import hashlib
import json

from frontend.embedder.model_input import RESIZE_RULE, InputSpec
from frontend.embedder.perceptual_hash import perceptual_hash
from frontend.embedder.preprocessing import PictureError, decode, make_preview, make_thumbnail, to_model_input

SPEC = InputSpec(224, -1.0, 1.0, RESIZE_RULE)


def fingerprint(data: bytes) -> list[object]:
    """Upright size, then type, shape and sha256 of pixels, model input and JPEGs, perceptual hash; or the error."""
    try:
        picture = decode(data, SPEC.side_px)
    except PictureError as exc:
        return [type(exc).__name__, str(exc)]
    arrays = [picture.pixels, to_model_input(picture.pixels, SPEC)]
    thumbnail, preview = make_thumbnail(picture.pixels), make_preview(picture.pixels, 1024)
    return [
        [picture.width, picture.height, picture.content_type, picture.note],
        *[[str(a.dtype), list(a.shape), hashlib.sha256(a.tobytes()).hexdigest()] for a in arrays],
        [len(thumbnail.data), hashlib.sha256(thumbnail.data).hexdigest(), thumbnail.color],
        [preview.width, preview.height, hashlib.sha256(preview.data).hexdigest()],
        perceptual_hash(picture.pixels),
    ]


def fingerprints(files: dict[str, bytes]) -> str:
    """Return the fingerprints of all files as JSON."""
    return json.dumps({name: fingerprint(data) for name, data in files.items()})
