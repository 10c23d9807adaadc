"""How hard the drawn vectors are to search, beside those of photographs."""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.benchmarks import data
from tests.benchmarks.report import Cell, Machine, Report, Table

QUERIES = 500


@dataclass(frozen=True)
class Difficulty:
    """What decides how hard it is to find the neighbours of a vector among the others."""

    cosines: tuple[float, ...]
    """Between vectors, percentiles 5, 50, 95 and 99."""
    neighbours: tuple[float, float, float]
    """Cosine distance to the 1st, 10th and 100th neighbour, medians."""
    nearest: tuple[float, float]
    """Cosine distance to the 1st neighbour, percentiles 10 and 90."""
    dimension: float
    """Local intrinsic dimension: maximum likelihood over 100 neighbours, median."""
    zeros: float
    """Share of components that are zero."""
    energy: tuple[float, ...]
    """Share of the variance in the 10, 50, 100, 200 and 400 largest principal components."""
    often: int
    """How often the vector that is found most often is among the 10 nearest of the queries."""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=13_285)
    parser.add_argument("--dimensions", type=int, nargs="+", default=[1280, 512])
    parser.add_argument("--photographs", type=Path, help="a .npy file with the (N, 1280) activations of photographs")


def run(options: argparse.Namespace) -> Report:
    machine = Machine.here()
    return Report(
        title="Vectors",
        introduction=[
            f"Drawn vectors (data.py) beside those of photographs, {options.rows:,} rows and {QUERIES} queries each;"
            " where only one column stands, the photographs were not at hand."
        ],
        tables=[_compared(options, dimension) for dimension in options.dimensions],
        machine=machine,
        command="python -m tests.benchmarks vectors",
    )


def difficulty(vectors: data.Vectors) -> Difficulty:
    """
    Measure with the first QUERIES vectors against the others.

    Source of the intrinsic dimension: Levina and Bickel, Maximum likelihood estimation of intrinsic dimension (2004).
    """
    queries, others = vectors[:QUERIES], vectors[QUERIES:]
    distances = np.sort(1 - queries @ others.T, axis=1)
    reach = np.sqrt(2 * np.maximum(distances[:, :100], 1e-9))
    dimensions = -1 / np.mean(np.log(reach[:, :-1] / reach[:, -1:]), axis=1)
    spectrum = np.linalg.eigvalsh(np.cov(others[:8192].T))[::-1]
    found = data.nearest(data.Vectors(queries), data.Vectors(others), 10)
    return Difficulty(
        cosines=tuple(map(float, np.percentile(1 - distances, [5, 50, 95, 99]))),
        neighbours=(
            float(np.median(distances[:, 0])),
            float(np.median(distances[:, 9])),
            float(np.median(distances[:, 99])),
        ),
        nearest=(float(np.percentile(distances[:, 0], 10)), float(np.percentile(distances[:, 0], 90))),
        dimension=float(np.median(dimensions)),
        zeros=float(np.mean(vectors == 0)),
        energy=tuple(map(float, np.cumsum(spectrum / spectrum.sum())[[9, 49, 99, 199, 399]])),
        often=int(np.bincount(found.ravel()).max()),
    )


def _compared(options: argparse.Namespace, dimension: int) -> Table:
    columns = {"drawn": difficulty(data.draw(options.rows + QUERIES, dimension))}
    if options.photographs is not None:
        vectors = data.load(options.photographs, dimension)[: options.rows + QUERIES]
        columns["photographs"] = difficulty(data.Vectors(vectors))
    rows = zip(*(_cells(one) for one in columns.values()), strict=True)
    return Table(
        title=f"{dimension} dimensions",
        columns=["", *columns],
        rows=[[name, *cells] for name, cells in zip(NAMES, rows, strict=True)],
    )


NAMES = (
    "cosine of two vectors, percentiles 5 / 50 / 95 / 99",
    "distance to the 1st / 10th / 100th neighbour",
    "distance to the 1st neighbour, percentiles 10 / 90",
    "local intrinsic dimension",
    "share of zeros",
    "variance in 10 / 50 / 100 / 200 / 400 components",
    f"most often found in {QUERIES} queries",
)


def _cells(one: Difficulty) -> list[Cell]:
    return [
        _joined(one.cosines),
        _joined(one.neighbours),
        _joined(one.nearest),
        one.dimension,
        one.zeros,
        _joined(one.energy),
        one.often,
    ]


def _joined(values: tuple[float, ...]) -> str:
    return " / ".join(f"{value:.2f}" for value in values)
