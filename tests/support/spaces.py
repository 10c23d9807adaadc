"""Small embedding spaces, and vectors of them."""

import base64
import copy
import json
from typing import Any

import numpy as np
import numpy.typing as npt

from backend.catalogue.spaces import EmbeddingSpace
from backend.catalogue.values import Vector
from backend.catalogue.vectors import to_vector
from backend.setup.manifests import space_of
from tests.support.paths import ROOT

DIMENSION = 8

MISSING = object()
"""For `changed_manifest`."""

BUNDLED = ROOT / "frontend" / "models" / "lookalike_v1"


def manifest(dimension: int = DIMENSION) -> dict[str, Any]:
    """Return the manifest of a model that exists only in the tests."""
    return {
        "model": "small",
        "description": "A model that exists only in the tests",
        "source": "tests/support/spaces.py",
        "licence": "Apache-2.0",
        "files": {
            "model.json": {"size": 20, "sha256": "a" * 64},
            "group1-shard1of1.bin": {"size": 40, "sha256": "b" * 64},
            "labels.txt": {"size": 9, "sha256": "c" * 64},
        },
        "input": {"side_px": 224, "low": -1.0, "high": 1.0, "resize": "squeeze-bilinear-antialias"},
        "output": {"embedding_node": "pool", "logits_node": "logits", "labels": "labels.txt"},
        "pooling": "graph",
        "postprocessing": "unit-length",
        "dimension": dimension,
        "calibration": {
            "pairs": 100,
            "data": "none",
            "unrelated_cosine": {
                kind: {"50": 0.1, "90": 0.3, "99": 0.5, "99.9": 0.6, "99.99": 0.7}
                for kind in ("photo", "looks", "part", "several")
            },
        },
        "golden": {"input": "waves", "vector": to_base64(vector(0, dimension))},
    }


def changed_manifest(path: str, value: Any) -> dict[str, Any]:
    """Return the manifest with one value replaced, added or, for MISSING, left out. Parts are joined by `/`."""
    whole = copy.deepcopy(manifest())
    *parents, name = path.split("/")
    inner = whole
    for parent in parents:
        inner = inner[parent]
    if value is MISSING:
        del inner[name]
    else:
        inner[name] = value
    return whole


def small_space(dimension: int = DIMENSION) -> EmbeddingSpace:
    return space_of(manifest(dimension), "the tests")


def bundled_space() -> EmbeddingSpace:
    """Return the space of the model that comes with the project."""
    return space_of(json.loads((BUNDLED / "manifest.json").read_text(encoding="utf-8")), str(BUNDLED))


def vector(seed: int, dimension: int = DIMENSION) -> Vector:
    """Return a vector that is the same in every run, and far from those of other seeds."""
    return normalised(np.random.default_rng(seed).normal(size=dimension))


def near(other: Vector, seed: int, distance: float = 0.1) -> Vector:
    """Return a vector not far from another."""
    return normalised(other + distance * vector(seed, len(other)))


def photographs_of(seed: int, count: int) -> npt.NDArray[np.float32]:
    """
    Return (count, 1280) float32, vectors that lie to one another as those of photographs through MobileNet do.

    A few causes behind many values, none of which is negative, and noise. Of 1,000, unrelated ones have a cosine of
    0.24 (of photographs 0.33), and the tenth neighbour of each one of 0.46 (0.52).
    """
    causes = np.random.default_rng(99).normal(size=(30, 1280)) / np.sqrt(30)
    random = np.random.default_rng(seed)
    values = random.normal(size=(count, 30)) @ causes + 0.3 * random.normal(size=(count, 1280)) - 0.3
    values = np.maximum(values, 0)
    return (values / np.linalg.norm(values, axis=1, keepdims=True)).astype(np.float32)


def normalised(values: np.ndarray) -> Vector:
    return to_vector(values / np.linalg.norm(values), len(values))


def to_base64(values: np.ndarray) -> str:
    """Write values as the wire has them."""
    return base64.b64encode(np.asarray(values, dtype="<f4").tobytes()).decode()
