"""Searches under filters: whether an index still finds the nearest of the few rows that a filter leaves."""

import argparse
import tempfile
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import numpy.typing as npt
from lancedb.index import LabelList

from backend.adapters.lance.index import REFINE
from tests.benchmarks import data
from tests.benchmarks.index_types import TYPES, partitions_for
from tests.benchmarks.report import Machine, Report, Spread, Table
from tests.benchmarks.tables import Corpus, Load, Outcome, Recipe, Search, build, opened, recall

SHARES = (0.5, 0.1, 0.01, 0.001)
"""Of the rows that have a tag."""

SEARCHES = {
    "flat": lambda partitions: Search(),
    "IVF_RQ": lambda partitions: Search(nprobes=_probes(partitions), refine_factor=REFINE),
    "IVF_SQ": lambda partitions: Search(nprobes=_probes(partitions), refine_factor=2),
}
"""Type -> how it is asked: as it would be without a filter."""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--dimension", type=int, default=1280)
    parser.add_argument("--types", nargs="+", choices=SEARCHES, default=list(SEARCHES))
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)


def run(options: argparse.Namespace) -> Report:
    machine = Machine.here()
    drawn = data.draw(options.rows + options.queries, options.dimension)
    queries, vectors = data.Vectors(drawn[: options.queries]), data.Vectors(drawn[options.queries :])
    tags = make_tags(vectors)
    partitions = partitions_for(options.rows)
    recipes = [Recipe(name, TYPES[name](partitions), scalar_indexes={"tags": LabelList()}) for name in options.types]
    rows = []
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        corpus = Corpus.write(Path(folder), vectors, queries, tags)
        for recipe in recipes:
            build(corpus, recipe)
        contenders = [stack.enter_context(opened(corpus, recipe)) for recipe in recipes]
        for tag, has in tags.items():
            members = np.flatnonzero(has)
            limit = min(10, len(members))
            exact = members[data.nearest(queries, data.Vectors(vectors[members]), limit)]
            outcomes = {contender.name: list[Outcome]() for contender in contenders}
            for _ in range(options.rounds):
                for contender in contenders:
                    search = with_tag(SEARCHES[contender.name](partitions), tag)
                    outcomes[contender.name].append(contender.take(Load(search, queries=options.queries)))
            rows += [
                [
                    tag,
                    len(members),
                    name,
                    recall(runs[0].found, exact),
                    min(len(found) for found in runs[0].found),
                    Spread.of([one.cpu_ms for one in runs]),
                    Spread.of([one.p50_ms for one in runs]),
                    Spread.of([one.p99_ms for one in runs]),
                ]
                for name, runs in outcomes.items()
            ]
    return Report(
        title="Filtered search",
        introduction=[
            f"{options.rows:,} × {options.dimension}, {partitions} partitions, tags with a LABEL_LIST index, filtered"
            f" before the search (LanceDB's default), one client; {options.rounds} rounds in turn: median and range."
            " The machine may have had other work.",
            "A tag `any` is on rows at random; a tag `alike` is on the rows nearest to some row, as the pictures of"
            " one subject are, while the queries are of any subject: the hard case, as the partitions near a query then"
            " hold few rows that pass.",
        ],
        tables=[
            Table(
                title="Under a filter on tags",
                columns=["tag", "rows", "type", "recall@10", "fewest found", "CPU ms", "p50 ms", "p99 ms"],
                rows=rows,
            )
        ],
        machine=machine,
        command=f"python -m tests.benchmarks filtered_search --rows {options.rows} --dimension {options.dimension}"
        f" --queries {options.queries} --rounds {options.rounds}",
    )


def make_tags(vectors: data.Vectors) -> dict[str, npt.NDArray[np.bool_]]:
    """Return, for each tag, which rows have it."""
    rng = np.random.default_rng(0)
    tags = {}
    for share in SHARES:
        count = max(1, round(len(vectors) * share))
        tags[f"any {share:.1%}"] = _marked(len(vectors), rng.choice(len(vectors), count, replace=False))
        subject = vectors[rng.integers(len(vectors))]
        tags[f"alike {share:.1%}"] = _marked(len(vectors), np.argsort(-(vectors @ subject))[:count])
    return tags


def with_tag(search: Search, tag: str) -> Search:
    return Search(
        search.limit, search.nprobes, search.ef, search.refine_factor, f"array_has_any(tags, make_array('{tag}'))"
    )


def _marked(count: int, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    marks = np.zeros(count, dtype=np.bool_)
    marks[rows] = True
    return marks


def _probes(partitions: int) -> int:
    return max(min(partitions, 8), partitions // 4)
