"""The columns of a table of images, the conversion of records to rows and back, and the test for damaged rows."""

import hashlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import lancedb
import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from lancedb.index import FTS

from backend.catalogue.duplicates import HASH_BYTES, Bits, bits_in
from backend.catalogue.errors import InvalidVector, RowDamaged
from backend.catalogue.people_text import order_key, searchable
from backend.catalogue.proportions import code_of
from backend.catalogue.values import ImageID, ImageRecord, Label, Vector, clock_ms
from backend.catalogue.vectors import NORM_TOLERANCE, to_vector

from .attributes import as_stored, to_columns
from .conditions import in_batches, one_of

logger = logging.getLogger(__name__)

# What set_unenforced_primary_key("id") writes. Set at creation, the key is there from the first commit on, whatever
# crashes. Without it, concurrent merge_insert calls duplicate rows (8 of 8, measured on LanceDB 0.40).
PRIMARY_KEY = {"lance-schema:unenforced-primary-key:position": "1"}

# The version of the columns below, stored with the column `id`. A table of another version is refused.
VERSION = 1
VERSION_KEY = "lookalike:schema"

# The index for searches by words, on the column `text`, whose words and beginnings of words `searchable` has prepared.
# ICU also finds words without spaces between them (Japanese, Thai); `split` makes `IMG_1234.jpg` findable by its
# number. No stemming and no stop words: titles are names, in any language.
WORDS = FTS(base_tokenizer="icu/split", stem=False, remove_stop_words=False)


def schema(dimension: int) -> pa.Schema:
    return pa.schema(
        [
            pa.field("id", pa.string(), nullable=False, metadata={**PRIMARY_KEY, VERSION_KEY: str(VERSION)}),
            # Half the size of float32; scores change by less than 1e-4 (measured: 2e-5).
            pa.field("vector", pa.list_(pa.float16(), dimension), nullable=False),
            pa.field("size", pa.int64(), nullable=False),
            pa.field("sha256", pa.string(), nullable=False),
            # For people, should the record be unreadable; lists are sorted by its key.
            pa.field("title", pa.string(), nullable=False),
            pa.field("title_key", pa.string(), nullable=False),
            pa.field("tags", pa.list_(pa.string()), nullable=False),
            pa.field("label_names", pa.list_(pa.string()), nullable=False),
            # Those of them that are counted: see Label.LIKELY.
            pa.field("likely_labels", pa.list_(pa.string()), nullable=False),
            pa.field("content_type", pa.string(), nullable=False),
            # When it was taken, by the clock there, else when it was created, by UTC; in milliseconds from 1970 on.
            pa.field("taken", pa.int64(), nullable=False),
            # Width to height: see catalogue/proportions.py.
            pa.field("proportions", pa.int16(), nullable=False),
            # Width times height.
            pa.field("pixels", pa.int64(), nullable=False),
            # The 256 bits of the perceptual hash, by which duplicates are found.
            pa.field("perceptual_hash", pa.binary(HASH_BYTES)),
            # The attributes in the form that conditions compare: see attributes.py.
            pa.field("attribute_keys", pa.list_(pa.int64()), nullable=False),
            pa.field("attribute_values", pa.list_(pa.int64()), nullable=False),
            # What searches by words search: words of title, tags and file name, and their beginnings. One column, so
            # that one index ranks them.
            pa.field("text", pa.string(), nullable=False),
            # Starts at random, so that a writer recognises its own row, and counts changes, so that of two concurrent
            # ones the second notices.
            pa.field("revision", pa.int64(), nullable=False),
            # The whole record as JSON; the other columns only serve conditions, orders and words. Lance reads a few
            # rows column by column, and unpacks a column of equal values as a whole: reading ten records of a million
            # took 35 ms by columns, for photos that are all JPEG, and takes 2 ms so. Binary, because LanceDB neither
            # validates nor compresses it: for text it rejects a whole page because of one damaged letter, and reads ten
            # three times as slowly (with a third of the bytes: 160 instead of 580).
            pa.field("record", pa.binary(), nullable=False),
            # Covers vector, revision and record: see `checksum`. The other columns follow from the record.
            pa.field("checksum", pa.int64(), nullable=False),
        ]
    )


def dimension_of(columns: pa.Schema) -> int:
    """Return the length of the vectors in a table with these columns."""
    return columns.field("vector").type.list_size


_RECORDS = msgspec.json.Decoder(ImageRecord)


def to_row(image: ImageRecord, vector: Vector, revision: int) -> dict[str, Any]:
    description = image.description
    stored, record = vector.astype(np.float16), to_json(image)
    attribute_keys, attribute_values = to_columns(description.attributes)
    return {
        "id": image.id,
        "vector": stored,
        "size": image.original.size,
        "sha256": image.original.sha256,
        "title": description.title,
        "title_key": order_key(description.title),
        "tags": list(description.tags),
        "label_names": [label.name for label in description.labels],
        "likely_labels": list(dict.fromkeys(label.name for label in description.labels if label.score >= Label.LIKELY)),
        "content_type": image.original.content_type,
        "taken": clock_ms(image.clock_time),
        "proportions": code_of(description.width, description.height),
        "pixels": description.width * description.height,
        "perceptual_hash": None if description.perceptual_hash is None else bytes.fromhex(description.perceptual_hash),
        "attribute_keys": attribute_keys,
        "attribute_values": attribute_values,
        "text": _text(image),
        "revision": revision,
        "record": record,
        "checksum": checksum(record, stored, revision),
    }


def to_json(image: ImageRecord) -> bytes:
    """Write the column `record`."""
    attributes = {name: as_stored(value) for name, value in image.description.attributes.items()}
    stored = replace(
        image,
        original=replace(image.original, md5=None),
        description=replace(image.description, attributes=attributes),
    )
    return msgspec.json.encode(stored)


def checksum(record: bytes, vector: npt.NDArray[np.float16], revision: int) -> int:
    """
    Return the column `checksum`: 64 bits of a hash of what the row holds, as a signed number.

    Args:
        vector: (D,) float16, as it is stored.
    """
    digest = hashlib.blake2b(revision.to_bytes(8, "little", signed=True), digest_size=8)
    digest.update(vector.astype("<f2").tobytes())
    digest.update(record)
    return int.from_bytes(digest.digest(), "little", signed=True)


def is_intact(row: Mapping[str, Any]) -> bool:
    """Say whether vector, revision and record of a row match its checksum; see `INTEGRITY`."""
    vector = np.array(row["vector"], dtype=np.float16)
    return row["checksum"] == checksum(row["record"], vector, row["revision"])


# The columns that `is_intact` checks.
INTEGRITY = ("vector", "revision", "record", "checksum")


def is_consistent(row: Mapping[str, Any]) -> bool:
    """Say whether all other columns match the record: conditions, orders and words use them."""
    image = record_in(row)
    if image is None:
        return False
    expected = to_row(image, Vector(np.zeros(0, dtype=np.float32)), revision=0)
    return all(row[name] == expected[name] for name in expected if name not in INTEGRITY)


def record_in(row: Mapping[str, Any]) -> ImageRecord | None:
    """Return the record of a row, None if it is too damaged to be read."""
    try:
        return _RECORDS.decode(row["record"])
    except ValueError:  # Among them the errors of msgspec.
        return None


def to_record(row: Mapping[str, Any]) -> ImageRecord:
    """
    Return the record of a row that also has the column `id`.

    Raises:
        RowDamaged: It cannot be read.
    """
    image = record_in(row)
    if image is None:
        raise RowDamaged([row["id"]])
    return image


def intact_records(table: pa.Table) -> list[ImageRecord]:
    """Return the records of a table with the columns INTEGRITY and `id`, without those of damaged rows."""
    images = []
    for row in table.to_pylist():
        if is_intact(row):
            images.append(to_record(row))
        else:
            report_damage(row["id"])
    return images


@lru_cache(maxsize=10_000)
def report_damage(image_id: ImageID) -> None:
    """Log a damaged row, once."""
    logger.error("%s It is left out until then.", RowDamaged([image_id]))


def vector_in(row: Mapping[str, Any]) -> Vector:
    """
    Return the vector of a row that also has the column `id`.

    Raises:
        RowDamaged: Its length is not 1.
    """
    try:
        return to_vector(row["vector"], len(row["vector"]))
    except InvalidVector:
        raise RowDamaged([row["id"]]) from None


def vectors_in(rows: pa.Table) -> npt.NDArray[np.float16]:
    """Return the vectors of a table with the column `vector`: (N, D), as they are stored."""
    values = rows["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return values.reshape(-1, dimension_of(rows.schema))


def hashes_in(rows: pa.Table) -> tuple[Bits, npt.NDArray[np.bool_]]:
    """Return the perceptual hashes of a table with that column, (N, 4), and which of them are known, (N,)."""
    column = rows["perceptual_hash"].combine_chunks()
    packed = pc.call_function("coalesce", [column, pa.scalar(bytes(HASH_BYTES), column.type)])
    return bits_in(b"".join(packed.to_pylist())), column.is_valid().to_numpy(zero_copy_only=False)


def milliseconds_of(image_ids: pa.StringArray) -> npt.NDArray[np.int64]:
    """Return the time within each id: (N,), milliseconds since 1970 (UTC)."""
    fixed = image_ids.cast(pa.binary()).cast(pa.binary(32))
    digits = np.frombuffer(fixed.buffers()[1], dtype=np.uint8).reshape(-1, 32)[: len(fixed), :12]
    # Two bytes in front make 64 bits of each 48.
    moments = np.frombuffer(bytes.fromhex(digits.tobytes().decode()), dtype=np.uint8).reshape(-1, 6)
    return np.pad(moments, ((0, 0), (2, 0))).view(">i8").ravel().astype(np.int64)


def counts_in(lists: pa.ChunkedArray) -> Mapping[str, int]:
    """Count how many lists of texts have each text, of lists that have none twice."""
    counted = pc.call_function("value_counts", [pc.call_function("list_flatten", [lists])])
    return {entry["values"]: entry["counts"] for entry in counted.to_pylist()}


def are_sound(lengths: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
    """Say which lengths of vectors, (N,), intact vectors can have: (N,)."""
    return np.abs(lengths - 1) < NORM_TOLERANCE  # False for NaN.


async def ids_in(table: lancedb.AsyncTable, image_ids: Sequence[ImageID]) -> set[ImageID]:
    """Return those of the ids that have a row in a table."""
    found: set[ImageID] = set()
    for some in in_batches(image_ids):
        rows = await table.query().where(one_of("id", some)).select(["id"]).to_arrow()
        found |= set(rows["id"].to_pylist())
    return found


def to_table(rows: Iterable[Mapping[str, Any]], dimension: int) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=schema(dimension))


def _text(image: ImageRecord) -> str:
    return searchable([image.description.title, *image.description.tags, image.file_name])
