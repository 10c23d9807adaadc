"""Looks at a LanceDB database and changes nothing, not even what an update of Lookalike would."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import lancedb

from backend.catalogue.values import SpaceID

from .lance_database import IMAGES, opening, table_names
from .lance_migration import check, version_of
from .lance_rows import VERSION
from .lance_upkeep import vector_index


@dataclass(frozen=True)
class TableState:
    """What is to be known of the table of a space."""

    space: SpaceID
    images: int
    unindexed: int
    """Images that are in no vector index."""
    indexed: bool
    """Whether there is a vector index."""
    outdated: bool
    """Whether its columns are of an older version; the next start brings them up to date."""
    versions: int
    """States of the table that can still be read; upkeep forgets old ones."""


async def inspect(location: Path | str, storage_options: Mapping[str, str]) -> Sequence[TableState]:
    """
    Return the state of each space.

    Raises:
        IndexUnavailable: The database cannot be opened, or a table is none of ours or of a newer version.
    """
    with opening(location):
        options = dict(storage_options)
        connection = await lancedb.connect_async(
            location, read_consistency_interval=timedelta(0), storage_options=options
        )
        try:
            names = sorted(await table_names(connection))
            return [await _state(connection, name) for name in names if name.startswith(IMAGES)]
        finally:
            connection.close()


async def _state(connection: lancedb.AsyncConnection, name: str) -> TableState:
    table = await connection.open_table(name)
    try:
        columns = await table.schema()
        check(columns)
        images = await table.count_rows()
        index = await vector_index(table)
        return TableState(
            space=SpaceID(name.removeprefix(IMAGES)),
            images=images,
            unindexed=images if index is None else index.num_unindexed_rows or 0,
            indexed=index is not None,
            outdated=version_of(columns) < VERSION,
            versions=len(await table.list_versions()),
        )
    finally:
        table.close()
