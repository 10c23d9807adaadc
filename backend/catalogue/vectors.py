"""Checks the numbers that a client sent, and scales them to a unit vector."""

import numpy as np
import numpy.typing as npt

from .errors import InvalidVector
from .values import Vector

# Rounding to 7 decimals or to float16 changes the norm of a unit vector by less than 1e-3; a vector that was never
# normalised is far outside.
NORM_TOLERANCE = 1e-3

# Stored as float16, a unit vector has a cosine of 0.9999999 to itself; saving a picture again as a JPEG of medium
# quality gives 0.98 (median of 50 photographs). The limit leaves a wide margin on both sides.
SAME_COSINE = 0.9999


def to_vector(values: npt.ArrayLike, dimension: int) -> Vector:
    """
    Check the values and scale them to unit length.

    Raises:
        InvalidVector: The length is not `dimension`, a value is not finite, or the norm is off by more than 1e-3.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.shape != (dimension,):
        raise InvalidVector(f"The vector has {array.size} values, the space has {dimension}.")
    if not np.isfinite(array).all():
        position = int(np.flatnonzero(~np.isfinite(array))[0])
        raise InvalidVector(f"Value {position} of the vector is {array[position]}, not a finite number.")
    norm = _norm(array)
    if abs(norm - 1) > NORM_TOLERANCE:
        raise InvalidVector(f"The vector has length {norm:.6g}; it must be scaled to unit length (within 0.001).")
    return Vector((array / norm).astype(np.float32))


def same(one: Vector, other: Vector) -> bool:
    """Say whether two vectors are the same except for rounding."""
    return float(one @ other) > SAME_COSINE


def _norm(array: npt.NDArray[np.float64]) -> float:
    # Squares of finite values may overflow; an infinite norm is the right answer then.
    with np.errstate(over="ignore"):
        return float(np.linalg.norm(array))
