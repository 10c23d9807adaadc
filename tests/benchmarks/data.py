"""
Draws vectors that are shaped like those of MobileNet, so that an index meets what it will meet in a library.

Random directions would not do: they have no neighbours, and every index looks bad on them; a few tight clusters would
not do either: every index looks good. photograph_vectors.npz describes the real distribution, fitted by
`fit_vectors.py` to the vectors of 13,785 photographs; it holds statistics only (a mean, 256 directions, 256 groups).
`python -m tests.benchmarks vectors` compares the two.

A vector is drawn backwards through what makes it: a group (what is seen), a family within the group (the same thing or
place seen more than once), a picture within the family; then the ReLU (below zero is zero) and unit length.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import NewType

import numpy as np
import numpy.typing as npt

from frontend.models.components import HALF, Components

Vectors = NewType("Vectors", npt.NDArray[np.float32])
"""(N, D) float32 of unit L2 length, so that the dot product is the cosine similarity."""

MODEL = Path(__file__).parent / "photograph_vectors.npz"

# How much pictures of one group have in common beyond it. Found by trying, until the distances to the 1st, 10th and
# 100th neighbour and the intrinsic dimension were those of the photographs (the report `vectors` shows both).
ALONE = 0.3
"""Share of the families with one picture only."""
FAMILY = 5.0
"""Mean of the geometric distribution of the others' sizes, less one."""
OWN = (4.0, 1.5)
"""Beta distribution of the share of a picture's variance that its family does not explain."""
SCALE = 0.15
"""Standard deviation of the logarithm of a picture's distance from its group."""

CHUNK = 8192
"""Rows drawn at once: 40 MB for each array of 1280 columns."""


@dataclass(frozen=True)
class PhotographVectors:
    """The distribution, in the space of `power`-transformed unit vectors. Compared by identity: it holds arrays."""

    mean: npt.NDArray[np.float32]
    """(D,)"""
    basis: npt.NDArray[np.float32]
    """(D, F), orthonormal but for rounding: the directions of largest variance."""
    rest: npt.NDArray[np.float32]
    """(D,) standard deviation of what the directions do not explain."""
    centres: npt.NDArray[np.float32]
    """(G, F)"""
    deviations: npt.NDArray[np.float32]
    """(G, F) standard deviation about each centre."""
    weights: npt.NDArray[np.float64]
    """(G,), sum 1."""
    power: float
    """Activations are nearer to normal when raised to it."""

    @classmethod
    def load(cls, path: Path = MODEL) -> "PhotographVectors":
        with np.load(path) as file:
            return cls(
                mean=file["mean"].astype(np.float32),
                basis=file["basis"].astype(np.float32) * file["basis_scale"].astype(np.float32),
                rest=file["rest"].astype(np.float32),
                centres=file["centres"].astype(np.float32),
                deviations=file["deviations"].astype(np.float32),
                weights=file["weights"].astype(np.float64) / file["weights"].sum(dtype=np.float64),
                power=float(file["power"]),
            )

    def draw(self, count: int, seed: int) -> Vectors:
        """Return `count` vectors in random order, the same for the same arguments."""
        rng = np.random.default_rng(seed)
        vectors = np.empty((count, len(self.mean)), dtype=np.float32)
        order = rng.permutation(count)
        for at in range(0, count, CHUNK):
            rows = order[at : at + CHUNK]
            vectors[rows] = self._chunk(len(rows), rng)
        return Vectors(vectors)

    def _chunk(self, count: int, rng: np.random.Generator) -> npt.NDArray[np.float32]:
        sizes = np.where(rng.random(count) < ALONE, 1, 1 + rng.geometric(1 / FAMILY, count))
        family = np.repeat(np.arange(count), sizes)[:count]
        families = int(family[-1]) + 1
        group = rng.choice(len(self.weights), families, p=self.weights)[family]
        own = rng.beta(*OWN, families).astype(np.float32)[family, np.newaxis]
        scale = np.exp(rng.normal(0, SCALE, (count, 1))).astype(np.float32)

        def deviation(columns: int) -> npt.NDArray[np.float32]:
            shared = rng.standard_normal((families, columns), dtype=np.float32)[family]
            single = rng.standard_normal((count, columns), dtype=np.float32)
            mixed = np.sqrt(1 - own) * shared + np.sqrt(own) * single
            return (scale * mixed).astype(np.float32, copy=False)

        factors = self.centres[group] + deviation(self.basis.shape[1]) * self.deviations[group]
        values = self.mean + factors @ self.basis.T + deviation(len(self.mean)) * self.rest
        return unit(np.maximum(values, 0, dtype=np.float32) ** np.float32(1 / self.power))


def draw(count: int, dimension: int, seed: int = 0) -> Vectors:
    """
    Return vectors of MobileNet's dimension (1280), or of a lower one by projection, as the bundled model has it.
    """
    model = PhotographVectors.load()
    vectors = model.draw(count, seed)
    if dimension == len(model.mean):
        return vectors
    return project(vectors, model.draw(4 * len(model.mean), seed=0), dimension)


def project(vectors: Vectors, sample: Vectors, dimension: int) -> Vectors:
    """Return half whitened components of vectors: those of a sample."""
    # In float32 rather than by `apply`: a million vectors of 1,280 values are 5 GB as they are.
    directions = Components.of(sample, centred=False).projection(dimension, HALF).astype(np.float32)
    return Vectors(unit(vectors @ directions))


def unit(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Scale each row to unit length."""
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def load(path: Path, dimension: int) -> Vectors:
    """
    Read (N, D) vectors or activations from a .npy file; fewer dimensions by projection, as in `draw`.

    The order is random (and always the same): a file keeps pictures of one kind together, and the first rows become
    queries, which shall be of all kinds.
    """
    activations = np.load(path).astype(np.float32)
    vectors = Vectors(unit(activations[np.random.default_rng(0).permutation(len(activations))]))
    if dimension < vectors.shape[1]:
        return project(vectors, vectors, dimension)
    return vectors


def nearest(queries: Vectors, vectors: Vectors, limit: int) -> npt.NDArray[np.int64]:
    """Return (queries, limit) int64: the exact neighbours' rows, nearest first."""
    best = []
    for query in np.array_split(queries, max(1, len(queries) * len(vectors) // 20_000_000)):
        similarity = query @ vectors.T
        top = np.argpartition(-similarity, limit - 1, axis=1)[:, :limit]
        order = np.argsort(-np.take_along_axis(similarity, top, axis=1), axis=1, kind="stable")
        best.append(np.take_along_axis(top, order, axis=1))
    return np.concatenate(best)
