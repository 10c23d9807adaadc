"""Orphans one by one; tests/integration/test_orphans_interleaved.py has them in any order."""

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from backend.adapters.folder.store import FolderStore
from backend.catalogue import orphans
from backend.catalogue.errors import LibraryMismatch
from backend.catalogue.graces import Graces
from backend.catalogue.library import DatabaseState, OpenLibrary
from backend.catalogue.object_keys import original_key, thumbnail_key
from backend.catalogue.orphans import Sweep, Sweeper, sweep
from backend.catalogue.values import ImageID, LibraryID, ObjectKey, StoredObject, new_image_id
from tests.support.ledger import MemoryLedger
from tests.support.records import NOON, Clock
from tests.support.stored import put_object

pytestmark = pytest.mark.anyio

GRACE_S = 7200
AGE = timedelta(seconds=GRACE_S + 1)


class Registered:
    """A registry of just these ids, which remembers how many it was asked for at a time."""

    def __init__(self, *image_ids: ImageID, deleted: Sequence[ImageID] = ()) -> None:
        self.image_ids = frozenset(image_ids)
        self._deleted = frozenset(deleted)
        self.asked: list[int] = []

    async def registered(self, image_ids: Sequence[ImageID]) -> frozenset[ImageID]:
        self.asked.append(len(image_ids))
        return self.image_ids & set(image_ids)

    async def deleted(self, image_ids: Sequence[ImageID]) -> frozenset[ImageID]:
        return self._deleted & set(image_ids)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(tmp_path: Path, clock: Clock) -> FolderStore:
    store = FolderStore(tmp_path, "/store", b"s" * 32, 600, clock)
    await store.prepare()
    return store


async def put(
    store: FolderStore, root: Path, image_id: ImageID, *keys: ObjectKey, age: timedelta = AGE, now: datetime = NOON
) -> None:
    """Write objects of ten bytes that are as old as the image's id, or have another age."""
    for key in keys or (original_key(image_id), thumbnail_key(image_id)):
        await put_object(store, key, b"ten bytes.", now)
        written = (NOON - age).timestamp()
        os.utime(root / key / "body", (written, written))


async def keys(store: FolderStore) -> set[str]:
    return {stored.key async for stored in store.list()}


async def trashed(store: FolderStore) -> set[str]:
    return {stored.key async for stored in store.trashed()}


async def test_what_is_removed(store: FolderStore, tmp_path: Path) -> None:
    """Objects of no image go to the trash when id and object are both older than the grace, each part by itself."""
    registered, orphan, half, young, rewritten = (new_image_id(NOON - age) for age in [AGE, AGE, AGE, AGE / 2, AGE])
    for image_id in (registered, orphan):
        await put(store, tmp_path, image_id)
    await put(store, tmp_path, half, thumbnail_key(half))
    await put(store, tmp_path, young)
    await put(store, tmp_path, rewritten, age=AGE / 2)

    trial = await sweep(store, Registered(registered), GRACE_S, Clock(), dry_run=True)
    before = await keys(store)
    found = await sweep(store, Registered(registered), GRACE_S, Clock())

    assert found == trial == Sweep(trashed=3, trashed_bytes=30, kept=2, young=4)
    assert len(before) == 9
    assert await keys(store) == {
        key(i) for key in (original_key, thumbnail_key) for i in (registered, young, rewritten)
    }
    assert await trashed(store) == before - await keys(store)


async def test_what_a_deletion_left(store: FolderStore, tmp_path: Path) -> None:
    """Objects of an image that somebody deleted are gone for good: deleted is deleted."""
    deleted, orphan = new_image_id(NOON - AGE), new_image_id(NOON - AGE)
    await put(store, tmp_path, deleted, thumbnail_key(deleted))
    await put(store, tmp_path, orphan, thumbnail_key(orphan))

    found = await sweep(store, Registered(deleted=[deleted]), GRACE_S, Clock())

    assert found == Sweep(trashed=1, trashed_bytes=10, removed=1)
    assert await keys(store) == set()
    assert await trashed(store) == {thumbnail_key(orphan)}


async def test_original_without_its_thumbnail(store: FolderStore, tmp_path: Path) -> None:
    """What is left of a registered image is kept, whatever became of the rest."""
    registered = new_image_id(NOON - AGE)
    await put(store, tmp_path, registered, original_key(registered))

    assert await sweep(store, Registered(registered), GRACE_S, Clock()) == Sweep(kept=1)
    assert await keys(store) == {original_key(registered)}


async def test_exactly_as_old_as_the_grace(store: FolderStore, tmp_path: Path) -> None:
    """The grace is over only when it is over."""
    age = timedelta(seconds=GRACE_S)
    image_id = new_image_id(NOON - age)
    await put(store, tmp_path, image_id, age=age)

    assert await sweep(store, Registered(), GRACE_S, Clock()) == Sweep(young=2)
    assert await sweep(store, Registered(), GRACE_S, Clock(NOON + timedelta(milliseconds=1))) == Sweep(2, 20)


class Listed:
    """A store that lists what it was given, and remembers what was trashed."""

    def __init__(self, names: Mapping[str, int]) -> None:
        self._names = names
        self.moved: list[str] = []

    async def list(self, prefix: str = "") -> AsyncIterator[StoredObject]:
        for name, size in self._names.items():
            yield StoredObject(ObjectKey(name), size, NOON - AGE)

    async def trash(self, keys: Sequence[ObjectKey]) -> None:
        self.moved += keys


async def test_foreign_objects() -> None:
    """What somebody else put under the prefix is left alone, however old, also where it looks much like ours."""
    image_id = new_image_id(NOON - AGE)
    of_year_10889 = "f" * 32
    ours = original_key(image_id)
    foreign = ["README", "originals/", f"{ours}.jpg", f"backup/{ours}", ours.upper(), f"originals/{image_id[:-1]}"]
    store = Listed(dict.fromkeys([*foreign, f"originals/{of_year_10889}", ours], 5))

    found = await sweep(store, Registered(), GRACE_S, Clock())  # type: ignore[arg-type]

    assert found == Sweep(trashed=1, trashed_bytes=5, young=1, foreign=len(foreign))
    assert store.moved == [ours]


async def test_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many objects there are, only a batch is held at a time, and none is left out."""
    monkeypatch.setattr(orphans, "BATCH", 3)
    image_ids = [new_image_id(NOON - AGE) for _ in range(7)]
    store, registry = Listed({original_key(i): 1 for i in image_ids}), Registered(image_ids[0], image_ids[6])

    found = await sweep(store, registry, GRACE_S, Clock())  # type: ignore[arg-type]

    assert found == Sweep(trashed=5, trashed_bytes=5, kept=2)
    assert registry.asked == [3, 3, 1]
    assert sorted(store.moved) == sorted(map(original_key, image_ids[1:6]))


# How long what is in the trash stays there.
TRASH_S = 30 * 24 * 3600


class Swept:
    """A library of which the database is a fake, with its sweeper."""

    def __init__(self, store: FolderStore, *registered: ImageID, clock: Clock | None = None) -> None:
        self.ledger = MemoryLedger()
        self.registry = Registered(*registered)
        self.library = OpenLibrary(self.ledger, store)
        self.sweeper = Sweeper(store, self.registry, self.library, Graces(GRACE_S, TRASH_S), clock or Clock())


@pytest.mark.parametrize(
    ("orphaned", "kept", "moved"),
    [(2, 1, False), (2, 2, True), (1, 2, True), (1, 0, False)],
    ids=["more orphans than images", "as many", "fewer", "no image at all"],
)
async def test_more_orphans_than_images(
    store: FolderStore, tmp_path: Path, orphaned: int, kept: int, moved: bool
) -> None:
    """Where more would go than stay nothing goes that nobody has forced: the database may be the wrong one."""
    image_ids = [new_image_id(NOON - AGE) for _ in range(orphaned + kept)]
    swept = Swept(store, *image_ids[:kept])
    await swept.library.begin()
    for image_id in image_ids:
        await put(store, tmp_path, image_id)
    before = await keys(store)

    assert (await swept.sweeper.sweep())[1] == moved
    assert len(await trashed(store)) == (2 * orphaned if moved else 0)
    found, done = await swept.sweeper.sweep(force=True)
    assert done and found.trashed == (0 if moved else 2 * orphaned)
    assert await keys(store) | await trashed(store) == before


@pytest.mark.parametrize("forced", [False, True])
async def test_database_that_is_not_the_stores(store: FolderStore, tmp_path: Path, forced: bool) -> None:
    """A database of another library, or an older copy, has no say in what is an orphan, and cannot be given one."""
    registered, orphan = new_image_id(NOON - AGE), new_image_id(NOON - AGE)
    swept = Swept(store, registered)
    await swept.library.begin()
    for image_id in (registered, orphan):
        await put(store, tmp_path, image_id)
    right = swept.ledger.state

    for wrong in (DatabaseState(), replace(right, library=LibraryID("f" * 32))):
        swept.ledger.state = wrong
        with pytest.raises(LibraryMismatch):
            await swept.sweeper.sweep(forced)
        with pytest.raises(LibraryMismatch):
            await swept.sweeper.empty_trash()
    swept.ledger.state, marks, swept.ledger.marks = right, swept.ledger.marks, []
    with pytest.raises(LibraryMismatch):
        await swept.sweeper.sweep(forced)
    assert await trashed(store) == set()

    swept.ledger.marks = marks
    assert (await swept.sweeper.sweep(forced))[1]
    assert await trashed(store) == {original_key(orphan), thumbnail_key(orphan)}


async def test_way_back(store: FolderStore, tmp_path: Path) -> None:
    """What is in the trash comes back on demand, as it was, and counts as written then."""
    registered, orphan = new_image_id(NOON - AGE), new_image_id(NOON - AGE)
    swept = Swept(store, registered)
    await swept.library.begin()
    for image_id in (registered, orphan):
        await put(store, tmp_path, image_id)
    before = {key: await store.head(ObjectKey(key)) for key in await keys(store)}
    assert (await swept.sweeper.sweep())[0].trashed == 2

    assert await swept.sweeper.put_all_back() == Sweep(put_back=2)

    assert {key: await store.head(ObjectKey(key)) for key in await keys(store)} == before
    assert (await swept.sweeper.sweep())[0] == Sweep(kept=2, young=2)


async def test_image_that_is_known_again(store: FolderStore, tmp_path: Path, clock: Clock) -> None:
    """When the right database is back, what its images lack comes out of the trash by itself."""
    image_ids = [new_image_id(NOON - AGE) for _ in range(2)]
    swept = Swept(store, image_ids[0], clock=clock)
    await swept.library.begin()
    for image_id in image_ids:
        await put(store, tmp_path, image_id)
    before = await keys(store)
    await swept.sweeper.sweep()
    assert await keys(store) < before

    swept.registry.image_ids = frozenset(image_ids)
    clock.advance(2 * TRASH_S)
    assert (await swept.sweeper.sweep())[0] == Sweep(kept=2, put_back=2)

    assert await keys(store) == before and await trashed(store) == set()


async def test_end_of_the_trash(store: FolderStore, tmp_path: Path, clock: Clock) -> None:
    """After its grace, counted from the move, what is in the trash is gone for good; on demand at once."""
    registered, *orphans_ = [new_image_id(NOON - AGE) for _ in range(3)]
    swept = Swept(store, registered, clock=clock)
    await swept.library.begin()
    for image_id in (registered, orphans_[0]):
        await put(store, tmp_path, image_id)
    await swept.sweeper.sweep()

    clock.advance(TRASH_S - 1)
    assert (await swept.sweeper.sweep())[0] == Sweep(kept=2, waiting=2)
    clock.advance(1)
    assert (await swept.sweeper.look()) == Sweep(kept=2, emptied=2, emptied_bytes=20)
    assert (await swept.sweeper.sweep())[0] == Sweep(kept=2, emptied=2, emptied_bytes=20)
    assert await trashed(store) == set()

    await put(store, tmp_path, orphans_[1], now=clock.now)
    await swept.sweeper.sweep()
    assert await swept.sweeper.empty_trash() == Sweep(emptied=2, emptied_bytes=20)
    assert await trashed(store) == set() and len(await keys(store)) == 2


async def test_list_of_what_would_go(store: FolderStore, tmp_path: Path) -> None:
    """A trial names every object and what would become of it, and leaves all as it is."""
    registered, orphan = new_image_id(NOON - AGE), new_image_id(NOON - AGE)
    swept = Swept(store, registered)
    await swept.library.begin()
    for image_id in (registered, orphan):
        await put(store, tmp_path, image_id)
    told: list[tuple[str, str]] = []

    await swept.sweeper.look(lambda action, stored: told.append((action, stored.key)))

    assert sorted(told) == [("move to the trash", key(orphan)) for key in (original_key, thumbnail_key)]
    assert len(await keys(store)) == 4
