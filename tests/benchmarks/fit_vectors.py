"""
Fit the distribution that data.py draws from: `python -m tests.benchmarks.fit_vectors ACTIVATIONS.npy`.

The file holds (N, D) non-negative float32, one row for each photograph; some ten thousand rows are enough. What is
written are statistics of all of them, and of groups of on average fifty; no row can be told from it.
"""

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tests.benchmarks.data import MODEL, unit

FACTORS = 256
"""Directions kept: they explain three quarters of the variance; the rest is drawn without correlations."""
GROUPS = 256
POWER = 0.53
"""Found by trying, with the cosine between unrelated pictures and the share of zeros in view."""
PRIOR = 8
"""A group's variance counts as if this many more pictures had that of all groups: small groups know little."""

Array = npt.NDArray[np.float64]


def fit(activations: npt.NDArray[np.float32], path: Path) -> None:
    values = below_zero(unit(activations).astype(np.float64) ** POWER)
    mean, basis = factors_of(values)
    factors = (values - mean) @ basis
    rest = (values - mean - factors @ basis.T).std(axis=0)
    group, centres = k_means(factors, GROUPS)
    within = (factors - centres[group]) ** 2
    counts = np.bincount(group, minlength=GROUPS)
    sums = np.zeros_like(centres)
    np.add.at(sums, group, within)
    variances = (sums + PRIOR * within.mean(axis=0)) / (counts[:, np.newaxis] + PRIOR)
    # 8 bits are enough for directions, and make the file half as large.
    basis_scale = np.abs(basis).max(axis=0) / 127
    np.savez_compressed(
        path,
        mean=mean.astype(np.float16),
        basis=np.rint(basis / basis_scale).astype(np.int8),
        basis_scale=basis_scale.astype(np.float32),
        rest=rest.astype(np.float16),
        centres=centres.astype(np.float16),
        deviations=np.sqrt(variances).astype(np.float16),
        weights=counts.astype(np.int32),
        power=np.float32(POWER),
    )


def below_zero(values: Array, rounds: int = 4) -> Array:
    """Put back, roughly, what the ReLU cut off: what the factors say of a zero, if they say less than zero."""
    rng = np.random.default_rng(0)
    zero = values == 0
    values = np.where(zero, -0.3 * values.std(axis=0), values)
    for _ in range(rounds):
        mean, basis = factors_of(values)
        expected = mean + ((values - mean) @ basis) @ basis.T
        spread = (values - expected).std(axis=0)
        noise = np.abs(rng.standard_normal(values.shape)) * 0.5 * spread
        values = np.where(zero, np.minimum(expected, 0) - noise, values)
    return values


def factors_of(values: Array) -> tuple[Array, Array]:
    """Return the mean and the (D, FACTORS) directions of largest variance."""
    _, directions = np.linalg.eigh(np.cov(values.T))
    return values.mean(axis=0), directions[:, ::-1][:, :FACTORS]


def k_means(values: Array, groups: int, rounds: int = 30) -> tuple[npt.NDArray[np.int64], Array]:
    """Return each row's group and the groups' centres; an empty group starts again at a random row."""
    rng = np.random.default_rng(0)
    centres = values[rng.choice(len(values), groups, replace=False)]
    group = np.zeros(len(values), dtype=np.int64)
    for _ in range(rounds):
        group = np.argmin((centres**2).sum(axis=1) - 2 * values @ centres.T, axis=1)
        for index in range(groups):
            members = values[group == index]
            centres[index] = members.mean(axis=0) if len(members) else values[rng.integers(len(values))]
    return group, centres


if __name__ == "__main__":
    fit(np.load(sys.argv[1]), MODEL)
