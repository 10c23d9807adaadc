"""Fewer values for a vector: principal components of photographs, weighed. Pure numpy."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

HALF: float = 0.5
"""
Half whitening: each component is divided by the square root of its deviation. The bundled model finds with 512 such
values a little better than with its own 1,280 (`python -m tests.benchmarks bytes_per_vector`); whitening all of it
makes noise of the last components as loud as what matters.
"""


@dataclass(frozen=True)
class Components:
    """Principal components of vectors, the largest first. Compared by identity: it holds arrays."""

    mean: npt.NDArray[np.float64]
    """(D,) what is taken off; zeros if nothing is."""
    directions: npt.NDArray[np.float64]
    """(D, D), columns."""
    deviations: npt.NDArray[np.float64]
    """(D,) standard deviation along each."""

    @classmethod
    def of(cls, vectors: npt.NDArray[np.floating], centred: bool) -> "Components":
        """Find those of vectors (N, D), with their mean taken off or kept, which leaves cosines as they are."""
        values = vectors.astype(np.float64)
        mean = values.mean(axis=0) if centred else np.zeros(values.shape[1])
        energies, directions = np.linalg.eigh((values - mean).T @ (values - mean) / len(values))
        return cls(mean, directions[:, ::-1], np.sqrt(np.maximum(energies[::-1], 0)))

    def projection(self, dimension: int, whitening: float) -> npt.NDArray[np.float64]:
        """
        Return (D, dimension): the first directions, each divided by its deviation to this power.

        Fewer vectors than values leave directions of which nothing is known; these count nothing.
        """
        deviations = self.deviations[:dimension]
        known = deviations > self.deviations[0] * 1e-6
        weights = np.where(known, np.where(known, deviations, 1.0) ** -whitening, 0.0)
        return self.directions[:, :dimension] * weights

    def apply(self, vectors: npt.NDArray[np.floating], dimension: int, whitening: float) -> npt.NDArray[np.float32]:
        """Return vectors of fewer values and unit length: (N, dimension)."""
        values = (vectors - self.mean) @ self.projection(dimension, whitening)
        return (values / np.linalg.norm(values, axis=1, keepdims=True)).astype(np.float32)
