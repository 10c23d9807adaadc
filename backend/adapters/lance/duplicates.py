"""The memory of duplicates, in tables of the LanceDB database."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager

import lancedb
import pyarrow as pa
import pyarrow.compute as pc

from backend.catalogue.duplicate_groups import Pair
from backend.catalogue.values import ImageID, SpaceID

from .conditions import in_batches, one_of
from .database import APART_SCHEMA, DUPLICATE_SCHEMA, LanceDatabase
from .faults import retry_conflicts, within_deadline


class LanceDuplicates:
    """A DuplicateMemory on a LanceDB database."""

    def __init__(self, database: LanceDatabase, space: SpaceID) -> None:
        self._database = database
        self._duplicates = database.duplicates
        self._apart = database.apart
        self._space = space

    def comparing(self) -> AbstractAsyncContextManager[bool]:
        return self._database.lease(f"duplicates of {self._space}")

    async def version(self) -> str:
        async with within_deadline():
            # What another server has just noted counts at once.
            for table in (self._duplicates, self._apart):
                await table.checkout_latest()
            return f"{await self._duplicates.version()}-{await self._apart.version()}"

    async def versions(self) -> Mapping[ImageID, Collection[ImageID]]:
        async with within_deadline():
            query = self._duplicates.query().where(one_of("space", [self._space])).select(["id", "versions"])
            rows: pa.Table = await query.to_arrow()
        # Most have none, and a list for each of 100,000 takes a tenth of a second.
        some = rows.filter(pc.call_function("greater", [pc.call_function("list_value_length", [rows["versions"]]), 0]))
        found: dict[ImageID, Collection[ImageID]] = dict.fromkeys(rows["id"].to_pylist(), ())
        return found | dict(zip(some["id"].to_pylist(), some["versions"].to_pylist(), strict=True))

    async def note(self, versions: Mapping[ImageID, Collection[ImageID]]) -> None:
        rows = [
            {"id": image_id, "space": self._space, "versions": list(others)} for image_id, others in versions.items()
        ]
        if rows:
            table = pa.Table.from_pylist(rows, schema=DUPLICATE_SCHEMA)
            async with within_deadline():
                await retry_conflicts(lambda: self._duplicates.add(table))

    async def forget(self, image_ids: Sequence[ImageID]) -> None:
        for some in in_batches(image_ids):
            await _delete(self._duplicates, f"{one_of('space', [self._space])} AND {one_of('id', some)}")

    async def forget_apart(self, image_ids: Sequence[ImageID]) -> None:
        for some in in_batches(image_ids):
            await _delete(self._apart, f"{one_of('one', some)} OR {one_of('other', some)}")

    async def apart(self) -> frozenset[Pair]:
        async with within_deadline():
            rows: pa.Table = await self._apart.query().select(["one", "other"]).to_arrow()
        return frozenset(zip(rows["one"].to_pylist(), rows["other"].to_pylist(), strict=True))

    async def set_apart(self, pairs: Sequence[Pair]) -> None:
        rows = [{"pair": one + other, "one": one, "other": other} for one, other in pairs]
        merge = self._apart.merge_insert("pair").when_not_matched_insert_all()
        if rows:
            async with within_deadline():
                await retry_conflicts(lambda: merge.execute(pa.Table.from_pylist(rows, schema=APART_SCHEMA)))

    async def undo_set_apart(self, pairs: Sequence[Pair]) -> None:
        for some in in_batches(pairs):
            await _delete(self._apart, one_of("pair", [one + other for one, other in some]))


async def _delete(table: lancedb.AsyncTable, condition: str) -> None:
    async with within_deadline():
        await table.checkout_latest()
        if await table.count_rows(condition):
            await retry_conflicts(lambda: table.delete(condition))
