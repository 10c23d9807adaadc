"""What a manifest says to the embedder, and the arithmetic around the model."""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backend.setup.manifests import space_of
from frontend import models
from frontend.embedder.space import Logits, read_space, to_base64, to_vector, top_labels
from tests.support.small_model import DIMENSION, manifest_of, model_files

MANIFESTS = sorted(Path(models.__file__).parent.glob("*/manifest.json"))


def manifest(**changes: Any) -> dict[str, Any]:
    return {**manifest_of(model_files()), **changes}


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.parent.name)
def test_both_sides_read_the_manifests_of_the_project(path: Path) -> None:
    """Backend and embedder agree on dimension and golden vector, which has unit length."""
    document = json.loads(path.read_text(encoding="utf-8"))
    space = space_of(document, "the test")
    embedders = read_space(space.id, document)
    assert (embedders.id, embedders.dimension, embedders.golden_vector.size) == (
        space.id,
        space.dimension,
        space.dimension,
    )
    assert abs(float(np.linalg.norm(embedders.golden_vector)) - 1) < 1e-5


@pytest.mark.parametrize(("name", "value"), [("pooling", "max"), ("postprocessing", "none")])
def test_an_unknown_value_is_named_with_its_place(name: str, value: str) -> None:
    """A manifest of a later version is refused, not misread."""
    with pytest.raises(ValueError, match=f"manifest, {name}: '{value}' is not known here"):
        read_space("0" * 16, manifest(**{name: value}))


def test_vectors_have_unit_length() -> None:
    """The node's output is scaled to unit length, whatever its shape."""
    output = np.arange(DIMENSION, dtype=np.float32).reshape(1, 1, 1, DIMENSION)
    vector = to_vector(output, read_space("0" * 16, manifest()))
    assert abs(float(np.linalg.norm(vector)) - 1) < 1e-5
    assert np.allclose(vector, np.arange(DIMENSION) / np.linalg.norm(np.arange(DIMENSION)))


@pytest.mark.parametrize("values", [np.zeros(DIMENSION), np.full(DIMENSION, np.nan), np.ones(DIMENSION + 1)])
def test_outputs_without_a_direction_are_refused(values: np.ndarray) -> None:
    """Zero, not a number, or too many of them: no vector is made of that."""
    with pytest.raises(ValueError, match="expected 8"):
        to_vector(values.astype(np.float32), read_space("0" * 16, manifest()))


def test_only_probable_labels_are_kept() -> None:
    """Labels come best first, by their first name, with softmax probabilities; improbable and empty ones are
    left out."""
    logits = Logits(np.array([0.0, 5.0, 4.0, -2.0, 5.0], dtype=np.float32))
    names = ["background", "tench, Tinca tinca", "goldfish, Carassius auratus", "hen", " "]
    labels = top_labels(logits, names)
    assert [name for name, _ in labels] == ["tench", "goldfish"]
    assert labels[0][1] == pytest.approx(np.exp(5) / np.exp([0, 5, 4, -2, 5]).sum(), abs=1e-4)


def test_vectors_travel_as_little_endian_float32() -> None:
    """What is written for the wire is read back to the bit."""
    vector = read_space("0" * 16, manifest()).golden_vector
    assert np.array_equal(np.frombuffer(base64.b64decode(to_base64(vector)), "<f4"), vector)
