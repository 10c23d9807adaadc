"""
Restores a backup into an empty library, or whatever is missing into the library that was backed up.

Objects come first, each verified by its checksum, then rows, models, and last the library's identity. So after an
interrupted restore a library has no identity yet: no server accepts it, and another `restore` resumes. Nothing is ever
overwritten except damaged objects.
"""

import asyncio
from collections.abc import Mapping, Sequence, Set
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from backend.adapters.disk.durable import write_whole
from backend.adapters.lance.database import LanceDatabase
from backend.adapters.lance.index import LanceIndex
from backend.adapters.lance.snapshot import snapshots
from backend.catalogue.errors import BodyMismatch, ObjectExists, ObjectMissing
from backend.catalogue.object_keys import image_of
from backend.catalogue.ports import ObjectStore
from backend.catalogue.values import SHA256, ImageID, ImageRecord, ObjectFacts, ObjectKey, SpaceID

from .chunks import Listed, read_listing, read_rows
from .depots import Depot, part, verified, whole_part
from .errors import PartUnusable, RestoreRefused
from .identity import LibraryIdentity
from .inventory import Inventory
from .manifest import Backup, Chunk, Space, left_out_of, model_file, object_file
from .parallel import in_parallel
from .progress import Progress, Tell, silent


@dataclass(frozen=True)
class TargetLibrary:
    """The library to restore into."""

    database: LanceDatabase
    store: ObjectStore
    models: Path
    """The folder with the models, which need not exist."""
    identity: LibraryIdentity


@dataclass
class Restored:
    """What a restore did."""

    images: int = 0
    """Number of rows written."""
    objects: int = 0
    """Number of objects written."""
    bytes: int = 0
    """Size of these objects."""
    deleted: set[ImageID] = field(default_factory=set)
    """Images left out because the library has their tombstones."""
    twins: set[ImageID] = field(default_factory=set)
    """Images left out because the library has the same original under another id."""
    strangers: int = 0
    """Number of files in the store that belong to no image of the library or the backup."""
    damage: list[str] = field(default_factory=list)
    """A sentence for each thing that could not be restored."""


async def restore_backup(
    depot: Depot,
    backup: Backup,
    target: TargetLibrary,
    missing: bool = False,
    reread: bool = False,
    tell: Tell = silent,
) -> Restored:
    """
    Restore a backup, or resume restoring it. No server may use the library meanwhile.

    Damaged parts of the backup are left out and reported; the rest is restored.

    Args:
        missing: Add only what is missing to the library that was backed up.
        reread: Read the objects that the library has, and replace damaged ones.

    Raises:
        RestoreRefused: The library is not empty, or with `missing` is another one. Nothing was changed.
        DepotUnavailable: The depot cannot be read.
        Unavailable: The library's database or store cannot answer.
    """
    before = await _looked(target, missing)
    restoring = _Restoring(depot, backup, target, before, missing, reread, tell)
    await restoring.admit()
    return await restoring.run()


@dataclass(frozen=True)
class _Library:
    """What the library has before the restore."""

    identities: frozenset[str]
    rows: Mapping[SpaceID, frozenset[ImageID]]
    originals: Set[SHA256]
    """Of all rows; read only if needed."""
    objects: Inventory
    deleted: frozenset[ImageID]
    """Images that have tombstones."""


class _Restoring:
    """A restore in progress."""

    def __init__(
        self,
        depot: Depot,
        backup: Backup,
        target: TargetLibrary,
        before: _Library,
        missing: bool,
        reread: bool,
        tell: Tell,
    ) -> None:
        self._depot = depot
        self._backup = backup
        self._target = target
        self._before = before
        self._missing = missing
        self._reread = reread
        self._tell = tell
        self._left_out = left_out_of(backup)
        self._seen: set[ImageID] = set()
        """Images in the listings."""
        self._done = Restored()

    async def admit(self) -> None:
        """Refuse another library, or one that is not empty, before anything is changed."""
        if self._missing:
            self._admit_the_same()
        elif self._before.identities:
            kind = (
                "not empty" if self._before.rows or len(self._before.objects) else "a new one that a server has begun"
            )
            raise RestoreRefused(
                f"this library is {kind}: restore into one that no server has used yet (LOOKALIKE_DATA, and"
                " LOOKALIKE_STORE and LOOKALIKE_DATABASE if set), or, if the backup is of this library,"
                " add what it lacks with --missing"
            )
        elif reason := await self._not_begun():
            raise RestoreRefused(reason)

    def _admit_the_same(self) -> None:
        own = frozenset({self._backup.library}) - {None}
        if own and not self._before.identities:
            raise RestoreRefused("this library has no identity yet: restore into it without --missing")
        if self._before.identities != own:
            raise RestoreRefused("this library is not the one that was backed up")

    async def _not_begun(self) -> str | None:
        """Say what the library has that no interrupted restore can have written; None if nothing."""
        before = self._before
        if not any(before.rows.values()) and not len(before.objects) and not before.deleted:
            return None
        rows: dict[SpaceID, set[ImageID]] = {}
        for space in self._backup.spaces:
            rows[space.id] = {image.id for chunk in space.rows for image in (await self._rows(chunk))[0]}
        ids = set().union(*rows.values())
        if deleted := before.deleted & ids:
            return f"{len(deleted):,} of these images were deleted from this library: restore into a new, empty one"
        for space_id, images in before.rows.items():
            if others := images - rows.get(space_id, set()):
                return f"this library is not empty: it has {len(others):,} images that are not of this backup"
        if others := [name for name in before.objects.names if image_of(name) not in ids]:
            return f"this library is not empty: its store has {len(others):,} files that are not of this backup"
        return None

    async def run(self) -> Restored:
        await self._objects()
        for space in self._backup.spaces:
            await self._space(space)
        await self._models()
        if self._missing:
            self._count_strangers()
        if self._backup.library is not None:
            # If there are strangers, a person must decide whether a database without them is the right one.
            await self._target.identity.write(self._backup.library, joined=not self._done.strangers)
        return self._done

    def _count_strangers(self) -> None:
        known = self._seen.union(*self._before.rows.values())
        self._done.strangers = sum(image_of(name) not in known for name in self._before.objects.names)

    async def _objects(self) -> None:
        progress = Progress(self._tell, "Restoring files", self._backup.images)
        images = 0
        for chunk in self._backup.listings:
            listed = await self._listing(chunk)
            self._seen.update(one.id for one in listed)
            listed = [one for one in listed if self._wanted(one)]
            objects = {key: facts for one in listed for key, facts in one.objects.items()}
            there = self._before.objects.sizes(list(objects))

            async def one(file: tuple[ObjectKey, ObjectFacts], there: Mapping[str, int] = there) -> None:
                await self._object(*file, there.get(file[0]))

            await in_parallel(one, objects.items())
            images += chunk.images
            progress.bytes = self._done.bytes
            progress.reach(images)
        lost = [key for key in self._backup.lacking if not self._before.objects.sizes([key])]
        self._done.damage += [f"{key} is not in the backup: it was already lost" for key in lost]

    def _wanted(self, listed: Listed) -> bool:
        """Say whether the image's objects should be restored."""
        if listed.id in self._before.deleted:
            self._done.deleted.add(listed.id)
            return False
        there = any(listed.id in ids for ids in self._before.rows.values())
        if not there and listed.original is not None and listed.original.sha256 in self._before.originals:
            self._done.twins.add(listed.id)
            return False
        return True

    async def _object(self, key: ObjectKey, facts: ObjectFacts, there: int | None) -> None:
        """Write an object, unless it exists and seems intact."""
        if there == facts.size and not self._reread:
            return
        try:
            if there is not None and not await self._replaceable(key, facts):
                return
            await self._put(key, facts)
        except PartUnusable as exc:
            self._done.damage.append(str(exc))
            return
        self._done.objects += 1
        self._done.bytes += facts.size

    async def _put(self, key: ObjectKey, facts: ObjectFacts) -> None:
        try:
            await self._write(key, facts)
        except ObjectExists:
            # The store did not list it: it is incomplete, or a repeated attempt of this very call wrote it.
            if await self._replaceable(key, facts):
                await self._write(key, facts)

    async def _replaceable(self, key: ObjectKey, facts: ObjectFacts) -> bool:
        """Delete an object if it is damaged and the backup's is not; say whether the key is free now."""
        if await self._is_whole(key, facts):
            return False
        async for _ in part(self._depot, object_file(key), facts):
            pass  # Verified first, so that a damaged backup deletes nothing.
        await self._target.store.delete([key])
        return True

    async def _write(self, key: ObjectKey, facts: ObjectFacts) -> None:
        async with aclosing(part(self._depot, object_file(key), facts)) as pieces:
            await self._target.store.put(key, facts, pieces)

    async def _is_whole(self, key: ObjectKey, facts: ObjectFacts) -> bool:
        with suppress(BodyMismatch, ObjectMissing):
            async with aclosing(self._target.store.read(key)) as pieces:
                async for _ in verified(pieces, facts):
                    pass
            return True
        return False

    async def _space(self, space: Space) -> None:
        progress = Progress(self._tell, f"Restoring the rows of space {space.space}", space.images)
        there = self._before.rows.get(space.id, frozenset())
        async with self._target.database.images_of(space.id, space.dimension):
            pass  # Creates the table, even without rows.
        async with LanceIndex.existing(self._target.database, space.id) as index:
            for chunk in space.rows:
                images, vectors = await self._rows(chunk)
                lacking = [at for at, image in enumerate(images) if image.id not in there and self._due(image.id)]
                if lacking:
                    self._done.images += await index.restore([images[at] for at in lacking], vectors[lacking])
                progress.reach(self._done.images)

    def _due(self, image_id: ImageID) -> bool:
        return not any(image_id in ids for ids in (self._left_out, self._before.deleted, self._done.twins))

    async def _models(self) -> None:
        for file in self._backup.models:
            path = self._target.models / file.name
            if path.exists():
                continue  # Never overwritten; the next start reinstalls a damaged model.
            try:
                content = await whole_part(self._depot, model_file(file), file.facts)
            except PartUnusable as exc:
                self._done.damage.append(f"{exc} (the model file {file.name})")
                continue
            await asyncio.to_thread(write_whole, path, content)

    async def _listing(self, chunk: Chunk) -> Sequence[Listed]:
        try:
            return await read_listing(self._depot, chunk)
        except PartUnusable as exc:
            self._note(f"{exc}; {chunk.images} images are restored without their files")
            return []

    async def _rows(self, chunk: Chunk) -> tuple[Sequence[ImageRecord], npt.NDArray[np.float16]]:
        try:
            return await read_rows(self._depot, chunk)
        except PartUnusable as exc:
            self._note(f"{exc}; the rows of {chunk.images} images are lost")
            return [], np.zeros((0, 1), np.float16)

    def _note(self, damage: str) -> None:
        if damage not in self._done.damage:
            self._done.damage.append(damage)


async def _looked(target: TargetLibrary, missing: bool) -> _Library:
    """Read what a library has."""
    rows: dict[SpaceID, frozenset[ImageID]] = {}
    originals: set[SHA256] = set()
    async with snapshots(target.database) as found:
        for snapshot in found:
            rows[snapshot.space] = frozenset(snapshot.ids)
            originals |= await snapshot.originals() if missing else set()
    objects = await Inventory.of_store(target.store)
    deleted = frozenset(await target.database.tombstones.all())
    return _Library(await target.identity.read(), rows, originals, objects, deleted)
