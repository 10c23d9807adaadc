"""What it costs when the last rows are not in the index yet: they are searched one by one."""

import argparse
import tempfile
from contextlib import ExitStack
from pathlib import Path

from backend.adapters.lance.index import REFINE
from tests.benchmarks import data
from tests.benchmarks.index_types import TYPES, partitions_for, take_turns
from tests.benchmarks.report import Machine, Report, Spread, Table
from tests.benchmarks.tables import Corpus, Load, Recipe, Search, build, opened, recall

MIB = 2**20


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--dimension", type=int, default=1280)
    parser.add_argument("--shares", type=float, nargs="+", default=[0, 0.01, 0.05, 0.1, 0.25, 0.5], help="outside")
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--queries", type=int, default=200, help="in a turn with one client (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3)


def run(options: argparse.Namespace) -> Report:
    machine = Machine.here()
    drawn = data.draw(options.rows + options.queries, options.dimension)
    queries, vectors = data.Vectors(drawn[: options.queries]), data.Vectors(drawn[options.queries :])
    exact = data.nearest(queries, vectors, 10)
    partitions = partitions_for(options.rows)
    search = Search(nprobes=partitions, refine_factor=REFINE)
    outside = {f"{share:.0%}": round(options.rows * share) for share in options.shares}
    recipes = [
        Recipe(name, TYPES["IVF_RQ"](partitions), indexed=options.rows - count) for name, count in outside.items()
    ]
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        corpus = Corpus.write(Path(folder), vectors, queries, {})
        for recipe in recipes:
            build(corpus, recipe)
        contenders = [stack.enter_context(opened(corpus, recipe)) for recipe in recipes]
        found = {one.name: one.take(Load(search, queries=options.queries)).found for one in contenders}
        one, many = (
            take_turns(contenders, {name: Load(search, clients, queries) for name in outside}, options.rounds)
            for clients, queries in ((1, options.queries), (options.clients, 10 * options.clients))
        )
    return Report(
        title="Rows that are not in the index yet",
        introduction=[
            f"{options.rows:,} × {options.dimension}, float16, IVF_RQ with {partitions} partitions ({search});"
            f" {options.rounds} rounds in turn: median and range. The machine may have had other work."
        ],
        tables=[
            Table(
                title="By share of the rows outside the index",
                columns=[
                    "outside",
                    "rows outside",
                    "recall@10",
                    "CPU ms a query",
                    "p50 ms, 1 client",
                    f"p50 ms, {options.clients} clients",
                    f"p99 ms, {options.clients} clients",
                    f"peak MiB, {options.clients} clients",
                ],
                rows=[
                    [
                        name,
                        count,
                        recall(found[name], exact),
                        Spread.of([outcome.cpu_ms for outcome in one[name]]),
                        Spread.of([outcome.p50_ms for outcome in one[name]]),
                        Spread.of([outcome.p50_ms for outcome in many[name]]),
                        Spread.of([outcome.p99_ms for outcome in many[name]]),
                        round(max(outcome.peak for outcome in many[name]) / MIB),
                    ]
                    for name, count in outside.items()
                ],
            )
        ],
        machine=machine,
        command=f"python -m tests.benchmarks unindexed_rows --rows {options.rows} --dimension {options.dimension}"
        f" --queries {options.queries} --rounds {options.rounds}",
    )
