"""Searches remember rows, and yet show what is in the database now, whoever wrote it."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from unittest.mock import AsyncMock, Mock

import pyarrow as pa
import pytest
from lancedb.query import AsyncVectorQuery

from backend.adapters.lance import index as lance_index
from backend.adapters.lance.database import LanceDatabase
from backend.adapters.lance.index import LanceIndex
from backend.adapters.lance.row_cache import RowCache, RowID
from backend.catalogue.ports import READ_CONSISTENCY_S
from backend.catalogue.values import Change, Filters, ImageID, ImageRecord, Sort
from tests.support.records import record
from tests.support.spaces import small_space, vector

pytestmark = pytest.mark.anyio

SPACE = small_space()


async def fill(index: LanceIndex, count: int) -> None:
    for number in range(count):
        await index.add(record(number), vector(number))


async def found(index: LanceIndex, number: int = 0) -> list[ImageRecord]:
    """Search for the vector of an image; return all images."""
    return [match.image for match in await index.nearest(vector(number), 100, Filters())]


def ids(*numbers: int) -> list[ImageID]:
    return [record(number).id for number in numbers]


async def all_places(index: LanceIndex) -> list[RowID]:
    return (await index._table.query().with_row_id().select(["_rowid"]).to_arrow())["_rowid"].to_pylist()


def titles(images: Sequence[ImageRecord]) -> set[str]:
    return {image.description.title for image in images}


async def test_change_of_what_is_remembered(tmp_path: Path) -> None:
    """A search after a change shows it, and so does one after the files were joined."""
    async with LanceDatabase.open(tmp_path) as database, LanceIndex.open(database, SPACE) as index:
        await fill(index, 4)
        before = await found(index)
        changed = await index.change(record(2).id, Change(title="new"))
        assert changed is not None
        now = [changed if image.id == changed.id else image for image in before]

        assert await found(index) == now
        await index.do_upkeep()
        assert await found(index) == now


async def test_deletion_of_what_is_remembered(tmp_path: Path) -> None:
    """What was deleted is not found any more, nor is it once the files were written anew."""
    async with LanceDatabase.open(tmp_path) as database, LanceIndex.open(database, SPACE) as index:
        await fill(index, 4)
        before = await found(index)
        await index.delete([before[0].id])

        assert await found(index) == before[1:]
        await index.do_upkeep()
        assert await found(index) == before[1:]


async def test_change_by_another_process(tmp_path: Path) -> None:
    """It is seen as soon as anything is that others write."""
    async with (
        LanceDatabase.open(tmp_path) as database,
        LanceIndex.open(database, SPACE) as index,
        LanceDatabase.open(tmp_path) as other_database,
        LanceIndex.open(other_database, SPACE) as other,
    ):
        await fill(index, 3)
        await found(index)
        await other.change(record(1).id, Change(title="theirs"))
        await other.do_upkeep()
        await asyncio.sleep(READ_CONSISTENCY_S + 0.5)

        assert titles(await found(index)) == {"Title 0", "theirs", "Title 2"}


@pytest.mark.parametrize("indexed", [0, 4])
async def test_rows_that_move_between_finding_and_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, indexed: int
) -> None:
    """They are looked for again, so that none is missing."""
    async with LanceDatabase.open(tmp_path) as database, LanceIndex.open(database, SPACE) as index:
        await fill(index, 4)
        monkeypatch.setattr(index._probes, "indexed", AsyncMock(return_value=indexed))
        find, searches = index._found, []

        async def and_then_move(query: AsyncVectorQuery, count: int, reach: lance_index._Reach) -> pa.Table:
            rows = await find(query, count, reach)
            searches.append(rows["_rowid"].to_pylist())
            if len(searches) == 1:
                await index.do_upkeep()
            return rows

        monkeypatch.setattr(index, "_found", and_then_move)

        assert len(await found(index)) == 4
        assert len(searches) == 2
        assert not set(searches[0]) & set(searches[1])


async def test_listed_rows_that_move_between_finding_and_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So it is with lists, single images and words."""
    async with LanceDatabase.open(tmp_path) as database, LanceIndex.open(database, SPACE) as index:
        await fill(index, 4)
        await index.do_upkeep()
        read = index._cache.records
        to_move: list[ImageID] = []

        async def after_a_move(places: Sequence[RowID]) -> Mapping[RowID, ImageRecord | None]:
            if to_move:
                await index.change(to_move.pop(), Change(tags=("moved",)))
                await index.do_upkeep()
            return await read(places)

        monkeypatch.setattr(index, "_cache", Mock(records=after_a_move))

        to_move.append(record(0).id)
        assert [image.id for image in await index.page(10, Sort.OLDEST, None, Filters())] == ids(0, 1, 2, 3)
        to_move.append(record(1).id)
        assert await index.get(record(1).id) is not None
        to_move.append(record(2).id)
        assert await index.find(record(2).original.sha256) is not None
        to_move.append(record(3).id)
        assert len(await index.matching("Title", 10, Filters())) == 4
        assert not to_move


@pytest.mark.parametrize("indexed", [0, 6])
async def test_library_too_large_to_be_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, indexed: int
) -> None:
    """There, and without an index, LanceDB compares the vectors, rounded to float16, and the answers are the same."""
    async with LanceDatabase.open(tmp_path) as database, LanceIndex.open(database, SPACE) as index:
        await fill(index, 6)
        monkeypatch.setattr(index._probes, "indexed", AsyncMock(return_value=6))
        small = await index.nearest(vector(2), 3, Filters())
        monkeypatch.setattr(index._probes, "indexed", AsyncMock(return_value=indexed))
        monkeypatch.setattr(lance_index, "WHOLE_VECTORS", -1)
        large = await index.nearest(vector(2), 3, Filters())

        assert [match.image for match in large] == [match.image for match in small]
        assert [match.score for match in large] == pytest.approx([match.score for match in small], abs=1e-4)


async def test_room_for_few(tmp_path: Path) -> None:
    """More rows than there is room for come back all the same; those asked for last are remembered."""
    async with LanceDatabase.open(tmp_path) as database, LanceIndex.open(database, SPACE) as index:
        await fill(index, 5)
        await index.do_upkeep()
        places = await all_places(index)
        remembered = RowCache(index._table, whole_vectors=0, whole_records=0, vectors=2, records=2)
        for some in (places, places[:3]):
            assert list(await remembered.vectors(some)) == some
            records = await remembered.records(some)
            assert [records[place] for place in some] == [record(number) for number in range(len(some))]
        index._table.close()

        assert list(await remembered.records(places[1:3])) == places[1:3]
        with pytest.raises(RuntimeError):
            await remembered.records(places[:1])


async def test_small_library_is_remembered_whole(tmp_path: Path) -> None:
    """Who asks for one row has all others read with it, and a new one beside them; a larger library is not read so."""
    async with LanceDatabase.open(tmp_path) as database, LanceIndex.open(database, SPACE) as index:
        await fill(index, 5)
        remembered, too_large = (RowCache(index._table, size, size) for size in (5, 4))
        places = await all_places(index)
        for one in (remembered, too_large):
            await one.vectors(places[:1])
            await one.records(places[:1])
        await index.add(record(5), vector(5))
        now = await all_places(index)
        assert set(await remembered.records(now)) == set(now)
        index._table.close()

        assert set(await remembered.vectors(places)) == set(places)
        read = await remembered.records(now)
        assert {image and image.id for image in read.values()} == {record(number).id for number in range(6)}
        with pytest.raises(RuntimeError):
            await too_large.records(places)
