"""The upkeep of the database: indexes, joined files, what was deleted, and who does it."""

import asyncio
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import lancedb
import pyarrow as pa
import pytest
from lancedb.index import IvfSq

from backend.adapters.lance import index as lance_index
from backend.adapters.lance import lease as lance_lease
from backend.adapters.lance.database import LanceDatabase
from backend.adapters.lance.index import LanceIndex
from backend.adapters.lance.lease import LEASE_SCHEMA, lease
from backend.adapters.lance.rows import to_row, to_table
from backend.adapters.lance.upkeep import VECTOR_INDEX, VECTOR_INDEX_FROM
from backend.catalogue.values import (
    AttributeCondition,
    Change,
    Filters,
    ImageRecord,
    Sort,
    UpkeepReport,
    Vector,
    created_at,
    new_image_id,
)
from tests.support.database import open_index
from tests.support.records import image_id, record, retitled, with_attributes
from tests.support.spaces import near, small_space, vector

pytestmark = pytest.mark.anyio

DIMENSION = 16
SPACE = small_space(DIMENSION)

# So short that only the newest version is kept.
AT_ONCE_S = 0.001


async def fill(index: LanceIndex, numbers: range) -> None:
    await asyncio.gather(
        *[index.add(record(number, tags=(f"t{number % 10}",)), vector(number, DIMENSION)) for number in numbers]
    )


def found_in(folder: Path, text: bytes) -> list[Path]:
    """Return the files of a folder that hold a text."""
    return [path for path in folder.rglob("*") if path.is_file() and text in path.read_bytes()]


async def test_partitions_that_are_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some are, unless they hold too few images; all for a filter of attributes; and what few pass is all compared."""
    passing = {number: number % 3 == 0 for number in range(1500)}
    rows = [
        to_row(
            with_attributes(record(number, ("third",) if passed else ()), {"third": passed}),
            vector(number, DIMENSION),
            revision=0,
        )
        for number, passed in passing.items()
    ]
    async with LanceDatabase.open(tmp_path) as database:
        async with database.images(SPACE) as table:
            await table.add(to_table(rows, DIMENSION))
            # As upkeep does, which would join partitions as small as these. The annotation leaves IvfSq out.
            partitions: Any = IvfSq(distance_type="cosine", num_partitions=30)
            await table.create_index("vector", config=partitions, name=f"{VECTOR_INDEX}30")
        async with LanceIndex.open(database, SPACE) as index:

            async def hits(probes: int, filters: Filters) -> int:
                """Count how many of the two nearest of each of 20 vectors are found."""
                monkeypatch.setattr(index._probes, "number", AsyncMock(return_value=probes))
                count = 0
                for number in range(2000, 2020):
                    query = vector(number, DIMENSION)
                    those = [row for row in rows if filters == Filters() or row["tags"]]
                    nearest = sorted(those, key=lambda row: -float(row["vector"] @ query))[:2]
                    found = await index.nearest(query, 2, filters)
                    count += len({row["id"] for row in nearest} & {match.image.id for match in found})
                return count

            tag, attribute = Filters(tags_any=("third",)), Filters(attributes=(AttributeCondition("third", True),))
            both = replace(tag, attributes=attribute.attributes)
            assert await hits(1, Filters()) < 35
            assert await hits(30, Filters()) >= 39  # LanceDB has a maximum of 20 by itself.
            assert await hits(1, attribute) >= 39
            assert await hits(1, tag) == await hits(1, both) == 40
            monkeypatch.setattr(lance_index, "VECTOR_INDEX_FROM", 499)
            assert await hits(3, tag) < 38
            assert await hits(3, both) >= 39
            assert len(await index.nearest(vector(2000, DIMENSION), 100, Filters())) == 100
            assert len(await index.nearest(vector(2000, DIMENSION), 100, tag)) == 100


def word(kind: str, number: int) -> str:
    """Return a word that has nothing in common with others: compressed files hold pieces of words side by side."""
    return hashlib.sha256(f"{kind} {number}".encode()).hexdigest()[:24]


@pytest.mark.parametrize(("dimension", "index_type"), [(16, "IVF_SQ"), (512, "IVF_RQ")])
async def test_vector_index(tmp_path: Path, dimension: int, index_type: str) -> None:
    """
    From some thousand images on there is a vector index that finds nearly all of the nearest, also under a filter.

    What is added later is found before it is in the index; scores are exact.
    """
    # Pictures come in kinds: ten of each are near each other, and five of these have the tag.
    kinds = VECTOR_INDEX_FROM // 10

    def picture(number: int) -> tuple[ImageRecord, Vector]:
        tags = ("odd",) if number // kinds % 2 else ()
        return record(number, tags), near(vector(number % kinds, dimension), number, 0.5)

    rows = [picture(number) for number in range(VECTOR_INDEX_FROM)]
    added = [picture(number) for number in range(VECTOR_INDEX_FROM + kinds, VECTOR_INDEX_FROM + kinds + 5)]
    space = small_space(dimension)
    async with LanceDatabase.open(tmp_path) as database:
        async with database.images(space) as table:
            await table.add(to_table([to_row(*row, revision=0) for row in rows], dimension))
        async with LanceIndex.open(database, space) as index:
            assert await index.do_upkeep() == UpkeepReport(len(rows), 0, index_type, skipped=False)
            await asyncio.gather(*[index.add(*row) for row in added])
            rows += added

            for filters, those in (
                (Filters(), rows),
                (Filters(tags_any=("odd",)), [row for row in rows if row[0].description.tags]),
            ):
                hits = 0
                for kind in range(20):
                    query = near(vector(kind, dimension), 99, 0.3)
                    scores = {image.id: float(its_vector @ query) for image, its_vector in those}
                    expected = sorted(scores, key=lambda image_id: -scores[image_id])[:5]
                    found = {match.image.id: match.score for match in await index.nearest(query, 5, filters)}
                    assert found == {image_id: pytest.approx(scores[image_id], abs=2e-3) for image_id in found}
                    hits += len(found.keys() & set(expected))
                assert hits >= 95
            assert await index.do_upkeep() == UpkeepReport(len(rows), 0, index_type, skipped=False)


async def test_what_was_deleted_is_in_no_file(tmp_path: Path) -> None:
    """After upkeep nothing of a deleted image is on the disk, wherever its row was, nor of its former titles."""
    async with open_index(tmp_path, SPACE, AT_ONCE_S) as index:
        images: list[ImageRecord] = [
            retitled(record(number, tags=(word("tag", number),)), word("title", number)) for number in range(300)
        ]
        await asyncio.gather(*[index.add(image, vector(n, DIMENSION)) for n, image in enumerate(images)])
        await index.do_upkeep()
        await index.change(image_id(5), Change("retitled5x"))
        doomed = (0, 5, 150, 299)
        assert found_in(tmp_path, word("title", 150).encode()) and found_in(tmp_path, word("tag", 0).encode())

        await index.delete([image_id(number) for number in doomed])
        await index.do_upkeep()

        for number in doomed:
            for text in (word("title", number), word("tag", number), images[number].original.sha256):
                assert found_in(tmp_path, text.encode()) == []
        assert found_in(tmp_path, word("title", 151).encode())
        kept = [image for number, image in enumerate(images) if number not in doomed]
        assert list(await index.page(300, Sort.OLDEST, None, Filters())) == kept


async def test_reads_and_writes_during_upkeep(tmp_path: Path) -> None:
    """While the upkeep runs, searches, lists and additions go on, here and in another opening that lags behind."""
    async with open_index(tmp_path, SPACE) as index, open_index(tmp_path, SPACE) as other:
        await fill(index, range(1000))
        reading = other.everything()
        seen = [await anext(reading)]
        await index.delete([image_id(number) for number in range(1, 1000, 3)])
        upkeep = asyncio.create_task(index.do_upkeep())
        added = 1000
        while not upkeep.done():
            await asyncio.gather(
                *[opened.nearest(vector(added, DIMENSION), 5, Filters(tags_any=("t1",))) for opened in (index, other)],
                *[opened.matching("title", 5, Filters()) for opened in (index, other)],
                index.add(record(added), vector(added, DIMENSION)),
                index.change(image_id(0), Change(f"changed {added}")),
            )
            added += 1
        await upkeep
        await index.do_upkeep()
        seen += [item async for item in reading]

        assert len({image.id for image, _ in seen}) == len(seen) >= 667
        assert await index.count(Filters()) == 667 + added - 1000
        changed = await index.get(image_id(0))
        assert changed is not None and changed.description.title == f"changed {added - 1}"


def twin(number: int, of: ImageRecord, **told: Any) -> ImageRecord:
    """Return an image of the same original under an id of this moment."""
    moment = datetime.now(UTC) - timedelta(hours=1) + timedelta(seconds=number)
    image = replace(of, id=new_image_id(moment), description=replace(of.description, **told))
    return replace(image, created=created_at(image.id))


async def test_twins(tmp_path: Path) -> None:
    """The same original under several ids, as two servers may write it, becomes one image: the oldest."""
    first = twin(1, record(1), title="", tags=("a", "b"), attributes={"price": 1.0})
    second = twin(2, record(1), title="second", tags=("b", "c"), attributes={"price": 2.0, "name": "x"})
    third = twin(3, record(1), title="third", tags=(), attributes={})
    other = twin(4, record(2))
    async with open_index(tmp_path, SPACE, AT_ONCE_S) as index, LanceDatabase.open(tmp_path) as database:
        async with database.images(SPACE) as table:
            rows = [to_row(image, vector(1, DIMENSION), 1) for image in (third, first, other, second)]
            await table.add(to_table(rows, DIMENSION))

        assert (await index.do_upkeep()).images == 2

        joined = replace(
            first,
            description=replace(
                first.description, title="second", tags=("a", "b", "c"), attributes={"price": 1.0, "name": "x"}
            ),
        )
        assert list(await index.page(9, Sort.OLDEST, None, Filters())) == [joined, other]
        assert await index.deleted([first.id, second.id, third.id]) == {second.id, third.id}
        await index.do_upkeep()
        assert await index.get(first.id) == joined


async def test_one_at_a_time(tmp_path: Path) -> None:
    """While one process does the upkeep of a space another does nothing, and says so."""
    async with open_index(tmp_path, SPACE) as index, LanceDatabase.open(tmp_path) as database:
        await index.add(record(1), vector(1, DIMENSION))
        async with database.lease(f"upkeep of images_{SPACE.id}") as granted:
            assert granted
            assert await index.do_upkeep() == UpkeepReport(1, 1, None, skipped=True)
        assert await index.do_upkeep() == UpkeepReport(1, 1, None, skipped=False)


async def test_lease_of_a_process_that_died(tmp_path: Path) -> None:
    """A lease that is not renewed runs out; one that is renewed holds on."""
    connection = await lancedb.connect_async(tmp_path)
    table = await connection.create_table("leases", schema=LEASE_SCHEMA)

    async with lease(table, "work", seconds=3) as granted:
        await asyncio.sleep(3.5)
        async with lease(table, "work") as another, lease(table, "other work") as elsewhere:
            assert (granted, another, elsewhere) == (True, False, True)
    dead = {"name": "work", "holder": "gone", "until": 10**15}
    await table.merge_insert("name").when_matched_update_all().execute(pa.Table.from_pylist([dead], LEASE_SCHEMA))
    async with lease(table, "work") as granted:
        assert not granted
    await table.update({"until": 1})
    async with lease(table, "work") as granted:
        assert granted


async def test_who_is_cancelled_while_giving_a_lease_back_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of the renewal is not taken for one's own, nor the other way round; and the lease is free."""
    connection = await lancedb.connect_async(tmp_path)
    table = await connection.create_table("leases", schema=LEASE_SCHEMA)
    ending, may_end = asyncio.Event(), asyncio.Event()

    async def renewal_that_is_slow_to_end(*arguments: object) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ending.set()
            await may_end.wait()

    async def work() -> None:
        async with lease(table, "work"):
            await asyncio.sleep(0)  # The renewal begins.
        await asyncio.Event().wait()

    monkeypatch.setattr(lance_lease, "_renew", renewal_that_is_slow_to_end)
    working = asyncio.create_task(work())
    await ending.wait()
    working.cancel()
    await asyncio.sleep(0)
    may_end.set()
    done, _ = await asyncio.wait([working], timeout=60)
    assert done == {working}
    assert working.cancelled()

    monkeypatch.undo()
    async with lease(table, "work") as granted:
        assert granted


async def test_of_many_who_ask_one_gets_the_lease(tmp_path: Path) -> None:
    """Eight openings that ask at the same moment agree on one."""
    connections = [await lancedb.connect_async(tmp_path) for _ in range(8)]
    tables = [await each.create_table("leases", schema=LEASE_SCHEMA, exist_ok=True) for each in connections]
    everybody_asked = asyncio.Event()
    answers: list[bool] = []

    async def ask(table: lancedb.AsyncTable) -> None:
        async with lease(table, "work") as granted:
            answers.append(granted)
            if len(answers) == len(tables):
                everybody_asked.set()
            await everybody_asked.wait()

    await asyncio.gather(*map(ask, tables))

    assert sorted(answers) == [False] * 7 + [True]
