"""Reads all rows of a database as of one moment, bit for bit, for backups."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import lancedb
import numpy as np
import numpy.typing as npt

from backend.catalogue.values import SHA256, ImageID, ImageRecord, SpaceID

from .database import IMAGES, LanceDatabase
from .faults import translated
from .rows import INTEGRITY, dimension_of, is_intact, to_record, vectors_in


@dataclass(frozen=True)
class StoredRows:
    """Some rows in the order of ids. Compared by identity, as it holds an array."""

    images: Sequence[ImageRecord]
    vectors: npt.NDArray[np.float16]
    """(N, D), of each image."""
    damaged: Sequence[ImageID]
    """Images whose rows are damaged; they are left out."""


class Snapshot:
    """The rows of one space at one moment. They can be read as long as upkeep keeps the files of old versions."""

    def __init__(
        self, space: SpaceID, dimension: int, table: lancedb.AsyncTable, ids: Sequence[ImageID], row_ids: Sequence[int]
    ) -> None:
        self.space = space
        self.dimension = dimension
        self.ids = ids
        """In order, each once."""
        self._table = table
        self._places = row_ids

    async def rows(self, which: range) -> StoredRows:
        """Read the rows of some of the ids."""
        with translated():
            wanted = [self._places[at] for at in which]
            table = (await self._table.take_row_ids(wanted).select(["id", *INTEGRITY]).to_arrow()).sort_by("id")
        vectors = vectors_in(table)
        intact, images, damaged = [], [], []
        for at, row in enumerate(table.drop_columns(["vector"]).to_pylist()):
            if is_intact({**row, "vector": vectors[at]}):
                intact.append(at)
                images.append(to_record(row))
            else:
                damaged.append(ImageID(row["id"]))
        return StoredRows(images, vectors[intact], damaged)

    async def originals(self) -> set[SHA256]:
        """Return the checksums of all originals."""
        with translated():
            return set((await self._table.query().select(["sha256"]).to_arrow())["sha256"].to_pylist())


@asynccontextmanager
async def snapshots(database: LanceDatabase) -> AsyncIterator[list[Snapshot]]:
    """
    Open the rows of every space as they are now.

    Raises:
        IndexUnavailable: A table cannot be opened, or has other columns.
    """
    async with AsyncExitStack() as stack:
        opened = []
        for space in sorted(await database.spaces()):
            async with database.existing(space):
                pass  # Checks its columns.
            opened.append((space, await stack.enter_async_context(database.snapshot(IMAGES + space))))
        yield [await _snapshot(space, table) for space, table in opened]


async def _snapshot(space: SpaceID, table: lancedb.AsyncTable) -> Snapshot:
    with translated():
        rows = await table.query().select(["id"]).with_row_id().to_arrow()
        dimension = dimension_of(await table.schema())
    ids, first = np.unique(rows["id"].to_numpy(zero_copy_only=False).astype(np.str_), return_index=True)
    row_ids = rows["_rowid"].to_numpy()[first]
    return Snapshot(space, dimension, table, ids.tolist(), row_ids.tolist())
