"""
Where pictures lie on a map: their vectors, seen along the two directions in which they differ most (PCA).

    vectors -> project -> Positions

Pure numpy. The directions are found by subspace iteration, as the usual ways through the (D, D) covariance take half a
minute of Pyodide's numpy, which has no BLAS.
"""

from typing import Final, NewType

import numpy as np
import numpy.typing as npt

Positions = NewType("Positions", npt.NDArray[np.float32])
"""(N, 2) float32, x to the right and y downwards, 0 to 1: a unit square with an empty margin."""

FITTED: Final = 2000
# How many vectors the directions are found from. More move them by less than a map shows, and take longer.

DIRECTIONS: Final = 8
ITERATIONS: Final = 10
# The error of the second direction shrinks by (variance along the ninth / along the second) each time: of photographs
# of products some 0.2, of anything 0.6. There 10 leave a cosine of 0.99996 to the exact one, and 6 of 0.997 (measured).

PIECE: Final = 250
# Rows that are multiplied at once: a megabyte or less, which a processor keeps at hand. Five times as fast as 2,000.

SAME: Final = 1e-4
# Unit vectors whose spread along a direction is less than this differ by what float16 rounds off.

MIDDLE: Final = (2, 98)
INNER: Final = 0.38
RIM: Final = 0.06
# In percent: what lies between these percentiles fills the inner square, up to 0.38 from the centre. What lies outside
# is drawn towards it, so that a few odd pictures do not squeeze the others, and stays within 0.44.

EVENNESS: Final = 0.5
# How much of a place is the value's rank: so crowds spread, and gaps close. Guesses that look well, all of these.


def project(vectors: npt.NDArray[np.floating]) -> Positions:
    """
    Place pictures so that those that look alike lie near each other; the same vectors give the same places.

    Args:
        vectors: (N, D) of unit length, in random order; N may be 0, D at least 2.
    """
    if not len(vectors):
        return Positions(np.empty((0, 2), dtype=np.float32))
    centred = vectors.astype(np.float32)
    centred -= centred.mean(axis=0)
    return to_unit_square(centred @ principal_directions(centred[:FITTED]))


def principal_directions(centred: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """
    Return the two directions along which vectors vary most: (D, 2) float32, orthonormal.

    The largest value of each is positive: else it might point either way.
    """
    dimension = centred.shape[1]
    shape = (dimension, min(DIRECTIONS, dimension))
    # As good as random: an angle whose steps grow falls everywhere. (numpy.random is left out of what is loaded.)
    basis, _ = np.linalg.qr(np.sin(np.arange(1.0, shape[0] * shape[1] + 1) ** 2).reshape(shape))
    for _ in range(ITERATIONS):
        basis, _ = np.linalg.qr(spread_along(centred, basis.astype(np.float32)))
    seen = centred @ basis
    _, turns = np.linalg.eigh(seen.T @ seen)  # Of ascending eigenvalues.
    directions = basis @ turns[:, :-3:-1]
    largest = directions[np.abs(directions).argmax(axis=0), [0, 1]]
    return np.ascontiguousarray(directions * np.where(largest < 0, -1, 1), dtype=np.float32)


def spread_along(centred: npt.NDArray[np.float32], basis: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Multiply a basis (D, K) by the covariance, times N."""
    pieces = [centred[start : start + PIECE] for start in range(0, len(centred), PIECE)]
    return np.sum([piece.T @ (piece @ basis) for piece in pieces], axis=0)


def to_unit_square(values: npt.NDArray[np.float32]) -> Positions:
    """Spread the values of each axis; along one where nothing differs all lie in the middle."""
    low, high = np.percentile(values, MIDDLE, axis=0)
    spread = high - low
    offsets = (values - (low + high) / 2) / np.where(spread < SAME, np.inf, spread) * 2 * INNER
    beyond = np.maximum(np.abs(offsets) - INNER, 0)
    drawn_in = np.minimum(np.abs(offsets), INNER) + RIM * np.tanh(beyond / RIM)
    ranks = np.stack([even_ranks(axis) for axis in np.rint(values / SAME).T], axis=1)
    even = np.where(spread < SAME, 0, ranks * 2 * (INNER + RIM))
    return Positions((0.5 + (1 - EVENNESS) * np.sign(offsets) * drawn_in + EVENNESS * even).astype(np.float32))


def even_ranks(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return how far from the middle each value comes in order: (N,), -0.5 to 0.5. Equal ones come at one place."""
    in_order = np.sort(values)
    places = np.searchsorted(in_order, values, "left") + np.searchsorted(in_order, values, "right") - 1
    return places / 2 / max(len(values) - 1, 1) - 0.5
