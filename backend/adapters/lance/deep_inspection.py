"""
Reads every row and index of a table of images, to find out what is damaged and which images are affected.

Rows are read by row id, in pieces, so that memory stays flat. LanceDB's manifest lists the row ids, even those in a
missing file. A piece that cannot be read is halved until the unreadable rows are known. The columns INTEGRITY contain
everything about an image: while they are intact, the other columns can be rewritten.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import lancedb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from lancedb.query import MatchQuery

from backend.catalogue.values import ImageID, ImageRecord

from .conditions import in_batches, literal, one_of
from .damage import broken_indexes, is_damage, reason_of
from .rows import INTEGRITY, dimension_of, is_consistent, is_intact, record_in, to_row, to_table, vector_in

# Rows that are read at once: some 5 MB with 1,280 values each. An unreadable piece is halved down to the smaller size;
# if only its other columns are unreadable, its rows are not separated further.
PIECE = 1024
SMALL_PIECE = 128

# Images whose index entries are compared with their rows, and tags or texts that are looked up, which find many rows
# each.
SAMPLE = 100
VALUES = 20

# Among how many nearest neighbours of its own vector an image must be: as many as a search for ten compares.
NEAREST = 150

# The share of a sample that the vector index may miss. A guess: it nearly always finds an image by its own vector.
MISSED = 0.1

RowIDs = npt.NDArray[np.uint64]
"""(N,) row ids: the number of the file in the upper half, the offset in the file in the lower."""


@dataclass(frozen=True)
class DamagedRow:
    """A damaged row."""

    row_id: int
    id: ImageID | None
    """None if it cannot be read."""
    title: str | None
    reason: str
    recoverable: bool
    """Whether record and vector are intact, so that the row can be rewritten."""


class TableReader:
    """Reads all rows of a table, and collects the damaged ones."""

    def __init__(self, table: lancedb.AsyncTable) -> None:
        self._table = table
        self._columns: list[str] = []
        self._reason = ""
        self._unreadable_files: dict[int, str | None] = {}
        self.damaged: list[DamagedRow] = []
        self.rows = 0

    async def records(self) -> AsyncGenerator[list[ImageRecord], None]:
        """
        Iterate over the readable records, in batches.

        Raises:
            Exception: LanceDB's, when the database cannot be reached.
        """
        self._columns = (await self._table.schema()).names
        seen = np.array([], dtype=np.uint64)
        # If a server's upkeep joins files meanwhile, rows get new ids: those are read too.
        while len(new := np.setdiff1d(await row_ids_of(self._table), seen)):
            for row_ids in _pieces(new):
                records: list[ImageRecord] = []
                async for rows in self._readable(row_ids):
                    records += self._checked(rows)
                if records:
                    yield records
            self.rows = len(new) + len(np.intersect1d(seen, await row_ids_of(self._table)))
            seen = np.union1d(seen, new)

    def _checked(self, rows: pa.Table) -> list[ImageRecord]:
        """Return the records of rows that were read with all columns, or with the columns INTEGRITY."""
        records = []
        whole = set(self._columns) <= set(rows.column_names)
        for row in rows.to_pylist():
            image = record_in(row)
            if image is None or not is_intact(row):
                self._note(row, image, "its checksum does not match its content", recoverable=False)
                continue
            if not whole:
                self._note(row, image, self._reason, recoverable=True)
            elif not is_consistent(row):
                self._note(row, image, "its columns differ from its record", recoverable=True)
            records.append(image)
        return records

    def _note(self, row: Mapping[str, Any], image: ImageRecord | None, reason: str, recoverable: bool) -> None:
        image_id = row.get("id") if image is None else image.id
        title = row.get("title") if image is None else image.description.title
        self.damaged.append(DamagedRow(row["_rowid"], _as_id(image_id), title, reason, recoverable))

    async def _readable(self, row_ids: RowIDs) -> AsyncIterator[pa.Table]:
        """Yield the readable rows, of damaged pieces only the columns INTEGRITY; note the others."""
        if reason := self._unreadable_files.get(int(row_ids[0]) >> 32):
            self._note_unreadable(row_ids, reason)
            return
        try:
            yield await self._read(row_ids, self._columns)
            return
        except Exception as exc:
            self._reason = reason = _damage_in(exc)
        if await self._is_unreadable_file(int(row_ids[0]) >> 32, row_ids):
            self._note_unreadable(row_ids, reason)
            return
        if len(row_ids) <= SMALL_PIECE:
            try:
                yield await self._read(row_ids, INTEGRITY)
                return
            except Exception as exc:
                self._reason = reason = _damage_in(exc)
        if len(row_ids) == 1:
            row = await self._salvaged(int(row_ids[0]))
            self._note(row, record_in(row) if "record" in row else None, reason, recoverable=False)
            return
        half = len(row_ids) // 2
        for part in (row_ids[:half], row_ids[half:]):
            async for rows in self._readable(part):
                yield rows

    def _note_unreadable(self, row_ids: RowIDs, reason: str) -> None:
        self.damaged += [DamagedRow(row_id, None, None, reason, recoverable=False) for row_id in row_ids.tolist()]

    async def _is_unreadable_file(self, file: int, row_ids: RowIDs) -> bool:
        """Try each column of a file at both ends of a piece: a truncated or missing file gives none."""
        if file not in self._unreadable_files:
            salvaged = [await self._salvaged(int(row_id)) for row_id in (row_ids[0], row_ids[-1])]
            empty = all(row.keys() == {"_rowid"} for row in salvaged)
            self._unreadable_files[file] = self._reason if empty else None
        return self._unreadable_files[file] is not None

    async def _salvaged(self, row_id: int) -> dict[str, Any]:
        """Return the readable columns of one row."""
        row: dict[str, Any] = {"_rowid": row_id}
        for column in self._columns:
            try:
                row |= (await self._read(np.array([row_id], dtype=np.uint64), [column])).to_pylist()[0]
            except Exception as exc:
                _damage_in(exc)
        return row

    async def _read(self, row_ids: RowIDs, columns: Sequence[str]) -> pa.Table:
        return await _rows_at(self._table, row_ids.tolist(), columns)


async def row_ids_of(table: lancedb.AsyncTable) -> RowIDs:
    """Return the ids of all rows, file by file. Reads only the manifest, so damaged files do not matter."""
    rows = await table.query().with_row_id().select(["_rowid"]).to_arrow()
    return np.sort(rows["_rowid"].to_numpy())


async def ids_by_index(table: lancedb.AsyncTable, candidates: Sequence[ImageID]) -> dict[int, ImageID]:
    """
    Return the row ids that the index on `id` has for these images.

    It may have them even if the file of the rows is missing. Returns none if the index cannot be read.
    """
    found: dict[int, ImageID] = {}
    for some in in_batches(candidates):
        for image_id in some:
            try:
                query = table.query().where(one_of("id", [image_id])).with_row_id().select(["_rowid"])
                rows = (await query.to_arrow())["_rowid"].to_pylist()
            except Exception as exc:
                _damage_in(exc)
                return found
            found |= dict.fromkeys(rows, image_id)
    return found


async def wrong_indexes(table: lancedb.AsyncTable) -> dict[str, str]:
    """
    Return what is wrong with indexes, by name: they cannot be read, or contradict the rows.

    Raises:
        Exception: LanceDB's, when the database cannot be reached.
    """
    wrong = {name: f"it cannot be read: {reason_of(exc)}" for name, exc in (await broken_indexes(table)).items()}
    sample = await _sample(table)
    for index in await table.list_indices():
        if index.name not in wrong and sample:
            try:
                differs = await _DIFFERENCES.get(index.columns[0], _scalar_differs)(table, index.columns[0], sample)
            except Exception as exc:
                differs = _damage_in(exc)
            if differs:
                wrong[index.name] = differs
    return wrong


async def unreadable_rows(table: lancedb.AsyncTable) -> list[int]:
    """Return the ids of rows that cannot be read, and of rows near them, in a table other than the images'."""
    unreadable: list[int] = []
    for row_ids in _pieces(await row_ids_of(table)):
        try:
            await _rows_at(table, row_ids.tolist(), (await table.schema()).names)
        except Exception as exc:
            _damage_in(exc)
            unreadable += row_ids.tolist()
    return unreadable


async def rewrite(table: lancedb.AsyncTable, rows: Sequence[DamagedRow]) -> None:
    """Rewrite the rows whose record and vector are intact, and delete the old ones."""
    for some in in_batches(rows):
        whole = await _rows_at(table, [row.row_id for row in some], INTEGRITY)
        rewritten = []
        for row in whole.to_pylist():
            image = record_in(row)
            if image is not None and is_intact(row):
                rewritten.append(to_row(image, vector_in({"id": image.id, **row}), row["revision"] + 1))
        await table.add(to_table(rewritten, dimension_of(await table.schema())))
        await drop(table, [row.row_id for row in some])


async def drop(table: lancedb.AsyncTable, row_ids: Sequence[int]) -> None:
    """Delete rows by id, without reading the files that they are in."""
    for some in in_batches(row_ids):
        await table.delete(f"_rowaddr IN ({', '.join(map(str, some))})")


def _pieces(row_ids: RowIDs) -> Iterator[RowIDs]:
    """Split row ids into pieces, each within one file."""
    for file in np.split(row_ids, np.flatnonzero(np.diff(row_ids >> np.uint64(32))) + 1):
        yield from (file[start : start + PIECE] for start in range(0, len(file), PIECE))


async def _rows_at(table: lancedb.AsyncTable, row_ids: Sequence[int], columns: Sequence[str]) -> pa.Table:
    return await table.take_row_ids(list(row_ids)).with_row_id().select(list(columns)).to_arrow()


def _damage_in(error: Exception) -> str:
    """Return the reason of an error of damage; raise any other error again."""
    if not is_damage(error):
        raise error
    return reason_of(error)


def _as_id(value: Any) -> ImageID | None:
    hexadecimal = isinstance(value, str) and len(value) == 32 and not value.strip("0123456789abcdef")
    return ImageID(value) if hexadecimal else None


async def _sample(table: lancedb.AsyncTable) -> list[dict[str, Any]]:
    """Return a sample of intact rows, spread over the table."""
    row_ids = await row_ids_of(table)
    chosen = row_ids[np.unique(np.linspace(0, len(row_ids) - 1, min(SAMPLE, len(row_ids)), dtype=int))]
    rows: list[dict[str, Any]] = []
    for row_id in chosen.tolist():
        try:
            found = (await _rows_at(table, [row_id], (await table.schema()).names)).to_pylist()
        except Exception as exc:
            _damage_in(exc)
            continue
        rows += [row for row in found if is_intact(row) and is_consistent(row)]
    return rows


async def _scalar_differs(table: lancedb.AsyncTable, column: str, sample: Sequence[Mapping[str, Any]]) -> str | None:
    """Look up values of a column, and compare the results with the rows."""
    if column == "id" and await table.count_rows("id >= ''") != await table.count_rows():
        return "it does not contain every row"
    lists = isinstance(sample[0][column], list)
    values = sorted({value for row in sample for value in (row[column] if lists else [row[column]])})
    for value in values[:: max(1, len(values) // VALUES)] if lists else values:
        condition = (
            f"array_has_any({column}, make_array({literal(value)}))" if lists else f"{column} = {literal(value)}"
        )
        rows = await table.query().where(condition).with_row_id().select(["_rowid"]).to_arrow()
        found = set(rows["_rowid"].to_pylist())
        expected = {row["_rowid"] for row in sample if (value in row[column] if lists else value == row[column])}
        if not expected <= found:
            return f"it does not find every row with {column} {value!r}"
        some = sorted(found)[:SAMPLE]
        for row in (await _rows_at(table, some, [column])).to_pylist():
            if not (value in row[column] if lists else value == row[column]):
                return f"it finds rows without {column} {value!r}"
    return None


async def _words_differ(table: lancedb.AsyncTable, column: str, sample: Sequence[Mapping[str, Any]]) -> str | None:
    for row in sample[:VALUES]:
        if not row[column].strip():
            continue
        words = MatchQuery(row[column], column, fuzziness=0)  # pyright: ignore[reportCallIssue]: pydantic's defaults
        query = table.query().nearest_to_text(words).where(one_of("id", [row["id"]])).limit(2).with_row_id()
        if row["_rowid"] not in (await query.select(["_rowid", "_score"]).to_arrow())["_rowid"].to_pylist():
            return f"it does not find the words of image {row['id']}"
    return None


async def _vectors_differ(table: lancedb.AsyncTable, column: str, sample: Sequence[Mapping[str, Any]]) -> str | None:
    missed = 0
    for row in sample:
        query = table.query().nearest_to(np.array(row[column], dtype=np.float32)).distance_type("cosine")
        query = query.maximum_nprobes(0).limit(NEAREST).with_row_id().select(["_rowid", "_distance"])
        missed += row["_rowid"] not in (await query.to_arrow())["_rowid"].to_pylist()
    if missed > MISSED * len(sample):
        return f"of {len(sample)} images it does not find {missed} by their own vectors"
    return None


_DIFFERENCES = {"text": _words_differ, "vector": _vectors_differ}
