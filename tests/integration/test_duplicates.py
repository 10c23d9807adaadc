"""Duplicates in the whole library: found by upkeep, listed in groups, set apart, merged."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest
from litestar.testing import AsyncTestClient

from backend.adapters.lance.database import LanceDatabase
from backend.adapters.lance.duplicates import LanceDuplicates
from backend.adapters.lance.index import LanceIndex
from backend.adapters.lance.upkeep import VECTOR_INDEX_FROM
from backend.app import create_app
from backend.catalogue.duplicates import SAME_COSINE
from backend.catalogue.spaces import EmbeddingSpace
from backend.catalogue.tidying import BATCH, DuplicateCounts, Tidying
from backend.settings import Settings, YesNo
from backend.web.static import Site
from tests.support.api import API, ORIGIN, Picture, Visitor, assert_problem, without_urls
from tests.support.records import image_id, perceptual_hash, record
from tests.support.spaces import near, small_space, vector

pytestmark = pytest.mark.anyio

GROUPS = f"{API}/duplicates"
DIMENSION = 32


@pytest.fixture
def space() -> EmbeddingSpace:
    return small_space(DIMENSION)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Upkeep is done when a test says so."""
    return Settings(data=settings.data, upkeep=YesNo.NO)


@asynccontextmanager
async def opened(settings: Settings, space: EmbeddingSpace) -> AsyncIterator[tuple[LanceIndex, Tidying]]:
    """Open the library as another process does."""
    async with LanceDatabase.open(settings.data / "database") as database, LanceIndex.open(database, space) as index:
        yield index, Tidying(index, LanceDuplicates(database, space.id))


async def compare(settings: Settings, space: EmbeddingSpace) -> str | None:
    """Let another process compare what is new."""
    async with opened(settings, space) as (_, tidying):
        return await tidying.compare(math.inf)


def like(seed: int, place: int) -> Picture:
    """Return a picture that is a version of the one of a seed by its vector."""
    return Picture.of(1000 * seed + place, near(vector(seed, DIMENSION), place, 0.02))


def picture(seed: int) -> Picture:
    return Picture.of(seed, vector(seed, DIMENSION))


async def listed(visitor: Visitor, **query: Any) -> dict[str, Any]:
    answer = await visitor.http.get(GROUPS, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def ids(visitor: Visitor, **query: Any) -> list[list[str]]:
    return [[image["id"] for image in group["images"]] for group in (await listed(visitor, **query))["groups"]]


async def counts(visitor: Visitor) -> tuple[int, int, int]:
    found = (await visitor.http.get(f"{GROUPS}/count")).json()
    return found["total"], found["checked"], found["waiting"]


async def test_groups(visitor: Visitor, settings: Settings, space: EmbeddingSpace) -> None:
    """Versions by vector or by hash are one group, the best first, with all that a client shows; others are none."""
    plain = await visitor.add(picture(1), perceptual_hash=perceptual_hash(1), tags=["red"])
    large = await visitor.add(like(1, 1), width=8000, title="Large", perceptual_hash=perceptual_hash(2))
    turned = await visitor.add(picture(2), width=100, perceptual_hash=perceptual_hash(1))
    await visitor.add(picture(3), perceptual_hash=perceptual_hash(3))
    other = [await visitor.add(like(4, place)) for place in range(2)]
    assert await counts(visitor) == (0, 0, 6)

    assert await compare(settings, space) == "Duplicates: 2 groups (6 images compared, 0 wait)."

    page = await listed(visitor)
    assert (page["total"], page["checked"], page["waiting"], page["next"]) == (2, 6, 0, None)
    newer, older = page["groups"]
    assert [image["id"] for image in newer["images"]] == [other[0]["id"], other[1]["id"]]
    assert newer["reason"] == "earliest" and newer["keeper"] == other[0]["id"]
    assert [without_urls(image) for image in older["images"]] == [without_urls(image) for image in (large, plain)]
    assert older["reason"] == "most_pixels" and older["keeper"] == large["id"]
    assert older["saves_bytes"] == plain["size"]
    sums = {"spare_images": 2, "saves_bytes": plain["size"] + other[1]["size"]}
    assert {name: page[name] for name in sums} == sums
    assert (await visitor.http.get(f"{GROUPS}/count")).json() == {"total": 2, "checked": 6, "waiting": 0, **sums}
    assert await counts(visitor) == (2, 6, 0)
    assert turned["id"] not in str(page), "it is a version of another one than the keeper"


async def test_files_of_different_size(visitor: Visitor, settings: Settings, space: EmbeddingSpace) -> None:
    """Of two with as many pixels the larger file is kept, though it came later."""
    small = await visitor.add(like(1, 1))
    large = await visitor.add(Picture(like(1, 2).original * 2, b"RIFF\0\0\0\0WEBP2", like(1, 2).vector, "large.jpg"))
    await compare(settings, space)

    (group,) = (await listed(visitor))["groups"]

    assert (group["keeper"], group["reason"], group["saves_bytes"]) == (large["id"], "largest_file", small["size"])


async def test_pages(visitor: Visitor, settings: Settings, space: EmbeddingSpace) -> None:
    """Page by page every group comes once, newest first, whatever comes and goes meanwhile."""
    pairs = [[(await visitor.add(like(seed, place)))["id"] for place in range(2)] for seed in range(1, 6)]
    await compare(settings, space)

    first = await listed(visitor, limit=2)
    assert [group["keeper"] for group in first["groups"]] == [pairs[4][0], pairs[3][0]]
    await visitor.http.delete(f"{API}/images/{pairs[3][0]}")
    pairs += [[(await visitor.add(like(9, place)))["id"] for place in range(2)]]
    await compare(settings, space)
    second = await listed(visitor, limit=2, after=first["next"])
    third = await listed(visitor, limit=2, after=second["next"])

    assert [group["keeper"] for group in second["groups"]] == [pairs[2][0], pairs[1][0]]
    assert [group["keeper"] for group in third["groups"]] == [pairs[0][0]]
    assert third["next"] is None and third["total"] == 5


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 51}, {"after": "x"}, {"after": "0" * 33}])
async def test_malformed_page(visitor: Visitor, query: dict[str, Any]) -> None:
    """A query that is none is refused."""
    assert_problem(await visitor.http.get(GROUPS, params=query), 400, "malformed-request")


async def test_member_that_is_deleted(visitor: Visitor, settings: Settings, space: EmbeddingSpace) -> None:
    """Its group goes on without it, at once, and is gone with the last but one; then nothing is remembered of it."""
    three = [(await visitor.add(like(1, place)))["id"] for place in range(3)]
    await compare(settings, space)
    before = (await listed(visitor))["groups"][0]["id"]

    await visitor.http.delete(f"{API}/images/{three[0]}")
    assert await ids(visitor) == [three[1:]]
    assert (await listed(visitor))["groups"][0]["id"] != before
    await visitor.http.delete(f"{API}/images/{three[1]}")
    assert await counts(visitor) == (0, 1, 0)

    await compare(settings, space)
    async with LanceDatabase.open(settings.data / "database") as database:
        assert list(await LanceDuplicates(database, space.id).versions()) == [three[2]]


async def test_member_that_is_deleted_while_groups_are_listed(settings: Settings, space: EmbeddingSpace) -> None:
    """Between finding the groups and reading their images: the answer is as if it had been gone before."""
    async with opened(settings, space) as (index, tidying):
        for number in range(3):
            await index.add(record(number), near(vector(1, DIMENSION), number, 0.02))
        await tidying.compare(math.inf)
        known = await tidying._look()
        await index.delete([image_id(2)])

        async def as_before() -> Any:
            return known

        tidying._look = as_before
        page = await tidying.page(10, None)

    assert [[image.id for image in group.images] for group in page.groups] == [[image_id(1), image_id(0)]]


async def test_images_that_come_later(visitor: Visitor, settings: Settings, space: EmbeddingSpace) -> None:
    """They are compared with all that is there, and nothing is compared twice."""
    first = (await visitor.add(like(1, 1)))["id"]
    assert await compare(settings, space) is None
    second = (await visitor.add(like(1, 2)))["id"]
    assert await counts(visitor) == (0, 1, 1)
    async with opened(settings, space) as (index, tidying):
        asked: list[str] = []
        neighbours = index.neighbours

        async def noted(image_ids: Any, limit: int) -> Any:
            asked.extend(image_ids)
            return await neighbours(image_ids, limit)

        index.neighbours = noted  # type: ignore[method-assign]
        for _ in range(2):
            await tidying.compare(math.inf)

    assert asked == [second]
    assert await ids(visitor) == [[first, second]]


async def test_set_apart(visitor: Visitor, settings: Settings, space: EmbeddingSpace, site: Site) -> None:
    """They are no group any more, for another server and after a restart, nor through a third one, until undone."""
    both = [(await visitor.add(like(1, place)))["id"] for place in range(2)]
    await compare(settings, space)

    for _ in range(2):
        assert (await visitor.http.put(f"{GROUPS}/apart", json={"ids": both})).status_code == 204
    assert await counts(visitor) == (0, 2, 0)
    async with opened(settings, space) as (_, tidying):
        assert await tidying.counts() == DuplicateCounts(0, 2, 0, 0, 0)
    third = (await visitor.add(like(1, 3), width=10))["id"]
    await compare(settings, space)
    assert await ids(visitor) == [[both[0], third]]
    async with AsyncTestClient(create_app(settings, space, site), ORIGIN) as http:
        assert await ids(Visitor(http, space)) == [[both[0], third]]

    undone = await visitor.http.delete(f"{GROUPS}/apart", params={"ids": [both[1], both[0]]})
    assert undone.status_code == 204
    assert await ids(visitor) == [[*both, third]]
    assert (await visitor.http.delete(f"{GROUPS}/apart", params={"ids": both})).status_code == 204


async def test_set_apart_of_what_is_deleted(visitor: Visitor, settings: Settings, space: EmbeddingSpace) -> None:
    """It is forgotten with the image; images that never were are no error."""
    both = [(await visitor.add(like(1, place)))["id"] for place in range(2)]
    await compare(settings, space)
    await visitor.http.put(f"{GROUPS}/apart", json={"ids": [*both, "0" * 32]})
    await visitor.http.delete(f"{API}/images/{both[0]}")
    await compare(settings, space)

    async with LanceDatabase.open(settings.data / "database") as database:
        assert await LanceDuplicates(database, space.id).apart() == {("0" * 32, both[1])}


@pytest.mark.parametrize("ids", [[], ["0" * 32], ["0" * 32, "x"], [f"{number:032x}" for number in range(51)]])
async def test_malformed_set_apart(visitor: Visitor, ids: list[str]) -> None:
    """Less than two images, too many, or what is no id."""
    assert_problem(await visitor.http.put(f"{GROUPS}/apart", json={"ids": ids}), 400, "malformed-request")
    assert_problem(await visitor.http.delete(f"{GROUPS}/apart", params={"ids": ids}), 400, "malformed-request")


async def test_merge(visitor: Visitor) -> None:
    """The keeper says what all said, its own values first; the change that comes with it undoes that."""
    by_file = {"taken": "2026-01-01T00:00:00+01:00", "taken_source": "file"}
    keeper = await visitor.add(picture(1), title="", tags=["a"], attributes={"price": 1.0}, **by_file)
    other = await visitor.add(picture(2), title="Other", tags=["b", "a"], attributes={"price": 2.0, "maker": "M"})
    third = await visitor.add(picture(3), title="Third", tags=["c"], taken="2019-07-04T18:22:05")
    merge = {"keeper": keeper["id"], "others": [other["id"], "0" * 32, third["id"]]}

    answer = (await visitor.http.post(f"{GROUPS}/merge", json=merge)).json()

    expected = {"title": "Other", "tags": ["a", "b", "c"], "attributes": {"price": 1.0, "maker": "M"}}
    expected |= {"taken": "2019-07-04T18:22:05", "taken_source": "camera"}
    assert without_urls(answer["image"]) == without_urls(keeper) | expected
    assert answer["undo"] == {"title": "", "tags": ["a"], "attributes": {"maker": None}, **by_file}
    shown = await visitor.http.get(f"{API}/images/{keeper['id']}")
    assert without_urls(shown.json()) == without_urls(answer["image"])
    undone = await visitor.http.patch(f"{API}/images/{keeper['id']}", json=answer["undo"])
    assert without_urls(undone.json()) == without_urls(keeper)
    assert {image["id"] for image in await visitor.listed()} == {third["id"], other["id"], keeper["id"]}


async def test_merge_into_what_is_gone(visitor: Visitor) -> None:
    """There is nothing to add to; and an image cannot be merged into itself."""
    image = await visitor.add(picture(1))

    for keeper, status, name in (("0" * 32, 404, "image-not-found"), (image["id"], 400, "malformed-request")):
        merge = {"keeper": keeper, "others": [image["id"]]}
        assert_problem(await visitor.http.post(f"{GROUPS}/merge", json=merge), status, name)


async def test_two_servers(settings: Settings, space: EmbeddingSpace) -> None:
    """Of two that look at the same moment one compares; both know the result."""
    async with opened(settings, space) as (index, one), opened(settings, space) as (_, other):
        for number in range(2 * BATCH + 5):
            seed = number if number % 2 else number // 4
            await index.add(record(number), near(vector(seed, DIMENSION), number, 0.01))
        lines = await asyncio.gather(one.compare(math.inf), other.compare(math.inf))
        found = await one.counts()
        assert found == await other.counts()

    assert found.groups > 20 and (found.checked, found.waiting) == (2 * BATCH + 5, 0)
    assert sum(line is not None for line in lines) == 1


async def test_little_time(settings: Settings, space: EmbeddingSpace) -> None:
    """A batch is compared at least, the newest images first; the rest waits for the next time."""
    async with opened(settings, space) as (index, tidying):
        count = 2 * BATCH + 5
        for number in range(count):
            await index.add(record(number), vector(number, DIMENSION))
        checked = []
        while (counts := await tidying.counts()).waiting:
            checked.append(counts.checked)
            await tidying.compare(0)
        assert checked == [0, BATCH, 2 * BATCH]
        assert await tidying.compare(0) is None


async def test_library_with_an_index(settings: Settings) -> None:
    """The index estimates similarities; still, pairs just above the limit are found, and none just below."""
    dimension, originals = 512, VECTOR_INDEX_FROM
    random = np.random.default_rng(0)
    rows = random.normal(size=(originals, dimension))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    copied = np.arange(0, originals, 50)
    noise = random.normal(size=(len(copied), dimension))
    noise -= (noise * rows[copied]).sum(axis=1, keepdims=True) * rows[copied]
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    cosines = np.where(np.arange(len(copied)) % 2, SAME_COSINE + 0.005, SAME_COSINE - 0.005)[:, np.newaxis]
    vectors = np.concatenate([rows, cosines * rows[copied] + np.sqrt(1 - cosines**2) * noise]).astype(np.float16)

    async with opened(settings, small_space(dimension)) as (index, tidying):
        for start in range(0, len(vectors), 1000):
            some = range(start, min(start + 1000, len(vectors)))
            await index.restore([record(number) for number in some], vectors[some.start : some.stop])
        assert (await index.do_upkeep()).vector_index == "IVF_RQ"
        await tidying.compare(math.inf)
        found = {group.ids for group in (await tidying._look()).groups}

    expected = [(originals + place, original) for place, original in enumerate(copied.tolist()) if place % 2]
    assert found == {(image_id(copy), image_id(original)) for copy, original in expected}


async def test_another_model(settings: Settings, space: EmbeddingSpace) -> None:
    """What another space has is compared there, by its own vectors; what is set apart is so in all."""
    other = small_space(DIMENSION + 1)
    async with opened(settings, space) as (index, tidying), opened(settings, other) as (other_index, other_tidying):
        for number in range(2):
            await index.add(record(number), near(vector(1, DIMENSION), number, 0.01))
            await other_index.add(record(number), vector(number, DIMENSION + 1))
        await tidying.compare(math.inf)
        assert await tidying.counts() == DuplicateCounts(1, 2, 0, 1, record(1).original.size)
        assert await other_tidying.counts() == DuplicateCounts(0, 0, 2, 0, 0)
        await other_tidying.set_apart([image_id(0), image_id(1)])
        assert await tidying.counts() == DuplicateCounts(0, 2, 0, 0, 0)


async def test_image_that_only_another_space_has(settings: Settings, space: EmbeddingSpace) -> None:
    """It is forgotten where it is not any more; what people said of it stays."""
    other = small_space(DIMENSION + 1)
    async with opened(settings, space) as (index, tidying), opened(settings, other) as (other_index, _):
        await index.add(record(1), vector(1, DIMENSION))
        await other_index.add(record(1), vector(1, DIMENSION + 1))
        await tidying.compare(math.inf)
        await tidying.set_apart([image_id(1), image_id(2)])
        await index._table.delete("true")
        await tidying.compare(math.inf)
    async with LanceDatabase.open(settings.data / "database") as database:
        memory = LanceDuplicates(database, space.id)
        assert (await memory.versions(), await memory.apart()) == ({}, {(image_id(1), image_id(2))})


async def test_space_that_is_dropped(settings: Settings, space: EmbeddingSpace) -> None:
    """What was compared there is forgotten with it, and nothing of the space in use."""
    other = small_space(DIMENSION + 1)
    async with opened(settings, space) as (index, tidying), opened(settings, other) as (other_index, other_tidying):
        await index.add(record(1), vector(1, DIMENSION))
        await other_index.add(record(1), vector(1, DIMENSION + 1))
        await tidying.compare(math.inf)
        await other_tidying.compare(math.inf)
    async with LanceDatabase.open(settings.data / "database") as database:
        await database.drop(other.id)

        assert await LanceDuplicates(database, other.id).versions() == {}
        assert await LanceDuplicates(database, space.id).versions() == {image_id(1): ()}
