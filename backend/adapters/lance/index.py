"""The image index on LanceDB: one table for each embedding space."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from enum import Enum, auto
from functools import wraps
from types import CoroutineType
from typing import Any, Concatenate, ParamSpec, TypeVar

import lancedb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from lancedb.query import AsyncFTSQuery, AsyncQuery, AsyncVectorQuery, MatchQuery

from backend.catalogue.duplicates import BITS, distances
from backend.catalogue.errors import IndexDamaged, RowDamaged
from backend.catalogue.people_text import wanted
from backend.catalogue.spaces import EmbeddingSpace
from backend.catalogue.values import (
    SHA256,
    Change,
    Filters,
    ImageID,
    ImageRecord,
    LibraryState,
    Match,
    Measures,
    Neighbours,
    Position,
    Sort,
    SpaceID,
    UpkeepReport,
    Vector,
)

from .batching import Batcher
from .conditions import LARGEST_BATCH, following, has_any, joined, one_of, ordering, passing
from .damage import Mender
from .database import LanceDatabase
from .faults import still_open, translated, within_deadline
from .row_cache import WHOLE_VECTORS, RowCache, RowID
from .rows import (
    INTEGRITY,
    are_sound,
    counts_in,
    dimension_of,
    hashes_in,
    is_intact,
    milliseconds_of,
    report_damage,
    to_record,
    vector_in,
    vectors_in,
)
from .upkeep import KEEP_S, VECTOR_INDEX_FROM, Probes, TableUpkeep
from .writes import Writes

logger = logging.getLogger(__name__)

# The refine factor: the index holds one bit per value, so its distances are approximate, and exact ones are computed
# for this many times the images asked for. With 512 half whitened values, recall@10 at factors 5, 10 and 15 is 0.976,
# 0.993 and 0.997 among 10,000 images, and 0.948, 0.979 and 0.989 among 100,000, where each step costs half a
# millisecond; with 1,280 averages it is 0.998 at 5. LanceDB does this in a large library (`refine_factor`), but reads
# the vectors from files each time; if all vectors fit into the cache, it is done here. Without an index the distances
# are exact.
REFINE = 15

# How often a query is repeated because upkeep moved rows in the milliseconds between finding and reading them.
TIMES_MORE = 2

# Concurrent searches; others wait. LanceDB uses every core anyway, and each search needs its own memory: 64 clients
# that search 20,000 vectors without an index need 0.7 GB in all, instead of 3.5 GB without a limit, at the same
# throughput (2 cores; with the index 0.5 GB).
SEARCHES_AT_ONCE = 8

# How many images `everything` reads at once: some 1 MB of vectors with 512 values.
CHUNK = 1000


Arguments = ParamSpec("Arguments")
Outcome = TypeVar("Outcome")


def mending(
    method: "Callable[Concatenate[LanceIndex, Arguments], Awaitable[Outcome]]",
) -> "Callable[Concatenate[LanceIndex, Arguments], CoroutineType[Any, Any, Outcome]]":
    """Let a method work without an index that turns out to be damaged."""

    @wraps(method)
    async def mended(self: "LanceIndex", *args: Arguments.args, **kwargs: Arguments.kwargs) -> Outcome:
        return await self.mended(lambda: method(self, *args, **kwargs))

    return mended


class LanceIndex:
    """An ImageIndex on one LanceDB table. Use it within `open`."""

    def __init__(
        self, database: LanceDatabase, table: lancedb.AsyncTable, writes: Writes, keep_s: float = KEEP_S
    ) -> None:
        self._database = database
        self._table = table
        self._writes = writes
        self.mended = Mender(table)
        self._upkeep = TableUpkeep(database, table, writes, keep_s)
        self._probes = Probes(table)
        self._cache = RowCache(table)
        self._searches = asyncio.Semaphore(SEARCHES_AT_ONCE)
        self._reading_state = asyncio.Lock()
        self._state: tuple[int, LibraryState] | None = None
        """The state of one version of the table."""
        self._originals: Batcher[SHA256, ImageRecord | None] = Batcher(self._find, LARGEST_BATCH)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        database: LanceDatabase,
        space: EmbeddingSpace,
        keep_s: float = KEEP_S,
        largest_batch: int = LARGEST_BATCH,
    ) -> "AsyncIterator[LanceIndex]":
        """
        Open the index of a space; create its table if necessary.

        Args:
            keep_s: How many seconds upkeep keeps the files of old versions.
            largest_batch: How many additions may share a commit.

        Raises:
            IndexUnavailable: The table cannot be opened, has other columns, or was written by another version.
        """
        async with database.images(space) as table, cls._on(database, table, keep_s, largest_batch) as index:
            yield index

    @classmethod
    @asynccontextmanager
    async def existing(cls, database: LanceDatabase, space: SpaceID) -> "AsyncIterator[LanceIndex]":
        """
        Open the index of a space of which only the id is known.

        Raises:
            IndexUnavailable: There is none, or as `open`.
        """
        async with database.existing(space) as table, cls._on(database, table) as index:
            yield index

    @classmethod
    @asynccontextmanager
    async def _on(
        cls,
        database: LanceDatabase,
        table: lancedb.AsyncTable,
        keep_s: float = KEEP_S,
        largest_batch: int = LARGEST_BATCH,
    ) -> "AsyncIterator[LanceIndex]":
        writes = Writes(database, table, dimension_of(await table.schema()), largest_batch)
        async with writes.running():
            await _swept(writes, table.name)
            index = cls(database, table, writes, keep_s)
            async with index._originals.running():
                yield index

    async def add(self, image: ImageRecord, vector: Vector) -> tuple[ImageRecord, bool]:
        return await self._writes.add(image, vector)

    async def restore(self, images: Sequence[ImageRecord], vectors: npt.NDArray[np.float16]) -> int:
        """
        Write many rows in one commit, except those whose id has a row or a tombstone; return how many were written.

        Unlike `add`, it writes two images with the same original: a library that had both gets both back.

        Args:
            vectors: (N, D) float16, stored bit for bit.
        """
        return await self._writes.restore(images, vectors)

    async def change(self, image_id: ImageID, change: Change) -> ImageRecord | None:
        return await self._writes.change(image_id, change)

    async def delete(self, image_ids: Sequence[ImageID]) -> None:
        await self._writes.delete(image_ids)

    @mending
    async def get(self, image_id: ImageID) -> ImageRecord | None:
        found = await self._read(self._table.query().where(one_of("id", [image_id])).select(["id"]))
        if not found:
            return None
        ((_, image),) = found
        if image is None:
            raise RowDamaged([image_id])
        return image

    @mending
    async def find(self, sha256: SHA256) -> ImageRecord | None:
        # Batched: one lookup serves all uploads that arrive together.
        with still_open():
            return await self._originals(sha256)

    @mending
    async def vector_of(self, image_id: ImageID) -> Vector | None:
        rows = await self._rows_with_vectors([image_id])
        return vector_in(rows[0]) if rows else None

    @mending
    async def nearest(
        self, vector: Vector, limit: int, filters: Filters, without: Sequence[ImageID] = ()
    ) -> Sequence[Match]:
        condition = joined(passing(filters, without))
        async with within_deadline():
            reach = await self._reach(filters)
            matches, complete = await self._search(vector, limit, condition, reach)
            for _ in range(TIMES_MORE):
                if not complete:
                    matches, complete = await self._search(vector, limit, condition, reach)
        return matches

    async def _reach(self, filters: Filters) -> "_Reach":
        """Choose how to search among the images that pass the filters."""
        if filters == Filters() or not await self._probes.indexed():
            return _Reach.NEAR
        # Conditions with an index are counted in a millisecond or two. Attributes are looked up row by row, so counting
        # with them would nearly double the time of the search.
        quick = passing(replace(filters, attributes=()))
        if quick and await self._table.count_rows(joined(quick)) <= VECTOR_INDEX_FROM:
            return _Reach.EACH
        return _Reach.ALL if filters.attributes else _Reach.NEAR

    async def _search(
        self, vector: Vector, limit: int, condition: str, reach: "_Reach"
    ) -> tuple[Sequence[Match], bool]:
        """Return the nearest, and whether none of them moved between finding and reading."""
        async with self._searches:
            best, complete = await self._best(vector, limit, condition, reach)
            records = await self._cache.records(list(best))
        images = [(similarity, records.get(row_id)) for row_id, similarity in best.items()]
        matches = [Match(similarity, image) for similarity, image in images if image is not None]
        return matches, complete and len(records) == len(best)

    async def _best(
        self, vector: Vector, limit: int, condition: str, reach: "_Reach"
    ) -> tuple[Mapping[RowID, float], bool]:
        """Return the row ids of the nearest with their similarities, best first, and whether none has moved since."""
        query = self._table.query().nearest_to(vector).distance_type("cosine").with_row_id()
        if condition:
            query = query.where(condition)
        if reach is _Reach.EACH or not 0 < await self._probes.indexed() <= WHOLE_VECTORS:
            rows = await self._found(query.refine_factor(REFINE), limit, reach)
            # Distances of damaged vectors are NaN.
            rows = rows.filter(pc.call_function("is_finite", [rows["_distance"]]))
            similarities = [_similarity(distance) for distance in rows["_distance"].to_pylist()]
            return dict(zip(rows["_rowid"].to_pylist(), similarities, strict=True)), True
        row_ids = (await self._found(query, limit * REFINE, reach))["_rowid"].to_pylist()
        vectors = await self._cache.vectors(row_ids)
        return _nearest(vector, vectors, limit), len(vectors) == len(row_ids)

    async def _found(self, query: AsyncVectorQuery, count: int, reach: "_Reach") -> pa.Table:
        """Return the row ids of the nearest `count` rows, and their distances."""
        # LanceDB warns about every query that does not select _distance itself.
        query = query.limit(count).select(["_rowid", "_distance"])
        if reach is _Reach.EACH:
            return await query.bypass_vector_index().to_arrow()
        # No maximum, and always set first: LanceDB's default is 20, and it rejects a higher minimum.
        query = query.maximum_nprobes(0)
        if reach is _Reach.NEAR and await self._probes.indexed():
            probes = await self._probes.number()
            rows = await query.minimum_nprobes(probes).maximum_nprobes(probes).to_arrow()
            if rows.num_rows == count:
                return rows
            query = query.maximum_nprobes(0)
        return await query.minimum_nprobes(await self._probes.partitions()).to_arrow()

    @mending
    async def matching(
        self, text: str, limit: int, filters: Filters, without: Sequence[ImageID] = ()
    ) -> Sequence[ImageRecord]:
        # A MatchQuery rather than a text, so that no character is taken for an operator.
        words = MatchQuery(wanted(text), "text", fuzziness=0)  # pyright: ignore[reportCallIssue]: pydantic's defaults
        query = self._table.query().nearest_to_text(words).limit(limit).select(["_score"])
        if conditions := passing(filters, without):
            query = query.where(joined(conditions))
        return await self._records(query)

    @mending
    async def labelled(
        self, labels: Sequence[str], limit: int, filters: Filters, without: Sequence[ImageID] = ()
    ) -> Sequence[ImageRecord]:
        # The first condition has an index.
        conditions = [has_any("label_names", labels), has_any("likely_labels", labels), *passing(filters, without)]
        query = self._table.query().select(["id"]).where(joined(conditions))
        return await self._records(query.order_by(ordering(Sort.NEWEST)).limit(limit))

    @mending
    async def similarities(
        self, vectors: Sequence[Vector], image_ids: Sequence[ImageID]
    ) -> Mapping[ImageID, Sequence[float]]:
        similarities = {}
        for row in await self._rows_with_vectors(image_ids):
            try:
                stored = vector_in(row)
                similarities[ImageID(row["id"])] = [_cosine(vector, stored) for vector in vectors]
            except RowDamaged:
                report_damage(row["id"])
        return similarities

    @mending
    async def page(
        self, limit: int, sort: Sort, after: Position | None, filters: Filters, skip: int = 0
    ) -> Sequence[ImageRecord]:
        columns = [ordered.column_name for ordered in ordering(sort)]
        condition = joined(passing(filters) + ([] if after is None else [following(sort, after)]))
        images: list[ImageRecord] = []
        while (wanted := limit - len(images)) > 0:
            query = self._table.query().select(columns).order_by(ordering(sort)).limit(wanted).offset(skip)
            found = await self._read(query.where(condition) if condition else query)
            images += [image for _, image in found if image is not None]
            if len(found) < wanted:
                break
            # Fill the page in place of damaged rows: a page that is too short would pass for the last one.
            skip += wanted
        return images

    @mending
    async def count(self, filters: Filters) -> int:
        async with within_deadline():
            return await self._table.count_rows(joined(passing(filters)) or None)

    @mending
    async def count_after(self, sort: Sort, after: Position, filters: Filters) -> int:
        async with within_deadline():
            return await self._table.count_rows(joined([*passing(filters), following(sort, after)]))

    @mending
    async def neighbours(self, image_ids: Sequence[ImageID], limit: int) -> Neighbours:
        async with within_deadline():
            query = self._table.query().where(one_of("id", image_ids)).select(["id", "vector", "perceptual_hash"])
            ones = _with_sound_vectors(await query.to_arrow())
            others = await self._near(vectors_in(ones).astype(np.float32), limit) if ones.num_rows else ones.slice(0, 0)
        return await asyncio.to_thread(_paired, ones, others)

    async def _near(self, vectors: npt.NDArray[np.float32], limit: int) -> pa.Table:
        """
        Return the rows nearest to each vector, whose number is in the column `query_index`.

        All vectors in one query, and without refining: of 100,000 images each takes 0.7 ms so, and 20 ms alone.
        """
        probes = await self._probes.number() if await self._probes.indexed() else 1
        query = self._table.query().nearest_to(list(vectors)).distance_type("cosine").limit(limit)
        query = query.select(["id", "perceptual_hash", "_distance"]).maximum_nprobes(0).minimum_nprobes(probes)
        async with self._searches:
            rows: pa.Table = await query.maximum_nprobes(probes).to_arrow()
        if "query_index" not in rows.column_names:  # LanceDB leaves it out for a single vector.
            rows = rows.append_column("query_index", pa.array(np.zeros(rows.num_rows, dtype=np.int32)))
        return rows

    @mending
    async def measures(self) -> Measures:
        rows = await self._columns(["id", "pixels", "size"], Filters())
        return Measures(rows["id"].to_pylist(), rows["pixels"].to_numpy(), rows["size"].to_numpy())

    @mending
    async def state(self) -> LibraryState:
        async with within_deadline(), self._reading_state:
            version = await self._table.version()
            if self._state is None or self._state[0] != version:
                self._state = version, await self._read_state()
            return self._state[1]

    async def _read_state(self) -> LibraryState:
        """
        Sum up the checksums of all rows: adding, changing and deleting change the sum, moving rows does not.

        One number of each row is read, 17 ms for 100,000 (measured); no version is read twice.
        """
        rows: pa.Table = await self._table.query().select(["checksum"]).to_arrow()
        total = np.sum(rows["checksum"].to_numpy().view(np.uint64), dtype=np.uint64)
        return LibraryState(rows.num_rows, f"{rows.num_rows:x}-{total:016x}")

    @mending
    async def created(self, filters: Filters) -> npt.NDArray[np.int64]:
        rows = await self._columns(["id"], filters)
        return milliseconds_of(rows["id"].combine_chunks())

    @mending
    async def taken(self, filters: Filters) -> npt.NDArray[np.int64]:
        rows = await self._columns(["taken"], filters)
        return rows["taken"].to_numpy()

    @mending
    async def proportions(self, sort: Sort, filters: Filters) -> npt.NDArray[np.int16]:
        columns = [ordered.column_name for ordered in ordering(sort)]
        rows = await self._columns([*columns, "proportions"], filters, sort)
        return rows["proportions"].to_numpy()

    @mending
    async def names(self) -> tuple[Mapping[str, int], Mapping[str, int]]:
        rows = await self._columns(["tags", "likely_labels"], Filters())
        return counts_in(rows["tags"]), counts_in(rows["likely_labels"])

    async def _columns(self, names: Sequence[str], filters: Filters, sort: Sort | None = None) -> pa.Table:
        """Read a few columns of all rows that pass the filters."""
        query = self._table.query().select(list(names))
        if conditions := passing(filters):
            query = query.where(joined(conditions))
        if sort is not None:
            query = query.order_by(ordering(sort))
        async with within_deadline():
            return await query.to_arrow()

    @mending
    async def draw(self, limit: int, filters: Filters) -> tuple[Sequence[ImageID], int]:
        query = self._table.query().select(["id"])
        if conditions := passing(filters):
            query = query.where(joined(conditions))
        drawn, total = pa.table({"id": pa.array([], pa.string()), "chance": pa.array([], pa.string())}), 0
        async with within_deadline():
            async for batch in await query.to_batches():
                total += batch.num_rows
                drawn = _least(pa.concat_tables([drawn, _with_chances(batch["id"])]), limit)
        return [ImageID(image_id) for image_id in drawn["id"].to_pylist()], total

    @mending
    async def vectors_of(self, image_ids: Sequence[ImageID]) -> tuple[Sequence[ImageID], npt.NDArray[np.float16]]:
        async with within_deadline():
            query = self._table.query().where(one_of("id", image_ids)).select(["id", "vector"])
            rows: pa.Table = await query.to_arrow()
        order = {image_id: at for at, image_id in enumerate(image_ids)}
        rows = _with_sound_vectors(rows)
        rows = rows.take(np.argsort([order[image_id] for image_id in rows["id"].to_pylist()]))
        return [ImageID(image_id) for image_id in rows["id"].to_pylist()], vectors_in(rows)

    async def every_vector(self) -> AsyncIterator[tuple[Sequence[ImageID], npt.NDArray[np.float16]]]:
        with translated():
            batches = await self._table.query().select(["id", "vector"]).to_batches()
            async for batch in batches:
                rows = _with_sound_vectors(pa.Table.from_batches([batch]))
                if rows.num_rows:
                    yield [ImageID(image_id) for image_id in rows["id"].to_pylist()], vectors_in(rows)

    async def registered(self, image_ids: Sequence[ImageID]) -> frozenset[ImageID]:
        return await self._database.registered(image_ids)

    async def deleted(self, image_ids: Sequence[ImageID]) -> frozenset[ImageID]:
        return await self._database.deleted(image_ids)

    async def everything(self) -> AsyncIterator[tuple[ImageRecord, Vector]]:
        damaged: list[ImageID] = []
        async with self._database.snapshot(self._table.name) as table:
            with translated():
                query = table.query().with_row_id().select(["id", "_rowid"])
                rows: pa.Table = (await query.to_arrow()).sort_by("id")
            row_ids = rows["_rowid"].to_pylist()
            for start in range(0, len(row_ids), CHUNK):
                # By row id: an index of this version of the table may be broken, and stays so.
                with translated():
                    query = table.take_row_ids(row_ids[start : start + CHUNK]).select(["id", *INTEGRITY])
                    rows = await query.to_arrow()
                for row in rows.sort_by("id").to_pylist():
                    if is_intact(row):
                        yield to_record(row), vector_in(row)
                    else:
                        damaged.append(ImageID(row["id"]))
        if damaged:
            raise RowDamaged(damaged)

    @mending
    async def do_upkeep(self) -> UpkeepReport:
        return await self._upkeep.do_upkeep()

    async def lacks_indexes(self) -> bool:
        async with within_deadline():
            return bool(await self._upkeep.due_indexes())

    async def _find(self, originals: Sequence[SHA256]) -> Sequence[ImageRecord | RowDamaged | None]:
        query = self._table.query().where(one_of("sha256", set(originals))).select(["sha256", "id"])
        found = {row["sha256"]: image or RowDamaged([row["id"]]) for row, image in await self._read(query)}
        return [found.get(sha256) for sha256 in originals]

    async def _records(self, query: AsyncQuery | AsyncFTSQuery) -> Sequence[ImageRecord]:
        """Return the images that a query of a few columns finds, in its order, without damaged rows."""
        return [image for _, image in await self._read(query) if image is not None]

    async def _read(
        self, query: AsyncQuery | AsyncFTSQuery
    ) -> "Sequence[tuple[Mapping[str, Any], ImageRecord | None]]":
        """
        Return the rows that a query of a few columns finds, in its order, each with its record (None if damaged).

        In two steps, because LanceDB opens each column of each file that it scans. With 200 images in one file and 30
        in a file each, one image is found in 8 ms instead of 26 with all columns, and the newest 60 in 9 instead of 24
        (measured).
        """
        records: Mapping[RowID, ImageRecord | None] = {}
        rows: Sequence[Mapping[str, Any]] = []
        async with within_deadline():
            for _ in range(1 + TIMES_MORE):
                rows = (await query.with_row_id().to_arrow()).to_pylist()
                records = await self._cache.records([row["_rowid"] for row in rows])
                if len(records) == len(rows):
                    break
        return [(row, records[row["_rowid"]]) for row in rows if row["_rowid"] in records]

    async def _rows_with_vectors(self, image_ids: Sequence[ImageID]) -> Sequence[Mapping[str, Any]]:
        if not image_ids:
            return []
        async with within_deadline():
            query = self._table.query().where(one_of("id", image_ids)).select(["id", "vector"])
            return (await query.to_arrow()).to_pylist()


async def _swept(writes: Writes, name: str) -> None:
    """Delete rows that have a tombstone. With damaged rows the index opens all the same, as the others can be read."""
    try:
        with translated():
            await writes.sweep_deleted()
    except IndexDamaged as exc:
        logger.error("%s is damaged: %s", name, exc, exc_info=exc)


class _Reach(Enum):
    """
    How much of a large library is searched.

    Recall@10 and time with 1,000,000 images: without a filter NEAR 0.979 in 17 ms, ALL 0.973 in 27 ms; with one that a
    tenth passes NEAR 0.986 in 20 ms, ALL 0.988 in 40 ms; with one that a thousand images pass NEAR 0.889 in 16 ms, ALL
    0.999 in 30 ms, EACH 1 in 6 ms.
    """

    NEAR = auto()
    """The nearest partitions of the index."""
    ALL = auto()
    """All partitions: images that pass a filter may be in any."""
    EACH = auto()
    """Every image that passes the filter, without the index: there are few."""


def _with_sound_vectors(rows: pa.Table) -> pa.Table:
    """Leave out rows whose vectors are damaged."""
    if not rows.num_rows:
        return rows
    return rows.filter(pa.array(are_sound(np.linalg.norm(vectors_in(rows).astype(np.float32), axis=1))))


def _paired(ones: pa.Table, others: pa.Table) -> Neighbours:
    """Pair rows with the rows that are nearest to them, but not with themselves."""
    if not others.num_rows:
        return Neighbours([], [], np.zeros(0, dtype=np.float32), np.zeros(0, dtype=np.int64))
    first = ones.take(others["query_index"])
    differ = pc.call_function("not_equal", [first["id"], others["id"]])
    sound = pc.call_function("and", [differ, pc.call_function("is_finite", [others["_distance"]])])
    first, others = first.filter(sound), others.filter(sound)
    (one_bits, one_known), (other_bits, other_known) = hashes_in(first), hashes_in(others)
    bits = np.where(one_known & other_known, distances(one_bits, other_bits), BITS)
    return Neighbours(first["id"].to_pylist(), others["id"].to_pylist(), 1 - others["_distance"].to_numpy(), bits)


def _with_chances(ids: pa.StringArray) -> pa.Table:
    """Add a column with the random part of each id, which follows the time."""
    return pa.table({"id": ids, "chance": pc.call_function("utf8_slice_codeunits", [ids], pc.SliceOptions(12))})


def _least(table: pa.Table, count: int) -> pa.Table:
    """Return the rows with the least chances, in order."""
    return table.sort_by([("chance", "ascending"), ("id", "ascending")]).slice(0, count)


def _similarity(distance: float) -> float:
    """Turn a cosine distance (0 same, 2 opposite) into a similarity."""
    return _within_range(1.0 - distance)


def _nearest(vector: Vector, others: Mapping[RowID, npt.NDArray[np.float16]], limit: int) -> dict[RowID, float]:
    """Return the row ids and similarities of the nearest, most similar first."""
    if not others:
        return {}
    rows = np.stack(list(others.values())).astype(np.float32)
    # Rounding to float16 changes their length slightly.
    lengths = np.linalg.norm(rows, axis=1)
    sound = are_sound(lengths)
    similarities = (rows[sound] @ vector) / lengths[sound]
    row_ids = [row_id for row_id, is_sound in zip(others, sound, strict=True) if is_sound]
    order = np.lexsort((row_ids, -similarities))[:limit]
    return {row_ids[at]: _within_range(float(similarities[at])) for at in order}


def _cosine(one: Vector, other: Vector) -> float:
    return _within_range(float(one @ other))


def _within_range(similarity: float) -> float:
    """Clamp a similarity that rounding has put outside the range of a cosine."""
    return max(-1.0, min(1.0, similarity))
