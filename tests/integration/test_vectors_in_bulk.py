"""The vectors of many images at once: all that pass the filters, or a sample of them."""

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.support.api import API, Picture, Visitor, assert_problem
from tests.support.spaces import DIMENSION, vector

pytestmark = pytest.mark.anyio

ROW = np.dtype([("id", "V16"), ("vector", "<f2", DIMENSION)])


async def rows(visitor: Visitor, **query: Any) -> tuple[dict[str, npt.NDArray[np.float16]], int]:
    """Return what the route answers: id -> vector, in its order, and how many images pass the filters."""
    response = await visitor.http.get(f"{API}/vectors", params=query)
    assert (response.status_code, response.headers["content-type"]) == (200, "application/octet-stream")
    found = np.frombuffer(response.content, dtype=ROW)
    return {row["id"].tobytes().hex(): row["vector"] for row in found}, int(response.headers["x-total-count"])


async def test_vectors_of_all(visitor: Visitor) -> None:
    """Each image's row has its id and its vector, in the order of the random part of the ids."""
    added = {(await visitor.add(Picture.of(seed)))["id"]: seed for seed in range(7)}

    found, total = await rows(visitor)

    assert (list(found), total) == (sorted(added, key=lambda image_id: image_id[12:]), 7)
    assert all(found[image_id] @ vector(seed) > 0.999 for image_id, seed in added.items())


async def test_sample_of_vectors(visitor: Visitor) -> None:
    """A sample is the same one each time, and part of every larger one."""
    for seed in range(7):
        await visitor.add(Picture.of(seed))

    samples = [list((await rows(visitor, limit=limit))[0]) for limit in (3, 3, 5)]

    assert samples[0] == samples[1] == samples[2][:3]
    assert (await rows(visitor, limit=3))[1] == 7


async def test_vectors_of_some(visitor: Visitor) -> None:
    """Filters, also by ids, choose among vectors as in lists; of nothing there is nothing."""
    red, blue = [await visitor.add(Picture.of(seed), tags=[tag]) for seed, tag in ((1, "red"), (2, "blue"))]

    for filters, expected in (
        ({"tags_all": ["red"]}, [red["id"]]),
        ({"ids": [blue["id"], "0" * 32]}, [blue["id"]]),
        ({"tags_all": ["green"]}, []),
    ):
        found, total = await rows(visitor, filters=json.dumps(filters))
        listed = (await visitor.http.get(f"{API}/images", params={"filters": json.dumps(filters)})).json()["images"]
        assert (list(found), [image["id"] for image in listed], total) == (expected, expected, len(expected))


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 5001}, {"filters": "{"}, {"filters": '{"ids": ["x"]}'}])
async def test_vectors_asked_for_wrongly(query: dict[str, Any], visitor: Visitor) -> None:
    """A limit out of bounds, or filters that are none, are refused."""
    assert_problem(await visitor.http.get(f"{API}/vectors", params=query), 400, "malformed-request")
