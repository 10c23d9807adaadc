"""
Keeps a table of images quick and small: indexes, joined files, and nothing left of what was deleted.

Reads and writes go on meanwhile: LanceDB writes new files beside the old ones and commits, and what reads an old
version has its files for another `KEEP_S`. A commit that another one came before is tried again a few times, and then
left to the next upkeep.
"""

import logging
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import lancedb
import numpy as np
from lancedb.index import BTree, IvfRq, IvfSq, LabelList

from backend.catalogue.values import UpkeepReport

from .conditions import since
from .database import LanceDatabase
from .faults import is_conflict, retry_conflicts, translated
from .rows import WORDS, dimension_of
from .writes import Writes

logger = logging.getLogger(__name__)

# For how many seconds the files of old versions stay. A read needs them as long as it lasts, and begins at most
# READ_CONSISTENCY_S behind; the slowest (a thousand images with vectors over a slow network) takes a minute. Longer
# costs room, and keeps what was deleted on the disk.
KEEP_S = 600

# Longer than any ticket holds (a week), and than clocks differ.
TOMBSTONES_KEPT = timedelta(days=8)

# From how many images on there is a vector index. A flat search of so many takes some 20 ms.
VECTOR_INDEX_FROM = 5_000

# Images in a partition of the vector index when it is made: few and large ones find more and are made sooner (13,585
# vectors in 4 partitions: 2.7 s, in 52: 30 s). Made anew when a partition has four times as many on average, and when
# it has more than eight segments: each upkeep that finds new images adds one, and a search looks into all.
PARTITION_SIZE = 4_096
OUTGROWN = 4
MAX_SEGMENTS = 8

# From which length of the vectors on one bit of each value is enough. A guess between 16 (of ten nearest random vectors
# five are found) and 512 (all but a few in a thousand).
RABITQ_FROM = 256

SCALARS = {
    "id": BTree(),
    "sha256": BTree(),
    "size": BTree(),
    "tags": LabelList(),
    "label_names": LabelList(),
    "attribute_keys": LabelList(),
}

# For how many seconds the number of partitions is remembered. It changes when the catalogue has become four times as
# large, and until it is known again a search finds a little less.
PROBES_KNOWN_S = 60

VECTOR_INDEX = "vector_partitions_"


class TableUpkeep:
    """Does the upkeep of one table."""

    def __init__(
        self, database: LanceDatabase, table: lancedb.AsyncTable, writes: Writes, keep_s: float = KEEP_S
    ) -> None:
        self._database = database
        self._table = table
        self._writes = writes
        self._keep = timedelta(seconds=keep_s)

    async def do_upkeep(self) -> UpkeepReport:
        """Do what is due, unless another process is at it."""
        with translated():
            async with self._database.lease(f"upkeep of {self._table.name}") as granted:
                if granted:
                    await self._do_upkeep()
            return await self._report(skipped=not granted)

    async def due_indexes(self) -> list[str]:
        """Return the columns that lack an index: nobody has made it yet, or it was broken and dropped."""
        there = await self._indexes()
        due = [column for column in (*SCALARS, "text") if column not in there]
        if "vector" not in there and await self._table.count_rows() >= VECTOR_INDEX_FROM:
            due.append("vector")
        return due

    async def _indexes(self) -> "dict[str, lancedb.index.IndexConfig]":
        """Return the indexes by their columns."""
        return {index.columns[0]: index for index in await self._table.list_indices()}

    async def _do_upkeep(self) -> None:
        await self._database.take_reserve()
        await self._writes.sweep_deleted()
        await self._join_twins()
        doomed = await self._database.tombstones.not_erased(self._table.name)
        await self._table.checkout_latest()
        if doomed:
            await self._rewrite(fragments=set(doomed.values()) | set(await self._with_gaps()))
        await self._make_indexes(anew=bool(doomed))
        await self._join_and_forget(self._table)
        await self._database.tombstones.mark_erased(list(doomed))
        await self._database.tombstones.expire(datetime.now(UTC) - TOMBSTONES_KEPT)
        for table in self._database.own_tables():
            await self._join_and_forget(table)

    async def _join_twins(self) -> None:
        """
        Make one image of those of the same original, which two servers wrote at the same moment.

        The older id stays, with title, tags and attributes of both. Only ids of the last days are compared: a ticket
        holds for a week at most, so that the ids of twins are no further apart.
        """
        await self._table.checkout_latest()
        query = self._table.query().where(since(datetime.now(UTC) - TOMBSTONES_KEPT)).select(["id", "sha256"])
        rows = (await query.to_arrow()).group_by("sha256").aggregate([("id", "list")])
        for image_ids in map(sorted, rows["id_list"].to_pylist()):
            if len(image_ids) > 1:
                await self._writes.join(image_ids[0], image_ids[1:])
                logger.info("%s and %s are the same photo, and one image now", image_ids[0], ", ".join(image_ids[1:]))

    async def _with_gaps(self) -> list[int]:
        """Return the fragments in which rows are missing between others."""
        ids = await self._table.query().with_row_id().select(["_rowid"]).to_arrow()
        # The upper half of a row's id is the fragment, the lower half the place in it.
        rows = np.sort(ids["_rowid"].to_numpy())
        fragments, counts = np.unique(rows >> 32, return_counts=True)
        last = rows[np.cumsum(counts) - 1] & 0xFFFFFFFF
        return fragments[counts <= last].tolist()

    async def _rewrite(self, fragments: Iterable[int | None]) -> None:
        """
        Move the rows of these files into new ones, so that those that were deleted are in none.

        LanceDB itself leaves a deleted row in its file until a tenth of the file's rows are gone.
        """
        for fragment in fragments:
            if fragment is not None:
                rows = f"_rowaddr >= {fragment << 32} AND _rowaddr < {(fragment + 1) << 32}"
                await retry_conflicts(lambda rows=rows: self._table.update(updates_sql={"size": "size"}, where=rows))

    async def _make_indexes(self, anew: bool) -> None:
        """Make the indexes that are missing, and all of them if they may hold something of what was deleted."""
        images = await self._table.count_rows()
        there = await self._indexes()
        for column, config in {**SCALARS, "text": WORDS}.items():
            if anew or column not in there:
                await retry_conflicts(partial(self._table.create_index, column, config=config))
        vectors = there.get("vector")
        outgrown = vectors is not None and (
            images > OUTGROWN * PARTITION_SIZE * partitions_of(vectors.name)
            or (vectors.num_segments or 1) > MAX_SEGMENTS
        )
        if images >= VECTOR_INDEX_FROM and (vectors is None or anew or outgrown):
            await self._make_vector_index(images, None if vectors is None else vectors.name)
        elif vectors is not None and anew:
            await self._table.drop_index(vectors.name)

    async def _make_vector_index(self, images: int, old: str | None) -> None:
        # RaBitQ, by the figures of tests/benchmarks: a tenth of the size of scalar quantisation and as quick; made in
        # seconds, where product quantisation of float16 takes minutes, and HNSW lets searches wait for as long.
        partitions = max(1, images // PARTITION_SIZE)
        wide = dimension_of(await self._table.schema()) >= RABITQ_FROM
        # LanceDB takes IvfSq, though the annotation of create_index leaves it out.
        config: Any = (IvfRq if wide else IvfSq)(distance_type="cosine", num_partitions=partitions)
        # LanceDB does not tell how many partitions an index has: so its name does.
        name = f"{VECTOR_INDEX}{partitions}"
        await retry_conflicts(lambda: self._table.create_index("vector", config=config, name=name))
        if old not in (None, name):
            await self._table.drop_index(old)

    async def _join_and_forget(self, table: lancedb.AsyncTable) -> None:
        try:
            await retry_conflicts(lambda: table.optimize(cleanup_older_than=self._keep))
        except RuntimeError as exc:
            if not is_conflict(exc):
                raise
            logger.info("the files of %s are joined another time, as it is being written: %s", table.name, exc)

    async def _report(self, skipped: bool) -> UpkeepReport:
        await self._table.checkout_latest()
        images = await self._table.count_rows()
        index = await vector_index(self._table)
        if index is None:
            return UpkeepReport(images, images, None, skipped)
        return UpkeepReport(
            images, index.num_unindexed_rows or 0, _TYPES.get(index.index_type, index.index_type), skipped
        )


# As the literature and LanceDB's documentation write them.
_TYPES = {"IvfRq": "IVF_RQ", "IvfSq": "IVF_SQ"}


class Probes:
    """Knows how many partitions of the vector index a search is to look into."""

    def __init__(self, table: lancedb.AsyncTable) -> None:
        self._table = table
        self._partitions = 1
        self._indexed = 0
        self._known_until = 0.0

    async def number(self) -> int:
        """Return all of up to eight partitions, later a quarter."""
        return probes_for(await self.partitions())

    async def partitions(self) -> int:
        """Return how many partitions there are."""
        await self._look()
        return self._partitions

    async def indexed(self) -> int:
        """Return how many images are in the vector index."""
        await self._look()
        return self._indexed

    async def _look(self) -> None:
        if time.monotonic() > self._known_until:
            index = await vector_index(self._table)
            self._partitions = 1 if index is None else partitions_of(index.name)
            self._indexed = 0 if index is None else index.num_indexed_rows or 0
            self._known_until = time.monotonic() + PROBES_KNOWN_S


def probes_for(partitions: int) -> int:
    return min(partitions, max(8, partitions // 4))


async def vector_index(table: lancedb.AsyncTable) -> "lancedb.index.IndexConfig | None":
    return next((index for index in await table.list_indices() if index.columns == ["vector"]), None)


def partitions_of(name: str) -> int:
    """Read from the name of a vector index how many partitions it has."""
    return int(name.removeprefix(VECTOR_INDEX))
