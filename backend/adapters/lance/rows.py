"""The columns of a table of images, how a record becomes a row and a row a record, and whether a row is damaged."""

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
from lancedb.index import FTS

from backend.catalogue.errors import InvalidVector, RowDamaged
from backend.catalogue.values import Description, ImageID, ImageRecord, Vector
from backend.catalogue.vectors import NORM_TOLERANCE, to_vector

from .attributes import as_stored, to_columns
from .conditions import in_batches, one_of

logger = logging.getLogger(__name__)

# What set_unenforced_primary_key("id") writes. Given at creation, the key is there from the first commit on, whatever
# dies in between. Without it, merge_insert calls that meet duplicate rows (8 of 8, measured on LanceDB 0.40).
PRIMARY_KEY = {"lance-schema:unenforced-primary-key:position": "1"}

# The version of the columns below, kept with the column `id`. A table of another version is refused.
VERSION = 1
VERSION_KEY = "lookalike:schema"

# The index that a search for words needs, on the column `text`. ICU finds words also where no spaces are between them
# (Japanese, Thai); split, so that `IMG_1234.jpg` is found by its number. No stemming and no stop words: titles are
# names, in any language.
WORDS = FTS(base_tokenizer="icu/split", stem=False, remove_stop_words=False)


def schema(dimension: int) -> pa.Schema:
    return pa.schema(
        [
            pa.field("id", pa.string(), nullable=False, metadata={**PRIMARY_KEY, VERSION_KEY: str(VERSION)}),
            # Half the bytes of float32; scores move by less than 1e-4 (measured: 2e-5).
            pa.field("vector", pa.list_(pa.float16(), dimension), nullable=False),
            pa.field("size", pa.int64(), nullable=False),
            pa.field("sha256", pa.string(), nullable=False),
            pa.field("title", pa.string(), nullable=False),
            pa.field("tags", pa.list_(pa.string()), nullable=False),
            pa.field("label_names", pa.list_(pa.string()), nullable=False),
            # The attributes as conditions compare them, see attributes.py.
            pa.field("attribute_keys", pa.list_(pa.int64()), nullable=False),
            pa.field("attribute_values", pa.list_(pa.int64()), nullable=False),
            # What a search for words looks into: title, tags and labels. One column, so that one index ranks them.
            pa.field("text", pa.string(), nullable=False),
            # Begins at random, so that a writer knows its own row, and counts the changes, so that of two that meet the
            # second notices.
            pa.field("revision", pa.int64(), nullable=False),
            # All that is answered of an image, in JSON; of the other columns the product looks only into those of
            # conditions, orders and words. Lance reads a few rows column by column, and unpacks a column in which all
            # rows are alike whole: ten records of a million took 35 ms by their columns, of photographs that are all
            # JPEG, and take 2 so. As bytes, which LanceDB neither checks nor compresses: of texts it refuses a whole
            # page for one letter that is none any more, and takes three times as long to read ten (for a third of the
            # bytes: 160 instead of 580).
            pa.field("record", pa.binary(), nullable=False),
            # Of vector, revision and record, see `checksum`; the other columns follow from the record.
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
        "tags": list(description.tags),
        "label_names": [label.name for label in description.labels],
        "attribute_keys": attribute_keys,
        "attribute_values": attribute_values,
        "text": _text(description),
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
    """Tell whether vector, revision and record of a row are those that were written; see `INTEGRITY`."""
    vector = np.array(row["vector"], dtype=np.float16)
    return row["checksum"] == checksum(row["record"], vector, row["revision"])


# The columns that `is_intact` checks.
INTEGRITY = ("vector", "revision", "record", "checksum")


def is_consistent(row: Mapping[str, Any]) -> bool:
    """Tell whether all other columns say what the record says: conditions, orders and words go by them."""
    image = record_in(row)
    if image is None:
        return False
    expected = to_row(image, Vector(np.zeros(0, dtype=np.float32)), revision=0)
    return all(row[name] == expected[name] for name in expected if name not in INTEGRITY)


def record_in(row: Mapping[str, Any]) -> ImageRecord | None:
    """Return the record of a row, None if it is damaged so that it cannot be read."""
    try:
        return _RECORDS.decode(row["record"])
    except ValueError:  # Among them the errors of msgspec.
        return None


def to_record(row: Mapping[str, Any]) -> ImageRecord:
    """
    Return the record of a row of which the id is known, too.

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
    """Tell the log of a damaged row, once."""
    logger.error("%s It is left out until then.", RowDamaged([image_id]))


def vector_in(row: Mapping[str, Any]) -> Vector:
    """
    Return the vector of a row of which the id is known, too.

    Raises:
        RowDamaged: It is not of unit length any more.
    """
    try:
        return to_vector(row["vector"], len(row["vector"]))
    except InvalidVector:
        raise RowDamaged([row["id"]]) from None


def vectors_in(rows: pa.Table) -> npt.NDArray[np.float16]:
    """Return the vectors of a table with the column `vector`: (N, D), as they are stored."""
    values = rows["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return values.reshape(-1, dimension_of(rows.schema))


def are_sound(lengths: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
    """Tell of the lengths of vectors, (N,), which can be those of vectors that are not damaged: (N,)."""
    return np.abs(lengths - 1) < NORM_TOLERANCE  # Of NaN it is False.


async def ids_in(table: lancedb.AsyncTable, image_ids: Sequence[ImageID]) -> set[ImageID]:
    """Return those of the ids that have a row in a table."""
    found: set[ImageID] = set()
    for some in in_batches(image_ids):
        rows = await table.query().where(one_of("id", some)).select(["id"]).to_arrow()
        found |= set(rows["id"].to_pylist())
    return found


def to_table(rows: Iterable[Mapping[str, Any]], dimension: int) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=schema(dimension))


def _text(description: Description) -> str:
    return "\n".join([description.title, *description.tags, *(label.name for label in description.labels)])
