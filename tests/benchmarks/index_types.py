"""Which index: the types of LanceDB against each other and against flat search, at equal recall."""

import argparse
import itertools
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lancedb.index import HnswSq, IvfFlat, IvfPq, IvfRq, IvfSq

from tests.benchmarks import data
from tests.benchmarks.report import Machine, Report, Spread, Table
from tests.benchmarks.tables import Built, Contender, Corpus, Load, Outcome, Recipe, Search, build, opened, recall

MIB = 2**20

ROWS_IN_PARTITION = 4096
"""Fewer, larger partitions: k-means over the partitions is what a build of these types spends its time on."""

TYPES: Mapping[str, Callable[[int], Any]] = {
    "flat": lambda partitions: None,
    "IVF_FLAT": lambda partitions: IvfFlat(distance_type="cosine", num_partitions=partitions),
    "IVF_RQ": lambda partitions: IvfRq(distance_type="cosine", num_partitions=partitions),
    "IVF_SQ": lambda partitions: IvfSq(distance_type="cosine", num_partitions=partitions),
    # One graph over all rows, as LanceDB advises below a million of them.
    "IVF_HNSW_SQ": lambda partitions: HnswSq(distance_type="cosine", num_partitions=1),
    "IVF_PQ": lambda partitions: IvfPq(distance_type="cosine", num_partitions=partitions),
}
"""Name -> what makes its configuration for a number of partitions; everything else is LanceDB's default."""

REFINE: Mapping[str, Sequence[int]] = {"IVF_RQ": (2, 5, 10), "IVF_SQ": (1, 2), "IVF_PQ": (2, 5, 10)}
"""Type -> refine factors to try. At least 1: without it the score shown would be that of the rounded codes."""


@dataclass(frozen=True)
class Tried:
    """A setting and what it gave with one client."""

    search: Search
    recall: float
    outcome: Outcome


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, nargs="+", default=[20_000])
    parser.add_argument("--full", action="store_true", help="the same as --rows 100000 1000000")
    parser.add_argument("--dimensions", type=int, nargs="+", default=[1280, 512])
    parser.add_argument("--types", nargs="+", choices=TYPES, default=list(TYPES))
    parser.add_argument("--recall", type=float, default=0.95, help="that a setting must reach to be used (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each contender's turn comes (%(default)s)")
    parser.add_argument("--queries", type=int, default=200, help="different ones (%(default)s)")
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--vectors", type=Path, help="a .npy file with (N, D) vectors, instead of drawn ones")


def run(options: argparse.Namespace) -> Report:
    machine = Machine.here()
    tables = []
    for rows, dimension in itertools.product(
        [100_000, 1_000_000] if options.full else options.rows, options.dimensions
    ):
        measured = _measure(rows, dimension, options)
        print(*(table.to_markdown() for table in measured), sep="\n", flush=True)
        tables += measured
    source = "drawn as data.py says" if options.vectors is None else f"from a file ({options.vectors.name})"
    return Report(
        title="Vector indexes",
        introduction=[
            f"Vectors are {source}, stored as float16, searched by cosine for the 10 nearest. Recall is against exact"
            f" search over float32, for {options.queries} vectors that are not in the table.",
            "Each contender has a table and a process of its own; each index is built once. For each type a few"
            " settings are tried with one client, from the one that reads least; the first with a recall of"
            f" {options.recall} is used for the loads. Loads take turns between contenders, {options.rounds} rounds;"
            " figures are the median of the rounds and, in brackets, their range. The machine may have had other work.",
            "CPU is the processor time of all threads: the figure that others on the machine move least."
            " Memory is the most that the process held while its clients asked (an idle one holds some 150 MiB).",
        ],
        tables=tables,
        machine=machine,
        command=_command(options),
    )


def partitions_for(rows: int) -> int:
    """Return how many partitions an index over so many rows has."""
    return max(1, rows // ROWS_IN_PARTITION)


def searches_for(name: str, partitions: int) -> Sequence[Search]:
    """Return the settings to try for a type, the one that reads least first."""
    if name == "flat":
        return [Search()]
    if name == "IVF_HNSW_SQ":
        # LanceDB refuses an ef below limit × refine factor.
        return [Search(ef=ef, refine_factor=factor) for factor in (1, 2) for ef in (20, 40, 80, 160)]
    shares = sorted({max(1, round(partitions * share)) for share in (0.1, 0.25, 0.5, 1)})
    return [Search(nprobes=share, refine_factor=factor) for share in shares for factor in REFINE.get(name, (None,))]


def _measure(rows: int, dimension: int, options: argparse.Namespace) -> list[Table]:
    vectors, queries = _vectors(rows, dimension, options)
    rows = len(vectors)
    partitions = partitions_for(rows)
    recipes = [Recipe(name, TYPES[name](partitions)) for name in options.types]
    exact = data.nearest(queries, vectors, 10)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        corpus = Corpus.write(Path(folder), vectors, queries, {})
        del vectors
        built = {recipe.name: _said(build(corpus, recipe), recipe.name) for recipe in recipes}
        contenders = [stack.enter_context(opened(corpus, recipe)) for recipe in recipes]
        tried = {
            contender.name: [_try(contender, search, exact) for search in searches_for(contender.name, partitions)]
            for contender in contenders
        }
        chosen = {name: choose(results, options.recall) for name, results in tried.items()}
        one, many = (
            take_turns(
                contenders, {name: Load(best.search, clients, queries) for name, best in chosen.items()}, options.rounds
            )
            for clients, queries in ((1, options.queries), (options.clients, 10 * options.clients))
        )
    heading = f"{rows:,} × {dimension}"
    return [
        _comparison(heading, partitions, options.clients, built, chosen, one, many),
        _settings(heading, tried),
    ]


def _vectors(rows: int, dimension: int, options: argparse.Namespace) -> tuple[data.Vectors, data.Vectors]:
    if options.vectors is None:
        vectors = data.draw(rows + options.queries, dimension)
    else:
        vectors = data.load(options.vectors, dimension)[: rows + options.queries]
    return data.Vectors(vectors[options.queries :]), data.Vectors(vectors[: options.queries])


def _try(contender: Contender, search: Search, exact: Any) -> Tried:
    outcome = contender.take(Load(search, queries=len(exact)))
    return Tried(search, recall(outcome.found, exact), outcome)


def choose(tried: Sequence[Tried], least_recall: float) -> Tried:
    """Return the first setting whose recall does; if none does, the one with the highest."""
    return next((one for one in tried if one.recall >= least_recall), max(tried, key=lambda one: one.recall))


def take_turns(contenders: Sequence[Contender], loads: Mapping[str, Load], rounds: int) -> dict[str, list[Outcome]]:
    """Put each contender's load on it, one after the other, again and again."""
    outcomes: dict[str, list[Outcome]] = {contender.name: [] for contender in contenders}
    for _ in range(rounds):
        for contender in contenders:
            # What it finds is known from before and would only fill the report's memory.
            outcomes[contender.name].append(replace(contender.take(loads[contender.name]), found=()))
    return outcomes


def _comparison(
    heading: str,
    partitions: int,
    clients: int,
    built: Mapping[str, Built],
    chosen: Mapping[str, Tried],
    one: Mapping[str, Sequence[Outcome]],
    many: Mapping[str, Sequence[Outcome]],
) -> Table:
    def spread(outcomes: Sequence[Outcome], value: Callable[[Outcome], float]) -> Spread:
        return Spread.of([value(outcome) for outcome in outcomes])

    return Table(
        title=f"{heading}: types",
        columns=[
            "type",
            "setting",
            "recall@10",
            "build s",
            "build CPU s",
            "build peak MiB",
            "index MiB",
            "CPU ms a query",
            "p50 ms, 1 client",
            "p99 ms, 1 client",
            f"p50 ms, {clients} clients",
            f"p99 ms, {clients} clients",
            f"queries/s, {clients} clients",
            f"peak MiB, {clients} clients",
        ],
        rows=[
            [
                name,
                str(best.search),
                best.recall,
                built[name].seconds if name != "flat" else None,
                built[name].cpu_s if name != "flat" else None,
                round(built[name].peak / MIB) if name != "flat" else None,
                built[name].index / MIB if name != "flat" else None,
                spread(one[name], lambda outcome: outcome.cpu_ms),
                spread(one[name], lambda outcome: outcome.p50_ms),
                spread(one[name], lambda outcome: outcome.p99_ms),
                spread(many[name], lambda outcome: outcome.p50_ms),
                spread(many[name], lambda outcome: outcome.p99_ms),
                spread(many[name], lambda outcome: outcome.per_second),
                round(max(outcome.peak for outcome in many[name]) / MIB),
            ]
            for name, best in chosen.items()
        ],
        notes=[
            f"IVF types have {partitions} partitions, IVF_HNSW_SQ one."
            f" The table without an index takes {next(iter(built.values())).table / MIB:.0f} MiB on disk."
        ],
    )


def _settings(heading: str, tried: Mapping[str, Sequence[Tried]]) -> Table:
    return Table(
        title=f"{heading}: settings tried, one client",
        columns=["type", "setting", "recall@10", "CPU ms", "p50 ms", "p99 ms"],
        rows=[
            [name, str(one.search), one.recall, one.outcome.cpu_ms, one.outcome.p50_ms, one.outcome.p99_ms]
            for name, results in tried.items()
            for one in results
        ],
    )


def _said(built: Built, name: str) -> Built:
    print(f"{name}: index built in {built.seconds:.1f} s, {built.index / MIB:.1f} MiB", flush=True)
    return built


def _command(options: argparse.Namespace) -> str:
    parts = ["python -m tests.benchmarks index_types"]
    parts += ["--full"] if options.full else ["--rows", *map(str, options.rows)]
    parts += ["--dimensions", *map(str, options.dimensions), "--types", *options.types]
    parts += ["--queries", str(options.queries), "--rounds", str(options.rounds)]
    if options.vectors is not None:
        parts += ["--vectors", options.vectors.name]
    return " ".join(parts)
