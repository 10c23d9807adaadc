"""
The table that identifies a database: its library's identity, the marks of upkeep, and dropped spaces.

The rules are in backend/catalogue/library.py.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import lancedb
import pyarrow as pa

from backend.catalogue.values import LibraryID, SpaceID

from .conditions import one_of
from .rows import PRIMARY_KEY

# The store knows the last mark. It is older than those in the database only if the store itself was restored from a
# backup; a mark of more than a year ago is of no use.
MARKS_KEPT = timedelta(days=400)

# How long a space stays noted as dropped although it has a table: the note is written before the table is dropped. A
# guess at far more than lies between the two.
RETIRED_KEPT = timedelta(hours=1)

IDENTITY = "identity"
_MARK = "mark "
_RETIRED = "retired "

LIBRARY_SCHEMA = pa.schema(
    [
        # "identity", "mark <word>" or "retired <space>".
        pa.field("name", pa.string(), nullable=False, metadata=PRIMARY_KEY),
        # The library's id for "identity", else empty.
        pa.field("value", pa.string(), nullable=False),
        pa.field("moment", pa.timestamp("ms", tz="UTC"), nullable=False),
    ]
)

Entries = Mapping[str, str]
"""The table's values by name."""


def mark_name(mark: str) -> str:
    return _MARK + mark


def retired_name(space: SpaceID) -> str:
    return _RETIRED + space


async def read(table: lancedb.AsyncTable) -> Entries:
    rows = await table.query().select(["name", "value"]).to_arrow()
    return dict(zip(rows["name"].to_pylist(), rows["value"].to_pylist(), strict=True))


def identity_in(entries: Entries) -> LibraryID | None:
    return LibraryID(entries[IDENTITY]) if IDENTITY in entries else None


def retired_in(entries: Entries) -> frozenset[SpaceID]:
    return frozenset(SpaceID(name.removeprefix(_RETIRED)) for name in entries if name.startswith(_RETIRED))


async def write(table: lancedb.AsyncTable, name: str, value: str = "") -> None:
    """Write a value under a name, unless it has one."""
    row = {"name": name, "value": value, "moment": datetime.now(UTC)}
    merge = table.merge_insert("name").when_not_matched_insert_all()
    await merge.execute(pa.Table.from_pylist([row], schema=LIBRARY_SCHEMA))


async def forget(table: lancedb.AsyncTable, spaces_in_use: list[SpaceID]) -> None:
    """Remove marks that are too old, and notes of dropped spaces that are in use again."""
    now = datetime.now(UTC)
    conditions = [f"(starts_with(name, '{_MARK}') AND {_before(now - MARKS_KEPT)})"]
    if spaces_in_use:
        again = one_of("name", map(retired_name, spaces_in_use))
        conditions.append(f"({again} AND {_before(now - RETIRED_KEPT)})")
    condition = " OR ".join(conditions)
    if await table.count_rows(condition):
        await table.delete(condition)


def _before(moment: datetime) -> str:
    return f"moment < CAST('{moment.isoformat()}' AS TIMESTAMP)"
