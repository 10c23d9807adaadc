"""
Tombstones: the ids of deleted images, so that none of them comes back and their rows leave every file.

A row must never be without its objects. Deleting takes three steps: write the tombstone (T), delete the row (D), and,
in the catalogue, delete the objects (O). Adding takes two: write the row (A), then look for a tombstone as of that
moment (L); only then is the addition acknowledged. D and L both see everything that was committed before they began.

An upload ticket may be older than the deletion of its image, and may be used in another process. If L runs before T is
committed, A was committed before D began, so D removes the row. If L runs after T, it finds the tombstone and removes
the row itself. Meanwhile the row can be seen for a moment, but nobody has been told that it exists. If the process dies
between A and L, the row stays until `Writes.sweep_deleted` compares the two tables: at the next start, and at upkeep.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import lancedb
import pyarrow as pa

from backend.catalogue.values import ImageID

from .conditions import in_batches, one_of
from .faults import retry_conflicts, translated
from .rows import PRIMARY_KEY, ids_in

TOMBSTONE_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False, metadata=PRIMARY_KEY),
        pa.field("moment", pa.timestamp("ms", tz="UTC"), nullable=False),
        # The table that the image was deleted from, and the file that its row was in; null if it had no row.
        pa.field("table", pa.string(), nullable=False),
        pa.field("fragment", pa.int64()),
        # Whether the row is in no file of that table any more.
        pa.field("erased", pa.bool_(), nullable=False),
    ]
)


class Tombstones:
    """The table of tombstones, which all spaces of a database share."""

    def __init__(self, table: lancedb.AsyncTable) -> None:
        self.table = table

    async def write(self, table: str, fragments: Mapping[ImageID, int | None]) -> None:
        """
        Write tombstones for images that are about to be deleted. An id that has one keeps it.

        Args:
            table: Name of the table they are deleted from.
            fragments: The file that each row is in, None if it has no row.
        """
        now = datetime.now(UTC)
        rows = [
            {"id": image_id, "moment": now, "table": table, "fragment": fragment, "erased": fragment is None}
            for image_id, fragment in fragments.items()
        ]
        with translated():
            merge = self.table.merge_insert("id").when_not_matched_insert_all()
            await merge.execute(pa.Table.from_pylist(rows, schema=TOMBSTONE_SCHEMA))

    async def all(self) -> list[ImageID]:
        """Return every id that has a tombstone."""
        with translated():
            await self.table.checkout_latest()
            return (await self.table.query().select(["id"]).to_arrow())["id"].to_pylist()

    async def among(self, image_ids: Sequence[ImageID]) -> frozenset[ImageID]:
        """Return those of the ids that have a tombstone at this moment."""
        with translated():
            await self.table.checkout_latest()
            return frozenset(await ids_in(self.table, image_ids))

    async def not_erased(self, table: str) -> dict[ImageID, int | None]:
        """Return the images deleted from a table whose rows may still be in its files, and each one's file."""
        with translated():
            await self.table.checkout_latest()
            condition = f"NOT erased AND {one_of('table', [table])}"
            rows = await self.table.query().where(condition).select(["id", "fragment"]).to_arrow()
        return {ImageID(row["id"]): row["fragment"] for row in rows.to_pylist()}

    async def mark_erased(self, image_ids: Sequence[ImageID]) -> None:
        """Note that no file contains these rows any more."""
        with translated():
            for some in in_batches(image_ids):
                await retry_conflicts(lambda some=some: self.table.update({"erased": True}, where=one_of("id", some)))

    async def expire(self, before: datetime) -> None:
        """Remove the tombstones of erased rows that were written before a moment."""
        condition = f"erased AND moment < CAST('{before.isoformat()}' AS TIMESTAMP)"
        with translated():
            if await self.table.count_rows(condition):
                await retry_conflicts(lambda: self.table.delete(condition))
