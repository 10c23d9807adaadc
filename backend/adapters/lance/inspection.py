"""Inspects a LanceDB database without changing it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import lancedb

from backend.catalogue.values import HubState, SpaceID

from .conditions import one_of
from .damage import broken_indexes, is_damage, reason_of
from .database import HUBS, IMAGES, TOMBSTONES, connected, table_names
from .faults import opening
from .other_spaces import missing, originals_in
from .table_check import check
from .upkeep import vector_index


@dataclass(frozen=True)
class TableState:
    """The state of a space's table."""

    space: SpaceID
    images: int
    unindexed: int
    """Images that the vector index does not contain."""
    indexed: bool
    """Whether there is a vector index."""
    waiting: int
    """Images of other spaces that this one lacks: they wait to be re-embedded if this is the space in use."""
    hidden: int
    """Images hidden from searches as hubs."""
    versions: int
    """Versions of the table that can still be read; upkeep removes old ones."""
    damage: str | None
    """What is wrong with the data files, judged by their headers, footers and one column; None if nothing."""
    broken_indexes: Sequence[str]
    """Names of the indexes that cannot be read."""


async def inspect(location: Path | str, storage_options: Mapping[str, str]) -> Sequence[TableState]:
    """
    Return the state of each space.

    Raises:
        IndexUnavailable: The database cannot be opened, or a table is not ours or of another version.
    """
    with opening(location):
        async with connected(location, storage_options) as connection:
            spaces = [name for name in sorted(await table_names(connection)) if name.startswith(IMAGES)]
            waiting = await _waiting_unless_damaged(connection, spaces) if len(spaces) > 1 else {}
            hidden = await _hidden(connection)
            return [await _state(connection, name, waiting.get(name, 0), hidden[name]) for name in spaces]


async def _waiting_unless_damaged(connection: lancedb.AsyncConnection, names: Sequence[str]) -> dict[str, int]:
    try:
        return await _waiting(connection, names)
    except Exception as exc:
        if not is_damage(exc):
            raise
        return {}  # The damaged table is reported by itself.


async def _waiting(connection: lancedb.AsyncConnection, names: Sequence[str]) -> dict[str, int]:
    """Count for each table the images of the other tables that it has neither by id nor by original."""
    deleted = await connection.open_table(TOMBSTONES)
    gone = set((await deleted.query().select(["id"]).to_arrow())["id"].to_pylist())
    deleted.close()
    originals = {}
    for name in names:
        table = await connection.open_table(name)
        check(await table.schema())
        originals[name] = await originals_in(table)
        table.close()
    there = {
        image_id: sha256 for images in originals.values() for image_id, sha256 in images.items() if image_id not in gone
    }
    return {name: len(missing(there, images)) for name, images in originals.items()}


async def _hidden(connection: lancedb.AsyncConnection) -> Counter[str]:
    """Count the hidden images of each table that has any."""
    if HUBS not in await table_names(connection):
        return Counter()
    hubs = await connection.open_table(HUBS)
    try:
        rows = await hubs.query().where(one_of("state", [HubState.HIDDEN])).select(["space"]).to_arrow()
        return Counter(IMAGES + space for space in rows["space"].to_pylist())
    finally:
        hubs.close()


async def _state(connection: lancedb.AsyncConnection, name: str, waiting: int, hidden: int) -> TableState:
    table = await connection.open_table(name)
    try:
        check(await table.schema())
        images = await table.count_rows()
        index = await vector_index(table)
        return TableState(
            space=SpaceID(name.removeprefix(IMAGES)),
            images=images,
            unindexed=images if index is None else index.num_unindexed_rows or 0,
            indexed=index is not None,
            waiting=waiting,
            hidden=hidden,
            versions=len(await table.list_versions()),
            damage=await _damage(table),
            broken_indexes=sorted(await broken_indexes(table)),
        )
    finally:
        table.close()


async def _damage(table: lancedb.AsyncTable) -> str | None:
    """Read all ids, which opens every data file, and so finds missing, truncated and overwritten ones."""
    try:
        async for _ in await table.query().select(["id"]).to_batches():
            pass
    except Exception as exc:
        if not is_damage(exc):
            raise
        return reason_of(exc)
    return None
