"""Writes rows of images so that no id comes twice, and none that was deleted comes back."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import lancedb

from backend.catalogue.errors import TicketRevoked
from backend.catalogue.values import Change, Description, ImageID, ImageRecord, Vector

from .lance_conditions import one_of
from .lance_database import LanceDatabase, translated
from .lance_rows import RECORD_COLUMNS, to_record, to_records, to_row, to_table, vector_in


class Writes:
    def __init__(self, database: LanceDatabase, table: lancedb.AsyncTable, dimension: int) -> None:
        self._database = database
        self._table = table
        self._dimension = dimension
        # Commits of one process queue up here; left to meet, each would be tried again after every other.
        self._writing = asyncio.Lock()

    async def add(self, image: ImageRecord, vector: Vector) -> tuple[ImageRecord, bool]:
        with translated():
            async with self._writing:
                await self._table.checkout_latest()
                condition = one_of("id", [image.id]) | one_of("sha256", [image.original.sha256])
                known = to_records(await self._table.query().where(condition).select(RECORD_COLUMNS).to_arrow())
                if not known:
                    rows = to_table([to_row(image, vector)], self._dimension)
                    await self._table.merge_insert("id").when_not_matched_insert_all().execute(rows)
                if await self._database.deleted([image.id]):
                    await self._table.delete(one_of("id", [image.id]))
                    raise TicketRevoked("The image was deleted; upload it anew to have it again.")
        return (known[0], False) if known else (image, True)

    async def change(self, image_id: ImageID, change: Change) -> ImageRecord | None:
        with translated():
            async with self._writing:
                await self._table.checkout_latest()
                found = (await self._table.query().where(one_of("id", [image_id])).to_arrow()).to_pylist()
                if not found:
                    return None
                image = to_record(found[0])
                changed = replace(image, description=changed_description(image.description, change))
                row = to_row(changed, vector_in(found[0]), (found[0]["revision"] or 0) + 1)
                await self._table.merge_insert("id").when_matched_update_all().execute(to_table([row], self._dimension))
                return changed

    async def delete(self, image_ids: Sequence[ImageID]) -> None:
        if not image_ids:
            return
        with translated():
            async with self._writing:
                await self._database.remember_deleted(image_ids)
                await self._table.checkout_latest()
                await self._table.delete(one_of("id", image_ids))


def changed_description(description: Description, change: Change) -> Description:
    """Return the description with the change made; an attribute that becomes None goes."""
    attributes = {**description.attributes, **change.attributes}
    return replace(
        description,
        title=description.title if change.title is None else change.title,
        tags=description.tags if change.tags is None else change.tags,
        attributes={name: value for name, value in attributes.items() if value is not None},
    )
