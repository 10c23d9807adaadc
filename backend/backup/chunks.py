"""
Splits rows and listings into files that are named by their content, and reads them back.

Where to split depends only on the ids: adding or deleting an image changes only its own chunk.
"""

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from backend.adapters.lance.rows import to_json, to_record, vectors_in
from backend.catalogue.object_keys import original_key, thumbnail_key
from backend.catalogue.values import SHA256, ImageID, ImageRecord, ObjectFacts, ObjectKey

from .depots import Depot, whole_part, write_bytes
from .manifest import Chunk, listing_file, row_file

# Images in a chunk, on average and at most. A guess: 2,000 rows with 512 values each are 2 MB, which one more photo
# makes the next backup write again; a million images are 500 files.
AVERAGE = 2048
MOST = 4 * AVERAGE


@dataclass(frozen=True)
class Listed:
    """An image's objects, as far as a backup has them."""

    id: ImageID
    original: ObjectFacts | None
    thumbnail: ObjectFacts | None

    @property
    def objects(self) -> dict[ObjectKey, ObjectFacts]:
        both = {original_key(self.id): self.original, thumbnail_key(self.id): self.thumbnail}
        return {key: facts for key, facts in both.items() if facts is not None}


def cut(ids: Sequence[ImageID]) -> Iterator[range]:
    """Cut ids, which must be in order, into chunks; return the range of each."""
    start = 0
    for at, image_id in enumerate(ids):
        if zlib.crc32(image_id.encode()) % AVERAGE == 0 or at + 1 - start == MOST:
            yield range(start, at + 1)
            start = at + 1
    if start < len(ids):
        yield range(start, len(ids))


def pack_rows(images: Sequence[ImageRecord], vectors: npt.NDArray[np.float16]) -> bytes:
    """
    Write rows as Parquet.

    Args:
        vectors: (N, D) float16, bit for bit as in the database.
    """
    columns = {
        "id": pa.array([image.id for image in images], pa.string()),
        "record": pa.array([to_json(image).decode() for image in images], pa.string()),
        "vector": pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), vectors.shape[1]),
    }
    return _packed(pa.table(columns))


def unpack_rows(content: bytes) -> tuple[list[ImageRecord], npt.NDArray[np.float16]]:
    """Read them back: the images, and their vectors, (N, D) float16."""
    table = pq.read_table(pa.BufferReader(content))
    return [to_record(row) for row in table.select(["id", "record"]).to_pylist()], vectors_in(table)


def pack_listing(listed: Sequence[Listed]) -> bytes:
    """Write facts of objects as Parquet."""
    rows = [
        {"id": one.id, "original": _as_struct(one.original), "thumbnail": _as_struct(one.thumbnail)} for one in listed
    ]
    return _packed(pa.Table.from_pylist(rows, schema=_LISTING))


def unpack_listing(content: bytes) -> list[Listed]:
    """Read it back."""
    return [
        Listed(ImageID(row["id"]), _from_struct(row["original"]), _from_struct(row["thumbnail"]))
        for row in pq.read_table(pa.BufferReader(content)).to_pylist()
    ]


async def read_rows(depot: Depot, chunk: Chunk) -> tuple[list[ImageRecord], npt.NDArray[np.float16]]:
    """
    Read a chunk of rows.

    Raises:
        PartUnusable: It is missing or damaged.
    """
    return unpack_rows(await whole_part(depot, row_file(chunk), chunk.facts))


async def read_listing(depot: Depot, chunk: Chunk) -> list[Listed]:
    """
    Read a chunk of a listing.

    Raises:
        PartUnusable: It is missing or damaged.
    """
    return unpack_listing(await whole_part(depot, listing_file(chunk), chunk.facts))


class Writer:
    """Writes files that are named by their content, unless they exist, and counts them."""

    def __init__(self, depot: Depot) -> None:
        self._depot = depot
        self._there: dict[str, int] = {}
        self.written = 0
        """How many files were written."""
        self.written_bytes = 0

    async def look(self, *folders: str) -> None:
        """Find out which files exist."""
        for folder in folders:
            self._there |= {name: size async for name, size in self._depot.list(folder)}

    async def rows(self, content: bytes, images: int) -> Chunk:
        chunk = Chunk(_sha256(content), len(content), images)
        await self.write(row_file(chunk), content)
        return chunk

    async def listing(self, content: bytes, images: int) -> Chunk:
        chunk = Chunk(_sha256(content), len(content), images)
        await self.write(listing_file(chunk), content)
        return chunk

    async def write(self, name: str, content: bytes) -> None:
        if self._there.get(name) != len(content):
            await write_bytes(self._depot, name, content)
            self._there[name] = len(content)
            self.written += 1
            self.written_bytes += len(content)


_FACTS = pa.struct([("size", pa.int64()), ("content_type", pa.string()), ("sha256", pa.string())])
_LISTING = pa.schema([pa.field("id", pa.string(), nullable=False), ("original", _FACTS), ("thumbnail", _FACTS)])


def _packed(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    # A dictionary would not help: vectors are half random, checksums wholly.
    pq.write_table(table, sink, compression="zstd", use_dictionary=False)
    return sink.getvalue().to_pybytes()


def _as_struct(facts: ObjectFacts | None) -> dict[str, Any] | None:
    if facts is None:
        return None
    return {"size": facts.size, "content_type": facts.content_type, "sha256": facts.sha256}


def _from_struct(row: dict[str, Any] | None) -> ObjectFacts | None:
    return None if row is None else ObjectFacts(row["size"], row["content_type"], SHA256(row["sha256"]))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
