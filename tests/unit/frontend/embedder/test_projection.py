"""Principal directions: what numpy's own decomposition finds."""

import numpy as np
import pytest

from frontend.embedder.projection import principal_directions
from tests.support.slices import result_of


def test_a_plane_is_found() -> None:
    """Of points about a plane in many dimensions, the plane is found, the direction of greater spread first."""
    random = np.random.default_rng(1)
    plane, _ = np.linalg.qr(random.normal(size=(40, 2)))
    values = random.normal(size=(500, 2)) * (3, 1) @ plane.T + 0.05 * random.normal(size=(500, 40))
    centred = (values - values.mean(axis=0)).astype(np.float32)

    found = result_of(principal_directions(centred, 8))

    exact = np.linalg.svd(centred, full_matrices=False)[2][:2]
    assert np.abs(exact @ found[:, :2]) == pytest.approx(np.eye(2), abs=1e-3)
    assert found.T @ found == pytest.approx(np.eye(8), abs=1e-4)
    assert (found[np.abs(found).argmax(axis=0), np.arange(8)] > 0).all()
