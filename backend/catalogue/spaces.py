"""
Embedding spaces: what decides the meaning of a vector.

Two vectors can be compared only if they belong to the same space. Whatever changes a vector is part of the space's id;
what only describes the model (licence, labels, words, calibration, golden test) is not. A space comes from the
`manifest.json` that travels with a model: see backend/setup/manifests.py.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from .values import SHA256, SpaceID

# The rules that the browser side implements.
RESIZE_RULES = ("squeeze-bilinear-antialias",)
POOLING_RULES = ("graph",)
POSTPROCESSING_RULES = ("unit-length",)


@dataclass(frozen=True)
class ModelFile:
    """A file of the model."""

    size: int
    """In bytes."""
    sha256: SHA256


@dataclass(frozen=True)
class InputSpec:
    """How a picture becomes the model's input."""

    side_px: int
    """Width and height of the square that the model sees."""
    low: float
    """Value of black."""
    high: float
    """Value of white, above `low`."""
    resize: str
    """One of RESIZE_RULES."""


@dataclass(frozen=True)
class Words:
    """The table that turns words into vectors of the space; see frontend/models/words."""

    file: str
    """Its name among the model's files."""
    weakest_cosine: float
    """What a picture must be above to be shown for words: 99 of 100 that do not show what they mean are below."""


@dataclass(frozen=True)
class EmbeddingSpace:
    """A model together with everything that decides what its vectors mean."""

    model: str
    """Name for people."""
    dimension: int
    """Number of values in a vector."""
    files: Mapping[str, ModelFile]
    """By name, relative to the manifest."""
    labels: str
    """Name of the file that lists the classes, one a line. Changing it changes no vector."""
    input: InputSpec
    embedding_node: str
    """Output of the graph that gives the vector."""
    pooling: str
    """One of POOLING_RULES."""
    postprocessing: str
    """One of POSTPROCESSING_RULES."""
    words: Words | None
    """None if the model has no table of words. Changing it changes no vector."""
    manifest: Mapping[str, Any] = field(repr=False, compare=False)
    """The manifest as it was read, for the browser."""

    @property
    def describing(self) -> tuple[str, ...]:
        """Names of the files that change no vector."""
        return (self.labels, self.words.file) if self.words else (self.labels,)

    @cached_property
    def id(self) -> SpaceID:
        """First 16 hex digits of the SHA-256 of what decides the vectors, as canonical JSON. `space` on the wire."""
        decisive = {
            "files": {name: file.sha256 for name, file in self.files.items() if name not in self.describing},
            "input": asdict(self.input),
            "embedding_node": self.embedding_node,
            "pooling": self.pooling,
            "postprocessing": self.postprocessing,
            "dimension": self.dimension,
        }
        canonical = json.dumps(decisive, sort_keys=True, separators=(",", ":"))
        return SpaceID(hashlib.sha256(canonical.encode()).hexdigest()[:16])
