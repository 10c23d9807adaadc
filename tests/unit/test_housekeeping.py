"""When the work that nobody waits for is done, and what happens when it fails."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from backend.catalogue import orphans
from backend.catalogue.errors import IndexUnavailable
from backend.catalogue.housekeeping import Housekeeper, Rhythm
from backend.catalogue.values import Filters, ImageID, ObjectKey, StoredObject, Upkeep, new_image_id, original_key
from tests.support.records import NOON, Clock

pytestmark = pytest.mark.anyio

# Looks often, and has nothing else to do for an hour.
RESTLESS = Rhythm(first_s=0, look_s=0.001, growth=100, maintain_s=3600, sweep_s=3600, retry_s=0.001)


@pytest.mark.parametrize(("images", "growth"), [(0, 32), (5_000, 32), (20_000, 50), (100_000, 250), (10**6, 256)])
def test_growth_after_which_upkeep_is_due(images: int, growth: int) -> None:
    """Small libraries are kept in order often, large ones after a part of them, which is bounded."""
    assert Rhythm().due(images) == growth


class Library:
    """An index that grows when told, and a store with an orphan; they count what is done to them, and can be down."""

    def __init__(self) -> None:
        self.images = 0
        self.looks = 0
        self.upkeeps = 0
        self.at_once = 0
        self.takes_s = 0.0
        self.down: Exception | None = None
        self.objects = [StoredObject(original_key(new_image_id(NOON - timedelta(days=2))), 5, NOON - timedelta(days=2))]

    async def count(self, filters: Filters) -> int:
        self.looks += 1
        return self.images

    async def maintain(self) -> Upkeep:
        self.upkeeps += 1
        self.at_once += 1
        assert self.at_once == 1, "one upkeep at a time"
        try:
            if self.down:
                raise self.down
            await asyncio.sleep(self.takes_s)
        finally:
            self.at_once -= 1
        return Upkeep(self.images, 0, None, skipped=False)

    async def registered(self, image_ids: Sequence[ImageID]) -> frozenset[ImageID]:
        return frozenset()

    async def list(self, prefix: str = "") -> AsyncIterator[StoredObject]:
        for stored in [*self.objects]:
            yield stored

    async def delete(self, keys: Sequence[ObjectKey]) -> None:
        self.objects = [stored for stored in self.objects if stored.key not in keys]


@pytest.fixture
def library() -> Library:
    return Library()


@asynccontextmanager
async def kept(library: Library, rhythm: Rhythm = RESTLESS) -> AsyncIterator[list[str]]:
    """Keep the library in order until the block is left; yield what is told."""
    told: list[str] = []
    keeper = Housekeeper(library, library, 86_400, Clock(), rhythm, told.append)  # type: ignore[arg-type]
    task = asyncio.create_task(keeper.run())
    try:
        yield told
    finally:
        assert not task.done(), "it must never end by itself"
        task.cancel()
        await asyncio.wait([task])


async def until(state: Callable[[], bool]) -> None:
    for _ in range(20_000):
        if state():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it never came to this")


async def looked(library: Library, times: int = 5) -> None:
    """Wait until it was looked so often whether there is something to do."""
    before = library.looks
    await until(lambda: library.looks >= before + times)


async def test_soon_after_the_start(library: Library) -> None:
    """What was left in pieces is put in order, and orphans removed; then nothing is due for a while."""
    async with kept(library) as told:
        await looked(library)

    assert library.upkeeps == 1 and library.objects == []
    assert told == [
        "Upkeep: done (0 images, no index yet).",
        "Orphans: 1 objects of 5 bytes removed; 0 belong to images, 0 are too young to tell, 0 are not Lookalike's.",
    ]


async def test_not_in_the_way_of_the_start(library: Library) -> None:
    """Nothing is asked of the database at once."""
    async with kept(library, replace(RESTLESS, first_s=3600)):
        await asyncio.sleep(0.02)

    assert (library.upkeeps, library.looks) == (0, 0)


@pytest.mark.parametrize(("grown_by", "upkeeps"), [(99, 1), (100, 2), (-100, 2)])
async def test_growth(library: Library, grown_by: int, upkeeps: int) -> None:
    """Upkeep is due when the library has grown or shrunk enough, and then not again."""
    library.images = 1000
    async with kept(library):
        await looked(library)
        library.images += grown_by
        await looked(library)

    assert library.upkeeps == upkeeps


async def test_time(library: Library) -> None:
    """It is due from time to time also when nothing has grown."""
    async with kept(library, replace(RESTLESS, maintain_s=0.01)):
        await until(lambda: library.upkeeps >= 3)


async def test_long_work(library: Library) -> None:
    """After a long piece of work comes a rest that is long in proportion, however much there is to do."""
    library.takes_s = 0.05
    async with kept(library, replace(RESTLESS, maintain_s=0, share=0.2)):
        began = asyncio.get_running_loop().time()
        await until(lambda: library.upkeeps == 3)

    assert asyncio.get_running_loop().time() - began >= 2 * (0.05 + 0.2)


@pytest.mark.parametrize("error", [IndexUnavailable("down"), ZeroDivisionError("a mistake")])
async def test_failure(library: Library, error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    """What fails is logged with its cause and tried again, until it succeeds."""
    library.down = error
    async with kept(library) as told:
        await until(lambda: library.upkeeps >= 3)
        assert told == []
        library.down = None
        await until(lambda: len(told) == 2)

    assert "tried again in 0.001 s" in caplog.text and str(error) in caplog.text


async def test_database_of_another_store(
    library: Library, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Many objects without an image are left alone, and whoever reads the log learns what to do."""
    monkeypatch.setattr(orphans, "MANY", 1)
    with caplog.at_level(logging.ERROR):
        async with kept(library) as told:
            await looked(library)

    assert len(library.objects) == 1 and len(told) == 1
    assert "1 objects" in caplog.text and "lookalike gc --force" in caplog.text
