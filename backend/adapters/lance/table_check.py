"""Refuses tables of images that this version of Lookalike cannot read."""

import pyarrow as pa

from .rows import VERSION, VERSION_KEY, dimension_of, schema


def check(columns: pa.Schema) -> None:
    """
    Check that a table has the columns that this version reads and writes.

    Raises:
        ValueError: Another version of Lookalike wrote the table, or Lookalike did not.
    """
    version = _version_of(columns)
    if version is None or "vector" not in columns.names:
        raise ValueError("Lookalike did not write this table")
    if version != str(VERSION):
        raise ValueError(f"another version of Lookalike wrote the table (its format is {version}, not {VERSION})")
    expected = schema(dimension_of(columns))
    for field in expected:
        if field.name not in columns.names or columns.field(field.name).type != field.type:
            raise ValueError(f"the table has no column {field.name} of type {field.type}")


def _version_of(columns: pa.Schema) -> str | None:
    """Return the version noted with the column `id`, None if there is none."""
    metadata = columns.field("id").metadata if "id" in columns.names else None
    version = (metadata or {}).get(VERSION_KEY.encode())
    return None if version is None else version.decode()
