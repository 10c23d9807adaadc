"""
Embedding spaces: how a vector was made, as data that travels with the model (`manifest.json`).

Two vectors can be compared only if they belong to the same space. Whatever changes a vector is part of the space's id;
what only describes it (licence, labels, calibration, golden test) is not.
"""

import base64
import binascii
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .errors import InvalidManifest, InvalidVector
from .values import SHA256, SpaceID
from .vectors import to_vector

# The rules that the browser side implements. A manifest that asks for another one belongs to another version.
RESIZE_RULES = ("squeeze-bilinear-antialias",)
POOLING_RULES = ("graph",)
POSTPROCESSING_RULES = ("unit-length",)
GOLDEN_INPUTS = ("waves",)


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
    """Value of white."""
    resize: str
    """One of RESIZE_RULES."""


@dataclass(frozen=True)
class EmbeddingSpace:
    """A model together with everything that decides what its vectors mean."""

    id: SpaceID
    """First 16 hex digits of the SHA-256 of what decides the vectors, as canonical JSON. The wire calls it `space`."""
    model: str
    """Name for people."""
    dimension: int
    """Number of values in a vector."""
    files: Mapping[str, ModelFile]
    """By name, relative to the manifest."""
    labels: str
    """Name of the file that lists the classes, one a line. Changing it changes no vector."""
    input: InputSpec
    manifest: Mapping[str, Any] = field(repr=False, compare=False)
    """The manifest as it was read, for the browser."""

    @classmethod
    def from_manifest(cls, manifest: Mapping[str, Any]) -> "EmbeddingSpace":
        """
        Check a manifest and name its space.

        Raises:
            InvalidManifest: A value is missing, unknown or wrong; the error says where it stood.
        """
        _object(
            manifest,
            "manifest",
            {"model", "description", "source", "licence", "files", "input", "output"}
            | {"pooling", "postprocessing", "dimension", "calibration", "golden"},
        )
        for name in ("description", "source", "licence"):
            _text(manifest[name], name)
        files = _files(manifest["files"])
        spec = _input(manifest["input"])
        embedding_node, labels = _output(manifest["output"], files)
        dimension = _count(manifest["dimension"], "dimension")
        _check_calibration(manifest["calibration"])
        _check_golden(manifest["golden"], dimension)
        decisive = {
            "files": {name: file.sha256 for name, file in files.items() if name != labels},
            "input": {"side_px": spec.side_px, "low": spec.low, "high": spec.high, "resize": spec.resize},
            "embedding_node": embedding_node,
            "pooling": _one_of(manifest["pooling"], "pooling", POOLING_RULES),
            "postprocessing": _one_of(manifest["postprocessing"], "postprocessing", POSTPROCESSING_RULES),
            "dimension": dimension,
        }
        return cls(
            id=_space_id(decisive),
            model=_text(manifest["model"], "model"),
            dimension=dimension,
            files=files,
            labels=labels,
            input=spec,
            manifest=manifest,
        )


def _space_id(decisive: Mapping[str, Any]) -> SpaceID:
    canonical = json.dumps(decisive, sort_keys=True, separators=(",", ":"))
    return SpaceID(hashlib.sha256(canonical.encode()).hexdigest()[:16])


def _files(value: Any) -> dict[str, ModelFile]:
    if not isinstance(value, Mapping) or not value:
        raise InvalidManifest("files", "must be an object that names each file of the model")
    return {_file_name(name): _file(file, f"files.{name}") for name, file in value.items()}


def _file_name(name: Any) -> str:
    # Set-up writes files under these names, and the server serves them.
    if not isinstance(name, str) or not name or name.startswith(".") or set(name) & set("/\\\0"):
        raise InvalidManifest("files", f"{name!r} is no plain file name")
    return name


def _file(value: Any, where: str) -> ModelFile:
    _object(value, where, {"size", "sha256"})
    return ModelFile(_count(value["size"], f"{where}.size"), _sha256(value["sha256"], f"{where}.sha256"))


def _input(value: Any) -> InputSpec:
    _object(value, "input", {"side_px", "low", "high", "resize"})
    low, high = _number(value["low"], "input.low"), _number(value["high"], "input.high")
    if low >= high:
        raise InvalidManifest("input.high", f"must be greater than input.low ({low})")
    side_px = _count(value["side_px"], "input.side_px")
    return InputSpec(side_px, low, high, _one_of(value["resize"], "input.resize", RESIZE_RULES))


def _output(value: Any, files: Mapping[str, ModelFile]) -> tuple[str, str]:
    _object(value, "output", {"embedding_node", "logits_node", "labels"})
    _text(value["logits_node"], "output.logits_node")
    labels = _one_of(value["labels"], "output.labels", tuple(files))
    return _text(value["embedding_node"], "output.embedding_node"), labels


def _check_calibration(value: Any) -> None:
    if value is None:
        return
    _object(value, "calibration", {"pairs", "data", "unrelated_cosine"})
    _count(value["pairs"], "calibration.pairs")
    _text(value["data"], "calibration.data")
    cosines = value["unrelated_cosine"]
    _object(cosines, "calibration.unrelated_cosine", {"p50", "p95", "p99"})
    for name in cosines:
        _number(cosines[name], f"calibration.unrelated_cosine.{name}")


def _check_golden(value: Any, dimension: int) -> None:
    _object(value, "golden", {"input", "vector"})
    _one_of(value["input"], "golden.input", GOLDEN_INPUTS)
    try:
        raw = base64.b64decode(_text(value["vector"], "golden.vector"), validate=True)
        to_vector(np.frombuffer(raw, dtype="<f4"), dimension)
    except (binascii.Error, ValueError, InvalidVector) as exc:
        raise InvalidManifest("golden.vector", str(exc)) from exc


def _object(value: Any, where: str, names: set[str]) -> None:
    if not isinstance(value, Mapping):
        raise InvalidManifest(where, "must be an object")
    if missing := names - set(value):
        raise InvalidManifest(where, f"lacks {', '.join(sorted(missing))}")
    if unknown := set(value) - names:
        raise InvalidManifest(where, f"has unknown {', '.join(sorted(map(str, unknown)))}")


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise InvalidManifest(where, f"must be a text, not {value!r}")
    return value


def _count(value: Any, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise InvalidManifest(where, f"must be a whole number from 1, not {value!r}")
    return value


def _number(value: Any, where: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise InvalidManifest(where, f"must be a finite number, not {value!r}")
    return float(value)


def _sha256(value: Any, where: str) -> SHA256:
    if len(_text(value, where)) != 64 or not set(value) <= set("0123456789abcdef"):
        raise InvalidManifest(where, "must be 64 lower-case hex digits")
    return SHA256(value)


def _one_of(value: Any, where: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise InvalidManifest(where, f"must be one of {', '.join(allowed)}, not {value!r}")
    return value
