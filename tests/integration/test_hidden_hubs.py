"""Hubs that are in a library already: counted, hidden from searches, listed, cleared and deleted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest
from litestar import Litestar

from backend.adapters.lance.database import LanceDatabase
from backend.adapters.lance.hubs import LanceHubs
from backend.adapters.lance.index import LanceIndex
from backend.app import create_app
from backend.catalogue.hidden_hubs import KNOWN_S, HiddenHubs, warning
from backend.catalogue.hubs import MIN_IMAGES
from backend.catalogue.spaces import EmbeddingSpace
from backend.catalogue.values import Filters, HubState, ImageID, Vector
from backend.settings import Settings, YesNo
from backend.web.static import Site
from tests.support.api import API, Visitor, assert_problem, without_urls
from tests.support.database import adopt
from tests.support.records import image_id, record
from tests.support.spaces import normalised, photographs_of, small_space, to_base64

pytestmark = pytest.mark.anyio

PICTURES = photographs_of(0, MIN_IMAGES)
MEAN = normalised(PICTURES.mean(axis=0))
NOISE = np.random.default_rng(0).normal(size=(60, len(MEAN))) / np.sqrt(len(MEAN))
# One that is near to everything, and sixty that are hardly nearer than pictures are.
HUBS = np.array([MEAN, *(normalised(MEAN + 0.3 * part) for part in NOISE)])
FIRST_HUB = image_id(MIN_IMAGES)
QUERY = Vector(photographs_of(1, 1)[0])


@pytest.fixture
def space() -> EmbeddingSpace:
    return small_space(PICTURES.shape[1])


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Upkeep is done when a test says so."""
    return Settings(data=settings.data, upkeep=YesNo.NO)


@asynccontextmanager
async def opened(settings: Settings, space: EmbeddingSpace) -> AsyncIterator[tuple[LanceIndex, HiddenHubs]]:
    """Open the library as another process does."""
    async with LanceDatabase.open(settings.data / "database") as database, LanceIndex.open(database, space) as index:
        yield index, HiddenHubs(index, LanceHubs(database, space.id))


@pytest.fixture
async def counted(settings: Settings, space: EmbeddingSpace) -> str | None:
    """A library with hubs, in which upkeep has counted; what it told."""
    async with opened(settings, space) as (index, hubs):
        rows = enumerate(np.vstack([PICTURES, HUBS]))
        await asyncio.gather(*(index.add(record(number, tags=("here",)), Vector(row)) for number, row in rows))
        return await hubs.count()


@pytest.fixture
async def app(settings: Settings, space: EmbeddingSpace, site: Site, counted: str | None) -> Litestar:
    await adopt(settings.data)
    return create_app(settings, space, site)


def is_hub(found: str) -> bool:
    return found >= FIRST_HUB


async def test_searches(visitor: Visitor, counted: str | None) -> None:
    """Hubs are left out of unrelated searches, which are as long as ever, and are there for lists, ids and words."""
    assert counted == "Hubs: 61 of 261 images are hidden from searches."
    for limit in (1, 10, 50, 100):
        for filters in ({}, {"tags_any": ["here"]}):
            found = await visitor.found(vector=to_base64(QUERY), limit=limit, filters=filters)
            assert len(found) == limit and not any(map(is_hub, found))

    assert FIRST_HUB not in await visitor.found(like=image_id(3), limit=100)
    views = [{"vector": to_base64(PICTURES[7])}, {"vector": to_base64(PICTURES[9])}]
    assert not any(map(is_hub, await visitor.found(vector=to_base64(QUERY), any_of=views, limit=100)))
    truly_alike = [{"vector": to_base64(MEAN)}]
    assert (await visitor.found(vector=to_base64(QUERY), any_of=truly_alike, limit=1)) == [FIRST_HUB]
    assert (await visitor.found(vector=to_base64(MEAN), limit=1)) == [FIRST_HUB]
    assert any(map(is_hub, await visitor.found(like=FIRST_HUB, limit=10)))
    assert await visitor.found(text=f"Title {MIN_IMAGES}", limit=1) == [FIRST_HUB]
    both = (await visitor.search(text=f"Title {MIN_IMAGES}", vector=to_base64(QUERY))).json()["matches"]
    scores = {match["image"]["id"]: match["score"] for match in both}
    assert scores[FIRST_HUB] == pytest.approx(float(MEAN @ QUERY), abs=1e-3)
    assert sum(map(is_hub, scores)) == 1
    assert (await visitor.http.get(f"{API}/images")).json()["total"] == 261
    assert (await visitor.http.get(f"{API}/images/{FIRST_HUB}")).status_code == 200


async def test_without_hiding(settings: Settings, space: EmbeddingSpace, counted: str | None) -> None:
    """Before, they took most of the places; now each place goes to the picture that comes next."""
    async with opened(settings, space) as (index, hubs):
        before = await index.nearest(QUERY, 261, Filters())
        after = await hubs.nearest(QUERY, 261, Filters())

    assert sum(is_hub(match.image.id) for match in before[:10]) > 0
    assert after == [match for match in before if not is_hub(match.image.id)]


async def test_list_and_clear(visitor: Visitor) -> None:
    """Administrators see the worst first, and what they clear is shown again at once, and never hidden by a count."""
    answer = (await visitor.http.get(f"{API}/hubs", params={"limit": 2})).json()
    assert answer["total"] == 61 and len(answer["hubs"]) == 2
    worst = answer["hubs"][0]
    assert worst["image"]["id"] == FIRST_HUB and worst["state"] == "hidden" and worst["share"] > 0.1
    assert worst["image"]["thumbnail_url"]

    assert (await visitor.http.put(f"{API}/hubs/{FIRST_HUB}/cleared")).status_code == 204

    assert FIRST_HUB in await visitor.found(vector=to_base64(QUERY), limit=100)
    listed = (await visitor.http.get(f"{API}/hubs")).json()["hubs"]
    assert [hub["state"] for hub in listed] == ["hidden"] * 60 + ["cleared"]
    assert without_urls(listed[-1]["image"]) == without_urls(worst["image"])
    assert listed[-1]["found"] == worst["found"]


async def test_cleared_ones_are_counted_again(visitor: Visitor, settings: Settings, space: EmbeddingSpace) -> None:
    """A count leaves what is cleared alone; taken back, the next one hides it."""
    address = f"{API}/hubs/{FIRST_HUB}/cleared"
    async with opened(settings, space) as (_, hubs):
        await visitor.http.put(address)
        assert await hubs.count() == "Hubs: 60 of 261 images are hidden from searches."
        assert (await visitor.http.delete(address)).status_code == 204
        assert (await visitor.http.delete(address)).status_code == 204
        assert await hubs.count() == "Hubs: 61 of 261 images are hidden from searches."
    assert_problem(await visitor.http.put(f"{API}/hubs/{'0' * 32}/cleared"), 404, "image-not-found")


async def test_deletion(visitor: Visitor, settings: Settings, space: EmbeddingSpace) -> None:
    """What is deleted is in the list no more, be it hidden or cleared, and whoever deleted it."""
    await visitor.found(vector=to_base64(QUERY))  # So that the server knows what is hidden.
    assert (await visitor.http.delete(f"{API}/images/{FIRST_HUB}")).status_code == 204
    assert (await visitor.http.get(f"{API}/hubs")).json()["total"] == 60

    gone = ImageID(image_id(MIN_IMAGES + 1))
    await visitor.http.put(f"{API}/hubs/{gone}/cleared")
    async with opened(settings, space) as (index, hubs):
        await index.delete([gone, image_id(MIN_IMAGES + 2)])
        await hubs.count()
        assert (await hubs.listed(100))[1] == 58


async def test_other_servers(settings: Settings, space: EmbeddingSpace, counted: str | None) -> None:
    """A server learns within seconds what another has counted or cleared, and no search waits for that."""
    async with opened(settings, space) as (_, one), opened(settings, space) as (index, _):
        moment = [0.0]
        other = HiddenHubs(index, LanceHubs(index._database, space.id), lambda: moment[0])
        assert not any(is_hub(match.image.id) for match in await other.nearest(QUERY, 100, Filters()))

        await one.clear(FIRST_HUB)

        async def shown() -> bool:
            moment[0] += KNOWN_S + 1
            return any(match.image.id == FIRST_HUB for match in await other.nearest(QUERY, 100, Filters()))

        for _ in range(1000):
            if await shown():
                break
            await asyncio.sleep(0.01)
        assert await shown()


async def test_hub_that_is_one_no_more(settings: Settings, space: EmbeddingSpace, counted: str | None) -> None:
    """When the pictures that it was near to are gone, it is shown again; the library of hubs alone has none."""
    async with opened(settings, space) as (index, hubs):
        new = photographs_of(5, MIN_IMAGES)
        await index.delete([image_id(number) for number in range(MIN_IMAGES + 1, MIN_IMAGES + 61)])
        await asyncio.gather(*(index.add(record(1000 + number), Vector(-row)) for number, row in enumerate(new)))
        await index.delete([image_id(number) for number in range(MIN_IMAGES)])
        assert await hubs.count() == f"Hubs: 0 of {MIN_IMAGES + 1} images are hidden from searches."
        assert (await hubs.listed(10))[1] == 0


def test_warning() -> None:
    """Administrators get one sentence that says how many are hidden, and where to look."""
    assert warning(61).startswith(
        "61 photos are hidden from searches because they would appear in many unrelated searches"
    )
    assert warning(1).startswith("1 photo is hidden from searches because it would appear in many unrelated searches")


async def test_two_that_count_at_once(settings: Settings, space: EmbeddingSpace, counted: str | None) -> None:
    """One counts; the other leaves it to that one."""
    async with opened(settings, space) as (_, one), opened(settings, space) as (_, other):
        assert sorted([await one.count() is None, await other.count() is None]) == [False, False]
        told = await asyncio.gather(one.count(), other.count())
        assert sorted(line is None for line in told) in ([False, True], [False, False])


async def test_when_it_is_counted(settings: Settings, space: EmbeddingSpace, counted: str | None) -> None:
    """Once after the start, then when the library has changed enough and counting has rested."""
    async with opened(settings, space) as (index, _):
        moment = [0.0]
        hubs = HiddenHubs(index, LanceHubs(index._database, space.id), lambda: moment[0])
        assert await hubs.count_if_due() is not None
        assert await hubs.count_if_due() is None
        await asyncio.gather(*(index.add(record(2000 + number), Vector(-PICTURES[number])) for number in range(50)))
        assert await hubs.count_if_due() is not None
        moment[0] = 100_000
        assert await hubs.count_if_due() is not None
        states = {each.hub.state for each in (await hubs.listed(100))[0]}
        assert states == {HubState.HIDDEN}
