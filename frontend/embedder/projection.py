"""
The directions in which vectors differ most (PCA).

Pure numpy. They are found by subspace iteration, as the usual ways through the (D, D) covariance take half a minute of
Pyodide's numpy, which has no BLAS.
"""

from collections.abc import Generator
from typing import Final

import numpy as np
import numpy.typing as npt

ITERATIONS: Final = 6
# The error of a direction shrinks by (variance along the first one left out / along it) each time. The map looks only
# for candidates and for a beginning with these, so more would not be seen.

PIECE: Final = 250
# Rows that are multiplied at once: a megabyte or less, which a processor keeps at hand. Five times as fast as 2,000.


def principal_directions(
    centred: npt.NDArray[np.float32], count: int
) -> Generator[None, None, npt.NDArray[np.float32]]:
    """
    Find the directions along which vectors vary most, those of most variance first; pauses between slices of work.

    The largest value of each is positive: else it might point either way.

    Args:
        centred: (N, D), of mean 0.
        count: How many; D at most.

    Returns:
        (D, count) float32, orthonormal.
    """
    shape = (centred.shape[1], count)
    # As good as random: an angle whose steps grow falls everywhere. (numpy.random is left out of what is loaded.)
    basis, _ = np.linalg.qr(np.sin(np.arange(1.0, shape[0] * shape[1] + 1) ** 2).reshape(shape))
    for _ in range(ITERATIONS):
        basis = basis.astype(np.float32)
        along = np.zeros(shape, dtype=np.float32)
        for start in range(0, len(centred), PIECE):
            piece = centred[start : start + PIECE]
            along += piece.T @ (piece @ basis)
            yield
        basis, _ = np.linalg.qr(along)
    seen = centred @ basis.astype(np.float32)
    _, turns = np.linalg.eigh(seen.T @ seen)  # Of ascending eigenvalues.
    directions = basis @ turns[:, ::-1]
    largest = directions[np.abs(directions).argmax(axis=0), np.arange(count)]
    return np.ascontiguousarray(directions * np.where(largest < 0, -1, 1), dtype=np.float32)
