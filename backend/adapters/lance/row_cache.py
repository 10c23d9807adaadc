"""
An LRU cache of rows: most of the time of a search or a list goes into reading a few rows from files.

Rows are cached by row id (`_rowid`: the number of the file, and the offset in it). The row at an id never changes: a
change writes a new row with another id, joining files moves it to a new file, and file numbers are never reused. So
rows that were deleted, changed or moved are simply not asked for again, and are evicted in time.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

import lancedb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from backend.catalogue.values import ImageID, ImageRecord

from .rows import record_in, report_damage, vectors_in

# Up to how many images all vectors are cached: 20 MB with 512 values each, 51 MB with 1,280. A search for 10 results
# reads 150 of them; in a larger library few would be cached, so there LanceDB reads them within the search, which is
# cheaper than afterwards.
WHOLE_VECTORS = 20_000

# The same for records: some 10 MB of text, read in 50 ms. Reading ten alone takes 2 ms: a search of 100,000 gains
# nothing by caching all (measured).
WHOLE_RECORDS = 20_000

# How many rows that were read singly are cached: new ones that the whole table's copy lacks, and all of a larger
# library. That is 6 MB of vectors with 512 values, and 20 MB of records with a few tags and labels (a guess: 2 KB
# each).
VECTORS = 6_000
RECORDS = 10_000

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

RowID = int
"""A row's `_rowid`, as long as nobody writes the row again."""


class RowCache:
    """The rows of one table that were used last."""

    def __init__(
        self,
        table: lancedb.AsyncTable,
        whole_vectors: int = WHOLE_VECTORS,
        whole_records: int = WHOLE_RECORDS,
        vectors: int = VECTORS,
        records: int = RECORDS,
    ) -> None:
        self._table = table
        self._vectors = _Column(table, "vector", _vectors_of, whole_vectors, vectors)
        self._records = _Column(table, "record", _records_of, whole_records, records)
        self._reported: set[RowID] = set()

    async def vectors(self, row_ids: Sequence[RowID]) -> Mapping[RowID, npt.NDArray[np.float16]]:
        """Return the stored vector, (D,), of each row; rows that have moved are left out."""
        return await self._vectors.at(row_ids)

    async def records(self, row_ids: Sequence[RowID]) -> Mapping[RowID, ImageRecord | None]:
        """
        Return the record of each row; rows that have moved are left out.

        A damaged record is None, and the log names it.
        """
        records = await self._records.at(row_ids)
        damaged = {row_id for row_id, image in records.items() if image is None} - self._reported
        if damaged:
            rows = await self._table.take_row_ids(sorted(damaged)).select(["id"]).to_arrow()
            for row in rows.to_pylist():
                report_damage(ImageID(row["id"]))
            self._reported |= damaged
        return records


class _Column(Generic[Value]):
    """The cached values of one column."""

    def __init__(
        self,
        table: lancedb.AsyncTable,
        name: str,
        convert: Callable[[pa.Table], dict[RowID, Value]],
        whole: int,
        room: int,
    ) -> None:
        self._table = table
        self._name = name
        self._convert = convert
        self._largest_whole = whole
        self._whole = _Whole(pa.table({"_rowid": pa.array([], pa.uint64())}))
        self._reading_whole = asyncio.Lock()
        self._latest: _Latest[RowID, Value] = _Latest(room)

    async def at(self, row_ids: Sequence[RowID]) -> dict[RowID, Value]:
        known = self._known(row_ids)
        # If only a few are missing, they are new. If most are, upkeep has joined files, and all rows have moved:
        # reading a few takes some milliseconds in each search, reading all at once 50 ms for 10,000.
        if 2 * len(known) < len(row_ids):
            await self._read_whole(row_ids)
            known |= self._known([row_id for row_id in row_ids if row_id not in known])
        if missing := [row_id for row_id in row_ids if row_id not in known]:
            rows = await self._table.take_row_ids(missing).with_row_id().select([self._name]).to_arrow()
            known |= self._latest.keep(self._convert(rows))
        return {row_id: known[row_id] for row_id in row_ids if row_id in known}

    def _known(self, row_ids: Sequence[RowID]) -> dict[RowID, Value]:
        known = self._latest.of(row_ids)
        others = [row_id for row_id in row_ids if row_id not in known]
        if others and (rows := self._whole.rows(others)).num_rows:
            known |= self._latest.keep(self._convert(rows))
        return known

    async def _read_whole(self, row_ids: Sequence[RowID]) -> None:
        """Cache the whole table, unless it is too large, or another call has just done so."""
        async with self._reading_whole:
            if self._whole.has(row_ids) or await self._table.count_rows() > self._largest_whole:
                return
            query = self._table.query().with_row_id().select([self._name, "_rowid"])
            self._whole = _Whole(await query.to_arrow())


class _Whole:
    """All rows of a table at one moment, by row id."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table.combine_chunks()
        row_ids = self._table["_rowid"].to_numpy()
        # Arrays, because a dictionary of 20,000 ids would take another 2 MB.
        self._order = np.argsort(row_ids)
        self._sorted = row_ids[self._order]

    def rows(self, row_ids: Sequence[RowID]) -> pa.Table:
        """Return the rows that it has of these."""
        at, there = self._look_up(row_ids)
        return self._table.take(self._order[at[there]])

    def has(self, row_ids: Sequence[RowID]) -> bool:
        """Say whether it has all of these rows."""
        return bool(self._look_up(row_ids)[1].all())

    def _look_up(self, row_ids: Sequence[RowID]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
        """Return the index of each id among the sorted ones, and whether it is there."""
        wanted = np.array(row_ids, dtype=np.uint64)
        at = np.searchsorted(self._sorted, wanted)
        there = at < len(self._sorted)
        there[there] = self._sorted[at[there]] == wanted[there]
        return at, there


def _vectors_of(rows: pa.Table) -> dict[RowID, npt.NDArray[np.float16]]:
    # Copies, so that one cached vector does not keep all others of its batch in memory.
    return {row_id: vector.copy() for row_id, vector in zip(rows["_rowid"].to_pylist(), vectors_in(rows), strict=True)}


def _records_of(rows: pa.Table) -> dict[RowID, ImageRecord | None]:
    return {row["_rowid"]: record_in(row) for row in rows.to_pylist()}


class _Latest(Generic[Key, Value]):
    """An LRU cache."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._values: OrderedDict[Key, Value] = OrderedDict()

    def of(self, keys: Sequence[Key]) -> dict[Key, Value]:
        """Return the cached ones."""
        found = {key: self._values[key] for key in keys if key in self._values}
        for key in found:
            self._values.move_to_end(key)
        return found

    def keep(self, values: dict[Key, Value]) -> dict[Key, Value]:
        """Cache these values, and return them."""
        self._values.update(values)
        while len(self._values) > self._room:
            self._values.popitem(last=False)
        return values
