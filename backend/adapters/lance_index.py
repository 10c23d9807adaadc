"""Keeps images and their vectors in LanceDB, one table for each embedding space."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import lancedb
import numpy as np
import pyarrow as pa
from lancedb.expr import Expr, col, lit
from lancedb.query import ColumnOrdering

from backend.catalogue.errors import IndexUnavailable
from backend.catalogue.spaces import EmbeddingSpace
from backend.catalogue.values import (
    SHA256,
    Description,
    Filters,
    ImageID,
    ImageRecord,
    Label,
    Match,
    ObjectFacts,
    Vector,
)
from backend.catalogue.vectors import to_vector

# What set_unenforced_primary_key("id") writes. Given at creation, the key is there from the first commit on, whatever
# dies in between. Without it, merge_insert calls that meet duplicate rows (8 of 8, measured on LanceDB 0.40).
PRIMARY_KEY = {"lance-schema:unenforced-primary-key:position": "1"}


class LanceIndex:
    """An ImageIndex on one LanceDB table. To be used within `open`."""

    def __init__(self, table: lancedb.AsyncTable, dimension: int) -> None:
        self._table = table
        self._schema = _schema(dimension)
        self._columns = [name for name in self._schema.names if name != "vector"]
        self._dimension = dimension
        # Commits of one process queue up here; left to meet, each would be tried again after every other.
        self._writing = asyncio.Lock()

    @classmethod
    @asynccontextmanager
    async def open(cls, folder: Path, space: EmbeddingSpace) -> "AsyncIterator[LanceIndex]":
        """
        Open the table of a space, made if need be.

        Raises:
            IndexUnavailable: The database cannot be opened, or its table has other columns.
        """
        with _opening(folder):
            connection = await lancedb.connect_async(folder)
            table = await connection.create_table(f"images_{space.id}", schema=_schema(space.dimension), exist_ok=True)
            # Joins what single commits left in pieces: after 600 of them a search takes 90 ms, afterwards 8.
            await table.optimize()
        try:
            yield cls(table, space.dimension)
        finally:
            table.close()
            connection.close()

    async def add(self, image: ImageRecord, vector: Vector) -> None:
        rows = pa.Table.from_pylist([_to_row(image, vector)], schema=self._schema)
        with _translated():
            async with self._writing:
                await self._table.merge_insert("id").when_not_matched_insert_all().execute(rows)

    async def get(self, image_id: ImageID) -> ImageRecord | None:
        return await self._first(col("id") == lit(image_id))

    async def find(self, sha256: SHA256) -> ImageRecord | None:
        return await self._first(col("sha256") == lit(sha256))

    async def vector_of(self, image_id: ImageID) -> Vector | None:
        with _translated():
            query = self._table.query().where(col("id") == lit(image_id)).select(["vector"]).limit(1)
            rows = (await query.to_arrow()).to_pylist()
        return to_vector(rows[0]["vector"], self._dimension) if rows else None

    async def nearest(
        self, vector: Vector, limit: int, filters: Filters, without: ImageID | None = None
    ) -> Sequence[Match]:
        query = self._table.query().nearest_to(vector).distance_type("cosine").limit(limit)
        if condition := _condition(filters, without):
            query = query.where(condition)
        with _translated():
            # LanceDB warns of every query that leaves the choice of _distance to it.
            rows = (await query.select([*self._columns, "_distance"]).to_arrow()).to_pylist()
        return [Match(_similarity(row["_distance"]), _to_record(row)) for row in rows]

    async def page(self, limit: int, after: ImageID | None) -> Sequence[ImageRecord]:
        newest_first = [ColumnOrdering(column_name="id", ascending=False)]
        query = self._table.query().select(self._columns).order_by(newest_first).limit(limit)
        if after is not None:
            query = query.where(col("id") < lit(after))
        with _translated():
            return [_to_record(row) for row in (await query.to_arrow()).to_pylist()]

    async def count(self) -> int:
        with _translated():
            return await self._table.count_rows()

    async def delete(self, image_id: ImageID) -> None:
        with _translated():
            async with self._writing:
                await self._table.delete(col("id") == lit(image_id))

    async def _first(self, condition: Expr) -> ImageRecord | None:
        with _translated():
            query = self._table.query().where(condition).select(self._columns).limit(1)
            rows = (await query.to_arrow()).to_pylist()
        return _to_record(rows[0]) if rows else None


def _schema(dimension: int) -> pa.Schema:
    return pa.schema(
        [
            pa.field("id", pa.string(), nullable=False, metadata=PRIMARY_KEY),
            # Half the bytes of float32; scores move by less than 1e-4 (measured: 2e-5).
            pa.field("vector", pa.list_(pa.float16(), dimension), nullable=False),
            pa.field("created", pa.timestamp("ms", tz="UTC"), nullable=False),
            pa.field("file_name", pa.string(), nullable=False),
            pa.field("size", pa.int64(), nullable=False),
            pa.field("content_type", pa.string(), nullable=False),
            pa.field("sha256", pa.string(), nullable=False),
            pa.field("width", pa.int32(), nullable=False),
            pa.field("height", pa.int32(), nullable=False),
            pa.field("title", pa.string(), nullable=False),
            pa.field("tags", pa.list_(pa.string()), nullable=False),
            # Two lists rather than a list of structs: only a list of strings can be searched by array_has_any.
            pa.field("label_names", pa.list_(pa.string()), nullable=False),
            pa.field("label_scores", pa.list_(pa.float64()), nullable=False),
        ]
    )


def _to_row(image: ImageRecord, vector: Vector) -> dict[str, Any]:
    description = image.description
    return {
        "id": image.id,
        "vector": vector.astype(np.float16),
        "created": image.created,
        "file_name": image.file_name,
        "size": image.original.size,
        "content_type": image.original.content_type,
        "sha256": image.original.sha256,
        "width": description.width,
        "height": description.height,
        "title": description.title,
        "tags": list(description.tags),
        "label_names": [label.name for label in description.labels],
        "label_scores": [label.score for label in description.labels],
    }


def _to_record(row: dict[str, Any]) -> ImageRecord:
    return ImageRecord(
        id=ImageID(row["id"]),
        created=row["created"],
        file_name=row["file_name"],
        original=ObjectFacts(row["size"], row["content_type"], SHA256(row["sha256"])),
        description=Description(
            width=row["width"],
            height=row["height"],
            title=row["title"],
            tags=tuple(row["tags"]),
            labels=tuple(map(Label, row["label_names"], row["label_scores"])),
        ),
    )


def _condition(filters: Filters, without: ImageID | None) -> str:
    """Return the filters as an expression, empty if they let everything pass."""
    conditions = []
    if filters.tags_any:
        conditions.append(_has_any("tags", filters.tags_any))
    if filters.labels_any:
        conditions.append(_has_any("label_names", filters.labels_any))
    if without is not None:
        conditions.append((col("id") != lit(without)).to_sql())
    return " AND ".join(conditions)


def _has_any(column: str, values: Sequence[str]) -> str:
    # LanceDB's expressions know no function on lists, so this one is text; each value is quoted by LanceDB itself.
    return f"array_has_any({column}, make_array({', '.join(lit(value).to_sql() for value in values)}))"


def _similarity(distance: float) -> float:
    """Turn a cosine distance (0 same, 2 opposite) into a similarity, rounding beyond its range cut off."""
    return max(-1.0, min(1.0, 1.0 - distance))


@contextmanager
def _opening(folder: Path) -> Iterator[None]:
    """Say why the database cannot be opened: unlike later messages, this one is for whoever starts the server."""
    try:
        if folder.exists() and not folder.is_dir():
            raise NotADirectoryError("it is not a folder")
        yield
    except (RuntimeError, OSError, ValueError) as exc:  # ValueError: the table has another schema.
        reason = " ".join(str(exc).split())
        raise IndexUnavailable(f"The database {folder} cannot be opened: {reason}") from exc


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (RuntimeError, OSError) as exc:
        raise IndexUnavailable("The database cannot answer at the moment.") from exc
