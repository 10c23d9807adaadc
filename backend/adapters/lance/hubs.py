"""The memory of hubs, in a table of the LanceDB database."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime

import pyarrow as pa

from backend.catalogue.values import Hub, HubState, ImageID, SpaceID

from .conditions import in_batches, one_of
from .database import HUB_SCHEMA, LanceDatabase
from .faults import retry_conflicts, within_deadline


class LanceHubs:
    """A HubMemory on a LanceDB database."""

    def __init__(self, database: LanceDatabase, space: SpaceID) -> None:
        self._database = database
        self._table = database.hubs
        self._space = space

    def counting(self) -> AbstractAsyncContextManager[bool]:
        return self._database.lease(f"hubs of {self._space}")

    async def all(self) -> Sequence[Hub]:
        async with within_deadline():
            # A count must see what an administrator has just changed.
            await self._table.checkout_latest()
            condition = f"{one_of('space', [self._space])} OR {one_of('state', [HubState.CLEARED])}"
            rows: pa.Table = await self._table.query().where(condition).to_arrow()
        return [
            Hub(ImageID(row["id"]), row["share"], row["found"], HubState(row["state"]))
            for row in rows.sort_by("id").to_pylist()
        ]

    async def hide(self, shares: Mapping[ImageID, float]) -> None:
        known = {hub.id: hub for hub in await self.all()}
        gone = [hub.id for hub in known.values() if hub.state is HubState.HIDDEN and hub.id not in shares]
        now = datetime.now(UTC)
        hidden = [
            Hub(image_id, share, known[image_id].found if image_id in known else now, HubState.HIDDEN)
            for image_id, share in shares.items()
        ]
        if changed := [hub for hub in hidden if known.get(hub.id) != hub]:
            # An administrator may have cleared one since the count.
            await self._write(changed, f"target.state <> '{HubState.CLEARED}'")
        await self._delete(gone, f"{one_of('state', [HubState.HIDDEN])} AND {one_of('space', [self._space])}")

    async def clear(self, image_id: ImageID) -> None:
        known = {hub.id: hub for hub in await self.all()}
        hub = known.get(image_id) or Hub(image_id, 0.0, datetime.now(UTC), HubState.HIDDEN)
        await self._write([Hub(hub.id, hub.share, hub.found, HubState.CLEARED)], None)

    async def forget(self, image_ids: Sequence[ImageID]) -> None:
        known = {hub.id for hub in await self.all()}
        await self._delete([image_id for image_id in image_ids if image_id in known])

    async def _write(self, hubs: Sequence[Hub], where: str | None) -> None:
        rows = [
            {"id": hub.id, "space": self._space, "share": hub.share, "found": hub.found, "state": hub.state.value}
            for hub in hubs
        ]
        merge = self._table.merge_insert("id").when_matched_update_all(where=where).when_not_matched_insert_all()
        async with within_deadline():
            await retry_conflicts(lambda: merge.execute(pa.Table.from_pylist(rows, schema=HUB_SCHEMA)))

    async def _delete(self, image_ids: Sequence[ImageID], condition: str = "true") -> None:
        for some in in_batches(image_ids):
            async with within_deadline():
                await retry_conflicts(lambda some=some: self._table.delete(f"({condition}) AND {one_of('id', some)}"))
