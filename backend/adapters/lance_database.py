"""A LanceDB database: one table of images for each embedding space, and one of the ids that were deleted."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import lancedb
import pyarrow as pa
from lancedb.index import FTS

from backend.catalogue.errors import IndexUnavailable
from backend.catalogue.ports import READ_CONSISTENCY_S
from backend.catalogue.spaces import EmbeddingSpace
from backend.catalogue.values import ImageID, SpaceID

from .lance_conditions import one_of
from .lance_rows import PRIMARY_KEY, schema

IMAGES = "images_"
DELETED = "deleted"

# ICU finds words also where no spaces are between them (Japanese, Thai); split, so that `IMG_1234.jpg` is found by its
# number. No stemming and no stop words: titles are names, in any language.
WORDS = FTS(base_tokenizer="icu/split", stem=False, remove_stop_words=False)


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
        Open the table of a space, made if need be.

        Raises:
            IndexUnavailable: It cannot be opened, or has other columns.
        """
        with opening(self.location):
            name = IMAGES + space.id
            table = await self._connection.create_table(name, schema=schema(space.dimension), exist_ok=True)
            if not list(await table.list_indices()):
                await table.create_index("text", config=WORDS)
            # Joins what single commits left in pieces: after 600 of them a search takes 90 ms, afterwards 8.
            await table.optimize()
        try:
            yield table
        finally:
            table.close()

    async def spaces(self) -> list[SpaceID]:
        """Return the spaces that have a table."""
        with translated():
            names = (await self._connection.list_tables()).tables
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

    async def remember_deleted(self, image_ids: Sequence[ImageID]) -> None:
        """Write down that these ids must not come back."""
        now = datetime.now(UTC)
        rows = pa.Table.from_pylist([{"id": image_id, "moment": now} for image_id in image_ids], schema=_DELETED_SCHEMA)
        with translated():
            await self._deleted.merge_insert("id").when_not_matched_insert_all().execute(rows)

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


async def _ids_in(table: lancedb.AsyncTable, image_ids: Sequence[ImageID]) -> set[ImageID]:
    if not image_ids:
        return set()
    found = await table.query().where(one_of("id", image_ids)).select(["id"]).to_arrow()
    return set(found["id"].to_pylist())
