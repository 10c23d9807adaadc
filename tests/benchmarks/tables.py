"""
Builds LanceDB tables and searches them, each table in a process of its own, so that its memory is its own.

The parent prepares the vectors and asks; one child at a time works. So contenders can take turns (A B C A B C), and
what others do on the machine meanwhile meets all of them.
"""

import asyncio
import multiprocessing
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

import lancedb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from lancedb.query import AsyncVectorQuery

from tests.benchmarks.data import Vectors

BATCH = 4096
"""Rows written at once."""

TABLE = "images"


@dataclass(frozen=True)
class Corpus:
    """What all contenders of a run hold and are asked."""

    folder: Path
    """vectors.npy, queries.npy (float32) and tags.npy (see Tags) lie here; children map them."""
    rows: int
    dimension: int

    @classmethod
    def write(
        cls, folder: Path, vectors: Vectors, queries: Vectors, tags: Mapping[str, npt.NDArray[np.bool_]]
    ) -> "Corpus":
        np.save(folder / "vectors.npy", vectors)
        np.save(folder / "queries.npy", queries)
        np.savez(folder / "tags.npz", allow_pickle=False, **tags)
        return cls(folder, *vectors.shape)


@dataclass(frozen=True)
class Search:
    """How a query is asked."""

    limit: int = 10
    nprobes: int | None = None
    ef: int | None = None
    refine_factor: int | None = None
    where: str | None = None
    without_index: bool = False

    def __str__(self) -> str:
        parts = {"nprobes": self.nprobes, "ef": self.ef, "refine": self.refine_factor}
        return ", ".join(f"{name} {value}" for name, value in parts.items() if value is not None) or "-"

    def apply(self, query: AsyncVectorQuery) -> AsyncVectorQuery:
        query = query.distance_type("cosine").limit(self.limit).select(["id", "title", "tags", "_distance"])
        if self.nprobes is not None:
            query = query.nprobes(self.nprobes)
        if self.ef is not None:
            query = query.ef(self.ef)
        if self.refine_factor is not None:
            query = query.refine_factor(self.refine_factor)
        if self.where is not None:
            query = query.where(self.where)
        return query.bypass_vector_index() if self.without_index else query


@dataclass(frozen=True)
class Load:
    """A number of clients, each with one query under way at any time."""

    search: Search
    clients: int = 1
    queries: int = 200
    """In all. The first ones of the corpus, over and over."""
    slots: int | None = None
    """How many may run at once; the others wait, and their waiting counts. None: all."""
    seconds: float = 20.0
    """No query is begun after this time, so that a slow contender does not hold up the run."""


@dataclass(frozen=True)
class Outcome:
    """What a load gave."""

    latencies_ms: Sequence[float]
    elapsed_s: float
    cpu_s: float
    """Processor time of all threads: what others do on the machine hardly moves it."""
    resident: int
    """Bytes of memory that the process held before."""
    peak: int
    """Most bytes of memory that the process held meanwhile."""
    found: Sequence[Sequence[int]]
    """Rows found for each query, nearest first, in the order of the queries; only with one client."""

    @property
    def p50_ms(self) -> float:
        return statistics.median(self.latencies_ms)

    @property
    def p99_ms(self) -> float:
        return float(np.percentile(self.latencies_ms, 99))

    @property
    def cpu_ms(self) -> float:
        """Processor time for each query."""
        return self.cpu_s * 1000 / len(self.latencies_ms)

    @property
    def per_second(self) -> float:
        return len(self.latencies_ms) / self.elapsed_s


@dataclass(frozen=True)
class Built:
    """What making a table and its index cost."""

    seconds: float
    """The index alone."""
    cpu_s: float
    """Processor time of all threads for it."""
    table: int
    """Bytes of the table on disk without the index."""
    index: int
    """Bytes of the index on disk."""
    peak: int
    """Most bytes of memory that the process held while it built the index."""


@dataclass(frozen=True)
class Recipe:
    """A table and its index."""

    name: str
    config: Any = None
    """One of lancedb.index; None: no vector index."""
    indexed: int | None = None
    """How many rows are there when the index is made; the others are added afterwards. None: all."""
    dtype: Literal["float16", "float32"] = "float16"
    scalar_indexes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Column -> one of lancedb.index."""


def recall(found: Sequence[Sequence[int]], exact: npt.NDArray[np.int64]) -> float:
    """Return the share of the exact neighbours that were found, over the queries for which there was time."""
    return float(np.mean([np.isin(best, rows).mean() for rows, best in zip(found, exact, strict=False)]))


class Contender:
    """A table that is open in a process of its own. To be used within `opened`."""

    def __init__(self, name: str, connection: Connection) -> None:
        self.name = name
        self._connection = connection

    def take(self, load: Load) -> Outcome:
        """Put the load on the table and wait for the outcome."""
        self._connection.send(load)
        return _received(self._connection)


def build(corpus: Corpus, recipe: Recipe) -> Built:
    """Make a table with its index in a process that ends with it."""
    with _child(_build, corpus, recipe) as connection:
        return _received(connection)


@contextmanager
def opened(corpus: Corpus, recipe: Recipe) -> Iterator[Contender]:
    """Open a table that was built, and warm it up."""
    with _child(_serve, corpus, recipe) as connection:
        contender = Contender(recipe.name, connection)
        yield contender
        connection.send(None)


@contextmanager
def _child(work: Callable[[Connection, Corpus, Recipe], None], corpus: Corpus, recipe: Recipe) -> Iterator[Connection]:
    # Spawned, not forked: the parent holds the vectors, and LanceDB's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_reporting, args=(work, theirs, corpus, recipe), name=recipe.name, daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
        process.join()
    finally:
        process.kill()
        process.join()
        ours.close()


def _received(connection: Connection) -> Any:
    answer = connection.recv()  # EOFError if the child was killed, as for lack of memory.
    if isinstance(answer, Exception):
        raise answer
    return answer


def _reporting(
    work: Callable[[Connection, Corpus, Recipe], None], connection: Connection, corpus: Corpus, recipe: Recipe
) -> None:
    try:
        work(connection, corpus, recipe)
    except Exception as exc:
        connection.send(RuntimeError(f"{recipe.name}: {type(exc).__name__}: {exc}"))


def _build(connection: Connection, corpus: Corpus, recipe: Recipe) -> None:
    connection.send(asyncio.run(_built(corpus, recipe)))


async def _built(corpus: Corpus, recipe: Recipe) -> Built:
    folder = corpus.folder / recipe.name
    indexed = corpus.rows if recipe.indexed is None else recipe.indexed
    database = await lancedb.connect_async(folder)
    table = await database.create_table(TABLE, _rows(corpus, recipe, 0, indexed))
    before = _size(folder)
    forget_peak()
    start, start_cpu = time.perf_counter(), time.process_time()
    if recipe.config is not None:
        await table.create_index("vector", config=recipe.config)
    seconds, cpu_s = time.perf_counter() - start, time.process_time() - start_cpu
    peak, after = peak_memory(), _size(folder)
    for column, config in recipe.scalar_indexes.items():
        await table.create_index(column, config=config)
    if indexed < corpus.rows:
        await table.add(_rows(corpus, recipe, indexed, corpus.rows))
    return Built(seconds, cpu_s, before, after - before, peak)


def _rows(corpus: Corpus, recipe: Recipe, start: int, stop: int) -> pa.RecordBatchReader:
    vectors = np.load(corpus.folder / "vectors.npy", mmap_mode="r")
    with np.load(corpus.folder / "tags.npz") as file:
        tags = {name: file[name] for name in file.files}
    schema = pa.schema(
        {
            "id": pa.string(),
            "vector": pa.list_(pa.from_numpy_dtype(np.dtype(recipe.dtype)), corpus.dimension),
            "title": pa.string(),
            "tags": pa.list_(pa.string()),
        }
    )

    def batches() -> Iterator[pa.RecordBatch]:
        for at in range(start, stop, BATCH):
            rows = range(at, min(at + BATCH, stop))
            flat = pa.array(vectors[rows.start : rows.stop].astype(recipe.dtype).ravel())
            yield pa.record_batch(
                [
                    pa.array([str(row) for row in rows]),
                    pa.FixedSizeListArray.from_arrays(flat, corpus.dimension),
                    pa.array([f"Picture {row}" for row in rows]),
                    pa.array(
                        [[name for name, has in tags.items() if has[row]] for row in rows], schema.field("tags").type
                    ),
                ],
                schema=schema,
            )

    return pa.RecordBatchReader.from_batches(schema, batches())


def _serve(connection: Connection, corpus: Corpus, recipe: Recipe) -> None:
    queries = np.load(corpus.folder / "queries.npy")
    with asyncio.Runner() as runner:
        database = runner.run(lancedb.connect_async(corpus.folder / recipe.name))
        table = runner.run(database.open_table(TABLE))
        runner.run(_taken(table, queries, Load(Search(), queries=20)))
        while (load := connection.recv()) is not None:
            connection.send(runner.run(_taken(table, queries, load)))


async def _taken(table: lancedb.AsyncTable, queries: npt.NDArray[np.float32], load: Load) -> Outcome:
    slots = asyncio.Semaphore(load.slots or load.clients)
    numbers = iter(range(load.queries))
    latencies: list[float] = []
    found: list[list[int]] = []
    resident = memory()
    forget_peak()
    begin, begin_cpu = time.perf_counter(), time.process_time()

    async def client() -> None:
        for number in numbers:
            start = time.perf_counter()
            if start - begin > load.seconds:
                return
            async with slots:
                query = load.search.apply(table.query().nearest_to(queries[number % len(queries)]))
                rows = await query.to_arrow()
            latencies.append((time.perf_counter() - start) * 1000)
            if load.clients == 1:
                found.append([int(row) for row in rows["id"].to_pylist()])

    await asyncio.gather(*(client() for _ in range(load.clients)))
    elapsed_s, cpu_s = time.perf_counter() - begin, time.process_time() - begin_cpu
    return Outcome(latencies, elapsed_s, cpu_s, resident, peak_memory(), found)


def memory() -> int:
    """Return the bytes of memory that this process holds; where the system does not tell, the most it ever held."""
    return _status("VmRSS")


def peak_memory() -> int:
    """Return the most bytes of memory that this process held since `forget_peak`, or ever where that does nothing."""
    return _status("VmHWM")


def forget_peak() -> None:
    """Let `peak_memory` count from here. Source: Linux, proc_pid_clear_refs(5), the value 5."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _status(name: str) -> int:
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
