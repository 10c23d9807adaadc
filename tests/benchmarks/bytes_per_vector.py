"""Bytes of a vector against what it finds: fewer values by principal components, and fewer bits for each."""

import argparse
import io
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from lancedb.index import IvfRq
from PIL import Image

from backend.adapters.lance.index import REFINE
from frontend.embedder.model_input import InputSpec, ModelInput, Pixels
from frontend.embedder.preprocessing import to_model_input
from frontend.models.components import HALF, Components
from tests.benchmarks import data
from tests.benchmarks.data import Vectors, unit
from tests.benchmarks.index_types import partitions_for, take_turns
from tests.benchmarks.native import (
    NativeModel,
    average_precisions,
    labelled,
    models,
    other_photographs,
)
from tests.benchmarks.plots import Lines
from tests.benchmarks.preprocessing import File, squeezed
from tests.benchmarks.report import Cell, Machine, Report, Spread, Table
from tests.benchmarks.tables import Corpus, Load, Outcome, Recipe, Search, build, opened, recall

MIB = 2**20

# Drawings of the pictures, with replacement, for the range of a difference.
BOOTSTRAPS = 2000


Project = Callable[[Vectors, int], Vectors]
"""Vectors, and how many values to keep."""

STORED: Mapping[str, tuple[int, Callable[[Vectors], npt.NDArray[np.float32]]]] = {
    "float32": (4, lambda vectors: vectors),
    "float16": (2, lambda vectors: vectors.astype(np.float16).astype(np.float32)),
    "int8": (1, lambda vectors: rounded(vectors, 127)),
    "4 bits": (0, lambda vectors: rounded(vectors, 7)),
}
"""Type -> bytes of a value (0: half a byte), and what is left of vectors that are stored so."""


def rounded(vectors: npt.NDArray[np.float32], steps: int) -> npt.NDArray[np.float32]:
    """Round to whole numbers up to `steps` of the largest value of each vector. Its scale a cosine does not need."""
    return np.rint(vectors * (steps / np.abs(vectors).max(axis=1, keepdims=True)))


def bytes_of(dimension: int, stored: str) -> int:
    return dimension * STORED[stored][0] or dimension // 2


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--groups", type=int, help="take the first groups of the photographs only")
    parser.add_argument("--others", type=int, default=2500, help="photographs for the components (%(default)s)")
    parser.add_argument("--dimensions", type=int, nargs="+", default=[1280, 512, 256, 128, 64])
    parser.add_argument("--keep", type=Path, help="folder for what models make of pictures; a later run goes on there")
    parser.add_argument("--rows", type=int, default=20_000, help="of the tables that are searched (%(default)s)")
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)


def run(options: argparse.Namespace) -> Report:
    machine = Machine.here()
    pictures = labelled(options.groups)
    groups = np.array([picture.group for picture in pictures])
    networks = {name: NativeModel(folder, options.keep) for name, folder in models().items()}
    spec = next(iter(networks.values())).spec
    inputs = [squeezed(File(picture.path.read_bytes()), spec) for picture in pictures]
    others = {name: network.see(_other_inputs(options.others, spec)).averages for name, network in networks.items()}
    seen = {name: network.see(inputs).averages for name, network in networks.items()}
    qualities = {name: _qualities(seen[name], others[name], groups, options.dimensions) for name in networks}
    tables = [_quality(name, found, [picture.source for picture in pictures]) for name, found in qualities.items()]
    return Report(
        title="Bytes per vector",
        introduction=[
            f"{len(pictures)} labelled photographs in {len(set(groups))} groups, each searching among the others by"
            f" cosine. Components are of {len(next(iter(others.values()))):,} photographs of other sets, none of which"
            " is searched for or in. The query has float32, as it comes from a browser; what is stored is rounded."
            " Whitening divides each component by its standard deviation to the power of one half or one.",
            "A difference to the 1,280 float32 values as they are stands with the range in which 95 % of drawings of"
            f" the photographs with replacement lie ({BOOTSTRAPS:,} drawings): where it reaches to both sides of 0, the"
            " photographs do not tell the two apart.",
            "int8 and 4 bits: each vector's own scale, which a cosine does not need. LanceDB 0.40 searches float16 and"
            " float32 (the vector index keeps one bit of each value besides); the others would need code of our own.",
        ],
        tables=[*tables, *_latency(options)],
        machine=machine,
        command=f"python -m tests.benchmarks bytes_per_vector --others {options.others} --rows {options.rows}",
        plots=[_plot(number, name, found) for number, (name, found) in enumerate(qualities.items())],
    )


@dataclass(frozen=True)
class Quality:
    """How well vectors of one kind find."""

    method: str
    dimension: int
    stored: str
    precisions: npt.NDArray[np.float64]
    """Average precision of each photograph."""
    plain: npt.NDArray[np.float64]
    """That of the whole vectors."""

    @property
    def bytes(self) -> int:
        return bytes_of(self.dimension, self.stored)

    def difference(self) -> tuple[float, float, float]:
        """Return the difference of the means to the whole vectors, and percentiles 2.5 and 97.5 of drawings."""
        change = self.precisions - self.plain
        drawn = np.random.default_rng(0).integers(0, len(change), (BOOTSTRAPS, len(change)))
        low, high = np.percentile(change[drawn].mean(axis=1), [2.5, 97.5])
        return float(change.mean()), float(low), float(high)


AS_THEY_ARE = "as they are"


def _methods(others: Vectors) -> Mapping[str, Project]:
    centred, plain = Components.of(others, centred=True), Components.of(others, centred=False)

    def weighed(components: Components, whitening: float) -> Project:
        return lambda vectors, dimension: Vectors(components.apply(vectors, dimension, whitening))

    return {
        AS_THEY_ARE: lambda vectors, dimension: vectors,
        "components, mean kept": weighed(plain, 0.0),
        "components": weighed(centred, 0.0),
        "half whitened": weighed(centred, HALF),
        "half whitened, mean kept": weighed(plain, HALF),
        "whitened": weighed(centred, 1.0),
    }


def _qualities(
    vectors: Vectors, others: Vectors, groups: npt.NDArray[np.str_], dimensions: Sequence[int]
) -> list[Quality]:
    plain = average_precisions(vectors, vectors, groups)
    found = []
    for method, project in _methods(others).items():
        for dimension in dimensions if method != AS_THEY_ARE else [vectors.shape[1]]:
            queries = project(vectors, dimension)
            for stored, (_, rounding) in STORED.items():
                kept = unit(rounding(queries))
                found.append(Quality(method, dimension, stored, average_precisions(queries, kept, groups), plain))
    return found


def _other_inputs(count: int, spec: InputSpec) -> Iterator[ModelInput]:
    # They are small already: what `decode` does to large ones would change nothing.
    for file in other_photographs(count):
        yield to_model_input(Pixels(np.asarray(Image.open(io.BytesIO(file)).convert("RGB"))), spec)


def _quality(name: str, found: Sequence[Quality], sources: Sequence[str]) -> Table:
    kinds = list(dict.fromkeys(sources))
    rows: list[list[Cell]] = []
    for one in sorted(found, key=lambda one: (-one.bytes, -one.precisions.mean())):
        change, low, high = one.difference()
        rows.append(
            [
                one.bytes,
                one.method,
                one.dimension,
                one.stored,
                f"{one.precisions.mean():.4f}",
                f"{change:+.4f} ({low:+.4f} to {high:+.4f})",
                *(f"{one.precisions[np.array(sources) == kind].mean():.4f}" for kind in kinds),
            ]
        )
    columns = ["bytes", "method", "values", "type", "mAP", "against the whole", *(f"mAP, {kind}" for kind in kinds)]
    return Table(f"{name}: mean average precision", columns, rows)


def _plot(number: int, name: str, found: Sequence[Quality]) -> Lines:
    lines: dict[str, list[tuple[float, float]]] = {}
    for one in found:
        if one.stored in ("float16", "int8") or one.method == AS_THEY_ARE:
            title = one.method if one.method == AS_THEY_ARE else f"{one.method}, {one.stored}"
            lines.setdefault(title, []).append((one.bytes, float(one.precisions.mean())))
    shown: dict[str, Sequence[tuple[float, float]]] = {
        title: sorted(points) for title, points in lines.items() if not title.startswith("components, mean kept")
    }
    return Lines(f"map_{number}", f"{name}: mAP over bytes of a vector", "bytes", "mAP", shown, log_x=True)


def _latency(options: argparse.Namespace) -> list[Table]:
    """Search tables of drawn vectors, with the product's index and settings, and without an index."""
    variants: list[tuple[int, Any]] = [(dimension, "float16") for dimension in options.dimensions if dimension >= 128]
    variants.insert(0, (variants[0][0], "float32"))
    rows: list[list[Cell]] = []
    partitions = partitions_for(options.rows)
    search = Search(nprobes=min(partitions, 8), refine_factor=REFINE)
    with ExitStack() as stack:
        contenders, exact, sizes = [], {}, {}
        for dimension, dtype in variants:
            drawn = data.draw(options.rows + options.queries, dimension)
            queries, vectors = Vectors(drawn[: options.queries]), Vectors(drawn[options.queries :])
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            corpus = Corpus.write(folder, vectors, queries, {})
            name = f"{dimension} × {dtype}"
            recipe = Recipe(name, IvfRq(distance_type="cosine", num_partitions=partitions), dtype=dtype)
            sizes[name] = build(corpus, recipe)
            exact[name] = data.nearest(queries, vectors, 10)
            contenders.append(stack.enter_context(opened(corpus, recipe)))
        loads = {
            "one": Load(search, queries=options.queries),
            "flat": Load(Search(without_index=True), queries=options.queries, seconds=1.5),
            "many": Load(search, options.clients, 5 * options.clients),
        }
        recalls = {
            contender.name: recall(contender.take(loads["one"]).found, exact[contender.name])
            for contender in contenders
        }
        outcomes = {
            kind: take_turns(contenders, {contender.name: load for contender in contenders}, options.rounds)
            for kind, load in loads.items()
        }
    for (dimension, dtype), contender in zip(variants, contenders, strict=True):
        one, flat, many = (outcomes[kind][contender.name] for kind in ("one", "flat", "many"))
        size = sizes[contender.name]
        rows.append(
            [
                contender.name,
                bytes_of(dimension, dtype),
                recalls[contender.name],
                size.table / MIB,
                size.index / MIB,
                _spread(one, lambda outcome: outcome.p50_ms),
                _spread(one, lambda outcome: outcome.p99_ms),
                _spread(one, lambda outcome: outcome.cpu_ms),
                _spread(many, lambda outcome: outcome.per_second),
                _spread(flat, lambda outcome: outcome.p50_ms),
            ]
        )
    return [
        Table(
            f"Searching {options.rows:,} drawn vectors",
            [
                "values and type",
                "bytes",
                "recall@10",
                "table MiB",
                "index MiB",
                "p50 ms",
                "p99 ms",
                "CPU ms",
                f"searches/s, {options.clients} clients",
                "p50 ms, no index",
            ],
            rows,
            [
                "In LanceDB without the service around it, one client where nothing else stands;"
                f" {options.rounds} rounds in turn: median and range. The vectors of fewer values are the same,"
                " projected (data.py); their exact neighbours are those among the projected."
            ],
        )
    ]


def _spread(outcomes: Sequence[Outcome], value: Callable[[Outcome], float]) -> Spread:
    return Spread.of([value(outcome) for outcome in outcomes])
