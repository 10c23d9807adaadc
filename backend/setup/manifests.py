"""What set-up reads of a model before it is installed: its manifest, and the list of weights in its model.json."""

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeVar

import msgspec
import numpy as np
from msgspec import Meta, Struct

from backend.catalogue.errors import InvalidVector
from backend.catalogue.spaces import (
    POOLING_RULES,
    POSTPROCESSING_RULES,
    RESIZE_RULES,
    EmbeddingSpace,
    InputSpec,
    ModelFile,
    Words,
)
from backend.catalogue.values import SHA256
from backend.catalogue.vectors import to_vector

from .errors import InvalidManifest, ModelError

Manifest = Mapping[str, Any]

# The pictures that the browser side can draw for a golden test.
GOLDEN_INPUTS = ("waves",)

# Set-up writes files under these names, and the server serves them.
_FILE_NAME = re.compile(r"[^./\\\0][^/\\\0]*")

T = TypeVar("T")


def parse_manifest(manifest: bytes, where: str) -> Manifest:
    """
    Read a manifest.

    Raises:
        ModelError: It is not JSON.
    """
    try:
        return json.loads(manifest)
    except ValueError as exc:
        raise ModelError(f"manifest.json in {where} is not JSON: {exc}") from exc


def space_of(manifest: Manifest, where: str) -> EmbeddingSpace:
    """
    Return the space that a manifest describes.

    Args:
        where: Where the model is, for the message.

    Raises:
        InvalidManifest: A value is missing, unknown or wrong.
    """
    checked = _converted(manifest, _Manifest, "", where)
    for name in checked.files:
        if not _FILE_NAME.fullmatch(name):
            raise InvalidManifest(where, "files", f"{name!r} is not a plain file name")
    files = {name: _converted(file, _File, f"files.{name}", where) for name, file in checked.files.items()}
    if checked.input.low >= checked.input.high:
        raise InvalidManifest(where, "input.high", f"must be greater than input.low ({checked.input.low})")
    if checked.output.labels not in files:
        raise InvalidManifest(where, "output.labels", f"must be one of {', '.join(files)}")
    words = None
    if checked.words is not None:
        if checked.words.file not in files or checked.words.file == checked.output.labels:
            raise InvalidManifest(where, "words.file", "must be one of the files, and none that is used otherwise")
        words = Words(checked.words.file, checked.words.weakest_cosine)
    _check_golden(checked.golden.vector, checked.dimension, where)
    return EmbeddingSpace(
        model=checked.model,
        dimension=checked.dimension,
        files={name: ModelFile(file.size, SHA256(file.sha256)) for name, file in files.items()},
        labels=checked.output.labels,
        input=InputSpec(checked.input.side_px, checked.input.low, checked.input.high, checked.input.resize),
        embedding_node=checked.output.embedding_node,
        pooling=checked.pooling,
        postprocessing=checked.postprocessing,
        words=words,
        manifest=manifest,
    )


def manifest_bytes(manifest: Manifest) -> bytes:
    """Write a manifest, the same one always in the same way."""
    return json.dumps(manifest, indent=1).encode()


def weight_groups(model_json: bytes, where: str) -> Sequence[Mapping[str, Any]]:
    """
    Return the groups of weights that a model.json lists, each with the `paths` of its files.

    Raises:
        ModelError: It is not that of a TensorFlow.js model.
    """
    try:
        groups = json.loads(model_json)["weightsManifest"]
        if all(isinstance(path, str) for group in groups for path in group["paths"]):
            return groups
    except (ValueError, KeyError, TypeError):
        pass
    raise ModelError(
        f"model.json in {where} is not a TensorFlow.js model; it begins with"
        f" {model_json[:40].decode(errors='replace')!r}"
    )


def _one_of(rules: Sequence[str]) -> Meta:
    return Meta(pattern=f"^({'|'.join(rules)})$")


Text = Annotated[str, Meta(min_length=1)]
Count = Annotated[int, Meta(ge=1)]
# Within bounds that NaN and the infinities, which Python reads in JSON, are not.
Number = Annotated[float, Meta(ge=-1e9, le=1e9)]


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    size: Count
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class _Input(Struct, frozen=True, forbid_unknown_fields=True):
    side_px: Count
    low: Number
    high: Number
    resize: Annotated[str, _one_of(RESIZE_RULES)]


class _Output(Struct, frozen=True, forbid_unknown_fields=True):
    embedding_node: Text
    logits_node: Text
    labels: Text
    # Crops can be suggested with a model that has one.
    features_node: Text | None = None


# By how many of 100 unrelated photographs stay below.
_Quantiles = Annotated[dict[Annotated[str, Meta(pattern=r"^\d\d(\.\d+)?$")], Number], Meta(min_length=2)]


class _Unrelated(Struct, frozen=True, forbid_unknown_fields=True):
    photo: _Quantiles
    looks: _Quantiles
    part: _Quantiles
    several: _Quantiles


class _Calibration(Struct, frozen=True, forbid_unknown_fields=True):
    pairs: Count
    data: Text
    unrelated_cosine: _Unrelated


class _Words(Struct, frozen=True, forbid_unknown_fields=True):
    file: Text
    weakest_cosine: Annotated[float, Meta(ge=0, le=1)]


class _Golden(Struct, frozen=True, forbid_unknown_fields=True):
    input: Annotated[str, _one_of(GOLDEN_INPUTS)]
    vector: Text


class _Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    model: Text
    description: Text
    source: Text
    licence: Text
    # Each file is converted by itself: msgspec names no key of a mapping in its messages.
    files: Annotated[dict[str, Any], Meta(min_length=1)]
    input: _Input
    output: _Output
    pooling: Annotated[str, _one_of(POOLING_RULES)]
    postprocessing: Annotated[str, _one_of(POSTPROCESSING_RULES)]
    dimension: Count
    calibration: _Calibration | None
    golden: _Golden
    # Words are searched for by meaning with a model that has them.
    words: _Words | None = None


def _converted(value: Any, kind: type[T], path: str, where: str) -> T:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as exc:
        reason, _, inner = str(exc).partition(" - at ")
        steps = [path, *re.findall(r"(?<=\.)\w+", inner)]
        raise InvalidManifest(where, ".".join(filter(None, steps)) or "manifest", reason) from exc


def _check_golden(vector: str, dimension: int, where: str) -> None:
    try:
        to_vector(np.frombuffer(base64.b64decode(vector, validate=True), dtype="<f4"), dimension)
    except (binascii.Error, ValueError, InvalidVector) as exc:
        raise InvalidManifest(where, "golden.vector", str(exc)) from exc
