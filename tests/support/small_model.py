"""A model that is small enough for a test: right in form, with weights that mean nothing."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from .spaces import DIMENSION, manifest


def model_files() -> dict[str, bytes]:
    """Return model.json, two shards and the labels, by name."""
    shards = {f"group1-shard{n}of2.bin": np.arange(n, 5000 + n, dtype="<f4").tobytes() for n in (1, 2)}
    model_json = {"format": "graph-model", "weightsManifest": [{"paths": list(shards), "weights": []}]}
    return {"model.json": json.dumps(model_json).encode(), **shards, "labels.txt": b"cat\ndog\n"}


def manifest_of(files: dict[str, bytes], dimension: int = DIMENSION) -> dict[str, Any]:
    """Describe the files as a manifest does."""
    described = {
        name: {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()} for name, content in files.items()
    }
    return {**manifest(dimension), "files": described}


def write_model(folder: Path, dimension: int = DIMENSION) -> Path:
    """Write the model with its manifest into a folder, and return that."""
    files = model_files()
    files["manifest.json"] = json.dumps(manifest_of(files, dimension)).encode()
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder
