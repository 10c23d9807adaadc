"""The rows of a LanceDB database in spaces other than the one in use."""

from collections.abc import AsyncIterator, Mapping, Sequence, Set
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

import lancedb

from backend.catalogue.errors import IndexUnavailable, ReembeddingUnfinished
from backend.catalogue.values import SHA256, Change, ImageID, ImageRecord, OtherSpace, SpaceComparison, SpaceID

from .conditions import in_batches, one_of
from .damage import Mender
from .database import LanceDatabase
from .faults import retry_conflicts, translated, within_deadline
from .index import LanceIndex
from .rows import INTEGRITY, intact_records

# Two processes must not retire spaces at once: each might find the other's table complete, and drop it.
LEASE = "other spaces"


class LanceOtherSpaces:
    """An OtherSpaces on a LanceDB database."""

    def __init__(self, database: LanceDatabase, space: SpaceID) -> None:
        self._database = database
        self._space = space

    async def compare(self) -> SpaceComparison:
        async with within_deadline():
            return (await self._compared()).compare()

    async def records(self, image_ids: Sequence[ImageID]) -> Sequence[ImageRecord]:
        return await self._found("id", image_ids)

    async def find(self, sha256: SHA256) -> ImageRecord | None:
        found = await self._found("sha256", [sha256])
        return found[0] if found else None

    async def change(self, image_id: ImageID, change: Change) -> None:
        for space in await self._others():
            async with AsyncExitStack() as stack:
                async with within_deadline():
                    index = await stack.enter_async_context(LanceIndex.existing(self._database, space))
                await index.change(image_id, change)

    async def delete(self, image_ids: Sequence[ImageID]) -> None:
        async with self._opened() as tables:
            for table in tables:
                for some in in_batches(image_ids):
                    async with within_deadline():
                        delete = partial(_delete, table, some)
                        await Mender(table)(partial(self._database.with_reserve, delete))

    async def retire(self) -> None:
        with translated():
            async with self._database.lease(LEASE) as granted:
                if not granted:
                    raise IndexUnavailable("Another server is dropping the other spaces at this moment.")
                compared = await self._compared()
                if left := len(compared.compare().waiting):
                    raise ReembeddingUnfinished(left)
                for table in compared.tables:
                    await self._database.drop(table.source.space)

    async def _others(self) -> list[SpaceID]:
        async with within_deadline():
            return sorted(space for space in await self._database.spaces() if space != self._space)

    async def _compared(self) -> "_Compared":
        others = await self._others()
        if not others:
            return _Compared([], {}, frozenset())
        tables = [await self._content(space) for space in others]
        # Read last, so that images copied meanwhile count as copied.
        own = await self._content(self._space)
        deleted = set(await self._database.tombstones.all())
        # The largest first, ties by id: so every server uses the same order.
        tables.sort(key=lambda table: (-table.source.images, table.source.space))
        return _Compared(tables, own.originals, deleted)

    async def _content(self, space: SpaceID) -> "_Table":
        async with self._database.existing(space) as table:
            originals = await originals_in(table)
        return _Table(OtherSpace(space, len(originals)), originals)

    async def _found(self, column: str, values: Sequence[str]) -> list[ImageRecord]:
        """Return the rows with one of the values, each id once, from the largest table that has it."""
        found: dict[ImageID, ImageRecord] = {}
        async with self._opened() as tables, within_deadline():
            for table in tables:
                for some in in_batches(values):
                    query = table.query().where(one_of(column, some)).select(["id", *INTEGRITY])
                    rows = await Mender(table)(query.to_arrow)
                    found = {image.id: image for image in intact_records(rows)} | found
            deleted = await self._database.deleted(list(found)) if found else frozenset[ImageID]()
        return [image for image_id, image in sorted(found.items()) if image_id not in deleted]

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[list[lancedb.AsyncTable]]:
        async with AsyncExitStack() as stack:
            opened = []
            for space in await self._others():
                async with within_deadline():
                    table = await stack.enter_async_context(self._database.existing(space))
                    opened.append((-await table.count_rows(), space, table))
            yield [table for _, _, table in sorted(opened, key=lambda entry: entry[:2])]


async def _delete(table: lancedb.AsyncTable, image_ids: Sequence[ImageID]) -> None:
    await retry_conflicts(lambda: table.delete(one_of("id", image_ids)))


@dataclass(frozen=True)
class _Table:
    """The images of a table, with their originals."""

    source: OtherSpace
    originals: Mapping[ImageID, SHA256]


@dataclass(frozen=True)
class _Compared:
    """The tables of other spaces, and the images of the space in use, deleted ones included."""

    tables: Sequence[_Table]
    own: Mapping[ImageID, SHA256]
    deleted: Set[ImageID]

    def compare(self) -> SpaceComparison:
        there = {
            image_id: sha256
            for table in self.tables
            for image_id, sha256 in table.originals.items()
            if image_id not in self.deleted
        }
        sources = tuple(table.source for table in self.tables)
        return SpaceComparison(sources, len(there), tuple(sorted(missing(there, self.own))))


def missing(there: Mapping[ImageID, SHA256], own: Mapping[ImageID, SHA256]) -> list[ImageID]:
    """Return the images of which `own` has neither id nor original."""
    originals = set(own.values())
    return [image_id for image_id, sha256 in there.items() if image_id not in own and sha256 not in originals]


async def originals_in(table: lancedb.AsyncTable) -> Mapping[ImageID, SHA256]:
    """Return the original of each image in a table."""
    rows = await table.query().select(["id", "sha256"]).to_arrow()
    return dict(zip(rows["id"].to_pylist(), rows["sha256"].to_pylist(), strict=True))
