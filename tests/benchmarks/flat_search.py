"""Searching without an index: what float16 saves, and what a limit on how many searches run at once does to memory."""

import argparse
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.benchmarks import data
from tests.benchmarks.report import Machine, Report, Spread, Table
from tests.benchmarks.tables import Built, Corpus, Load, Outcome, Recipe, Search, build, opened, recall

MIB = 2**20

RECIPES = (Recipe("float16"), Recipe("float32", dtype="float32"))


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--dimension", type=int, default=1280)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--slots", type=int, nargs="*", default=[1, 2, 4, 8, 16])
    parser.add_argument("--queries", type=int, default=200, help="in a turn with one client (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3)


def run(options: argparse.Namespace) -> Report:
    machine = Machine.here()
    drawn = data.draw(options.rows + options.queries, options.dimension)
    queries, vectors = data.Vectors(drawn[: options.queries]), data.Vectors(drawn[options.queries :])
    exact = data.nearest(queries, vectors, 10)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        corpus = Corpus.write(Path(folder), vectors, queries, {})
        built = {recipe.name: build(corpus, recipe) for recipe in RECIPES}
        contenders = [stack.enter_context(opened(corpus, recipe)) for recipe in RECIPES]
        alone = {contender.name: list[Outcome]() for contender in contenders}
        limited = {slots: list[Outcome]() for slots in (*options.slots, options.clients)}
        for _ in range(options.rounds):
            for contender in contenders:
                alone[contender.name].append(contender.take(Load(Search(), queries=options.queries)))
        recalls = {name: recall(outcomes[0].found, exact) for name, outcomes in alone.items()}
        # A fresh process for each limit: an allocator keeps what a burst has taken.
        for _ in range(options.rounds):
            for slots, outcomes in limited.items():
                load = Load(Search(), options.clients, 10 * options.clients, slots)
                with opened(corpus, RECIPES[0]) as contender:
                    outcomes.append(contender.take(load))
    return Report(
        title="Flat search",
        introduction=[
            f"{options.rows:,} × {options.dimension}, no index, 10 nearest by cosine; {options.rounds} rounds in turn:"
            " median and range. The machine may have had other work."
        ],
        tables=[_types(built, alone, recalls), _limits(options.clients, limited)],
        machine=machine,
        command=f"python -m tests.benchmarks flat_search --rows {options.rows} --dimension {options.dimension}"
        f" --queries {options.queries} --rounds {options.rounds}",
    )


def _types(built: dict[str, Built], alone: dict[str, list[Outcome]], recalls: dict[str, float]) -> Table:
    return Table(
        title="Half and single precision, one client",
        columns=["type", "table MiB", "recall@10", "CPU ms", "p50 ms", "p99 ms"],
        rows=[
            [
                name,
                built[name].table / MIB,
                recalls[name],
                Spread.of([one.cpu_ms for one in outcomes]),
                Spread.of([one.p50_ms for one in outcomes]),
                Spread.of([one.p99_ms for one in outcomes]),
            ]
            for name, outcomes in alone.items()
        ],
    )


def _limits(clients: int, limited: dict[int, list[Outcome]]) -> Table:
    return Table(
        title=f"At most so many searches at once, {clients} clients, float16",
        columns=["at once", "p50 ms", "p99 ms", "queries/s", "peak MiB"],
        rows=[
            [
                slots if slots < clients else f"{slots} (no limit)",
                Spread.of([one.p50_ms for one in outcomes]),
                Spread.of([one.p99_ms for one in outcomes]),
                Spread.of([one.per_second for one in outcomes]),
                Spread.of([one.peak / MIB for one in outcomes]),
            ]
            for slots, outcomes in limited.items()
        ],
        notes=["Times contain the waiting for a turn. Each figure is from a fresh process."],
    )
