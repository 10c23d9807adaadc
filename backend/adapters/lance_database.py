"""A LanceDB database: one table of images for each embedding space, and one of the ids that were deleted."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import lancedb
import pyarrow as pa

from backend.catalogue.errors import IndexUnavailable
from backend.catalogue.ports import READ_CONSISTENCY_S
from backend.catalogue.spaces import EmbeddingSpace
from backend.catalogue.values import ImageID, SpaceID

from .lance_conditions import one_of
from .lance_migration import bring_up_to_date
from .lance_rows import PRIMARY_KEY, dimension_of, schema

IMAGES = "images_"
DELETED = "deleted"


class LanceDatabase:
    """An open database. To be used within `open`."""

    def __init__(self, location: str, connection: lancedb.AsyncConnection, deleted: lancedb.AsyncTable) -> None:
        self.location = location
        self._connection = connection
        self._deleted = deleted

    @classmethod
    @asynccontextmanager
    async def open(
        cls, location: Path | str, storage_options: Mapping[str, str] | None = None
    ) -> "AsyncIterator[LanceDatabase]":
        """
        Open the database in a folder or under an address such as `s3://bucket/prefix`, made if need be.

        Raises:
            IndexUnavailable: It cannot be opened.
        """
        with opening(location):
            connection = await lancedb.connect_async(
                location,
                read_consistency_interval=timedelta(seconds=READ_CONSISTENCY_S),
                storage_options=dict(storage_options or {}),
            )
            deleted = await connection.create_table(DELETED, schema=_DELETED_SCHEMA, exist_ok=True)
        try:
            yield cls(str(location), connection, deleted)
        finally:
            deleted.close()
            connection.close()

    @asynccontextmanager
    async def images(self, space: EmbeddingSpace) -> AsyncIterator[lancedb.AsyncTable]:
        """
        Open the table of a space, made or brought up to date if need be.

        Raises:
            IndexUnavailable: It cannot be opened, has other columns, or was written by a newer version.
        """
        with opening(self.location):
            name = IMAGES + space.id
            if name not in await self._tables():
                await self._connection.create_table(name, schema=schema(space.dimension), exist_ok=True)
        async with self.existing(space.id) as table:
            if dimension_of(await table.schema()) != space.dimension:
                raise IndexUnavailable(f"The table {name} in {self.location} holds vectors of another length.")
            yield table

    @asynccontextmanager
    async def existing(self, space: SpaceID) -> AsyncIterator[lancedb.AsyncTable]:
        """
        Open the table of a space that has one, brought up to date if need be.

        Raises:
            IndexUnavailable: It cannot be opened, has other columns, or was written by a newer version.
        """
        with opening(self.location):
            table = await self._connection.open_table(IMAGES + space)
        try:
            with opening(self.location):
                await bring_up_to_date(table)
            yield table
        finally:
            table.close()

    async def spaces(self) -> list[SpaceID]:
        """Return the spaces that have a table."""
        with translated():
            names = await self._tables()
        return [SpaceID(name.removeprefix(IMAGES)) for name in names if name.startswith(IMAGES)]

    async def registered(self, image_ids: Sequence[ImageID]) -> frozenset[ImageID]:
        """Return those of the ids that have a row in any space, as it is at this moment."""
        found: set[ImageID] = set()
        for space in await self.spaces():
            with translated():
                table = await self._connection.open_table(IMAGES + space)
                try:
                    found |= await _ids_in(table, image_ids)
                finally:
                    table.close()
        return frozenset(found)

    async def _tables(self) -> list[str]:
        page = await self._connection.list_tables()
        names = list(page.tables)
        while page.page_token:
            page = await self._connection.list_tables(page_token=page.page_token)
            names += page.tables
        return names

    async def remember_deleted(self, image_ids: Sequence[ImageID]) -> None:
        """Write down that these ids must not come back."""
        now = datetime.now(UTC)
        rows = pa.Table.from_pylist([{"id": image_id, "moment": now} for image_id in image_ids], schema=_DELETED_SCHEMA)
        with translated():
            await self._deleted.merge_insert("id").when_not_matched_insert_all().execute(rows)

    async def all_deleted(self) -> list[ImageID]:
        """Return all ids that must not come back."""
        with translated():
            await self._deleted.checkout_latest()
            return (await self._deleted.query().select(["id"]).to_arrow())["id"].to_pylist()

    async def deleted(self, image_ids: Sequence[ImageID]) -> frozenset[ImageID]:
        """Return those of the ids that were deleted, as it is at this moment."""
        with translated():
            await self._deleted.checkout_latest()
            return frozenset(await _ids_in(self._deleted, image_ids))


_DELETED_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False, metadata=PRIMARY_KEY),
        pa.field("moment", pa.timestamp("ms", tz="UTC"), nullable=False),
    ]
)


@contextmanager
def opening(location: Path | str) -> Iterator[None]:
    """Say why the database cannot be opened: unlike later messages, this one is for whoever starts the server."""
    try:
        if isinstance(location, Path) and location.exists() and not location.is_dir():
            raise NotADirectoryError("it is not a folder")
        yield
    except (RuntimeError, OSError, ValueError) as exc:  # ValueError: the table has another schema.
        reason = " ".join(str(exc).split())
        raise IndexUnavailable(f"The database {location} cannot be opened: {reason}") from exc


@contextmanager
def translated() -> Iterator[None]:
    try:
        yield
    except (RuntimeError, OSError) as exc:
        raise IndexUnavailable("The database cannot answer at the moment.") from exc


def is_conflict(error: Exception) -> bool:
    """Say whether a commit failed only because another came in between. LanceDB tells it by its sentence alone."""
    return any(words in str(error) for words in ("commit conflict", "oo many concurrent writers"))


async def _ids_in(table: lancedb.AsyncTable, image_ids: Sequence[ImageID]) -> set[ImageID]:
    if not image_ids:
        return set()
    found = await table.query().where(one_of("id", image_ids)).select(["id"]).to_arrow()
    return set(found["id"].to_pylist())
