"""A model that is small enough for a test: right in form, with weights that mean nothing."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

DIMENSION = 8


def model_files() -> dict[str, bytes]:
    """Return model.json, two shards and the labels, by name."""
    shards = {f"group1-shard{n}of2.bin": np.arange(n, 5000 + n, dtype="<f4").tobytes() for n in (1, 2)}
    model_json = {"format": "graph-model", "weightsManifest": [{"paths": list(shards), "weights": []}]}
    return {"model.json": json.dumps(model_json).encode(), **shards, "labels.txt": b"cat\ndog\n"}


def manifest_of(files: dict[str, bytes]) -> dict[str, Any]:
    """Describe the files as a manifest does."""
    golden = np.full(DIMENSION, DIMENSION**-0.5, dtype="<f4")
    return {
        "model": "small",
        "description": "For tests.",
        "source": "Made by the tests.",
        "licence": "Apache-2.0",
        "files": {
            name: {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in files.items()
        },
        "input": {"side_px": 32, "low": -1.0, "high": 1.0, "resize": "squeeze-bilinear-antialias"},
        "output": {"embedding_node": "embedding", "logits_node": "logits", "labels": "labels.txt"},
        "pooling": "graph",
        "postprocessing": "unit-length",
        "dimension": DIMENSION,
        "calibration": None,
        "golden": {"input": "waves", "vector": base64.b64encode(golden.tobytes()).decode()},
    }


def write_model(folder: Path) -> Path:
    """Write the model with its manifest into a folder, and return that."""
    files = model_files()
    files["manifest.json"] = json.dumps(manifest_of(files)).encode()
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder
