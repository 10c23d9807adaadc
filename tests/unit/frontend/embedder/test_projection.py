"""Places on a map: what numpy's own decomposition finds, the same each time, and something sensible of little."""

import numpy as np
import pytest

from frontend.embedder.projection import principal_directions, project, to_unit_square


def test_a_plane_is_found() -> None:
    """Of points about a plane in many dimensions, the plane is found, the direction of greater spread first."""
    random = np.random.default_rng(1)
    plane, _ = np.linalg.qr(random.normal(size=(40, 2)))
    values = random.normal(size=(500, 2)) * (3, 1) @ plane.T + 0.05 * random.normal(size=(500, 40))
    centred = (values - values.mean(axis=0)).astype(np.float32)

    found = principal_directions(centred)

    exact = np.linalg.svd(centred, full_matrices=False)[2][:2]
    assert np.abs(exact @ found) == pytest.approx(np.eye(2), abs=1e-3)
    assert (found[np.abs(found).argmax(axis=0), [0, 1]] > 0).all()


def test_groups_lie_apart() -> None:
    """Pictures of one group lie nearer to each other than to any of another."""
    random = np.random.default_rng(2)
    centres = np.repeat(np.linalg.qr(random.normal(size=(64, 3)))[0].T, 20, axis=0)
    vectors = centres + 0.01 * random.normal(size=centres.shape)

    points = project(vectors.astype(np.float16)).reshape(3, 20, 2)

    middles = points.mean(axis=1)
    radius = np.abs(points - middles[:, None]).max()
    assert all(np.abs(middles[one] - middles[other]).max() > 3 * radius for one, other in ((0, 1), (0, 2), (1, 2)))


def test_same_vectors_same_places() -> None:
    """Nothing is left to chance."""
    vectors = np.random.default_rng(3).normal(size=(50, 16)).astype(np.float16)

    assert (project(vectors) == project(vectors.copy())).all()


def test_outliers_squeeze_nobody() -> None:
    """A few values far away stay within the square, in their order, and leave the others nearly all of it."""
    values = np.concatenate([np.linspace(-1, 1, 198), [50, 5000]])
    points = to_unit_square(np.stack([values, -values], axis=1).astype(np.float32))

    assert points[:198, 0].max() - points[:198, 0].min() > 0.7
    assert 0.05 < points.min() < points.max() < 0.95
    assert (np.diff(points[:, 0]) >= 0).all()


@pytest.mark.parametrize(
    ("vectors", "expected"),
    [
        ([], []),
        ([[1, 0, 0]], [[0.5, 0.5]]),
        ([[1, 0, 0]] * 3, [[0.5, 0.5]] * 3),
        ([[1, 0, 0], [0, 1, 0]], [[0.92, 0.5], [0.08, 0.5]]),
    ],
    ids=["none", "one", "all the same", "two"],
)
def test_few_pictures(vectors: list[list[float]], expected: list[list[float]]) -> None:
    """None make an empty map; one, or any number of the same, lies in the middle; two lie side by side."""
    points = project(np.array(vectors, dtype=np.float16).reshape(-1, 3))

    assert points.shape == (len(vectors), 2)
    assert points == pytest.approx(np.array(expected).reshape(-1, 2), abs=0.01)
