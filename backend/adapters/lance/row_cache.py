"""
Remembers rows that were read, as most of a search's time, or a list's, goes into reading a few rows from files.

A row is remembered by its row_id in the table (`_rowid`: the file's number and the row_id in the file). What lies at a
row_id never changes, whoever writes: a change writes the row anew at another row_id, joining files moves it into a new
file, and no number of a file is given out twice. What was deleted, changed or moved is therefore not asked for again,
and is forgotten when there is no more room.
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

# Up to how many images all vectors are remembered: of 512 values each, they are 20 MB then (of 1,280 51 MB). A search
# with 10 results looks at 150 of them; in a larger library it would seldom find most remembered, so there LanceDB reads
# them with the search, for less than it would cost after it.
WHOLE_VECTORS = 20_000

# The same of records: some 10 MB of text then, read in 50 ms. Ten read by themselves take 2 ms each time: a search of
# 100,000 gains nothing by remembering all (measured).
WHOLE_RECORDS = 20_000

# How many rows are remembered that were asked for one by one: new ones that the whole does not have yet, and all of a
# larger library. Vectors of 512 values are 6 MB then, records with a few tags and labels 20 MB (a guess: 2 KB each).
VECTORS = 6_000
RECORDS = 10_000

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

RowID = int
"""A row's `_rowid`."""


class RowCache:
    """The rows of one table that were asked for last."""

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
        Return the records at these row_ids; those of rows that have moved are left out.

        One that is damaged so that it cannot be read is None, and the log tells whose it is.
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
    """What one column says of each row."""

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
        # If only a few are missing they are new. If most are, upkeep has joined files, and all rows have moved: to read
        # a few of them takes some ms for each search that asks for others, and all at once 50 ms for 10,000.
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
        """Remember the whole table, unless it is too large, or another call has just done so."""
        async with self._reading_whole:
            if self._whole.has(row_ids) or await self._table.count_rows() > self._largest_whole:
                return
            query = self._table.query().with_row_id().select([self._name, "_rowid"])
            self._whole = _Whole(await query.to_arrow())


class _Whole:
    """All rows of a table as they were at one time, found by their row_ids."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table.combine_chunks()
        row_ids = self._table["_rowid"].to_numpy()
        # Arrays, as a dictionary of 20,000 row_ids takes another 2 MB.
        self._order = np.argsort(row_ids)
        self._sorted = row_ids[self._order]

    def rows(self, row_ids: Sequence[RowID]) -> pa.Table:
        """Return those rows of these row_ids that are there."""
        at, there = self._look_up(row_ids)
        return self._table.take(self._order[at[there]])

    def has(self, row_ids: Sequence[RowID]) -> bool:
        """Tell whether all of them are there."""
        return bool(self._look_up(row_ids)[1].all())

    def _look_up(self, row_ids: Sequence[RowID]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
        """Return where each row_id is among the sorted ones, or would be, and whether it is."""
        wanted = np.array(row_ids, dtype=np.uint64)
        at = np.searchsorted(self._sorted, wanted)
        there = at < len(self._sorted)
        there[there] = self._sorted[at[there]] == wanted[there]
        return at, there


def _vectors_of(rows: pa.Table) -> dict[RowID, npt.NDArray[np.float16]]:
    # Copies, so that one that is remembered does not keep all others in memory that were read with it.
    return {row_id: vector.copy() for row_id, vector in zip(rows["_rowid"].to_pylist(), vectors_in(rows), strict=True)}


def _records_of(rows: pa.Table) -> dict[RowID, ImageRecord | None]:
    return {row["_rowid"]: record_in(row) for row in rows.to_pylist()}


class _Latest(Generic[Key, Value]):
    """A number of values, of which those that nobody has asked for the longest give way."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._values: OrderedDict[Key, Value] = OrderedDict()

    def of(self, keys: Sequence[Key]) -> dict[Key, Value]:
        """Return those that are there."""
        found = {key: self._values[key] for key in keys if key in self._values}
        for key in found:
            self._values.move_to_end(key)
        return found

    def keep(self, values: dict[Key, Value]) -> dict[Key, Value]:
        """Remember these, and return them."""
        self._values.update(values)
        while len(self._values) > self._room:
            self._values.popitem(last=False)
        return values
