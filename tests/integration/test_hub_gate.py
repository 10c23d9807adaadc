"""The gate against hubs, with a real catalogue behind it."""

import asyncio

import numpy as np
import pytest
from litestar import Litestar

from backend.adapters.lance_database import LanceDatabase
from backend.adapters.lance_index import LanceIndex
from backend.app import create_app
from backend.catalogue.hubs import MIN_IMAGES
from backend.catalogue.spaces import EmbeddingSpace
from backend.catalogue.values import Vector
from backend.settings import Settings
from backend.web.static import Site
from tests.support.api import Picture, Visitor, assert_problem
from tests.support.database import adopt
from tests.support.records import record
from tests.support.spaces import normalised, photographs_of, small_space

pytestmark = pytest.mark.anyio

IMAGES = photographs_of(0, MIN_IMAGES)


@pytest.fixture
def space() -> EmbeddingSpace:
    return small_space(IMAGES.shape[1])


@pytest.fixture
async def app(settings: Settings, space: EmbeddingSpace, site: Site) -> Litestar:
    """The application on a library that is just large enough."""
    async with LanceDatabase.open(settings.data / "database") as database, LanceIndex.open(database, space) as index:
        await asyncio.gather(*(index.add(record(number), Vector(image)) for number, image in enumerate(IMAGES)))
    await adopt(settings.data)
    return create_app(settings, space, site)


async def test_mean_of_a_library(app: Litestar, visitor: Visitor) -> None:
    """Whoever registers the mean of everything is told why not; other pictures come in as ever."""
    hub = Picture.of(1, normalised(IMAGES.mean(axis=0)))
    problem = assert_problem(await visitor.register(await visitor.uploaded(hub), hub), 422, "hub-vector")
    assert "of all images" in problem["detail"]

    for number, vector in enumerate(photographs_of(1, 5), start=2):
        await visitor.add(Picture.of(number, normalised(np.asarray(vector))))
    assert (await visitor.http.get("/api/v1/images")).json()["total"] == MIN_IMAGES + 5
