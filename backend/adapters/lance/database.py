"""A LanceDB database: a table of images for each space, and tables for what else is remembered."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import lancedb
import pyarrow as pa

from backend.catalogue.errors import IndexUnavailable
from backend.catalogue.library import DatabaseState, TableState
from backend.catalogue.ports import READ_CONSISTENCY_S
from backend.catalogue.spaces import EmbeddingSpace
from backend.catalogue.values import ImageID, LibraryID, SpaceID

from ..disk.reserve import Reserve, is_full
from . import identity
from .conditions import one_of
from .damage import Mender, is_damage, reason_of
from .faults import Outcome, opening, retry_conflicts, translated
from .identity import IDENTITY, LIBRARY_SCHEMA, mark_name, retired_name
from .lease import LEASE_SCHEMA, lease
from .rows import PRIMARY_KEY, WORDS, dimension_of, ids_in, schema
from .table_check import check
from .tombstones import TOMBSTONE_SCHEMA, Tombstones

logger = logging.getLogger(__name__)

IMAGES = "images_"
TOMBSTONES = "tombstones"
LEASES = "leases"
LIBRARY = "library"
HUBS = "hubs"
DUPLICATES = "duplicates"
APART = "apart"


class LanceDatabase:
    """An open database. Use it within `open`."""

    def __init__(
        self,
        location: str,
        connection: lancedb.AsyncConnection,
        tombstones: lancedb.AsyncTable,
        leases: lancedb.AsyncTable,
        library: lancedb.AsyncTable,
        reserve: Reserve,
        hubs: lancedb.AsyncTable,
        duplicates: lancedb.AsyncTable,
        apart: lancedb.AsyncTable,
    ) -> None:
        self.location = location
        self._reserve = reserve
        self._connection = connection
        self.tombstones = Tombstones(tombstones)
        self._leases = leases
        self._library = library
        self.hubs = hubs
        """For LanceHubs."""
        self.duplicates = duplicates
        self.apart = apart
        """For LanceDuplicates, like the one before."""

    @classmethod
    @asynccontextmanager
    async def open(
        cls, location: Path | str, storage_options: Mapping[str, str] | None = None
    ) -> "AsyncIterator[LanceDatabase]":
        """
        Open the database in a folder or at an address such as `s3://bucket/prefix`; create it if necessary.

        Raises:
            IndexUnavailable: It cannot be opened.
        """
        with opening(location):
            connection = await lancedb.connect_async(
                location,
                read_consistency_interval=timedelta(seconds=READ_CONSISTENCY_S),
                storage_options=dict(storage_options or {}),
            )
            tombstones = await open_or_create(connection, TOMBSTONES, TOMBSTONE_SCHEMA)
            leases = await _usable(connection, LEASES, LEASE_SCHEMA)
            library = await open_or_create(connection, LIBRARY, LIBRARY_SCHEMA)
            hubs = await open_or_create(connection, HUBS, HUB_SCHEMA)
            duplicates = await _usable(connection, DUPLICATES, DUPLICATE_SCHEMA)
            apart = await open_or_create(connection, APART, APART_SCHEMA)
        reserve = Reserve(location / "reserve" if isinstance(location, Path) else None)
        try:
            yield cls(str(location), connection, tombstones, leases, library, reserve, hubs, duplicates, apart)
        finally:
            apart.close()
            duplicates.close()
            hubs.close()
            library.close()
            leases.close()
            tombstones.close()
            connection.close()

    @asynccontextmanager
    async def images(self, space: EmbeddingSpace) -> AsyncIterator[lancedb.AsyncTable]:
        """
        Open the table of a space; create it if necessary.

        Raises:
            IndexUnavailable: It cannot be opened, has other columns, or was written by another version.
        """
        async with self.images_of(space.id, space.dimension) as table:
            yield table

    @asynccontextmanager
    async def images_of(self, space: SpaceID, dimension: int) -> AsyncIterator[lancedb.AsyncTable]:
        """The same for a space of which only id and dimension are known."""
        with opening(self.location):
            name = IMAGES + space
            if not await self._is_made(name):
                await open_or_create(self._connection, name, schema(dimension))
        async with self.existing(space) as table:
            if dimension_of(await table.schema()) != dimension:
                raise IndexUnavailable(f"The table {name} in {self.location} holds vectors of another dimension.")
            with opening(self.location):
                await retry_conflicts(lambda: _make_text_index(table))
            yield table

    @asynccontextmanager
    async def existing(self, space: SpaceID) -> AsyncIterator[lancedb.AsyncTable]:
        """
        Open the table of a space that has one.

        Raises:
            IndexUnavailable: It cannot be opened, has other columns, or was written by another version.
        """
        with opening(self.location):
            table = await self._connection.open_table(IMAGES + space)
        try:
            with opening(self.location):
                check(await table.schema())
            yield table
        finally:
            table.close()

    async def _is_made(self, name: str) -> bool:
        """Say whether a table exists. A name is listed even while another process is still creating the table."""
        if name not in await table_names(self._connection):
            return False
        try:
            (await self._connection.open_table(name)).close()
        except ValueError:  # "was not found"
            return False
        return True

    @asynccontextmanager
    async def snapshot(self, name: str) -> AsyncIterator[lancedb.AsyncTable]:
        """
        Open the current version of a table, which later writes do not change for this reader.

        It can be read as long as upkeep keeps the files of old versions: see KEEP_S in upkeep.py.
        """
        with translated():
            table = await self._connection.open_table(name)
        try:
            with translated():
                await table.checkout(await table.version())
            yield table
        finally:
            table.close()

    @asynccontextmanager
    async def opened(self, name: str) -> AsyncIterator[lancedb.AsyncTable]:
        """Open any table of the database."""
        with translated():
            table = await self._connection.open_table(name)
        try:
            yield table
        finally:
            table.close()

    async def spaces(self) -> list[SpaceID]:
        """Return the spaces that have a table."""
        with translated():
            names = await table_names(self._connection)
        return [SpaceID(name.removeprefix(IMAGES)) for name in names if name.startswith(IMAGES)]

    async def registered(self, image_ids: Sequence[ImageID]) -> frozenset[ImageID]:
        """
        Return those of the ids that have a row in any space at this moment.

        Missing ids are looked up once more. A re-embedding copies rows to another table, and then drops the first one:
        a reader that saw the second before the copy and the first after the drop would miss rows. By now the second has
        them.
        """
        found = await self._registered(image_ids)
        return found | await self._registered([image_id for image_id in image_ids if image_id not in found])

    async def _registered(self, image_ids: Sequence[ImageID]) -> frozenset[ImageID]:
        found: set[ImageID] = set()
        for space in await self.spaces() if image_ids else []:
            with translated():
                table = await self._connection.open_table(IMAGES + space)
                try:
                    found |= await Mender(table)(lambda table=table: ids_in(table, image_ids))
                finally:
                    table.close()
        return frozenset(found)

    async def drop(self, space: SpaceID) -> None:
        """Drop the table of a space, and record that this was done on purpose."""
        with translated():
            await retry_conflicts(lambda: identity.write(self._library, retired_name(space)))
            await self._connection.drop_table(IMAGES + space)
            await retry_conflicts(lambda: self.duplicates.delete(one_of("space", [space])))

    async def look(self, mark: str | None) -> DatabaseState:
        """Return the state of the database at this moment, and whether it knows a mark."""
        with translated():
            return await _look(self._connection, mark)

    async def write_identity(self, library: LibraryID) -> LibraryID:
        """Give the database an identity, unless it has one; return the one it has."""
        with translated():
            await retry_conflicts(lambda: identity.write(self._library, IDENTITY, library))
            await self._library.checkout_latest()
            return LibraryID((await identity.read(self._library))[IDENTITY])

    async def write_mark(self, mark: str) -> None:
        """Write down a mark."""
        spaces = await self.spaces()
        with translated():
            await retry_conflicts(lambda: identity.write(self._library, mark_name(mark)))
            await retry_conflicts(lambda: identity.forget(self._library, spaces))

    async def deleted(self, image_ids: Sequence[ImageID]) -> frozenset[ImageID]:
        """Return those of the ids that were deleted, as of this moment."""
        return await self.tombstones.among(image_ids)

    async def with_reserve(self, deletion: Callable[[], Awaitable[Outcome]]) -> Outcome:
        """Carry out a deletion; if the disk is full, in the space reserved for deletions."""
        try:
            return await deletion()
        except (IndexUnavailable, RuntimeError, OSError) as exc:
            if not is_full(exc) or not await asyncio.to_thread(self._reserve.release):
                raise
        return await deletion()

    async def take_reserve(self) -> None:
        """Reserve space for deletions again, if the disk has enough."""
        await asyncio.to_thread(self._reserve.take)

    def lease(self, name: str) -> AbstractAsyncContextManager[bool]:
        """Hold the lease of this name while the block runs; yield whether it was granted."""
        return lease(self._leases, name)

    def own_tables(self) -> Sequence[lancedb.AsyncTable]:
        """Return the tables other than those of images, which need upkeep too."""
        return [self.tombstones.table, self._leases, self._library, self.hubs, self.duplicates, self.apart]


class UnopenedDatabase:
    """A database that may not exist yet, inspected before anything is created or changed."""

    def __init__(self, location: Path | str, storage_options: Mapping[str, str] | None = None) -> None:
        self._location = location
        self._storage_options = storage_options or {}

    @property
    def location(self) -> str:
        return str(self._location)

    async def look(self, mark: str | None) -> DatabaseState:
        """
        Return the state of the database, and whether it knows a mark.

        Raises:
            IndexUnavailable: It cannot be opened. The message is for the operator.
        """
        if isinstance(self._location, Path) and not self._location.exists():
            return DatabaseState()
        with opening(self._location):
            async with connected(self._location, self._storage_options) as connection:
                return await _look(connection, mark)


@asynccontextmanager
async def connected(location: Path | str, storage_options: Mapping[str, str]) -> AsyncIterator[lancedb.AsyncConnection]:
    """Connect to a database without creating anything; every query sees the newest version."""
    connection = await lancedb.connect_async(
        location, read_consistency_interval=timedelta(0), storage_options=dict(storage_options)
    )
    try:
        yield connection
    finally:
        connection.close()


async def _look(connection: lancedb.AsyncConnection, mark: str | None) -> DatabaseState:
    names = await table_names(connection)
    entries: identity.Entries = {}
    if LIBRARY in names:
        async with _open(connection, LIBRARY) as table:
            entries = await identity.read(table)
    tables = {}
    for name in sorted(names):
        if name.startswith(IMAGES):
            async with _open(connection, name) as table:
                tables[SpaceID(name.removeprefix(IMAGES))] = TableState(await table.version(), await table.count_rows())
    return DatabaseState(
        library=identity.identity_in(entries),
        knows_mark=mark is not None and mark_name(mark) in entries,
        tables=tables,
        retired=identity.retired_in(entries),
    )


@asynccontextmanager
async def _open(connection: lancedb.AsyncConnection, name: str) -> AsyncIterator[lancedb.AsyncTable]:
    table = await connection.open_table(name)
    try:
        yield table
    finally:
        table.close()


HUB_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False, metadata=PRIMARY_KEY),
        # Where it is hidden. A cleared image is cleared in every space.
        pa.field("space", pa.string(), nullable=False),
        pa.field("share", pa.float64(), nullable=False),
        pa.field("found", pa.timestamp("ms", tz="UTC"), nullable=False),
        pa.field("state", pa.string(), nullable=False),
    ]
)


DUPLICATE_SCHEMA = pa.schema(
    [
        # An image that was compared with all others of its space. No key: writing one twice does no harm.
        pa.field("id", pa.string(), nullable=False),
        pa.field("space", pa.string(), nullable=False),
        # The images that it is a version of.
        pa.field("versions", pa.list_(pa.string()), nullable=False),
    ]
)

APART_SCHEMA = pa.schema(
    [
        # Two ids, the lower one first, of images that are no duplicates.
        pa.field("pair", pa.string(), nullable=False, metadata=PRIMARY_KEY),
        pa.field("one", pa.string(), nullable=False),
        pa.field("other", pa.string(), nullable=False),
    ]
)


async def open_or_create(connection: lancedb.AsyncConnection, name: str, columns: pa.Schema) -> lancedb.AsyncTable:
    """Open a table; create it if necessary. Of several processes that create it at once, all but one get a conflict."""
    return await retry_conflicts(lambda: connection.create_table(name, schema=columns, exist_ok=True))


async def _usable(connection: lancedb.AsyncConnection, name: str, columns: pa.Schema) -> lancedb.AsyncTable:
    """Open a table whose content is found out again: who is working, what was compared. A damaged one is recreated."""
    try:
        table = await open_or_create(connection, name, columns)
        await table.query().to_arrow()
        return table
    except Exception as exc:
        if not is_damage(exc):
            raise
        logger.warning("the table %s is damaged and is recreated: %s", name, reason_of(exc))
    await connection.drop_table(name)
    return await open_or_create(connection, name, columns)


async def table_names(connection: lancedb.AsyncConnection) -> list[str]:
    """Return the names of all tables, which LanceDB lists page by page."""
    page = await connection.list_tables()
    names = list(page.tables)
    while page.page_token:
        page = await connection.list_tables(page_token=page.page_token)
        names += page.tables
    return names


async def _make_text_index(table: lancedb.AsyncTable) -> None:
    """
    Create the index that a search for words needs, unless it exists.

    Checked at every opening: the process that created the table may have died before it created the index.
    """
    await table.checkout_latest()
    if not any(index.columns == ["text"] for index in await table.list_indices()):
        await table.create_index("text", config=WORDS)
