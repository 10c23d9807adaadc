"""The columns of a table of images, and how a record becomes a row and a row a record."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from lancedb.index import FTS

from backend.catalogue.values import AttributeValue, Description, ImageRecord, Vector
from backend.catalogue.vectors import to_vector

# What set_unenforced_primary_key("id") writes. Given at creation, the key is there from the first commit on, whatever
# dies in between. Without it, merge_insert calls that meet duplicate rows (8 of 8, measured on LanceDB 0.40).
PRIMARY_KEY = {"lance-schema:unenforced-primary-key:position": "1"}

# One map for each type keeps the types apart: the text "10" is not the number 10, and a value of another type is
# simply not there. On 20,000 rows a condition takes 9 to 27 ms; LanceDB's JSON type takes as long, but its functions
# fail on the first value that cannot be converted.
MAPS: Mapping[type, str] = {str: "attribute_texts", float: "attribute_numbers", bool: "attribute_flags"}

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
            pa.field("attribute_texts", pa.map_(pa.string(), pa.string()), nullable=False),
            pa.field("attribute_numbers", pa.map_(pa.string(), pa.float64()), nullable=False),
            pa.field("attribute_flags", pa.map_(pa.string(), pa.bool_()), nullable=False),
            # What a search for words looks into: title, tags and labels. One column, so that one index ranks them.
            pa.field("text", pa.string(), nullable=False),
            # Begins at random, so that a writer knows its own row, and counts the changes, so that of two that meet the
            # second notices.
            pa.field("revision", pa.int64(), nullable=False),
            # All that is answered of an image, in JSON; of the other columns the product looks only into those of
            # conditions, orders and words. Lance reads a few rows column by column, and unpacks a column in which all
            # rows are alike whole: ten records of a million took 35 ms by their columns, of photographs that are all
            # JPEG, and take 2 so.
            pa.field("record", pa.string(), nullable=False),
        ]
    )


def dimension_of(columns: pa.Schema) -> int:
    """Return the length of the vectors in a table with these columns."""
    return columns.field("vector").type.list_size


_RECORDS = msgspec.json.Decoder(ImageRecord)


def to_row(image: ImageRecord, vector: Vector, revision: int) -> dict[str, Any]:
    description = image.description
    return {
        "id": image.id,
        "vector": vector.astype(np.float16),
        "size": image.original.size,
        "sha256": image.original.sha256,
        "title": description.title,
        "tags": list(description.tags),
        "label_names": [label.name for label in description.labels],
        **_attributes_to_columns(description.attributes),
        "text": _text(description),
        "revision": revision,
        "record": to_json(image),
    }


def to_json(image: ImageRecord) -> str:
    """Write the column `record`."""
    attributes = {name: as_stored(value) for name, value in image.description.attributes.items()}
    stored = replace(
        image,
        original=replace(image.original, md5=None),
        description=replace(image.description, attributes=attributes),
    )
    return msgspec.json.encode(stored).decode()


def to_record(row: Mapping[str, Any]) -> ImageRecord:
    return _RECORDS.decode(row["record"])


def to_records(table: pa.Table) -> list[ImageRecord]:
    return [to_record(row) for row in table.to_pylist()]


def vector_in(row: Mapping[str, Any]) -> Vector:
    return to_vector(row["vector"], len(row["vector"]))


def vectors_in(rows: pa.Table) -> npt.NDArray[np.float16]:
    """Return the vectors of a table with the column `vector`: (N, D), as they are stored."""
    values = rows["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return values.reshape(-1, dimension_of(rows.schema))


def to_table(rows: Iterable[Mapping[str, Any]], dimension: int) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=schema(dimension))


def map_for(value: AttributeValue) -> str:
    """Return the column that holds attributes of the value's type. To Python a bool is an int, but no number here."""
    kind = next(kind for kind in (bool, str, float) if isinstance(value, kind) or kind is float)
    return MAPS[kind]


def as_stored(value: AttributeValue) -> AttributeValue:
    """Return the value as a column holds it: numbers as float, and -0.0, which LanceDB takes for less than 0, as 0."""
    return value if isinstance(value, str | bool) else float(value) + 0.0


def _attributes_to_columns(attributes: Mapping[str, AttributeValue]) -> dict[str, list[tuple[str, AttributeValue]]]:
    columns: dict[str, list[tuple[str, AttributeValue]]] = {column: [] for column in MAPS.values()}
    for name, value in attributes.items():
        columns[map_for(value)].append((name, as_stored(value)))
    return columns


def _text(description: Description) -> str:
    return "\n".join([description.title, *description.tags, *(label.name for label in description.labels)])
