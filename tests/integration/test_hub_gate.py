"""The gate against hubs, with a real catalogue behind it."""

import asyncio

import numpy as np
import pytest
from litestar import Litestar

from backend.adapters.lance.database import LanceDatabase
from backend.adapters.lance.index import LanceIndex
from backend.app import create_app
from backend.catalogue.hubs import MIN_IMAGES
from backend.catalogue.spaces import EmbeddingSpace
from backend.catalogue.values import Vector
from backend.settings import Settings
from backend.web.static import Site
from tests.support.api import API, Picture, Visitor, assert_problem
from tests.support.database import adopt
from tests.support.records import image_id, record
from tests.support.spaces import normalised, photographs_of, small_space, to_base64
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

IMAGES = photographs_of(0, MIN_IMAGES)
MEAN = normalised(IMAGES.mean(axis=0))
OLD = small_space(4)


@pytest.fixture
def space() -> EmbeddingSpace:
    return small_space(IMAGES.shape[1])


@pytest.fixture
async def app(settings: Settings, space: EmbeddingSpace, site: Site) -> Litestar:
    """The application on a library that is just large enough, and two images that wait to be re-embedded."""
    async with LanceDatabase.open(settings.data / "database") as database:
        async with LanceIndex.open(database, space) as index:
            await asyncio.gather(*(index.add(record(number), Vector(image)) for number, image in enumerate(IMAGES)))
        async with LanceIndex.open(database, OLD) as index:
            for number in (900, 901):
                await index.add(record(number), normalised(np.ones(4)))
    await adopt(settings.data)
    return create_app(settings, space, site)


@pytest.fixture
async def guarded(visitor: Visitor, app: Litestar) -> Visitor:
    """A visitor of the application as it is a moment after its start."""
    await until(lambda: app.state.catalogue.gate.ready)
    return visitor


async def test_mean_of_a_library(guarded: Visitor) -> None:
    """Whoever registers the mean of everything is told why not; other pictures come in as ever."""
    for number, vector in enumerate([MEAN, normalised(MEAN + 0.2 * IMAGES[3])]):
        hub = Picture.of(number, vector)
        problem = assert_problem(await guarded.register(await guarded.uploaded(hub), hub), 422, "hub-vector")
        assert "no photo is" in problem["detail"]

    for number, vector in enumerate(photographs_of(1, 5), start=2):
        await guarded.add(Picture.of(number, normalised(np.asarray(vector))))
    assert (await guarded.http.get(f"{API}/images")).json()["total"] == MIN_IMAGES + 5


async def test_mean_in_a_reembedding(guarded: Visitor) -> None:
    """An administrator's browser is refused a hub as any other is, unless an administrator has cleared the image."""
    address = f"{API}/reembedding/images/{image_id(900)}"
    hub = {"space": guarded.space.id, "vector": to_base64(MEAN), "labels": []}

    assert_problem(await guarded.http.put(address, json=hub), 422, "hub-vector")
    picture = {**hub, "vector": to_base64(photographs_of(1, 1)[0])}
    assert (await guarded.http.put(address, json=picture)).status_code == 201
    assert (await guarded.http.get(f"{API}/reembedding")).json()["left"] == 1

    assert (await guarded.http.put(f"{API}/hubs/{image_id(901)}/cleared")).status_code == 204
    assert (await guarded.http.put(address.replace(image_id(900), image_id(901)), json=hub)).status_code == 201
