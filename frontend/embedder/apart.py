"""Moves photos on the map apart that would cover each other, without a look at pairs that are far from each other."""

from collections.abc import Generator
from typing import Final

import numpy as np
import numpy.typing as npt

ROUNDS: Final = 15

STEP: Final = 0.25
# How much of an overlap each of the two gives way in a round.


def move_apart(
    positions: npt.NDArray[np.floating], distance: float, aspect: float
) -> Generator[None, None, npt.NDArray[np.float64]]:
    """
    Move points until hardly any two are nearer to each other than a distance; pauses between rounds.

    Args:
        positions: (N, 2), x from 0 to `aspect`, y from 0 to 1; so are those returned.
    """
    count = len(positions)
    # Points at the very same place would not know where to go.
    angles = np.arange(count) * 2.4
    moved = positions + distance / 100 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    for _ in range(ROUNDS):
        one, other = near_pairs(moved, distance)
        apart = moved[one] - moved[other]
        lengths = np.hypot(*apart.T)
        push = apart * (STEP * np.maximum(distance / np.maximum(lengths, 1e-12) - 1, 0))[:, None]
        for axis, limit in ((0, aspect), (1, 1)):
            moved[:, axis] += np.bincount(one, push[:, axis], count) - np.bincount(other, push[:, axis], count)
            np.clip(moved[:, axis], 0, limit, out=moved[:, axis])
        yield
    return moved


def near_pairs(
    positions: npt.NDArray[np.floating], distance: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """
    Return the pairs of points that may be nearer than a distance: those in the same or neighbouring squares.

    Each pair comes once.
    """
    squares = np.floor(positions / distance).astype(np.int64)
    squares -= squares.min(axis=0)
    columns = int(squares[:, 0].max()) + 3
    keys = (squares[:, 1] + 1) * columns + squares[:, 0] + 1
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    ones, others = [], []
    # Of the square's own points those that follow; of its neighbours, those to the right and below.
    for offset in (0, 1, columns - 1, columns, columns + 1):
        first = np.searchsorted(keys, keys + offset, "left") if offset else np.arange(len(keys)) + 1
        numbers = np.maximum(np.searchsorted(keys, keys + offset, "right") - first, 0)
        one = np.repeat(np.arange(len(keys)), numbers)
        ones.append(one)
        others.append(
            np.arange(len(one)) - np.repeat(np.cumsum(numbers) - numbers, numbers) + np.repeat(first, numbers)
        )
    return order[np.concatenate(ones)], order[np.concatenate(others)]
