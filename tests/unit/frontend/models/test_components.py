"""Principal components of vectors, and what weighing them does."""

import numpy as np
import pytest

from frontend.models.components import HALF, Components


@pytest.fixture
def vectors() -> np.ndarray:
    """(400, 6): the first values vary most, about a mean that is far from zero."""
    return np.random.default_rng(0).normal(3.0, [2.0, 1.0, 0.5, 0.2, 0.1, 0.05], (400, 6))


def test_all_components_with_the_mean_kept_leave_cosines_alone(vectors: np.ndarray) -> None:
    """Only the directions of the axes are others."""
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    turned = Components.of(vectors, centred=False).apply(vectors, 6, 0.0)
    assert np.allclose(turned @ turned.T, units @ units.T, atol=1e-5)


def test_fewer_components_keep_what_varies_most(vectors: np.ndarray) -> None:
    """Of centred vectors whose values are independent, the first components are the first values."""
    components = Components.of(vectors, centred=True)
    assert np.allclose(components.deviations, vectors.std(axis=0), rtol=0.05)
    assert np.abs(components.projection(2, 0.0)[[0, 1], [0, 1]]) == pytest.approx([1, 1], abs=0.05)


@pytest.mark.parametrize(("whitening", "left"), [(0.0, 1.0), (HALF, 0.5), (1.0, 0.0)])
def test_whitening(vectors: np.ndarray, whitening: float, left: float) -> None:
    """Half of it leaves the square root of each deviation, all of it the same for all."""
    components = Components.of(vectors, centred=True)
    spread = ((vectors - components.mean) @ components.projection(6, whitening)).std(axis=0)
    assert np.allclose(spread, components.deviations**left, rtol=1e-6)


def test_fewer_vectors_than_values() -> None:
    """Of new vectors nothing counts that lies in directions of which nothing is known."""
    few, new = np.random.default_rng(1).normal(size=(2, 3, 6))
    projected = new @ Components.of(few, centred=False).projection(6, 1.0)
    assert np.abs(projected[:, :3]).min() > 0
    assert np.abs(projected[:, 3:]).max() == 0
