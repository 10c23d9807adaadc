"""
Upkeep of a table: updates indexes, joins files, and removes what is left of deleted rows.

Reads and writes continue meanwhile: LanceDB writes new files and commits, and the files of old versions stay for
`KEEP_S`. A conflicting commit is retried a few times, and then left to the next upkeep.
"""

import logging
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import lancedb
import numpy as np
from lancedb.index import Bitmap, BTree, IvfRq, IvfSq, LabelList

from backend.catalogue.values import UpkeepReport

from .conditions import since
from .database import LanceDatabase
from .faults import is_conflict, retry_conflicts, translated
from .rows import WORDS, dimension_of
from .writes import Writes

logger = logging.getLogger(__name__)

# How long the files of old versions stay, in seconds. A read needs them while it runs, and starts at most
# READ_CONSISTENCY_S behind; the slowest (a thousand images with vectors over a slow network) takes a minute. Longer
# costs disk space, and keeps deleted rows on the disk.
KEEP_S = 600

# How long tombstones stay: longer than any ticket is valid (a week) plus any difference of clocks.
TOMBSTONES_KEPT = timedelta(days=8)

# From how many images on there is a vector index. A flat search of that many takes some 20 ms.
VECTOR_INDEX_FROM = 5_000

# Images per partition when the vector index is built: few large ones find more and are built faster (13,585 vectors in
# 4 partitions: 2.7 s, in 52: 30 s). It is rebuilt when partitions have four times as many on average, or when it has
# more than eight segments: each upkeep with new images adds one, and a search reads all.
PARTITION_SIZE = 4_096
OUTGROWN = 4
MAX_SEGMENTS = 8

# From which dimension on one bit per value is enough. A guess between 16 (half of the ten nearest random vectors are
# found) and 512 (all but a few in a thousand).
RABITQ_FROM = 256

SCALARS = {
    "id": BTree(),
    "sha256": BTree(),
    "size": BTree(),
    "taken": BTree(),
    "content_type": Bitmap(),
    "tags": LabelList(),
    "label_names": LabelList(),
    "attribute_keys": LabelList(),
}

# How long the number of partitions is cached, in seconds. It changes when the library has grown fourfold; until the
# cache is refreshed a search finds slightly less.
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
        """Do what is due, unless another process is doing it."""
        with translated():
            async with self._database.lease(f"upkeep of {self._table.name}") as granted:
                if granted:
                    await self._do_upkeep()
            return await self._report(skipped=not granted)

    async def due_indexes(self) -> list[str]:
        """Return the columns that lack an index: never built, or dropped as damaged."""
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
        await self._make_indexes(rebuild=bool(doomed))
        await self._join_and_forget(self._table)
        await self._database.tombstones.mark_erased(list(doomed))
        await self._database.tombstones.expire(datetime.now(UTC) - TOMBSTONES_KEPT)
        for table in self._database.own_tables():
            await self._join_and_forget(table)

    async def _join_twins(self) -> None:
        """
        Merge images with the same original, which two servers wrote at the same moment.

        The older id stays, with title, tags and attributes of both. Only recent ids are compared: a ticket is valid
        for a week at most, so twins are no further apart.
        """
        await self._table.checkout_latest()
        query = self._table.query().where(since(datetime.now(UTC) - TOMBSTONES_KEPT)).select(["id", "sha256"])
        rows = (await query.to_arrow()).group_by("sha256").aggregate([("id", "list")])
        for image_ids in map(sorted, rows["id_list"].to_pylist()):
            if len(image_ids) > 1:
                await self._writes.join(image_ids[0], image_ids[1:])
                logger.info(
                    "%s and %s were the same photo, and are one image now", image_ids[0], ", ".join(image_ids[1:])
                )

    async def _with_gaps(self) -> list[int]:
        """Return the fragments that have gaps between their rows."""
        ids = await self._table.query().with_row_id().select(["_rowid"]).to_arrow()
        # The upper half of a row id is the fragment, the lower half the offset in it.
        rows = np.sort(ids["_rowid"].to_numpy())
        fragments, counts = np.unique(rows >> 32, return_counts=True)
        last = rows[np.cumsum(counts) - 1] & 0xFFFFFFFF
        return fragments[counts <= last].tolist()

    async def _rewrite(self, fragments: Iterable[int | None]) -> None:
        """
        Rewrite these files, so that deleted rows are in none.

        LanceDB itself keeps a deleted row in its file until a tenth of the file's rows are deleted.
        """
        for fragment in fragments:
            if fragment is not None:
                rows = f"_rowaddr >= {fragment << 32} AND _rowaddr < {(fragment + 1) << 32}"
                await retry_conflicts(lambda rows=rows: self._table.update(updates_sql={"size": "size"}, where=rows))

    async def _make_indexes(self, rebuild: bool) -> None:
        """Build missing indexes, and rebuild all if they may contain deleted values."""
        images = await self._table.count_rows()
        there = await self._indexes()
        for column, config in {**SCALARS, "text": WORDS}.items():
            if rebuild or column not in there:
                await retry_conflicts(partial(self._table.create_index, column, config=config))
        vectors = there.get("vector")
        outgrown = vectors is not None and (
            images > OUTGROWN * PARTITION_SIZE * partitions_of(vectors.name)
            or (vectors.num_segments or 1) > MAX_SEGMENTS
        )
        if images >= VECTOR_INDEX_FROM and (vectors is None or rebuild or outgrown):
            await self._make_vector_index(images, None if vectors is None else vectors.name)
        elif vectors is not None and rebuild:
            await self._table.drop_index(vectors.name)

    async def _make_vector_index(self, images: int, old: str | None) -> None:
        # RaBitQ, because of the figures in tests/benchmarks: a tenth of the size of scalar quantisation and as fast. It
        # is built in seconds; product quantisation of float16 takes minutes, and HNSW blocks searches as long.
        partitions = max(1, images // PARTITION_SIZE)
        wide = dimension_of(await self._table.schema()) >= RABITQ_FROM
        # LanceDB accepts IvfSq, although the annotation of create_index omits it.
        config: Any = (IvfRq if wide else IvfSq)(distance_type="cosine", num_partitions=partitions)
        # The name contains the number of partitions, which LanceDB does not report.
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
            logger.info("the files of %s will be joined later, because it is being written: %s", table.name, exc)

    async def _report(self, skipped: bool) -> UpkeepReport:
        await self._table.checkout_latest()
        images = await self._table.count_rows()
        index = await vector_index(self._table)
        if index is None:
            return UpkeepReport(images, images, None, skipped)
        return UpkeepReport(
            images, index.num_unindexed_rows or 0, _TYPES.get(index.index_type, index.index_type), skipped
        )


# The names used in the literature and in LanceDB's documentation.
_TYPES = {"IvfRq": "IVF_RQ", "IvfSq": "IVF_SQ"}


class Probes:
    """Knows how many partitions of the vector index a search should read (nprobe)."""

    def __init__(self, table: lancedb.AsyncTable) -> None:
        self._table = table
        self._partitions = 1
        self._indexed = 0
        self._known_until = 0.0

    async def number(self) -> int:
        """Return up to eight partitions, or a quarter of them if that is more."""
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
    """Return a vector index's number of partitions, by its name."""
    return int(name.removeprefix(VECTOR_INDEX))
