"""Refuses a table of images that this version of Lookalike cannot read."""

import pyarrow as pa

from .rows import VERSION, VERSION_KEY, dimension_of, schema


def check(columns: pa.Schema) -> None:
    """
    Compare the columns of a table with those that this version reads and writes.

    Raises:
        ValueError: Another version of Lookalike wrote the table, or it is none of ours.
    """
    version = _version_of(columns)
    if version is None or "vector" not in columns.names:
        raise ValueError("the table is none of Lookalike's")
    if version != str(VERSION):
        raise ValueError(f"another version of Lookalike wrote the table (its format is {version}, not {VERSION})")
    expected = schema(dimension_of(columns))
    for field in expected:
        if field.name not in columns.names or columns.field(field.name).type != field.type:
            raise ValueError(f"the table has no column {field.name} of type {field.type}")


def _version_of(columns: pa.Schema) -> str | None:
    """Return the version that the column `id` tells, None if there is none."""
    metadata = columns.field("id").metadata if "id" in columns.names else None
    version = (metadata or {}).get(VERSION_KEY.encode())
    return None if version is None else version.decode()
