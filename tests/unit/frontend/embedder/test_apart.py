"""Photos on the map that would cover each other are moved apart."""

import numpy as np

from frontend.embedder.apart import move_apart, near_pairs
from tests.support.slices import result_of


def test_all_near_pairs_are_found() -> None:
    """Every pair nearer than the distance is among those returned, and each pair comes once."""
    positions = np.random.default_rng(1).random((300, 2)) * [1.35, 1]
    one, other = near_pairs(positions, 0.05)

    found = {frozenset(pair) for pair in zip(one.tolist(), other.tolist(), strict=True)}
    apart = np.hypot(*(positions[:, None] - positions).transpose(2, 0, 1))
    near = {frozenset(pair) for pair in np.argwhere(np.triu(apart < 0.05, 1)).tolist()}
    assert near <= found
    assert len(found) == len(one)


def test_a_heap_comes_apart() -> None:
    """Even photos at one and the same place end beside each other, within the map."""
    moved = result_of(move_apart(np.full((40, 2), 0.5), 0.02, 1.35))

    apart = np.hypot(*(moved[:, None] - moved).transpose(2, 0, 1)) + np.eye(40)
    assert np.median(apart.min(axis=1)) > 0.01
    assert (moved >= 0).all() and (moved <= [1.35, 1]).all()
