"""When the work that nobody waits for is done, and what happens when it fails."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from backend.adapters.folder.store import FolderStore
from backend.catalogue.errors import IndexUnavailable, LibraryMismatch
from backend.catalogue.graces import Graces
from backend.catalogue.hidden_hubs import HiddenHubs
from backend.catalogue.library import OpenLibrary, TableState
from backend.catalogue.object_keys import original_key
from backend.catalogue.orphans import Sweeper
from backend.catalogue.upkeep import LibraryUpkeep, Schedule
from backend.catalogue.values import Filters, ImageID, LibraryID, SpaceID, UpkeepReport, new_image_id
from tests.support.ledger import MemoryLedger
from tests.support.records import NOON, Clock
from tests.support.stored import put_object
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

# Looks often, and has nothing else to do for an hour.
RESTLESS = Schedule(first_s=0, look_s=0.001, growth=100, upkeep_s=3600, sweep_s=3600, retry_s=0.001)


@pytest.mark.parametrize(("images", "growth"), [(0, 32), (5_000, 32), (20_000, 50), (100_000, 250), (10**6, 256)])
def test_growth_after_which_upkeep_is_due(images: int, growth: int) -> None:
    """Small libraries are kept in order often, large ones after a part of them, which is bounded."""
    assert Schedule().due(images) == growth


SPACE = SpaceID("0" * 16)


class Index:
    """An index that grows when told; it counts what is done to it, and can be down."""

    def __init__(self) -> None:
        self.images = 0
        self.stored: list[ImageID] = []
        self.looks = 0
        self.upkeeps = 0
        self.at_once = 0
        self.takes_s = 0.0
        self.down: Exception | None = None
        self.lacking = False

    async def count(self, filters: Filters) -> int:
        self.looks += 1
        return self.images

    async def lacks_indexes(self) -> bool:
        return self.lacking

    async def do_upkeep(self) -> UpkeepReport:
        self.upkeeps += 1
        self.at_once += 1
        assert self.at_once == 1, "one upkeep at a time"
        try:
            if self.down:
                raise self.down
            await asyncio.sleep(self.takes_s)
        finally:
            self.at_once -= 1
        return UpkeepReport(self.images, 0, None, skipped=False)

    async def registered(self, image_ids: Sequence[ImageID]) -> frozenset[ImageID]:
        return frozenset(self.stored[: self.images]) & set(image_ids)

    async def deleted(self, image_ids: Sequence[ImageID]) -> frozenset[ImageID]:
        return frozenset()


class Comparing:
    """As much of a Tidying as upkeep needs: it has work for as long as a test says, and notes when it was at it."""

    def __init__(self) -> None:
        self.work_s = 0.0
        self.given_s: list[float] = []
        self.down: Exception | None = None

    async def compare(self, for_s: float) -> str | None:
        self.given_s.append(for_s)
        if self.down:
            raise self.down
        does_s = min(for_s, self.work_s)
        await asyncio.sleep(does_s)
        self.work_s -= does_s
        return "Duplicates found." if does_s and not self.work_s else None


class Home:
    """A library with two old photos in its store; how many of them have a row is the index's word."""

    def __init__(self, folder: Path) -> None:
        self.index = Index()
        self.ledger = MemoryLedger()
        self.store = FolderStore(folder, "/store", b"s" * 32, 600, Clock())
        self.library = OpenLibrary(self.ledger, self.store)
        sweeper = Sweeper(self.store, self.index, self.library, Graces(86_400, 30 * 86_400), Clock())
        hubs = HiddenHubs(self.index, self.index)  # type: ignore[arg-type]: too few images to count any
        self.tidying = Comparing()
        self.make = partial(LibraryUpkeep, self.index, self.library, sweeper, hubs, self.tidying)  # type: ignore[arg-type]
        self.upkeep = self.make(RESTLESS)

    async def fill(self) -> None:
        await self.store.prepare()
        await self.library.begin()
        written = (NOON - timedelta(days=2)).timestamp()
        for _ in range(2):
            self.index.stored.append(image_id := new_image_id(NOON - timedelta(days=2)))
            key = original_key(image_id)
            await put_object(self.store, key, b"five.", NOON)
            os.utime(Path(self.store.location) / key / "body", (written, written))

    async def objects(self) -> int:
        return len([stored async for stored in self.store.list()])


@pytest.fixture
async def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    await home.fill()
    return home


@asynccontextmanager
async def kept(home: Home, schedule: Schedule = RESTLESS) -> AsyncIterator[list[str]]:
    """Keep the library in order until the block is left; yield what is told."""
    told: list[str] = []
    home.upkeep = home.make(schedule, told.append)
    task = asyncio.create_task(home.upkeep.run())
    try:
        yield told
    finally:
        assert not task.done(), "it must never end by itself"
        task.cancel()
        await asyncio.wait([task])


async def looked(home: Home, times: int = 5) -> None:
    """Wait until it was looked so often whether there is something to do."""
    before = home.index.looks
    await until(lambda: home.index.looks >= before + times)


async def test_soon_after_the_start(home: Home) -> None:
    """What was left in pieces is put in order, and orphans go to the trash; then nothing is due for a while."""
    home.index.images = 1
    async with kept(home) as told:
        await looked(home)

    assert (home.index.upkeeps, await home.objects()) == (1, 1)
    assert told == [
        "Upkeep: done (1 images, no index yet).",
        "Orphans: 1 objects of 5 bytes moved to the trash for 30 days (`lookalike gc --undo` puts them back); 1 belong"
        " to images, 0 are too recent to tell, 0 are not Lookalike's, 1 are in the trash.",
    ]


async def test_not_in_the_way_of_the_start(home: Home) -> None:
    """Nothing is asked of the database at once."""
    async with kept(home, replace(RESTLESS, first_s=3600)):
        await asyncio.sleep(0.02)

    assert (home.index.upkeeps, home.index.looks) == (0, 0)


@pytest.mark.parametrize(("grown_by", "upkeeps"), [(99, 1), (100, 2), (-100, 2)])
async def test_growth(home: Home, grown_by: int, upkeeps: int) -> None:
    """Upkeep is due when the library has grown or shrunk enough, and then not again."""
    home.index.images = 1000
    async with kept(home):
        await looked(home)
        home.index.images += grown_by
        await looked(home)

    assert home.index.upkeeps == upkeeps


async def test_time(home: Home) -> None:
    """It is due from time to time also when nothing has grown."""
    async with kept(home, replace(RESTLESS, upkeep_s=0.01)):
        await until(lambda: home.index.upkeeps >= 3)


async def test_index_that_is_missing(home: Home) -> None:
    """A missing index makes upkeep due at once, until it is there."""
    async with kept(home):
        await looked(home)
        home.index.lacking = True
        await until(lambda: home.index.upkeeps >= 3)
        home.index.lacking = False
        upkeeps = home.index.upkeeps
        await looked(home)

    assert home.index.upkeeps <= upkeeps + 1


async def test_long_work(home: Home) -> None:
    """After a long piece of work comes a rest that is long in proportion, however much there is to do."""
    home.index.takes_s = 0.05
    async with kept(home, replace(RESTLESS, upkeep_s=0, share=0.2)):
        began = asyncio.get_running_loop().time()
        await until(lambda: home.index.upkeeps == 3)

    assert asyncio.get_running_loop().time() - began >= 2 * (0.05 + 0.2)


async def test_images_to_compare(home: Home) -> None:
    """They are compared while the other work rests, which goes on in between, and the rest is no longer for it."""
    home.tidying.work_s = 0.2
    async with kept(home, replace(RESTLESS, look_s=0.05)) as told:
        began = asyncio.get_running_loop().time()
        await until(lambda: "Duplicates found." in told)
        took_s = asyncio.get_running_loop().time() - began

    assert all(0 < given_s <= 0.05 for given_s in home.tidying.given_s[1:])
    assert took_s >= 0.2 and home.index.looks >= 3


async def test_comparing_that_fails(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    """It is logged and tried again like any other work."""
    home.tidying.down = IndexUnavailable("down")
    async with kept(home):
        await until(lambda: len(home.tidying.given_s) >= 3)

    assert "retried in 0.001 s: down" in caplog.text and home.index.upkeeps == 1


@pytest.mark.parametrize("error", [IndexUnavailable("down"), ZeroDivisionError("a mistake")])
async def test_failure(home: Home, error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    """What fails is logged with its cause and tried again, until it succeeds."""
    home.index.images = 1
    home.index.down = error
    async with kept(home) as told:
        await until(lambda: home.index.upkeeps >= 3)
        assert told == []
        home.index.down = None
        await until(lambda: len(told) == 2)

    assert "retried in 0.001 s" in caplog.text and str(error) in caplog.text


async def test_more_orphans_than_images(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    """They are left alone, and whoever reads the log or asks for warnings learns what to do, once."""
    with caplog.at_level(logging.ERROR):
        async with kept(home, replace(RESTLESS, sweep_s=0)) as told:
            await looked(home)

    assert await home.objects() == 2 and len(told) == 1
    assert caplog.text.count("lookalike gc --force") == 1
    (warning,) = home.upkeep.warnings
    assert warning.startswith("2 stored files belong to no image of this database, and only 0 do; none was moved.")


async def test_database_that_was_exchanged(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    """Another database is not marked as the right one, has no say in what is swept, and is warned of until it goes."""
    home.index.images = 1
    right = home.ledger.state
    home.ledger.state = replace(right, library=LibraryID("f" * 32))
    with caplog.at_level(logging.ERROR):
        async with kept(home, replace(RESTLESS, upkeep_s=0)):
            await until(lambda: home.index.upkeeps >= 3)
            (warning,) = home.upkeep.warnings
            home.ledger.state = right
            await until(lambda: not home.upkeep.warnings)

    assert "do not belong together" in warning
    assert caplog.text.count("do not belong together") == 1


async def test_marks(home: Home) -> None:
    """Upkeep leaves a mark when the database has changed, by which the store knows an older copy; else it does not."""
    await home.upkeep.do_upkeep()
    assert len(home.ledger.marks) == 1
    home.ledger.grow(SPACE, 3)
    await home.upkeep.do_upkeep()
    assert len(home.ledger.marks) == 2

    home.ledger.state = replace(home.ledger.state, tables={SPACE: TableState(0, 2)})
    with pytest.raises(LibraryMismatch, match="an older copy, of 2 photos; the library had 3 photos"):
        await home.library.check()
