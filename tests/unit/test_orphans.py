"""Orphans one by one; tests/integration/test_orphans_interleaved.py has them in any order."""

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from backend.adapters.local_store import LocalStore
from backend.catalogue import orphans
from backend.catalogue.orphans import Sweep, careful_sweep, sweep
from backend.catalogue.values import ImageID, ObjectKey, StoredObject, new_image_id, original_key, thumbnail_key
from tests.support.records import NOON, Clock
from tests.support.stored import put_object

pytestmark = pytest.mark.anyio

GRACE_S = 7200
AGE = timedelta(seconds=GRACE_S + 1)


class Registered:
    """A registry of just these ids, which remembers how many it was asked for at a time."""

    def __init__(self, *image_ids: ImageID) -> None:
        self._image_ids = frozenset(image_ids)
        self.asked: list[int] = []

    async def registered(self, image_ids: Sequence[ImageID]) -> frozenset[ImageID]:
        self.asked.append(len(image_ids))
        return self._image_ids & set(image_ids)


@pytest.fixture
async def store(tmp_path: Path) -> LocalStore:
    store = LocalStore(tmp_path, "/store", b"s" * 32, 600, Clock())
    await store.prepare()
    return store


async def put(store: LocalStore, root: Path, image_id: ImageID, *keys: ObjectKey, age: timedelta = AGE) -> None:
    """Write objects of ten bytes that are as old as the image's id, or have another age."""
    for key in keys or (original_key(image_id), thumbnail_key(image_id)):
        await put_object(store, key, b"ten bytes.", NOON)
        written = (NOON - age).timestamp()
        os.utime(root / key / "body", (written, written))


async def keys(store: LocalStore) -> set[str]:
    return {stored.key async for stored in store.list()}


async def test_what_is_removed(store: LocalStore, tmp_path: Path) -> None:
    """Objects of no image go when both the id and the object are older than the grace, each part by itself."""
    registered, orphan, half, young, rewritten = (new_image_id(NOON - age) for age in [AGE, AGE, AGE, AGE / 2, AGE])
    for image_id in (registered, orphan):
        await put(store, tmp_path, image_id)
    await put(store, tmp_path, half, thumbnail_key(half))
    await put(store, tmp_path, young)
    await put(store, tmp_path, rewritten, age=AGE / 2)

    trial = await sweep(store, Registered(registered), GRACE_S, Clock(), dry_run=True)
    before = await keys(store)
    found = await sweep(store, Registered(registered), GRACE_S, Clock())

    assert found == trial == Sweep(removed=3, removed_bytes=30, kept=2, young=4)
    assert len(before) == 9
    assert await keys(store) == {
        key(i) for key in (original_key, thumbnail_key) for i in (registered, young, rewritten)
    }


async def test_original_without_its_thumbnail(store: LocalStore, tmp_path: Path) -> None:
    """What is left of a registered image is kept, whatever became of the rest."""
    registered = new_image_id(NOON - AGE)
    await put(store, tmp_path, registered, original_key(registered))

    assert await sweep(store, Registered(registered), GRACE_S, Clock()) == Sweep(kept=1)
    assert await keys(store) == {original_key(registered)}


async def test_exactly_as_old_as_the_grace(store: LocalStore, tmp_path: Path) -> None:
    """The grace is over only when it is over."""
    age = timedelta(seconds=GRACE_S)
    image_id = new_image_id(NOON - age)
    await put(store, tmp_path, image_id, age=age)

    assert await sweep(store, Registered(), GRACE_S, Clock()) == Sweep(young=2)
    assert await sweep(store, Registered(), GRACE_S, Clock(NOON + timedelta(milliseconds=1))) == Sweep(2, 20)


class Listed:
    """A store that lists what it was given, and remembers what was deleted."""

    def __init__(self, names: Mapping[str, int]) -> None:
        self._names = names
        self.deleted: list[str] = []

    async def list(self, prefix: str = "") -> AsyncIterator[StoredObject]:
        for name, size in self._names.items():
            yield StoredObject(ObjectKey(name), size, NOON - AGE)

    async def delete(self, keys: Sequence[ObjectKey]) -> None:
        self.deleted += keys


async def test_foreign_objects() -> None:
    """What somebody else put under the prefix is left alone, however old, also where it looks much like ours."""
    image_id = new_image_id(NOON - AGE)
    of_year_10889 = "f" * 32
    ours = original_key(image_id)
    foreign = ["README", "originals/", f"{ours}.jpg", f"backup/{ours}", ours.upper(), f"originals/{image_id[:-1]}"]
    store = Listed(dict.fromkeys([*foreign, f"originals/{of_year_10889}", ours], 5))

    found = await sweep(store, Registered(), GRACE_S, Clock())  # type: ignore[arg-type]

    assert found == Sweep(removed=1, removed_bytes=5, young=1, foreign=len(foreign))
    assert store.deleted == [ours]


async def test_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many objects there are, only a batch is held at a time, and none is left out."""
    monkeypatch.setattr(orphans, "BATCH", 3)
    image_ids = [new_image_id(NOON - AGE) for _ in range(7)]
    store, registry = Listed({original_key(i): 1 for i in image_ids}), Registered(image_ids[0], image_ids[6])

    found = await sweep(store, registry, GRACE_S, Clock())  # type: ignore[arg-type]

    assert found == Sweep(removed=5, removed_bytes=5, kept=2)
    assert registry.asked == [3, 3, 1]
    assert sorted(store.deleted) == sorted(map(original_key, image_ids[1:6]))


@pytest.mark.parametrize(
    ("orphaned", "kept", "removed"),
    [(3, 2, False), (3, 3, True), (2, 0, True)],
    ids=["more orphans than objects of images", "as many", "few"],
)
async def test_database_of_another_store(
    monkeypatch: pytest.MonkeyPatch, orphaned: int, kept: int, removed: bool
) -> None:
    """Where more would go than stay, nothing goes that nobody has asked for: the database may be the wrong one."""
    monkeypatch.setattr(orphans, "MANY", 3)
    image_ids = [new_image_id(NOON - AGE) for _ in range(orphaned + kept)]
    store, registry = Listed({original_key(i): 1 for i in image_ids}), Registered(*image_ids[:kept])

    assert await careful_sweep(store, registry, GRACE_S, Clock()) == (Sweep(orphaned, orphaned, kept), removed)  # type: ignore[arg-type]
    assert len(store.deleted) == (orphaned if removed else 0)
