"""What every ImageIndex does. A further implementation joins by a further parameter of `index`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import lancedb
import numpy as np
import pyarrow as pa
import pytest

from backend.adapters.lance.database import LanceDatabase
from backend.adapters.lance.index import LanceIndex
from backend.catalogue.errors import IndexUnavailable, TicketRevoked
from backend.catalogue.ports import ImageIndex
from backend.catalogue.service import position
from backend.catalogue.spaces import EmbeddingSpace
from backend.catalogue.values import (
    Change,
    Filters,
    ImageID,
    ImageRecord,
    Sort,
    Taken,
    TakenSource,
    Vector,
)
from tests.support.records import image_id, record, retitled, with_attributes
from tests.support.spaces import near, small_space, vector

pytestmark = pytest.mark.anyio

DIMENSION = 64
SPACE = small_space(DIMENSION)


@asynccontextmanager
async def lance(folder: Path, space: EmbeddingSpace = SPACE) -> AsyncIterator[LanceIndex]:
    async with LanceDatabase.open(folder) as database, LanceIndex.open(database, space) as index:
        yield index


IMPLEMENTATIONS = {"lance": lance}


@pytest.fixture(params=IMPLEMENTATIONS)
async def index(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ImageIndex]:
    async with IMPLEMENTATIONS[request.param](tmp_path) as index:
        yield index


async def filled(index: ImageIndex, count: int) -> list[tuple[ImageRecord, Vector]]:
    """Add as many images; return them with their vectors."""
    rows = [(record(number), vector(number, DIMENSION)) for number in range(count)]
    for image, its_vector in rows:
        await index.add(image, its_vector)
    return rows


async def ids(index: ImageIndex, limit: int = 100, after: ImageRecord | None = None) -> list[ImageID]:
    place = None if after is None else position(after, Sort.NEWEST)
    return [image.id for image in await index.page(limit, Sort.NEWEST, place, Filters())]


async def test_record_comes_back_as_it_was(index: ImageIndex) -> None:
    """Every value of a record survives, whatever characters it has."""
    odd = retitled(
        record(1, tags=("a'b", 'c"d', "e\\f", "日本 🐈"), labels=("tabby, tabby cat", "lynx")), "' OR 1=1; --"
    )
    plain = record(2)

    for image in (odd, plain):
        await index.add(image, vector(1, DIMENSION))

    assert [await index.get(image.id) for image in (odd, plain)] == [odd, plain]
    assert await index.find(odd.original.sha256) == odd
    assert list(await index.page(10, Sort.NEWEST, None, Filters())) == [plain, odd]


async def test_image_that_does_not_exist(index: ImageIndex) -> None:
    """Asking for what is not there gives None, whatever was asked for."""
    await filled(index, 1)

    for unknown in (image_id(9), ImageID(""), ImageID("' OR 1=1 --"), ImageID("\\"), ImageID("\0"), ImageID("é")):
        assert await index.get(unknown) is None
        assert await index.vector_of(unknown) is None
        await index.delete([unknown])
    assert await index.find(record(9).original.sha256) is None
    assert await index.count(Filters()) == 1


async def test_same_id_twice(index: ImageIndex) -> None:
    """A second row with the same id changes nothing."""
    await index.add(record(1), vector(1, DIMENSION))
    await index.add(retitled(record(1), "other"), vector(2, DIMENSION))

    assert await index.get(image_id(1)) == record(1)
    stored = await index.vector_of(image_id(1))
    assert stored is not None and stored @ vector(1, DIMENSION) > 0.99999
    assert await index.count(Filters()) == 1


async def test_same_id_at_the_same_time(index: ImageIndex) -> None:
    """Eight rows with one id at once become one."""
    await asyncio.gather(*[index.add(retitled(record(1), str(n)), vector(n, DIMENSION)) for n in range(8)])

    assert await index.count(Filters()) == 1
    assert await ids(index) == [image_id(1)]


async def test_two_openings_of_one_database(index: ImageIndex, tmp_path: Path) -> None:
    """Also rows that come through another opening of the same database, without its locks, become one."""
    async with IMPLEMENTATIONS["lance"](tmp_path) as other:
        await asyncio.gather(*[opened.add(record(1), vector(1, DIMENSION)) for opened in (index, other) * 4])

    async with IMPLEMENTATIONS["lance"](tmp_path) as again:
        assert await ids(again) == [image_id(1)]


async def test_stored_vector(index: ImageIndex) -> None:
    """A vector comes back of unit length and with a cosine of over 0.99999 to the one added."""
    rows = await filled(index, 5)

    for image, added in rows:
        stored = await index.vector_of(image.id)
        assert stored is not None
        assert stored.dtype == np.float32
        assert np.linalg.norm(stored) == pytest.approx(1, abs=1e-6)
        assert stored @ added > 0.99999


async def test_nearest(index: ImageIndex) -> None:
    """The matches are those of a comparison with every vector, most similar first, with cosines as scores."""
    rows = await filled(index, 40)
    query = near(vector(7, DIMENSION), 1000)

    matches = await index.nearest(query, 10, Filters())

    expected = sorted(((float(its_vector @ query), image.id) for image, its_vector in rows), reverse=True)[:10]
    assert [match.image.id for match in matches] == [image_id for _, image_id in expected]
    assert [match.score for match in matches] == pytest.approx([score for score, _ in expected], abs=1e-3)
    assert matches[0].image == record(7)


async def test_nearest_without_one(index: ImageIndex) -> None:
    """The image left out does not count towards the limit."""
    await filled(index, 3)

    matches = await index.nearest(vector(1, DIMENSION), 2, Filters(), without=[image_id(1)])

    assert {match.image.id for match in matches} == {image_id(0), image_id(2)}


@pytest.mark.parametrize(
    "tag",
    [
        "plain",
        "it's",
        'quo"te',
        "back\\slash",
        "per%cent_",
        "`tick`",
        "日本",
        "🐈",
        "'; DROP TABLE x; --",
        "''",
        "\\') OR true --",
        "?",
        ":x",
        "$1",
    ],
)
async def test_filter_by_any_text(index: ImageIndex, tag: str) -> None:
    """A filter finds exactly the tag or label it names, never a part of one, whatever characters it has."""
    await index.add(record(1, tags=(tag,)), vector(1, DIMENSION))
    await index.add(record(2, labels=(tag,)), vector(2, DIMENSION))
    await index.add(record(3, tags=(tag + "x", "x" + tag), labels=(tag.upper() + "!",)), vector(3, DIMENSION))

    async def found(filters: Filters) -> list[ImageID]:
        return [match.image.id for match in await index.nearest(vector(3, DIMENSION), 10, filters)]

    assert await found(Filters(tags_any=(tag,))) == [image_id(1)]
    assert await found(Filters(labels_any=(tag, "none"))) == [image_id(2)]
    assert await found(Filters(tags_any=(tag,), labels_any=(tag,))) == []


async def test_filters_come_before_the_limit(index: ImageIndex) -> None:
    """The nearest of those that pass the filter are found, also when many others are nearer."""
    for number in range(30):
        tags = ("far",) if number >= 28 else ()
        its_vector = vector(number, DIMENSION) if tags else near(vector(0, DIMENSION), number)
        await index.add(record(number, tags), its_vector)

    matches = await index.nearest(vector(0, DIMENSION), 2, Filters(tags_any=("far",)))

    assert {match.image.id for match in matches} == {image_id(28), image_id(29)}


async def test_pages(index: ImageIndex) -> None:
    """Pages join to the whole list, newest first, also when images come and go in between."""
    for number in (3, 1, 4, 0, 2):
        await index.add(record(number), vector(number, DIMENSION))

    first = await ids(index, 2)
    await index.add(record(9), vector(9, DIMENSION))
    await index.delete([image_id(3)])
    second = await ids(index, 2, after=record(3))
    third = await ids(index, 2, after=record(1))

    assert [first, second, third] == [
        [image_id(4), image_id(3)],
        [image_id(2), image_id(1)],
        [image_id(0)],
    ]


async def test_delete(index: ImageIndex) -> None:
    """A deleted image is found by nothing any more; deleting it again is no error."""
    await filled(index, 2)

    await index.delete([image_id(0)])
    await index.delete([image_id(0)])

    assert await index.get(image_id(0)) is None
    assert await index.find(record(0).original.sha256) is None
    assert [match.image.id for match in await index.nearest(vector(0, DIMENSION), 5, Filters())] == [image_id(1)]
    assert await index.count(Filters()) == 1


async def test_searches_during_writes(index: ImageIndex) -> None:
    """Searches go on while rows are written, and see every row that was acknowledged before."""
    await filled(index, 3)

    async def search() -> int:
        return len(await index.nearest(vector(0, DIMENSION), 100, Filters()))

    found, _ = await asyncio.gather(
        asyncio.gather(*[search() for _ in range(20)]),
        asyncio.gather(*[index.add(record(n), vector(n, DIMENSION)) for n in range(3, 9)]),
    )

    assert min(found) >= 3
    assert await search() == 9


async def test_database_that_cannot_be_opened(tmp_path: Path) -> None:
    """Opening says so, and why, whatever the database's own error is."""
    (tmp_path / "file").write_text("")
    database = await lancedb.connect_async(tmp_path / "other")
    await database.create_table(f"images_{SPACE.id}", schema=pa.schema([pa.field("id", pa.string())]))

    for folder in (tmp_path / "file", tmp_path / "file" / "within", tmp_path / "other"):
        with pytest.raises(IndexUnavailable, match=f"The database {folder} cannot be opened: "):
            async with lance(folder):
                pass


async def test_rows_survive(tmp_path: Path) -> None:
    """What was added is there after closing and opening; another space has a table of its own."""
    for opening in IMPLEMENTATIONS.values():
        async with opening(tmp_path) as index:
            await index.add(record(1), vector(1, DIMENSION))
        async with opening(tmp_path) as index:
            assert await index.get(image_id(1)) == record(1)
    async with lance(tmp_path, small_space(16)) as other:
        assert await other.count(Filters()) == 0


async def test_same_original_under_another_id(index: ImageIndex) -> None:
    """Who adds a picture that is there gets the image that is there, and makes no row."""
    twin = replace(record(2), original=record(1).original)

    answers = [await index.add(image, vector(1, DIMENSION)) for image in (record(1), twin, record(1))]

    assert answers == [(record(1), True), (record(1), False), (record(1), False)]
    assert await ids(index) == [image_id(1)]


async def test_adding_what_was_deleted(index: ImageIndex) -> None:
    """An id that was deleted never comes back, whether it had a row or not; the same picture may, under another id."""
    await index.add(record(1), vector(1, DIMENSION))
    await index.delete([image_id(1), image_id(2)])

    for number in (1, 2):
        with pytest.raises(TicketRevoked):
            await index.add(record(number), vector(number, DIMENSION))
    again = replace(record(1), id=image_id(3), created=record(3).created)

    assert await index.add(again, vector(1, DIMENSION)) == (again, True)
    assert await ids(index) == [image_id(3)]


async def test_change(index: ImageIndex) -> None:
    """What a change names is changed, also in what text finds; all else stays as it was."""
    attributes = {"price": 10, "kind": "cat", "old": True}
    image = with_attributes(record(1, ("home",), ("lynx",)), attributes)
    await index.add(image, vector(1, DIMENSION))
    await index.add(record(2), vector(2, DIMENSION))

    changed = await index.change(image_id(1), Change("Minka", None, {"price": 12.5, "old": None, "sold": False}))
    again = await index.change(image_id(1), Change(tags=("garden",)))

    retold = replace(image.description, title="Minka", attributes={"price": 12.5, "kind": "cat", "sold": False})
    assert changed == replace(image, description=retold)
    assert again == replace(image, description=replace(retold, tags=("garden",)))
    assert [await index.get(image_id(number)) for number in (1, 2)] == [again, record(2)]
    stored = await index.vector_of(image_id(1))
    assert stored is not None and stored @ vector(1, DIMENSION) > 0.99999
    for text, found in {"minka": [again], "garden": [again], "home": []}.items():
        assert list(await index.matching(text, 10, Filters())) == found


async def test_change_of_when_it_was_taken(index: ImageIndex) -> None:
    """Lists go by the new time at once; without one the image was taken when it came."""
    for number, day in ((1, 3), (2, 5)):
        image = record(number)
        description = replace(image.description, taken=datetime(2019, 7, day), taken_source=TakenSource.CAMERA)
        await index.add(replace(image, description=description), vector(number, DIMENSION))

    corrected = await index.change(image_id(1), Change(taken=Taken(datetime(2019, 7, 6), TakenSource.PERSON)))
    assert corrected is not None
    assert (corrected.description.taken, corrected.description.taken_source) == (datetime(2019, 7, 6), "person")
    assert [image.id for image in await index.page(9, Sort.NEWEST, None, Filters())] == [image_id(1), image_id(2)]
    assert [image.id for image in await index.page(9, Sort.NEWEST, None, Filters(taken_from=datetime(2019, 7, 6)))] == [
        image_id(1)
    ]

    retitled = await index.change(image_id(1), Change("other"))
    assert retitled is not None and retitled.description.taken == datetime(2019, 7, 6)
    forgotten = await index.change(image_id(2), Change(taken=Taken()))
    assert forgotten is not None and forgotten.clock_time == forgotten.created.replace(tzinfo=None)
    assert [image.id for image in await index.page(9, Sort.NEWEST, None, Filters())] == [image_id(2), image_id(1)]


async def test_change_of_what_is_not_there(index: ImageIndex) -> None:
    """A change makes no image, and brings none back."""
    await index.add(record(1), vector(1, DIMENSION))
    await index.delete([image_id(1)])

    for number in (1, 2):
        assert await index.change(image_id(number), Change("other")) is None
    assert await ids(index) == []


async def test_marker(index: ImageIndex) -> None:
    """It changes with each addition, change and deletion, is the same for the same images, and upkeep leaves it."""
    rows = await filled(index, 3)
    states = [await index.state()]
    await index.add(record(7), vector(7, DIMENSION))
    states.append(await index.state())
    await index.change(image_id(7), Change(tags=("new",)))
    states.append(await index.state())
    await index.delete([image_id(7), image_id(1)])
    states.append(await index.state())

    assert [state.count for state in states] == [3, 4, 4, 2]
    assert len({state.marker for state in states}) == 4
    await index.add(record(8), rows[1][1])
    await index.delete([image_id(8)])
    assert await index.state() == states[-1]
    await index.do_upkeep()
    await index.do_upkeep()
    assert await index.state() == states[-1]


async def test_marker_in_another_process(index: ImageIndex, tmp_path: Path) -> None:
    """Another opening of the same database sees the same marker, and soon what this one writes."""
    async with IMPLEMENTATIONS["lance"](tmp_path) as other:
        before = await index.state()
        assert await other.state() == before
        await index.add(record(1), vector(1, DIMENSION))
        after = await index.state()

        async with asyncio.timeout(30):
            while (seen := await other.state()) != after:
                assert seen == before
                await asyncio.sleep(0.1)


async def test_overview_of_nothing(index: ImageIndex) -> None:
    """An empty library has no names, no times and no proportions."""
    assert (await index.state()).count == 0
    assert await index.names() == ({}, {})
    assert (await index.created(Filters())).tolist() == (await index.taken(Filters())).tolist() == []
    assert (await index.proportions(Sort.TITLE, Filters())).tolist() == []
