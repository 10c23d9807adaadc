"""Prunes a depot: deletes the oldest backups, and the files that only they need."""

from collections.abc import Iterable

from backend.catalogue.values import ObjectKey

from .chunks import read_listing
from .depots import Depot
from .errors import BackupUnusable, PartUnusable
from .manifest import Backup, Chunk, forget, listing_file, object_file, read_manifest, times


async def prune(depot: Depot, keep: int) -> int:
    """
    Delete all but the latest backups; return how many were deleted.

    The manifests go first, so that an interruption leaves no incomplete backup.

    Args:
        keep: How many to keep, at least 1.

    Raises:
        BackupUnusable, PartUnusable: A backup to be kept cannot be read, so what it needs is unknown. Nothing was
            deleted.
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
        return None  # It is deleted; files that only it needed stay.


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
