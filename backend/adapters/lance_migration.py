"""
Brings the columns of a table of images up to date.

Each step looks at what is there and adds what is missing, the version last. So it does not matter if one process dies
in the middle, or two do it at once.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import lancedb
import pyarrow as pa
from lancedb.index import FTS

from backend.catalogue.values import SHA256, Description, ImageID, ImageRecord, Label, ObjectFacts

from .lance_rows import MAPS, VERSION, VERSION_KEY, dimension_of, schema, to_json

logger = logging.getLogger(__name__)

# Columns that begin as NULL: the maps, where it means no attributes, and what `_write_records` fills.
EMPTY = (*MAPS.values(), "record")

WITHOUT_RECORD = "record IS NULL"

# The column of version 2 that version 3 does without, and its name while the records are made of it: from then on a
# server of an earlier version that is still running can write no row, so none is without its record, or has an old one.
SCORES = "label_scores"
SCORES_UNTIL_THEN = "label_scores_of_version_2"

# Values of the columns that version 2 added, for the rows that version 1 wrote.
COMPUTED = {
    "text": "concat(title, chr(10), array_to_string(tags, chr(10)), chr(10), array_to_string(label_names, chr(10)))",
    "revision": "CAST(0 AS BIGINT)",
}

# ICU finds words also where no spaces are between them (Japanese, Thai); split, so that `IMG_1234.jpg` is found by its
# number. No stemming and no stop words: titles are names, in any language.
WORDS = FTS(base_tokenizer="icu/split", stem=False, remove_stop_words=False)

# How many records are written with one commit: LanceDB joins them with the table in at most 300 MB of memory.
RECORDS_AT_ONCE = 20_000

# There are seven steps. Of processes that meet one gets through with each attempt, and the others find it done.
ATTEMPTS = 20


async def bring_up_to_date(table: lancedb.AsyncTable) -> None:
    """
    Add the columns and the index that are missing.

    Raises:
        ValueError: The table was written by a newer version, or is none of ours.
    """
    failure: Exception | None = None
    for _ in range(ATTEMPTS):
        columns = await table.schema()
        check(columns)
        step = await _next_step(table, columns)
        if step is None:
            return
        try:
            await step()
        except (RuntimeError, OSError, ValueError) as exc:  # Perhaps another process was faster.
            failure = exc
            await asyncio.sleep(random.uniform(0, 0.1))
        await table.checkout_latest()
    raise failure or RuntimeError("the table changes all the time")


def check(columns: pa.Schema) -> None:
    """
    Compare the columns with those that this version knows.

    Raises:
        ValueError: The table was written by a newer version, or is none of ours.
    """
    if "vector" not in columns.names or not pa.types.is_fixed_size_list(columns.field("vector").type):
        raise ValueError("the table is none of Lookalike's")
    if version_of(columns) > VERSION:
        raise ValueError("the table was written by a newer version of Lookalike")
    expected = schema(dimension_of(columns))
    added = {*EMPTY, *COMPUTED}
    for field in expected:
        if field.name not in columns.names and field.name in added:
            continue
        if field.name not in columns.names or columns.field(field.name).type != field.type:
            raise ValueError(f"the table has no column {field.name} of type {field.type}")


def version_of(columns: pa.Schema) -> int:
    """Return the version of a table's columns."""
    return int((columns.field("id").metadata or {}).get(VERSION_KEY.encode(), b"1"))


async def _next_step(table: lancedb.AsyncTable, columns: pa.Schema) -> Callable[[], Awaitable[object]] | None:
    """Return the next thing to do, None if nothing is left."""
    empty = [schema(1).field(name) for name in EMPTY if name not in columns.names]
    if empty:
        return lambda: table.add_columns(empty)
    computed = {name: expression for name, expression in COMPUTED.items() if name not in columns.names}
    if computed:
        return lambda: table.add_columns(computed)
    if SCORES in columns.names:
        rename: Any = {"path": SCORES, "rename": SCORES_UNTIL_THEN}  # The annotation wants a list of each.
        return lambda: table.alter_columns(rename)
    if version_of(columns) < VERSION and await table.count_rows(WITHOUT_RECORD):
        return lambda: _write_records(table)
    if SCORES_UNTIL_THEN in columns.names:
        return lambda: table.drop_columns([SCORES_UNTIL_THEN])
    if not any(index.columns == ["text"] for index in await table.list_indices()):
        return lambda: table.create_index("text", config=WORDS)
    if version_of(columns) < VERSION:
        return lambda: table.update_field_metadata({"path": "id", "metadata": {VERSION_KEY: str(VERSION)}})
    return None


async def _write_records(table: lancedb.AsyncTable) -> None:
    """Fill the column `record` from the others, as version 2 read them."""
    logger.info("the records of %d images are written anew, once", await table.count_rows(WITHOUT_RECORD))
    columns = [field.name for field in schema(1) if field.name not in ("vector", "text", "revision", "record")]
    query = table.query().where(WITHOUT_RECORD).select([*columns, SCORES_UNTIL_THEN]).limit(RECORDS_AT_ONCE)
    while (rows := await query.to_arrow()).num_rows:
        records = [to_json(_from_columns(row)) for row in rows.to_pylist()]
        filled = pa.table([rows["id"], records], schema=pa.schema([schema(1).field("id"), schema(1).field("record")]))
        # Not over what another process of this version has changed meanwhile.
        await table.merge_insert("id").when_matched_update_all(where=f"target.{WITHOUT_RECORD}").execute(filled)
        await table.checkout_latest()


def _from_columns(row: Mapping[str, Any]) -> ImageRecord:
    return ImageRecord(
        id=ImageID(row["id"]),
        created=row["created"],
        file_name=row["file_name"],
        original=ObjectFacts(row["size"], row["content_type"], SHA256(row["sha256"])),
        description=Description(
            width=row["width"],
            height=row["height"],
            title=row["title"],
            tags=tuple(row["tags"]),
            labels=tuple(map(Label, row["label_names"], row[SCORES_UNTIL_THEN])),
            attributes={name: value for column in MAPS.values() for name, value in row[column] or ()},
        ),
    )
