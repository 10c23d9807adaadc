"""
From the bytes of a picture to all that the server is told of it: the same Python as in the browser, and the same bits.

    bytes -> PictureReader.prepare -> Prepared (to add it)
                          .look    -> Look     (to search with it)
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from frontend.client.decoding import decode
from frontend.client.model.native_model import NativeModel
from frontend.embedder import packaging, preprocessing, space
from frontend.embedder.perceptual_hash import perceptual_hash
from frontend.embedder.photo_facts import camera_facts, told
from frontend.embedder.sidecars import notes_in


@dataclass(frozen=True)
class Prepared:
    """A picture that can be added. Compared by identity."""

    thumbnail: bytes
    picture: Mapping[str, Any]
    """`width` and `height`."""
    package: Mapping[str, Any]
    """See `packaging.package`."""
    features: Mapping[str, Any]
    """`space`, `vector` and `labels`, as the API takes them."""
    facts: Mapping[str, Any]
    """See `photo_facts.told`."""
    note: str
    """What is not as it should be, as a sentence; empty if nothing is known to be wrong."""


@dataclass(frozen=True)
class Look:
    """A picture that can be searched with."""

    vector: str
    """Base64, as the API takes it; likewise `middle`, the vector of its middle."""
    middle: str
    perceptual_hash: str | None


class PictureReader:
    """Reads pictures for one server, one at a time: Pillow has settings that all threads share."""

    def __init__(self, model: NativeModel, with_coordinates: bool) -> None:
        """
        Args:
            with_coordinates: Whether the server keeps where photos were taken.
        """
        self._model = model
        self._with_coordinates = with_coordinates

    def prepare(self, data: bytes, beside: Sequence[tuple[str, str]] = (), file_ms: float = 0) -> Prepared:
        """
        Read a picture that is to be added.

        Args:
            beside: Names and texts of the files beside it in which something is noted about it.
            file_ms: When the file was changed last, in milliseconds since 1970; 0 if that is not known.

        Raises:
            PictureUnusable, ModelUnusable: As their names say.
        """
        picture = decode(data, self._model.space.input.side_px)
        made, thumbnail = packaging.package(data, picture)
        now = datetime.now(UTC)
        by_camera = camera_facts(data, now, self._with_coordinates)
        seen = self._model.see(preprocessing.to_model_input(picture.pixels, self._model.space.input))
        return Prepared(
            thumbnail=thumbnail,
            picture={"width": picture.width, "height": picture.height},
            package=made,
            features={
                "space": self._model.space.id,
                "vector": space.to_base64(seen.vector),
                "labels": [{"name": name, "score": score} for name, score in seen.labels],
            },
            facts=told(by_camera, notes_in(beside, now), file_ms, offset_min_at, now, self._with_coordinates),
            note=picture.note,
        )

    def look(self, data: bytes) -> Look:
        """
        Read a picture that is searched with.

        Raises:
            PictureUnusable, ModelUnusable: As their names say.
        """
        pixels = decode(data, self._model.space.input.side_px).pixels
        whole, middle = [
            self._model.see(preprocessing.to_model_input(part, self._model.space.input)).vector
            for part in (pixels, preprocessing.middle(pixels))
        ]
        return Look(space.to_base64(whole), space.to_base64(middle), perceptual_hash(pixels))


def offset_min_at(moment_ms: float) -> int:
    """Return how many minutes clocks here are ahead of UTC at a moment, in milliseconds since 1970."""
    try:
        return time.localtime(moment_ms / 1000).tm_gmtoff // 60
    except (OverflowError, OSError, ValueError):
        return 0  # Beyond all calendars.
