"""
Remembers rows that searches have read, as most of a search's time goes into reading a few rows from files.

A row is remembered by its place in the table (`_rowid`: the file's number and the place in the file). What lies at a
place never changes, whoever writes: a change writes the row anew at another place, joining files moves it into a new
file, and no number of a file is given out twice. What was deleted, changed or moved is therefore not asked for again,
and is forgotten when there is no more room.
"""

from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from typing import Generic, TypeVar

import lancedb
import numpy as np
import numpy.typing as npt

from backend.catalogue.values import ImageRecord

from .lance_rows import RECORD_COLUMNS, to_record

# How many vectors and records are remembered: of vectors of 1,280 values 52 MB, of records with a few tags and labels
# some 20 MB (a guess: 2 KB each). A search with 10 results looks at 50 vectors; in a larger library it would seldom
# find most of them remembered, so there LanceDB reads them with the search, which costs less than to do so after it.
VECTORS = 20_000
RECORDS = 10_000

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

Place = int
"""A row's `_rowid`."""


class Remembered:
    """The rows of one table that were asked for last."""

    def __init__(self, table: lancedb.AsyncTable, vectors: int = VECTORS, records: int = RECORDS) -> None:
        self._table = table
        self._vectors: _Latest[Place, npt.NDArray[np.float16]] = _Latest(vectors)
        self._records: _Latest[Place, ImageRecord] = _Latest(records)

    async def vectors(self, places: Sequence[Place]) -> Mapping[Place, npt.NDArray[np.float16]]:
        """Return the vectors at these places, (D,) each as it is stored; those of rows that have moved are left out."""
        known = self._vectors.of(places)
        if missing := [place for place in places if place not in known]:
            rows = await self._table.take_row_ids(missing).with_row_id().select(["vector"]).to_arrow()
            values = rows["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
            dimension = rows.schema.field("vector").type.list_size
            # Copies, so that one that is remembered does not keep all others in memory that were read with it.
            read = [vector.copy() for vector in values.reshape(-1, dimension)]
            known |= self._vectors.keep(dict(zip(rows["_rowid"].to_pylist(), read, strict=True)))
        return known

    async def records(self, places: Sequence[Place]) -> Mapping[Place, ImageRecord]:
        """Return the records at these places; those of rows that have moved are left out."""
        known = self._records.of(places)
        if missing := [place for place in places if place not in known]:
            rows = await self._table.take_row_ids(missing).with_row_id().select(RECORD_COLUMNS).to_arrow()
            known |= self._records.keep({row["_rowid"]: to_record(row) for row in rows.to_pylist()})
        return known


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
