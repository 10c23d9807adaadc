"""What set-up reads of a model before it is installed: its manifest, and the list of weights in its model.json."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from backend.catalogue.errors import InvalidManifest
from backend.catalogue.spaces import EmbeddingSpace

from .errors import ModelError

Manifest = Mapping[str, Any]


def parse_manifest(manifest: bytes, where: str) -> Manifest:
    """
    Read a manifest.

    Raises:
        ModelError: It is no JSON.
    """
    try:
        return json.loads(manifest)
    except ValueError as exc:
        raise ModelError(f"manifest.json in {where} is no JSON: {exc}") from exc


def space_of(manifest: Manifest, where: str) -> EmbeddingSpace:
    """
    Return the space that a manifest describes.

    Raises:
        ModelError: A value is missing, unknown or wrong.
    """
    try:
        return EmbeddingSpace.from_manifest(manifest)
    except InvalidManifest as exc:
        raise ModelError(f"The model in {where} cannot be used: {exc}") from exc


def manifest_bytes(manifest: Manifest) -> bytes:
    """Write a manifest, the same one always in the same way."""
    return json.dumps(manifest, indent=1).encode()


def weight_groups(model_json: bytes, where: str) -> Sequence[Mapping[str, Any]]:
    """
    Return the groups of weights that a model.json lists, each with the `paths` of its files.

    Raises:
        ModelError: It is none of a TensorFlow.js model.
    """
    try:
        groups = json.loads(model_json)["weightsManifest"]
        if all(isinstance(path, str) for group in groups for path in group["paths"]):
            return groups
    except (ValueError, KeyError, TypeError):
        pass
    raise ModelError(
        f"model.json in {where} is no TensorFlow.js model; it begins with {model_json[:40].decode(errors='replace')!r}"
    )
