"""Files of the database that are damaged while nobody looks: what goes on, what does not, and what is said."""

import asyncio
import logging
import math
import shutil
from datetime import datetime
from pathlib import Path

import pytest

from backend.adapters.folder.store import FolderStore
from backend.adapters.lance import damage as lance_damage
from backend.adapters.lance import upkeep as lance_upkeep
from backend.adapters.lance.database import LanceDatabase
from backend.adapters.lance.duplicates import LanceDuplicates
from backend.adapters.lance.hubs import LanceHubs
from backend.adapters.lance.index import LanceIndex
from backend.catalogue.errors import IndexDamaged
from backend.catalogue.hidden_hubs import HiddenHubs
from backend.catalogue.library import OpenLibrary
from backend.catalogue.service import utc_now
from backend.catalogue.tidying import Tidying
from backend.catalogue.upkeep import LibraryUpkeep, Schedule
from backend.catalogue.values import AttributeCondition, Change, Filters, Sort
from tests.support.damage import DAMAGES, DIMENSION, JOINED, LATER, SPACE, TABLE, data_files, image, index_files
from tests.support.database import adopt, open_index
from tests.support.records import image_id, record
from tests.support.spaces import vector

pytestmark = pytest.mark.anyio

INDEXED = (*lance_upkeep.SCALARS, "text", "vector")


@pytest.fixture
def database(whole_library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a database, not damaged yet."""
    monkeypatch.setattr(lance_upkeep, "VECTOR_INDEX_FROM", JOINED)
    monkeypatch.setattr(lance_damage, "LOOK_AGAIN_S", 0)
    return shutil.copytree(whole_library, tmp_path / "database")


async def use(index: LanceIndex, number: int = 1000) -> None:
    """Ask and write all that there is, and compare the answers; `number` is of an image that is not there yet."""
    images = await index.count(Filters())
    assert images == JOINED + LATER
    assert await index.get(image_id(7)) == image(7)
    assert await index.find(image(9).original.sha256) == image(9)
    assert (await index.nearest(vector(11, DIMENSION), 5, Filters()))[0].image == image(11)
    assert (await index.nearest(vector(11, DIMENSION), 5, Filters(tags_any=("t1",))))[0].image == image(11)
    assert await index.count(Filters(tags_all=("t5",))) == images // 10
    assert await index.count(Filters(labels_any=("dog",))) == images
    assert await index.count(Filters(size_min=10)) == images
    assert await index.count(Filters(taken_from=datetime(1800, 1, 1))) == images
    assert await index.count(Filters(types_any=("image/jpeg",))) == images
    assert await index.count(Filters(attributes=(AttributeCondition("none has it", True),))) == 0
    assert len(await index.matching("t6", 100, Filters())) == images // 10
    assert len(await index.page(50, Sort.LARGEST, None, Filters(size_min=10))) == 50
    new = record(number, ("new",))
    assert await index.add(new, vector(number, DIMENSION)) == (new, True)
    changed = await index.change(image_id(20), Change("changed"))
    assert changed is not None and changed.description.title == "changed"
    await index.delete([new.id])
    assert await index.registered([image_id(8), new.id]) == {image_id(8)}
    assert len([image async for image, _ in index.everything()]) == images


async def indexed(index: LanceIndex) -> set[str]:
    return {found.columns[0] for found in await index._table.list_indices()}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("column", INDEXED)
async def test_index_that_is_broken(database: Path, column: str, damage: str, caplog: pytest.LogCaptureFixture) -> None:
    """The server starts, every request is answered as ever, and upkeep makes the index anew."""
    for file in await index_files(database, column):
        DAMAGES[damage](file)

    async with open_index(database, SPACE) as index:
        await use(index)
        dropped = column not in await indexed(index)
        assert dropped or damage == "flipped"  # Not all that is flipped can be noticed by reading.
        assert await index.lacks_indexes() == dropped
        await index.do_upkeep()
        assert await indexed(index) == set(INDEXED)
        await use(index, 1001)

    assert sum(entry.startswith(f"the index {column}_") for entry in caplog.messages) == dropped


async def test_indexes_that_are_gone_while_the_server_runs(database: Path) -> None:
    """With the whole folder of indexes gone every request is answered, also those that come at once."""
    async with open_index(database, SPACE) as index:
        shutil.rmtree(database / f"{TABLE}.lance" / "_indices")

        found = await asyncio.gather(*[index.find(image(number).original.sha256) for number in range(20)])

        assert found == [image(number) for number in range(20)]
        await use(index)
        await index.do_upkeep()
        assert await indexed(index) == set(INDEXED)


async def test_two_servers_that_meet_a_broken_index(database: Path) -> None:
    """Both answer, whoever drops the index first, and after the upkeep of one both use the new one."""
    shutil.rmtree(database / f"{TABLE}.lance" / "_indices")
    async with open_index(database, SPACE) as one, open_index(database, SPACE) as other:
        await asyncio.gather(
            *[index.find(image(number).original.sha256) for number in range(10) for index in (one, other)]
        )
        await asyncio.gather(one.do_upkeep(), other.do_upkeep())
        await asyncio.gather(*[index.count(Filters(tags_any=("t1",))) for index in (one, other)])

        # Either may have done the upkeep, and the other sees it a moment later.
        await asyncio.gather(one._table.checkout_latest(), other._table.checkout_latest())
        assert await indexed(one) == await indexed(other) == set(INDEXED)


async def test_upkeep_is_due_at_once(database: Path) -> None:
    """A server that keeps its database makes a broken index anew soon, long before upkeep would be due."""
    schedule = Schedule(first_s=0, look_s=0.05, share=1, growth=1000, upkeep_s=3600)
    store = FolderStore(database.with_name("objects"), "/store", b"s" * 32, 600, utc_now)
    await store.prepare()
    await adopt(database.parent)
    async with LanceDatabase.open(database) as opened, open_index(database, SPACE) as index:
        told = asyncio.Queue[str]()
        hubs = HiddenHubs(index, LanceHubs(opened, SPACE.id))
        tidying = Tidying(index, LanceDuplicates(opened, SPACE.id))
        library = OpenLibrary(opened, store)
        upkeep = LibraryUpkeep(index, library, None, hubs, tidying, schedule, told.put_nowait)
        task = asyncio.create_task(upkeep.run())
        await upkeep_told(told)
        shutil.rmtree(database / f"{TABLE}.lance" / "_indices")
        assert await index.find(image(9).original.sha256) == image(9)
        async with asyncio.timeout(60):
            assert "IVF_SQ index, 0 not in it" in await upkeep_told(told)
        task.cancel()
        await asyncio.wait([task])
        assert await indexed(index) == set(INDEXED)


async def upkeep_told(told: "asyncio.Queue[str]") -> str:
    """Wait until upkeep was done; return what was said of it."""
    while not (line := await told.get()).startswith("Upkeep"):
        pass
    return line


async def test_table_that_is_gone(database: Path) -> None:
    """Where the whole table is gone nothing is dropped, and nothing is written in its place."""
    async with open_index(database, SPACE) as index:
        shutil.rmtree(database / f"{TABLE}.lance")

        with pytest.raises(Exception, match="database"):
            await index.find(image(9).original.sha256)

    assert not (database / f"{TABLE}.lance").exists()


@pytest.mark.parametrize("damage", ["cut", "gone", "zeroed"])
@pytest.mark.parametrize("file", [0, 1], ids=["large", "small"])
async def test_data_file_that_is_damaged(
    database: Path, damage: str, file: int, caplog: pytest.LogCaptureFixture
) -> None:
    """The server starts; what needs the rows is told that they are damaged and what to do; the indexes stay."""
    DAMAGES[damage](data_files(database)[file])

    with caplog.at_level(logging.ERROR):
        async with open_index(database, SPACE) as index:
            assert await index.count(Filters()) == JOINED + LATER
            for answer in (index.page(20, Sort.NEWEST, None, Filters()), index.find(image(9).original.sha256)):
                with pytest.raises(IndexDamaged, match="lookalike doctor --deep"):
                    await answer
            assert await indexed(index) == set(INDEXED)


@pytest.mark.parametrize("damage", DAMAGES)
async def test_leases_that_are_damaged(database: Path, damage: str) -> None:
    """The table that says who is at work is made anew."""
    for file in (database / "leases.lance").rglob("*.lance"):
        DAMAGES[damage](file)

    async with open_index(database, SPACE) as index:
        assert not (await index.do_upkeep()).skipped


@pytest.mark.parametrize("damage", DAMAGES)
async def test_memory_of_duplicates_that_is_damaged(database: Path, damage: str) -> None:
    """It is made anew, and all images are compared once more."""
    async with LanceDatabase.open(database) as opened, open_index(database, SPACE) as index:
        await Tidying(index, LanceDuplicates(opened, SPACE.id)).compare(math.inf)
        before = await Tidying(index, LanceDuplicates(opened, SPACE.id)).counts()
    for file in (database / "duplicates.lance").rglob("*.lance"):
        DAMAGES[damage](file)

    async with LanceDatabase.open(database) as opened, open_index(database, SPACE) as index:
        tidying = Tidying(index, LanceDuplicates(opened, SPACE.id))
        assert (await tidying.counts()).waiting == before.checked > 0
        await tidying.compare(math.inf)
        assert await tidying.counts() == before
