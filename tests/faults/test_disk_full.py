"""A disk that fills up, under the pictures or under the database: a real one, of some megabytes."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager

import httpx
import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from backend.adapters.lance.database import LanceDatabase
from backend.app import create_app
from backend.catalogue.errors import IndexUnavailable
from backend.catalogue.spaces import EmbeddingSpace
from backend.catalogue.values import Filters
from backend.settings import Settings
from backend.web.static import Site
from tests.support.api import API, JPEG, ORIGIN, Picture, Visitor, assert_problem, stored, without_urls
from tests.support.clients import assert_unavailable
from tests.support.database import open_index
from tests.support.records import record
from tests.support.small_disk import NoSmallDisk, SmallDisk, small_disk
from tests.support.spaces import to_base64, vector

from .conftest import DIMENSION, picture

pytestmark = pytest.mark.anyio

FILLED = [SmallDisk.fill, SmallDisk.fill_with_files]


@pytest.fixture
def disk(settings: Settings, request: pytest.FixtureRequest) -> Iterator[SmallDisk]:
    """A small disk under one folder of the data."""
    try:
        with small_disk(settings.data / request.param) as disk:
            yield disk
    except NoSmallDisk:
        pytest.skip("NOT TESTED: only root may mount the small disk that is to become full")


@pytest.fixture
def app(disk: SmallDisk, settings: Settings, space: EmbeddingSpace, site: Site) -> Litestar:
    return create_app(settings, space, site)


@pytest.mark.parametrize("disk", ["objects"], indirect=True)
@pytest.mark.parametrize("fill", FILLED)
async def test_no_room_for_pictures(
    visitor: Visitor, disk: SmallDisk, settings: Settings, fill: Callable[[SmallDisk], None]
) -> None:
    """An upload is told to come again later, and leaves nothing; all else goes on, and it too when there is room."""
    kept, doomed, late = picture(1), picture(2), picture(3)
    image, other = await visitor.add(kept), await visitor.add(doomed)
    sent, unsent = await visitor.uploaded(late), await visitor.begin(picture(4))
    fill(disk)
    before = stored(settings.data)

    assert_problem(answer := await visitor.send(unsent["original"], picture(4).original), 503, "store-unavailable")

    assert_unavailable(answer)
    assert stored(settings.data) == before
    assert (await visitor.register(sent, late)).status_code == 201
    assert await visitor.found(vector=to_base64(kept.vector), limit=1) == [image["id"]]
    assert (await visitor.http.get(image["original_url"])).content == kept.original
    assert (await visitor.http.delete(f"{API}/images/{other['id']}")).status_code == 204

    disk.make_room()
    await visitor.send_both(unsent, picture(4))
    assert (await visitor.register(unsent, picture(4))).status_code == 201
    assert [one["file_name"] for one in await visitor.listed()] == ["IMG_4.jpg", "IMG_3.jpg", "IMG_1.jpg"]


@pytest.mark.parametrize("disk", ["objects"], indirect=True)
async def test_picture_that_does_not_fit(visitor: Visitor, disk: SmallDisk, settings: Settings) -> None:
    """A disk that becomes full in the middle of a file gets its room back."""
    for seed in range(5):
        await visitor.add(picture(seed))
    large = Picture(JPEG + bytes(2_900_000), b"RIFF\0\0\0\0WEBP", vector(9, DIMENSION), "large.jpg")
    uploads = [await visitor.begin(large) for _ in range(8)]
    before = stored(settings.data)

    answers = await asyncio.gather(*[visitor.send(upload["original"], large.original) for upload in uploads])

    refused = [answer for answer in answers if answer.status_code != 201]
    assert 0 < len(refused) < 8
    for answer in refused:
        assert_unavailable(answer)
    after = stored(settings.data)
    assert before.items() <= after.items()
    assert len(after) - len(before) == 2 * (8 - len(refused))
    assert (await visitor.add(picture(10)))["title"] == "IMG_10.jpg"


@pytest.mark.parametrize("disk", ["database"], indirect=True)
@pytest.mark.parametrize("fill", FILLED)
async def test_no_room_for_rows(visitor: Visitor, disk: SmallDisk, fill: Callable[[SmallDisk], None]) -> None:
    """Whatever writes is told to come again later, and what reads goes on; with room the same requests succeed."""
    pictures = [picture(seed) for seed in range(12)]
    image, doomed = await visitor.add(pictures[0]), await visitor.add(pictures[1])
    pairs = [(await visitor.uploaded(one), one) for one in pictures[2:]]
    fill(disk)

    def writing() -> list[asyncio.Task[httpx.Response]]:
        return [
            *(asyncio.create_task(visitor.register(*pair)) for pair in pairs),
            asyncio.create_task(visitor.http.patch(f"{API}/images/{image['id']}", json={"title": "other"})),
            asyncio.create_task(visitor.http.delete(f"{API}/images/{doomed['id']}")),
        ]

    for answer in await asyncio.gather(*writing()):
        assert_problem(answer, 503, "index-unavailable")
        assert_unavailable(answer)

    assert await visitor.listed() == [without_urls(doomed), without_urls(image)]
    for one, its_picture in ((image, pictures[0]), (doomed, pictures[1])):
        assert await visitor.found(vector=to_base64(its_picture.vector), limit=1) == [one["id"]]
        assert (await visitor.http.get(one["original_url"])).content == its_picture.original
        assert (await visitor.http.get(one["thumbnail_url"])).content == its_picture.thumbnail

    disk.make_room()
    assert [answer.status_code for answer in await asyncio.gather(*writing())] == [*[201] * 10, 200, 204]
    titles = sorted(one["title"] for one in await visitor.listed())
    assert titles == sorted(["other", *(one.file_name for one in pictures[2:])])
    for upload, its_picture in pairs:
        assert await visitor.found(vector=to_base64(its_picture.vector), limit=1) == [upload["id"]]


@pytest.mark.parametrize("disk", ["database"], indirect=True)
@pytest.mark.parametrize("fill", FILLED)
async def test_deletion_on_a_full_disk(
    visitor: Visitor, disk: SmallDisk, fill: Callable[[SmallDisk], None], app: Litestar
) -> None:
    """Where nothing else can be written, photos can be deleted, some of them one by one: room was kept for that."""
    images = [await visitor.add(picture(seed)) for seed in range(4)]
    upload = await visitor.uploaded(picture(9))
    async with opened_database(disk) as database:
        await database.take_reserve()
    fill(disk)
    assert_unavailable(await visitor.register(upload, picture(9)))

    for image in images[:3]:
        assert (await visitor.http.delete(f"{API}/images/{image['id']}")).status_code == 204

    assert [image["id"] for image in await visitor.listed()] == [images[3]["id"]]
    disk.make_room()
    assert (await visitor.register(upload, picture(9))).status_code == 201
    async with opened_database(disk) as database:
        await database.take_reserve()
    assert (disk.folder / "reserve").is_dir()


def opened_database(disk: SmallDisk) -> AbstractAsyncContextManager[LanceDatabase]:
    return LanceDatabase.open(disk.folder)


@pytest.mark.parametrize("disk", ["database"], indirect=True)
async def test_database_that_becomes_full(visitor: Visitor, disk: SmallDisk) -> None:
    """Of registrations of which only some find room, those that were acknowledged are there, and all after a repeat."""
    pictures = [picture(seed) for seed in range(60)]
    uploads = [await visitor.uploaded(one) for one in pictures]
    assert (await visitor.register(uploads[0], pictures[0])).status_code == 201
    disk.fill(room=200_000)

    answers = [await visitor.register(upload, one) for upload, one in zip(uploads, pictures, strict=True)]

    made = [answer.json()["id"] for answer in answers if answer.is_success]
    assert 1 < len(made) < len(pictures)
    for answer in answers:
        if not answer.is_success:
            assert_unavailable(answer)
    listed = {image["id"] for image in await visitor.listed()}
    assert set(made) <= listed <= {upload["id"] for upload in uploads}
    disk.make_room()
    again = [await visitor.register(upload, one) for upload, one in zip(uploads, pictures, strict=True)]
    assert {answer.status_code for answer in again} <= {200, 201}
    assert sorted(image["id"] for image in await visitor.listed()) == sorted(upload["id"] for upload in uploads)


@pytest.mark.parametrize("disk", ["."], indirect=True)
@pytest.mark.parametrize("fill", FILLED)
async def test_start_on_a_full_disk(
    disk: SmallDisk, settings: Settings, space: EmbeddingSpace, site: Site, fill: Callable[[SmallDisk], None]
) -> None:
    """A server that is started again on a full disk shows what there is, and goes on by itself when there is room."""
    one, other = picture(1), picture(2)
    async with AsyncTestClient(create_app(settings, space, site), ORIGIN) as http:
        image = await Visitor(http, space).add(one)
        upload = await Visitor(http, space).uploaded(other)
    fill(disk)

    async with AsyncTestClient(create_app(settings, space, site), ORIGIN) as http:
        visitor = Visitor(http, space)
        assert await visitor.found(vector=to_base64(one.vector), limit=1) == [image["id"]]
        assert (await http.get(image["original_url"])).content == one.original
        assert_unavailable(await visitor.register(upload, other))
        disk.make_room()
        assert (await visitor.register(upload, other)).status_code == 201


@pytest.mark.parametrize("disk", ["database"], indirect=True)
async def test_upkeep_on_a_full_disk(disk: SmallDisk, space: EmbeddingSpace) -> None:
    """Upkeep that finds no room, at once or in the middle, says so and breaks nothing; with room it does its work."""
    async with open_index(disk.folder, space) as index:
        for number in range(20):
            await index.add(record(number), vector(number, DIMENSION))
        await index.delete([record(3).id])

        refused = 0
        for room in (100_000, 30_000, 10_000, 0):
            disk.fill(room)
            try:
                await index.do_upkeep()
            except IndexUnavailable:
                refused += 1
            assert await index.count(Filters()) == 19
        assert refused > 0
        disk.make_room()
        await index.do_upkeep()
        for number in set(range(20)) - {3}:
            (match,) = await index.nearest(vector(number, DIMENSION), 1, Filters())
            assert match.image == record(number)
