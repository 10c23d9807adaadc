"""Removes objects that no image has: uploads that were never registered, and what a broken-off deletion left."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from .ports import ObjectStore
from .values import EPOCH, ImageID, ObjectKey, StoredObject

# Objects asked about, and removed, at a time: as many as S3 deletes by one request.
BATCH = 1000

# A ticket is compared with the clock when a registration begins. By how much later its row may be written, and by how
# much the clocks of two servers and of the store may differ, before a sweep could meet a registration: an hour is some
# hundred times what the time-outs of store and database allow, and no clock that signs addresses is off by as much.
MARGIN_S = 3600

# From how many objects on a sweep that would remove more than it keeps is taken for a mistake, such as a database that
# is not the one of this store. A guess: a page left in the middle of an upload leaves a few hundred at most.
MANY = 1000

_KEY = re.compile(r"(?:originals|thumbnails)/([0-9a-f]{32})")


class Registry(Protocol):
    """Knows all images of a database. Any ImageIndex does."""

    async def registered(self, image_ids: Sequence[ImageID]) -> frozenset[ImageID]:
        """Return those of the ids that have a row in any space of the database, as it is at this moment."""
        ...


@dataclass(frozen=True)
class Sweep:
    """What a sweep found, and removed unless it was a trial. Counts are of objects: an image has two."""

    removed: int = 0
    removed_bytes: int = 0
    kept: int = 0
    """Of images that are registered."""
    young: int = 0
    """Too young to tell: they may be registered yet."""
    foreign: int = 0
    """Under keys that are not ours. They are left alone, whatever their age."""

    @property
    def suspicious(self) -> bool:
        """Whether it is rather the database that is wrong than so many objects."""
        return self.removed >= MANY and self.removed > self.kept


async def sweep(
    store: ObjectStore, registry: Registry, grace_s: int, now: Callable[[], datetime], dry_run: bool = False
) -> Sweep:
    """
    Remove the objects that no image of any space has, and that are older than the grace.

    A registered image never loses an object. An id holds the moment at which its ticket was issued, and an object the
    moment at which it was written; both must be older than the grace, which is longer than any ticket lives by
    MARGIN_S at least. So what the registry does not have when it is asked can be registered no more: the ticket has
    expired, and no request that came in before is still on its way. Nor can another object appear under the key
    between the look and the removal, as the leave to write it has expired as well. That holds however many servers,
    sweeps and deletions go on at the same time, and wherever one of them dies. It asks of whoever runs the server that
    the grace is not cut below the life of tickets that earlier settings gave out.

    Memory does not grow with the store: it is gone through in batches.

    Args:
        grace_s: In seconds, longer than any ticket lives, by MARGIN_S at least.
        dry_run: Count only.
    """
    oldest_allowed = now() - timedelta(seconds=grace_s)
    found, batch = Sweep(), list[tuple[ImageID, StoredObject]]()
    async for stored in store.list():
        key = _KEY.fullmatch(stored.key)
        if key is None:
            found = replace(found, foreign=found.foreign + 1)
        elif _is_young(ImageID(key[1]), stored, oldest_allowed):
            found = replace(found, young=found.young + 1)
        else:
            batch.append((ImageID(key[1]), stored))
        if len(batch) == BATCH:
            found, batch = await _sweep_batch(store, registry, batch, found, dry_run), []
    return await _sweep_batch(store, registry, batch, found, dry_run) if batch else found


async def careful_sweep(
    store: ObjectStore, registry: Registry, grace_s: int, now: Callable[[], datetime]
) -> tuple[Sweep, bool]:
    """
    Sweep, unless a trial says that it would remove more than it keeps.

    A store that is swept by the rows of another database would lose everything, and nobody looks on in the background.

    Returns:
        What was found, and whether it was removed.
    """
    trial = await sweep(store, registry, grace_s, now, dry_run=True)
    if trial.removed == 0 or trial.suspicious:
        return trial, not trial.suspicious
    return await sweep(store, registry, grace_s, now), True


def _is_young(image_id: ImageID, stored: StoredObject, oldest_allowed: datetime) -> bool:
    # As digits: those of a foreign id may say a year that datetime does not know.
    milliseconds = (oldest_allowed - EPOCH) // timedelta(milliseconds=1)
    return int(image_id[:12], 16) >= milliseconds or stored.modified >= oldest_allowed


async def _sweep_batch(
    store: ObjectStore, registry: Registry, batch: list[tuple[ImageID, StoredObject]], found: Sweep, dry_run: bool
) -> Sweep:
    registered = await registry.registered(sorted({image_id for image_id, _ in batch}))
    orphans = [stored for image_id, stored in batch if image_id not in registered]
    if orphans and not dry_run:
        await store.delete([ObjectKey(stored.key) for stored in orphans])
    return replace(
        found,
        removed=found.removed + len(orphans),
        removed_bytes=found.removed_bytes + sum(stored.size for stored in orphans),
        kept=found.kept + len(batch) - len(orphans),
    )
