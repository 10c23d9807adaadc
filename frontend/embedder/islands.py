"""
The islands of the map: groups of photos around the places where most lie, and what to call them.

Pure numpy, but for the names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

CELLS: Final = 96
# Into how many rows the map is divided to count photos.

FEWEST: Final = 4
LEAST_SHARE: Final = 0.15
# A name is that of this many of an island's photos at least, and of this share of them: as sure as it is for each. A
# guess. (A model that knows many kinds of dog is rarely sure of one, and yet an island of dogs has a name.)


@dataclass(frozen=True)
class Island:
    """A group of photos with a name, and the middle of those that have it."""

    name: str
    x: float
    y: float
    count: int


def islands_of(positions: npt.NDArray[np.floating], aspect: float, blur: float) -> npt.NDArray[np.int64]:
    """
    Divide photos into islands: each belongs to the peak that one comes to by going uphill in their density.

    Args:
        positions: (N, 2).
        blur: How far the density is blurred, in heights of the map: the larger, the fewer islands.

    Returns:
        (N,) the number of each photo's island, from 0; those with most photos come first.
    """
    if not len(positions):
        return np.zeros(0, dtype=np.int64)
    rows, columns = CELLS, max(int(CELLS * aspect), 1)
    x, y = np.clip((positions * CELLS).astype(np.int64), 0, [columns - 1, rows - 1]).T
    cells = y * columns + x
    counts = np.bincount(cells, minlength=rows * columns).reshape(rows, columns)
    density = _blurring(rows, blur * CELLS) @ counts @ _blurring(columns, blur * CELLS)
    peaks = _uphill(density).ravel()[cells]
    _, numbers, sizes = np.unique(peaks, return_inverse=True, return_counts=True)
    ranks = np.empty(len(sizes), dtype=np.int64)
    ranks[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    return ranks[numbers]


def named(
    positions: npt.NDArray[np.floating], numbers: npt.NDArray[np.int64], names: Sequence[Mapping[str, float]]
) -> list[Island]:
    """
    Name the islands for which there is a name that tells them from the others; the largest first.

    Args:
        numbers: (N,) each photo's island.
        names: The tags and labels of each photo, with how sure each is, above 0 to 1.
    """
    everywhere = _sums(names)
    found = []
    for number in range(int(numbers.max(initial=-1)) + 1):
        members = np.flatnonzero(numbers == number).tolist()
        here = _sums([names[member] for member in members])
        # The commonest, unless another is more at home here.
        best = max(here, key=lambda name: (here[name] ** 1.5 / everywhere[name] ** 0.5, name), default="")
        called = [member for member in members if best in names[member]]
        if len(called) < FEWEST or here[best] < LEAST_SHARE * len(members):
            continue
        middle = np.median(positions[called], axis=0)
        found.append(Island(best, float(middle[0]), float(middle[1]), len(called)))
    return sorted(found, key=lambda island: -island.count)


def _sums(names: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Add up how sure each name is."""
    sums: dict[str, float] = {}
    for of_photo in names:
        for name, sure in of_photo.items():
            sums[name] = sums.get(name, 0) + sure
    return sums


def _blurring(size: int, sigma: float) -> npt.NDArray[np.float64]:
    """Return the (size, size) matrix that blurs along an axis, by a bell of a width in cells."""
    places = np.arange(size)
    return np.exp(-((places[:, None] - places) ** 2) / (2 * max(sigma, 0.5) ** 2))


def _uphill(density: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return for each cell the number of the one at which going uphill ends."""
    rows, columns = density.shape
    # Of equals, one is taken for the higher, or there would be two peaks.
    density = density + np.arange(rows * columns).reshape(rows, columns) * (density.max() * 1e-12)
    around = np.pad(density, 1, constant_values=-1)
    shifts = [(dy, dx) for dy in (0, -1, 1) for dx in (0, -1, 1)]
    neighbours = np.stack([around[1 + dy : 1 + dy + rows, 1 + dx : 1 + dx + columns] for dy, dx in shifts])
    steps = np.array([dy * columns + dx for dy, dx in shifts])
    to = np.arange(rows * columns).reshape(rows, columns) + steps[neighbours.argmax(axis=0)]
    while (further := to.ravel()[to]) is not None and (further != to).any():
        to = further
    return to
