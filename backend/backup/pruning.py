"""Removes the oldest backups of a place, and the files that only they need."""

from collections.abc import Iterable

from backend.catalogue.values import ObjectKey

from .chunks import read_listing
from .depots import Depot
from .errors import BackupUnusable, PartUnusable
from .manifest import Backup, Chunk, forget, listing_file, object_file, read_manifest, times


async def prune(depot: Depot, keep: int) -> int:
    """
    Remove all backups but the latest; return how many were removed.

    The descriptions go first, so that whatever ends this in the middle, no backup is left that lacks something.

    Args:
        keep: How many stay, 1 at least.

    Raises:
        BackupUnusable, PartUnusable: One of those that stay cannot be read, so that nobody knows what it needs. Nothing
            was removed then.
    """
    with depot.alone():
        there = await times(depot)
        staying = [await read_manifest(depot, time) for time in there[-keep:]]
        going = [backup for time in there[:-keep] if (backup := await _readable(depot, time))]
        doomed = await _only_in(depot, going, staying)
        for time in there[:-keep]:
            await forget(depot, time)
        await depot.delete(doomed)
    return len(there[:-keep])


async def _readable(depot: Depot, time: str) -> Backup | None:
    try:
        return await read_manifest(depot, time)
    except (BackupUnusable, PartUnusable):
        return None  # It goes, and what only it needed stays.


async def _only_in(depot: Depot, going: Iterable[Backup], staying: Iterable[Backup]) -> list[str]:
    """Return the files that belong to some backups and to none of the others."""
    going, staying = list(going), list(staying)
    needed = {name for backup in staying for name in backup.parts}
    parts = {name for backup in going for name in backup.parts} - needed
    kept = _listings(staying)
    objects: set[ObjectKey] = set()
    for name, chunk in _listings(going).items():
        if name not in kept:
            try:
                objects |= {key for one in await read_listing(depot, chunk) for key in one.objects}
            except PartUnusable:
                continue
    if objects:
        for chunk in kept.values():
            objects -= {key for one in await read_listing(depot, chunk) for key in one.objects}
    return sorted([*parts, *map(object_file, objects)])


def _listings(backups: Iterable[Backup]) -> dict[str, Chunk]:
    return {listing_file(chunk): chunk for backup in backups for chunk in backup.listings}
