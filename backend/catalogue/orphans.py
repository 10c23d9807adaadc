"""
Sweeps orphans into the trash: objects of uploads that were never registered, or of deletions that broke off.

Nothing is swept if the database is not the store's own (`Library.check`), or if more objects would go than stay. The
trash is emptied after a further grace; until then an object comes back by itself if its image does.
"""

from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from .batches import in_batches
from .graces import Graces
from .library import Library
from .object_keys import image_of, is_object_key
from .ports import ObjectStore
from .values import EPOCH, ImageID, StoredObject

# Objects that are looked up and moved together: as many as S3 deletes with one request.
BATCH = 1000


class Registry(Protocol):
    """What knows all images of a database. Any ImageIndex does."""

    async def registered(self, image_ids: Sequence[ImageID]) -> frozenset[ImageID]:
        """Return those of the ids that have a row in any space of the database, at this moment."""
        ...

    async def deleted(self, image_ids: Sequence[ImageID]) -> frozenset[ImageID]:
        """Return those of the ids that have a tombstone at this moment."""
        ...


@dataclass(frozen=True)
class Sweep:
    """What a sweep found, and did unless it was a dry run. It counts objects, of which an image has two."""

    trashed: int = 0
    trashed_bytes: int = 0
    removed: int = 0
    """Objects of deleted images, left by a deletion that broke off: deleted for good."""
    kept: int = 0
    """Objects of registered images."""
    young: int = 0
    """Still within their grace: they may yet be registered."""
    foreign: int = 0
    """Objects whose keys are not ours. They are always left alone."""
    put_back: int = 0
    """Moved out of the trash, because their images have rows again."""
    emptied: int = 0
    """Deleted from the trash for good."""
    emptied_bytes: int = 0
    waiting: int = 0
    """Left in the trash."""

    @property
    def suspicious(self) -> bool:
        """Whether so many objects would go that the database is more likely to be wrong."""
        return self.trashed > self.kept


Each = Callable[[str, StoredObject], None]
"""Called with what happens to an object, and the object, for each that does not stay where it is."""


def _nothing(action: str, stored: StoredObject) -> None:
    pass


class Sweeper:
    """Sweeps a store according to the rows of its database."""

    def __init__(
        self, store: ObjectStore, registry: Registry, library: Library, graces: Graces, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._registry = registry
        self._library = library
        self.graces = graces
        self._now = now

    async def look(self, each: Each = _nothing) -> Sweep:
        """
        Report what a sweep would do. Changes nothing.

        Raises:
            LibraryMismatch: The database does not belong to this store.
        """
        await self._library.check()
        found = await self._sweep_store(dry_run=True, each=each)
        return found if found.suspicious else await self._sweep_trash(found, dry_run=True, each=each)

    async def sweep(self, force: bool = False) -> tuple[Sweep, bool]:
        """
        Sweep, unless a dry run shows that more objects would go than stay.

        Args:
            force: Sweep even then.

        Returns:
            What was found, and whether the sweep was carried out.

        Raises:
            LibraryMismatch: The database does not belong to this store. That cannot be forced.
        """
        await self._library.check()
        if not force and (trial := await self._sweep_store(dry_run=True)).suspicious:
            return trial, False
        found = await self._sweep_store(dry_run=False)
        return await self._sweep_trash(found, dry_run=False), True

    async def put_all_back(self) -> Sweep:
        """Move everything in the trash back into the store."""
        found = Sweep()
        async with aclosing(self._store.trashed()) as trashed:
            async for batch in in_batches(trashed, BATCH):
                await self._store.put_back([stored.key for stored in batch])
                found = replace(found, put_back=found.put_back + len(batch))
        return found

    async def empty_trash(self) -> Sweep:
        """
        Delete what is in the trash now, except objects whose images have rows.

        Raises:
            LibraryMismatch: The database is not this store's.
        """
        await self._library.check()
        return await self._sweep_trash(Sweep(), dry_run=False, grace_s=0)

    async def _sweep_store(self, dry_run: bool, each: Each = _nothing) -> Sweep:
        return await sweep(self._store, self._registry, self.graces.orphan_s, self._now, dry_run, each)

    async def _sweep_trash(
        self, found: Sweep, dry_run: bool, each: Each = _nothing, grace_s: float | None = None
    ) -> Sweep:
        kept_s = self.graces.trash_s if grace_s is None else grace_s
        oldest = self._now() - timedelta(seconds=kept_s)
        async with aclosing(self._store.trashed()) as trashed:
            async for batch in in_batches(trashed, BATCH):
                found = await self._sweep_trashed(batch, oldest, found, dry_run, each)
        return found

    async def _sweep_trashed(
        self, batch: Sequence[StoredObject], oldest: datetime, found: Sweep, dry_run: bool, each: Each
    ) -> Sweep:
        registered = await self._registry.registered(sorted({image_of(stored.key) for stored in batch}))
        back = [stored for stored in batch if image_of(stored.key) in registered]
        old = [stored for stored in batch if image_of(stored.key) not in registered and stored.modified <= oldest]
        if not dry_run:
            await self._store.put_back([stored.key for stored in back])
            await self._store.empty_trash([stored.key for stored in old])
        for action, some in (("put back", back), ("remove from the trash", old)):
            for stored in some:
                each(action, stored)
        return replace(
            found,
            put_back=found.put_back + len(back),
            emptied=found.emptied + len(old),
            emptied_bytes=found.emptied_bytes + sum(stored.size for stored in old),
            waiting=found.waiting + len(batch) - len(back) - len(old),
        )


async def sweep(
    store: ObjectStore,
    registry: Registry,
    grace_s: int,
    now: Callable[[], datetime],
    dry_run: bool = False,
    each: Each = _nothing,
) -> Sweep:
    """
    Move orphans that are older than the grace into the trash.

    A registered image never loses an object. An id tells when its ticket was issued, and an object when it was written;
    both must be older than the grace, which exceeds the life of any ticket by MARGIN_S. So an image that has no row by
    then can no longer be registered, and no other object can appear under its key: ticket and signed address have
    expired. This holds however many servers, sweeps and deletions run at once, and wherever one of them crashes, as
    long as the operator does not cut the grace below the life of tickets already issued.

    Objects of a deleted image are deleted for good.

    The store is read in batches, so memory does not grow with it.

    Args:
        grace_s: In seconds; see `shortest_orphan_grace_s`.
        dry_run: Count only.
    """
    oldest_allowed = now() - timedelta(seconds=grace_s)
    found = Sweep()
    async with aclosing(store.list()) as listed:
        async for batch in in_batches(listed, BATCH):
            ours = [stored for stored in batch if is_object_key(stored.key)]
            old = [stored for stored in ours if not _is_young(stored, oldest_allowed)]
            found = replace(
                found, foreign=found.foreign + len(batch) - len(ours), young=found.young + len(ours) - len(old)
            )
            if old:
                found = await _sweep_batch(store, registry, old, found, dry_run, each)
    return found


def _is_young(stored: StoredObject, oldest_allowed: datetime) -> bool:
    # Compared as numbers: a foreign id may contain a year that datetime cannot represent.
    milliseconds = (oldest_allowed - EPOCH) // timedelta(milliseconds=1)
    return int(image_of(stored.key)[:12], 16) >= milliseconds or stored.modified >= oldest_allowed


async def _sweep_batch(
    store: ObjectStore,
    registry: Registry,
    batch: Sequence[StoredObject],
    found: Sweep,
    dry_run: bool,
    each: Each,
) -> Sweep:
    image_ids = sorted({image_of(stored.key) for stored in batch})
    # In this order: an image deleted in between appears in the second answer, and is not taken for an orphan.
    registered = await registry.registered(image_ids)
    unknown = [stored for stored in batch if image_of(stored.key) not in registered]
    deleted = (
        await registry.deleted(sorted({image_of(stored.key) for stored in unknown}))
        if unknown
        else frozenset[ImageID]()
    )
    doomed = [stored for stored in unknown if image_of(stored.key) in deleted]
    orphans = [stored for stored in unknown if image_of(stored.key) not in deleted]
    if not dry_run:
        if doomed:
            await store.delete([stored.key for stored in doomed])
        if orphans:
            await store.trash([stored.key for stored in orphans])
    for action, some in (("remove", doomed), ("move to the trash", orphans)):
        for stored in some:
            each(action, stored)
    return replace(
        found,
        trashed=found.trashed + len(orphans),
        trashed_bytes=found.trashed_bytes + sum(stored.size for stored in orphans),
        removed=found.removed + len(doomed),
        kept=found.kept + len(batch) - len(unknown),
    )
