"""Filters by attributes: as pairs of whole numbers in two lists, against maps of names and values."""

import argparse
import asyncio
import itertools
import random
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lancedb
import numpy as np
import pyarrow as pa

from backend.adapters.lance.database import LanceDatabase
from backend.adapters.lance.index import LanceIndex
from backend.catalogue.values import AttributeCondition, AttributeValue, Filters, ImageRecord, Sort
from tests.benchmarks import data
from tests.benchmarks.library import fill
from tests.benchmarks.library_records import record_of
from tests.benchmarks.report import Machine, Report, Spread, Table
from tests.support.records import with_attributes
from tests.support.spaces import small_space

LIMIT = 60
"""Images on a page of the list."""

MANY = 16
"""As many conditions as the API takes."""

MAPS: Mapping[type, str] = {str: "texts", float: "numbers", bool: "flags"}
"""The columns of the other contender: one map for each type."""

MAP_COLUMNS = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("texts", pa.map_(pa.string(), pa.string())),
        pa.field("numbers", pa.map_(pa.string(), pa.float64())),
        pa.field("flags", pa.map_(pa.string(), pa.bool_())),
    ]
)

Measured = Callable[[], Awaitable[object]]


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, nargs="+", default=[20_000, 200_000])
    parser.add_argument("--attributes", type=int, nargs="+", default=[4, 20], help="of each image (%(default)s)")
    parser.add_argument("--dimension", type=int, default=64, help="of the vectors (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3)


def run(options: argparse.Namespace) -> Report:
    machine = Machine.here()
    return Report(
        title="Filters by attributes",
        introduction=[
            "Pairs: the product's two lists of whole numbers, a key and a value for each attribute. Maps: a table of"
            " the same attributes in a map of names and values for each type, asked with `map_extract`. The list is its"
            f" first {LIMIT} images, the search its first 10, both with all that the product does for them;"
            f" {options.rounds} rounds in turn: median and range. CPU is the processor time of this process, in which"
            " LanceDB computes on every core: alone on the machine, one has to wait for as little as that divided by"
            " the cores. The machine may have had other work, which the times to wait for include.",
            "Each image has a text of its own, a yes or no, and numbers: half of them with 1,000 different values, the"
            f" others with one of their own in each image. Vectors have {options.dimension} values: filters do not read"
            " them.",
        ],
        tables=[
            asyncio.run(_measure(rows, attributes, options))
            for rows, attributes in itertools.product(options.rows, options.attributes)
        ],
        machine=machine,
        command=f"python -m tests.benchmarks attribute_filters --rows {' '.join(map(str, options.rows))}"
        f" --attributes {' '.join(map(str, options.attributes))} --rounds {options.rounds}",
    )


@dataclass(frozen=True)
class _Attributes:
    """What each image has."""

    count: int

    def of(self, row: int) -> dict[str, AttributeValue]:
        chance = random.Random(row)
        numbers: dict[str, AttributeValue] = {
            name: chance.randrange(1000) / 10 if place % 2 else chance.random() * 100
            for place, name in enumerate(self.numbers())
        }
        return {"article": f"A-{row}", "sold": row % 2 == 0, **numbers}

    def numbers(self) -> list[str]:
        return [f"number_{place}" for place in range(self.count - 2)]

    def filters(self) -> dict[str, Filters]:
        some = self.numbers()
        many = [
            # All but a tenth of what the earlier ones let pass, so that each has something left to do.
            AttributeCondition(some[place % len(some)], at_least=place / 16, at_most=95 - place / 16)
            for place in range(MANY)
        ]
        return {
            "a text of one image": Filters(attributes=(AttributeCondition("article", "A-7"),)),
            "yes or no, of half": Filters(attributes=(AttributeCondition("sold", True),)),
            "that it is there": Filters(attributes=(AttributeCondition(some[0]),)),
            "that it is there, nowhere": Filters(attributes=(AttributeCondition("nowhere"),)),
            "a range, of a tenth": Filters(attributes=(AttributeCondition(some[0], at_least=20, at_most=30),)),
            f"{MANY} ranges": Filters(attributes=tuple(many)),
        }


async def _measure(rows: int, attributes: int, options: argparse.Namespace) -> Table:
    has, space = _Attributes(attributes), small_space(options.dimension)
    vectors = data.unit(np.random.default_rng(0).standard_normal((rows, options.dimension), dtype=np.float32))

    def record(row: int) -> ImageRecord:
        return with_attributes(record_of(row), has.of(row))

    with tempfile.TemporaryDirectory() as folder:
        await fill(Path(folder), space, vectors, record)
        async with (
            LanceDatabase.open(Path(folder) / "database") as database,
            LanceIndex.open(database, space) as index,
        ):
            connection = await lancedb.connect_async(Path(folder) / "maps")
            maps = await connection.create_table(
                "maps", pa.RecordBatchReader.from_batches(MAP_COLUMNS, _maps(rows, has))
            )
            lines = [
                [name, *await _line(index, maps, filters, vectors[0], options.rounds)]
                for name, filters in has.filters().items()
            ]
            maps.close()
            connection.close()
    return Table(
        title=f"{rows:,} images with {attributes} attributes",
        columns=["filter", "pass", "CPU ms, maps", "CPU ms, pairs", "times", "count ms", "list ms", "search ms"],
        rows=lines,
    )


async def _line(
    index: LanceIndex, maps: lancedb.AsyncTable, filters: Filters, vector: Any, rounds: int
) -> list[int | Spread]:
    condition = " AND ".join(part for each in filters.attributes for part in map_condition(each))
    ways: list[Measured] = [
        lambda: maps.count_rows(condition),
        lambda: index.count(filters),
        lambda: index.page(LIMIT, Sort.NEWEST, None, filters),
        lambda: index.nearest(vector, 10, filters),
    ]
    times: list[list[float]] = [[] for _ in ways]
    cpu: list[list[float]] = [[] for _ in ways]
    answers: list[object] = [None for _ in ways]
    for _ in range(rounds):
        for place, way in enumerate(ways):
            began, cpu_began = time.perf_counter(), time.process_time()
            answers[place] = await way()
            times[place].append((time.perf_counter() - began) * 1000)
            cpu[place].append((time.process_time() - cpu_began) * 1000)
    count = await index.count(filters)
    assert answers[:2] == [count, count]
    of_maps, of_pairs = cpu[:2]
    ratios = [one / other for one, other in zip(of_maps, of_pairs, strict=True)]
    return [count, *(Spread.of(each) for each in (of_maps, of_pairs, ratios, *times[1:]))]


def map_condition(condition: AttributeCondition) -> Sequence[str]:
    """Return the conditions on maps. Names and values are this module's own, so that nothing needs quoting."""
    wanted, low, high = condition.equals, condition.at_least, condition.at_most
    number = _extracted(MAPS[float], condition.name)
    conditions = [
        None if wanted is None else f"{_extracted(MAPS[type(wanted)], condition.name)} = {_literal(wanted)}",
        None if low is None else f"{number} >= {float(low)!r}",
        None if high is None else f"{number} <= {float(high)!r}",
    ]
    there = " OR ".join(f"{_extracted(column, condition.name)} IS NOT NULL" for column in MAPS.values())
    return [each for each in conditions if each] or [f"({there})"]


def _extracted(column: str, name: str) -> str:
    return f"map_extract({column}, '{name}')[1]"


def _literal(value: AttributeValue) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value).lower()


def _maps(rows: int, has: _Attributes) -> Iterator[pa.RecordBatch]:
    for start in range(0, rows, 10_000):
        lines: list[dict[str, Any]] = []
        for row in range(start, min(start + 10_000, rows)):
            maps: dict[str, list[tuple[str, AttributeValue]]] = {column: [] for column in MAPS.values()}
            for name, value in has.of(row).items():
                maps[MAPS[type(value)]].append((name, value))
            lines.append({"id": f"{row:032x}", **maps})
        yield from pa.Table.from_pylist(lines, schema=MAP_COLUMNS).to_batches()
