"""
Fills a library in bulk: rows as registrations write them, in large commits, and indexes by the product's own upkeep.

Row N has the Nth vector, and all else follows from N, so that whoever holds the vectors can name what is found.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from backend.adapters.lance.database import LanceDatabase
from backend.adapters.lance.index import LanceIndex
from backend.adapters.lance.rows import schema, to_row
from backend.catalogue.spaces import EmbeddingSpace
from backend.catalogue.values import ImageRecord, UpkeepReport, Vector
from tests.benchmarks.library_records import record_of
from tests.support.database import adopt

BATCH = 4096
"""Rows written at once."""


async def fill(
    data: Path,
    space: EmbeddingSpace,
    vectors: npt.NDArray[np.float32],
    record: Callable[[int], ImageRecord] = record_of,
) -> UpkeepReport:
    """
    Write a data folder's library, without its files.

    Args:
        vectors: (N, D) of unit length; may be a mapped file.
        record: Makes the record of a row.
    """
    async with LanceDatabase.open(data / "database") as database:
        async with database.images(space) as table:
            await table.add(pa.RecordBatchReader.from_batches(schema(space.dimension), _batches(vectors, record)))
        async with LanceIndex.open(database, space) as index:
            upkeep = await index.do_upkeep()
    await adopt(data)
    return upkeep


def _batches(vectors: npt.NDArray[np.float32], record: Callable[[int], ImageRecord]) -> Iterator[pa.RecordBatch]:
    columns = schema(vectors.shape[1])
    place = columns.get_field_index("vector")
    others = columns.remove(place)
    for start in range(0, len(vectors), BATCH):
        some = vectors[start : start + BATCH]
        # What a registration writes but the vector, which Arrow takes by the thousand as they lie in memory.
        rows = [to_row(record(start + number), Vector(one), revision=0) for number, one in enumerate(some)]
        table = pa.Table.from_pylist(rows, schema=others)
        flat = pa.FixedSizeListArray.from_arrays(pa.array(some.astype(np.float16).ravel()), vectors.shape[1])
        yield from table.add_column(place, columns.field(place), flat).to_batches()
