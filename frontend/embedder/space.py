"""
What the manifest of an embedding space says to the embedder, and the arithmetic from the model's outputs to the answer.

    manifest -> read_space -> Space;  outputs of the model -> to_vector -> Vector, top_labels -> [(label, score)]

Pure numpy; the manifest's format is described at `backend.catalogue.spaces.EmbeddingSpace`, its maker on the server.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NewType

import numpy as np
import numpy.typing as npt

from frontend.embedder.model_input import InputSpec

Vector = NewType("Vector", npt.NDArray[np.float32])
"""(D,) float32 of unit L2 length (within 1e-5), so that the dot product is the cosine similarity."""

Logits = NewType("Logits", npt.NDArray[np.float32])
"""(C,) float32, one value a class, unbounded; softmax makes probabilities of them."""

GOLDEN_COSINE: Final = 0.999
# Half-float GPUs and broken drivers exist. Sound back ends agree to 0.99998; one off by more than this would fill the
# library with vectors that compare badly with everybody else's.

LABELS_KEPT: Final = 5
LABEL_SCORE_MIN: Final = 0.05
# Below one in twenty a label of ImageNet's thousand is more often wrong than right: a guess, not a measurement.


@dataclass(frozen=True)
class Space:
    """An embedding space as the embedder needs it. Compared by identity: it holds an array."""

    id: str
    model: str
    input: InputSpec
    embedding_node: str
    logits_node: str
    features_node: str | None
    """Gives the last feature map, (1, H, W, C); None if the manifest names no such node."""
    dimension: int
    golden_input: str
    golden_vector: Vector


def read_space(space_id: str, manifest: Mapping[str, Any]) -> Space:
    """
    Read a manifest.

    Raises:
        ValueError: A value is not known here; the message says where it stood.
    """
    for name, expected in (("pooling", "graph"), ("postprocessing", "unit-length")):
        if manifest[name] != expected:
            raise ValueError(f"manifest, {name}: {manifest[name]!r} is not known here; expected {expected!r}")
    return Space(
        id=space_id,
        model=manifest["model"],
        input=InputSpec(**manifest["input"]),
        embedding_node=manifest["output"]["embedding_node"],
        logits_node=manifest["output"]["logits_node"],
        features_node=manifest["output"].get("features_node"),
        dimension=manifest["dimension"],
        golden_input=manifest["golden"]["input"],
        golden_vector=Vector(np.frombuffer(base64.b64decode(manifest["golden"]["vector"]), dtype="<f4")),
    )


def to_vector(embedding: npt.NDArray[np.float32], space: Space) -> Vector:
    """
    Turn the embedding node's output into a vector of unit length.

    Args:
        embedding: (1, D) or (1, 1, 1, D) float32: the graph itself pools.

    Raises:
        ValueError: The model gave something that has no direction, or not `space.dimension` values.
    """
    values = embedding.reshape(-1)
    length = float(np.linalg.norm(values))
    if values.size != space.dimension or not np.isfinite(length) or length == 0:
        raise ValueError(f"the model gave {values.size} values of length {length}; expected {space.dimension} of them")
    return Vector((values / np.float32(length)).astype(np.float32))


def top_labels(logits: Logits, labels: list[str]) -> list[tuple[str, float]]:
    """Return the few most probable classes that are worth showing, best first, each with its probability."""
    shifted = np.exp(logits - logits.max())
    probabilities = shifted / shifted.sum()
    best = np.argsort(probabilities)[::-1][:LABELS_KEPT]
    return [
        (first_name(labels[index]), round(float(probabilities[index]), 4))
        for index in best
        if probabilities[index] >= LABEL_SCORE_MIN and first_name(labels[index])
    ]


def first_name(label: str) -> str:
    """Keep the first of the synonyms that ImageNet's labels list: 'tench, Tinca tinca' -> 'tench'."""
    return label.split(",")[0].strip()


def to_base64(vector: Vector) -> str:
    """Write a vector for the wire: base64 of little-endian float32."""
    return base64.b64encode(vector.astype("<f4").tobytes()).decode("ascii")
