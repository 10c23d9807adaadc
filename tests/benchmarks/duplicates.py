"""Duplicates of a whole library: how long it takes to find them, how many are found, and what searches wait for it."""

import argparse
import asyncio
import math
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from backend.adapters.lance.database import LanceDatabase
from backend.adapters.lance.duplicates import LanceDuplicates
from backend.adapters.lance.index import LanceIndex
from backend.catalogue.duplicates import BITS, SAME_BITS, SAME_COSINE
from backend.catalogue.tidying import Tidying
from backend.catalogue.values import Filters, ImageID, ImageRecord, PerceptualHash, Vector
from tests.benchmarks import data, library
from tests.benchmarks.library_records import record_of, row_of
from tests.benchmarks.report import Cell, Machine, Report, Table
from tests.support.records import image_id
from tests.support.spaces import small_space

SEARCH_EVERY_S = 0.5
"""How often somebody searches meanwhile."""


@dataclass(frozen=True)
class Kind:
    """How some images of the library come from others."""

    name: str
    cosine: float
    """Of an image to the one that it comes from."""
    bits: int
    """In which their hashes differ."""


KINDS = (
    Kind("saved again: both near", 0.98, 8),
    Kind("turned: only the vector near", SAME_COSINE + 0.01, 110),
    Kind("blurred: only the hash near", 0.7, SAME_BITS),
    Kind("taken a moment later: neither near enough", SAME_COSINE - 0.02, SAME_BITS + 20),
)
"""An equal number of each is in the library. The last ones are no duplicates."""


@dataclass
class Drawn:
    """A library with duplicates; rows that come from others are the last ones, before those that come later."""

    vectors: npt.NDArray[np.float32]
    hashes: list[PerceptualHash]
    source: dict[int, int]
    """Row -> the one that it comes from."""
    kind: dict[int, Kind]
    later: int
    """From this row on they are added after the first pass."""

    def record(self, row: int) -> ImageRecord:
        """Make the record of a row; what comes from another has fewer pixels, so that it is not the one to keep."""
        image = record_of(row)
        side = 2000 if row in self.source else 4000
        described = replace(image.description, width=side, height=side, perceptual_hash=self.hashes[row])
        return replace(image, description=described)


@dataclass
class Searches:
    """Times of searches that go on beside other work."""

    ms: list[float] = field(default_factory=list[float])

    async def run(self, index: LanceIndex, queries: npt.NDArray[np.float32]) -> None:
        while True:
            for query in queries:
                began = time.perf_counter()
                await index.nearest(Vector(query), 24, Filters())
                self.ms.append((time.perf_counter() - began) * 1000)
                await asyncio.sleep(SEARCH_EVERY_S)

    def percentile(self, share: float) -> float:
        return float(np.percentile(self.ms, share))


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--share", type=float, default=0.1, help="of images that come from others (%(default)s)")
    parser.add_argument("--new", type=int, default=100, help="images that come after the first pass (%(default)s)")
    parser.add_argument("--idle-s", type=float, default=5, help="how long to search undisturbed (%(default)s)")


def run(options: argparse.Namespace) -> Report:
    machine = Machine.here()
    steps: list[list[Cell]] = []
    found: list[list[Cell]] = []
    searches: list[list[Cell]] = []
    for rows in options.rows:
        drawn = draw(rows, options.dimension, options.share, options.new)
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(_measure(Path(folder), drawn, options, (steps, found, searches)))
    return Report(
        title="Duplicates",
        introduction=[
            f"Libraries of drawn vectors with {options.dimension} values, of which {options.share:.0%} come from others"
            " in four ways, an equal number of each. The first pass compares every image, resting after each batch as"
            f" long as that took; then {options.new} more are added, half of them duplicates, and compared; then those"
            " duplicates are deleted.",
            "Each step once, in the process that also searches, every"
            f" {SEARCH_EVERY_S:g} s during the first pass. The machine may have had other work.",
        ],
        tables=[
            Table("Time", ["images", "step", "seconds", "CPU seconds", "CPU ms an image"], steps),
            Table(
                "What was found",
                ["images", "how they come from others", "images of the kind", "found", "share"],
                found,
                [
                    "Found: in one group with the image that they come from. The last line counts images of groups that"
                    " come from nothing in it.",
                ],
            ),
            Table("Searches meanwhile", ["images", "during", "searches", "p50 ms", "p95 ms", "peak MB"], searches),
        ],
        machine=machine,
        command=f"python -m tests.benchmarks duplicates --rows {' '.join(map(str, options.rows))}"
        f" --dimension {options.dimension} --share {options.share} --new {options.new}",
    )


def draw(rows: int, dimension: int, share: float, new: int) -> Drawn:
    """Draw a library, and `new` images that come later."""
    random = np.random.default_rng(1)
    copies = round(rows * share)
    plain = rows - copies
    vectors = np.asarray(data.draw(rows + new, dimension))
    hashes = [PerceptualHash(random.bytes(BITS // 8).hex()) for _ in range(rows + new)]
    source: dict[int, int] = {}
    kind: dict[int, Kind] = {}
    chosen = random.choice(plain, copies + new // 2, replace=False).tolist()
    for place, row in enumerate([*range(plain, rows), *range(rows, rows + new // 2)]):
        source[row], kind[row] = chosen[place], KINDS[place % len(KINDS) if row < rows else 0]
        vectors[row] = _at(vectors[source[row]], kind[row].cosine, random)
        hashes[row] = _differing(hashes[source[row]], kind[row].bits, random)
    return Drawn(vectors, hashes, source, kind, rows)


async def _measure(
    folder: Path, drawn: Drawn, options: argparse.Namespace, tables: tuple[list[list[Cell]], ...]
) -> None:
    steps, found, searches = tables
    rows = drawn.later
    space = small_space(options.dimension)
    await library.fill(folder, space, drawn.vectors[:rows], drawn.record)
    queries = np.asarray(data.draw(50, options.dimension, seed=7))
    async with LanceDatabase.open(folder / "database") as database, LanceIndex.open(database, space) as index:
        tidying = Tidying(index, LanceDuplicates(database, space.id))

        @contextmanager
        def step(name: str, images: int | None = None) -> Iterator[None]:
            wall, cpu = time.perf_counter(), time.process_time()
            yield
            took, used = time.perf_counter() - wall, time.process_time() - cpu
            steps.append([rows, name, round(took, 3), round(used, 3), 1000 * used / images if images else None])

        async def beside(during: str, work: "asyncio.Task[object]") -> None:
            seen = Searches()
            searching = asyncio.create_task(seen.run(index, queries))
            await work
            searching.cancel()
            await asyncio.wait([searching])
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
            searches.append([rows, during, len(seen.ms), seen.percentile(50), seen.percentile(95), round(peak)])

        await index.nearest(Vector(queries[0]), 24, Filters())
        await beside("nothing else", asyncio.create_task(asyncio.sleep(options.idle_s)))
        with step("first pass", rows):
            await beside("first pass", asyncio.create_task(tidying.compare(math.inf)))
        found += _judge(rows, [group.ids for group in (await tidying._look()).groups], drawn)
        with step("list the first 20 groups"):
            await tidying.page(20, None)
        with step("count, nothing changed"):
            await tidying.counts()
        more = range(rows, len(drawn.vectors))
        await index.restore([drawn.record(row) for row in more], drawn.vectors[rows:].astype(np.float16))
        with step("count after a change"):
            await tidying.counts()
        with step(f"compare {len(more)} more", len(more)):
            await tidying.compare(math.inf)
        linked = {each for group in (await tidying._look()).groups for each in group.ids}
        copies = [row for row in drawn.source if row >= rows]
        found.append([rows, "added later, saved again", len(copies), *_of(len(copies), copies, linked)])
        await index.delete([image_id(row) for row in copies])
        with step(f"forget {len(copies)} deleted"):
            await tidying.compare(math.inf)


def _judge(rows: int, groups: list[tuple[ImageID, ...]], drawn: Drawn) -> list[list[Cell]]:
    """Count what is in one group with what it comes from."""
    together = {row_of(each): {row_of(other) for other in ids} for ids in groups for each in ids}
    table: list[list[Cell]] = []
    for kind in KINDS:
        members = [row for row, its_kind in drawn.kind.items() if its_kind is kind and row < rows]
        found = sum(drawn.source[row] in together.get(row, ()) for row in members)
        table.append([rows, kind.name, len(members), found, found / len(members) if members else None])
    strangers = sum(
        not any(drawn.source.get(row) == other or drawn.source.get(other) == row for other in others)
        for row, others in together.items()
    )
    return [
        *table,
        [rows, "none: in a group all the same", len(together), strangers, strangers / max(1, len(together))],
    ]


def _of(count: int, rows: list[int], linked: set[ImageID]) -> tuple[int, float]:
    found = sum(image_id(row) in linked for row in rows)
    return found, found / max(1, count)


def _at(vector: npt.NDArray[np.float32], cosine: float, random: np.random.Generator) -> npt.NDArray[np.float32]:
    """Return a vector with this cosine to another."""
    noise = random.normal(size=len(vector)).astype(np.float32)
    noise -= (noise @ vector) * vector
    noise /= np.linalg.norm(noise)
    return (cosine * vector + math.sqrt(1 - cosine**2) * noise).astype(np.float32)


def _differing(fingerprint: PerceptualHash, count: int, random: np.random.Generator) -> PerceptualHash:
    """Return a hash that differs from another in as many bits."""
    flipped = sum(1 << int(bit) for bit in random.choice(BITS, count, replace=False))
    return PerceptualHash(f"{int(fingerprint, 16) ^ flipped:064x}")
