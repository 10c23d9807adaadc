"""A server with another model than before: what it does with the images of the earlier one, and gives up at the end."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar.testing import AsyncTestClient

from backend.adapters.folder.store import FolderStore
from backend.adapters.lance.database import LanceDatabase
from backend.adapters.lance.hubs import LanceHubs
from backend.adapters.lance.index import LanceIndex
from backend.adapters.lance.other_spaces import LanceOtherSpaces
from backend.app import create_app
from backend.catalogue.errors import IndexUnavailable
from backend.catalogue.hidden_hubs import HiddenHubs
from backend.catalogue.hubs import HubGate
from backend.catalogue.orphans import sweep
from backend.catalogue.reembedding import LEASE_S, Reembedding
from backend.catalogue.spaces import EmbeddingSpace
from backend.catalogue.values import SpaceID
from backend.settings import Settings
from backend.web.static import Site
from tests.support.api import API, ORIGIN, Picture, Visitor, assert_problem, stored, without_urls
from tests.support.records import perceptual_hash, record
from tests.support.spaces import small_space, to_base64, vector

pytestmark = pytest.mark.anyio

OLD = small_space(4)
RENEWING = f"{API}/reembedding/images"


@asynccontextmanager
async def served(settings: Settings, space: EmbeddingSpace, site: Site) -> AsyncIterator[Visitor]:
    """Run a server with the model of a space, on the data of the one before."""
    async with AsyncTestClient(create_app(settings, space, site), ORIGIN) as http:
        yield Visitor(http, space)


def picture(seed: int, space: EmbeddingSpace) -> Picture:
    return Picture.of(seed, vector(seed, space.dimension))


@pytest.fixture
async def before(settings: Settings, site: Site) -> list[dict[str, Any]]:
    """Three images that a server with another model has left, oldest first."""
    async with served(settings, OLD, site) as visitor:
        facts = {"tags": ["red"], "attributes": {"price": 3.5}, "labels": [{"name": "old", "score": 0.5}]}
        facts |= {"color": "#c0ffee", "perceptual_hash": perceptual_hash(1), "taken": "2020-02-29T12:00:00+01:00"}
        facts |= {"shot": {"camera": "Canon EOS R5"}}
        return [without_urls(await visitor.add(picture(seed, OLD), **facts)) for seed in range(3)]


def renewal(seed: int, space: EmbeddingSpace, **changes: Any) -> dict[str, Any]:
    labels = [{"name": "new", "score": 0.75}]
    return {"space": space.id, "vector": to_base64(vector(seed, space.dimension)), "labels": labels, **changes}


def renewed(image: dict[str, Any]) -> dict[str, Any]:
    """Return an image as the model of these tests sees it."""
    return {**image, "labels": [{"name": "new", "score": 0.75}]}


async def progress(http: httpx.AsyncClient) -> tuple[int, int, int]:
    """Return how many spaces, how many of their images and how many that wait there are."""
    answer = (await http.get(f"{API}/reembedding")).json()
    return len(answer["sources"]), answer["total"], answer["left"]


async def test_whole_way(before: list[dict[str, Any]], visitor: Visitor, settings: Settings) -> None:
    """Images wait until each has a vector of the new model; all else of them stays, and the old table goes last."""
    http = visitor.http
    answer = (await http.get(f"{API}/reembedding")).json()
    assert answer == {
        "space": visitor.space.id,
        "model": "small",
        "sources": [{"space": OLD.id, "model": None, "images": 3}],
        "total": 3,
        "left": 3,
        "unreadable": 0,
        "examples": [],
    }
    assert await visitor.listed() == []
    assert_problem(await http.delete(f"{API}/reembedding"), 409, "reembedding-unfinished")

    leased = (await http.post(f"{API}/reembedding/leases", json={})).json()["images"]
    assert [without_urls(image) for image in leased] == before
    assert (await http.get(leased[0]["original_url"])).content == picture(0, OLD).original
    for seed, image in enumerate(leased):
        response = await http.put(f"{RENEWING}/{image['id']}", json=renewal(seed, visitor.space))
        assert response.status_code == 201
    again = await http.put(f"{RENEWING}/{before[0]['id']}", json=renewal(0, visitor.space))
    assert (again.status_code, without_urls(again.json())) == (200, renewed(before[0]))

    assert await visitor.listed() == [renewed(image) for image in reversed(before)]
    assert await visitor.found(vector=to_base64(vector(2)), limit=1) == [before[2]["id"]]
    assert await progress(http) == (1, 3, 0)
    assert (await http.delete(f"{API}/reembedding")).status_code == 204
    assert await progress(http) == (0, 0, 0)
    assert (await http.delete(f"{API}/reembedding")).status_code == 204
    assert not (settings.data / "database" / f"images_{OLD.id}.lance").exists()
    assert await visitor.listed() == [renewed(image) for image in reversed(before)]
    assert len(stored(settings.data)) == 12


async def test_what_is_refused(before: list[dict[str, Any]], visitor: Visitor) -> None:
    """A vector of another model, one that is none, and an image that nobody has."""
    address = f"{RENEWING}/{before[0]['id']}"
    put = visitor.http.put
    assert_problem(await put(address, json=renewal(0, OLD)), 409, "space-mismatch")
    for values in ([1.0, 1.0, *[0.0] * 6], [1.0], []):
        assert_problem(await put(address, json=renewal(0, visitor.space, vector=values)), 422, "invalid-vector")
    unknown = f"{RENEWING}/{'0' * 32}"
    assert_problem(await put(unknown, json=renewal(0, visitor.space)), 404, "image-not-found")
    assert_problem(await put(f"{unknown}/report", json={"reason": "torn"}), 404, "image-not-found")
    assert await progress(visitor.http) == (1, 3, 3)


async def test_leases(before: list[dict[str, Any]], visitor: Visitor) -> None:
    """Each image is one browser's, until it is given back; what one could not read is told, and given on demand."""

    async def lease(**request: Any) -> list[str]:
        answer = await visitor.http.post(f"{API}/reembedding/leases", json=request)
        return [image["id"] for image in answer.json()["images"]]

    ids = [image["id"] for image in before]
    assert [await lease(limit=2), await lease(limit=2), await lease(limit=2)] == [ids[:2], ids[2:], []]
    assert await lease(limit=0, returned=ids[:1]) == []
    assert await lease() == ids[:1]

    reported = await visitor.http.put(f"{RENEWING}/{ids[1]}/report", json={"reason": "It is torn."})
    assert reported.status_code == 204
    answer = (await visitor.http.get(f"{API}/reembedding")).json()
    assert (answer["left"], answer["unreadable"]) == (3, 1)
    assert [(each["image"]["id"], each["reason"]) for each in answer["examples"]] == [(ids[1], "It is torn.")]
    assert await lease() == []
    assert await lease(again=True) == ids[1:2]


async def test_lease_that_ran_out(tmp_path: Path) -> None:
    """What a browser that vanished had is given to another."""
    now = [0.0]
    async with LanceDatabase.open(tmp_path) as database:
        async with LanceIndex.open(database, OLD) as old:
            await old.add(record(1), vector(1, 4))
        async with LanceIndex.open(database, small_space()) as index:
            hubs = HiddenHubs(index, LanceHubs(database, small_space().id))
            others = LanceOtherSpaces(database, small_space().id)
            reembedding = Reembedding(index, others, HubGate(index), hubs, lambda: now[0])
            taken = []
            for moment in (0.0, LEASE_S - 1.0, LEASE_S + 0.0):
                now[0] = moment
                taken.append([image.id for image in await reembedding.lease(5)])
    assert taken == [[record(1).id], [], [record(1).id]]


async def test_orphans_are_not_what_waits(
    before: list[dict[str, Any]], visitor: Visitor, settings: Settings, site: Site
) -> None:
    """A sweep long after the change keeps the files of what waits, of what is done, and of both after the end."""
    later = datetime(2999, 1, 1, tzinfo=UTC)
    store = FolderStore(settings.data / "objects", "/store", b"s" * 32, 600, lambda: later)
    files = stored(settings.data)
    assert len(files) == 12

    async def swept() -> int:
        async with LanceDatabase.open(settings.data / "database") as database:
            return (await sweep(store, database, 7200, lambda: later)).trashed

    assert await swept() == 0
    await visitor.http.put(f"{RENEWING}/{before[0]['id']}", json=renewal(0, visitor.space))
    assert await swept() == 0
    for seed, image in enumerate(before):
        await visitor.http.put(f"{RENEWING}/{image['id']}", json=renewal(seed, visitor.space))
    await visitor.http.delete(f"{API}/reembedding")
    assert await swept() == 0
    assert stored(settings.data) == files


async def test_file_that_waits_is_added_again(before: list[dict[str, Any]], visitor: Visitor) -> None:
    """It becomes findable under its old id, with the title and tags that it had, and waits no more."""
    response = await visitor.register(
        await visitor.uploaded(picture(1, OLD)), picture(1, visitor.space), labels=[{"name": "new", "score": 0.75}]
    )

    assert (response.status_code, without_urls(response.json())) == (200, renewed(before[1]))
    assert await visitor.listed() == [renewed(before[1])]
    assert await progress(visitor.http) == (1, 3, 2)
    known = await visitor.http.post(f"{API}/uploads", json=picture(1, OLD).declaration())
    assert known.json()["image"]["id"] == before[1]["id"]


@pytest.mark.parametrize(
    ("name", "known", "sent"),
    [
        ("color", "#111111", "#222222"),
        ("perceptual_hash", perceptual_hash(1), perceptual_hash(2)),
        ("taken", "2020-02-29T12:00:00", "2021-01-01T00:00:00+02:00"),
    ],
)
async def test_fact_that_was_not_known(
    visitor: Visitor, settings: Settings, site: Site, name: str, known: str, sent: str
) -> None:
    """A photo that waits without it gets that of the client that adds it again, and keeps what it has."""
    async with served(settings, OLD, site) as earlier:
        for seed, fact in enumerate([None, known]):
            await earlier.add(picture(seed, OLD), **{name: fact})

    for seed, expected in enumerate([sent, known]):
        uploaded = await visitor.uploaded(picture(seed, OLD))
        response = await visitor.register(uploaded, picture(seed, visitor.space), **{name: sent})
        assert (response.status_code, response.json()[name]) == (200, expected)


async def test_time_of_a_file_gives_way_to_that_of_the_camera(visitor: Visitor, settings: Settings, site: Site) -> None:
    """When a file was last changed is a guess, and is replaced when somebody knows better."""
    guess = {"taken": "2024-01-01T00:00:00", "taken_source": "file"}
    async with served(settings, OLD, site) as earlier:
        await earlier.add(picture(1, OLD), **guess)

    uploaded = await visitor.uploaded(picture(1, OLD))
    facts = {"taken": "2019-01-01T00:00:00+01:00", "taken_source": "camera"}
    response = await visitor.register(uploaded, picture(1, visitor.space), **facts)

    assert {name: response.json()[name] for name in facts} == facts


async def test_file_that_waits_is_added_again_as_the_store_has_lost_it(
    before: list[dict[str, Any]], visitor: Visitor, settings: Settings
) -> None:
    """Then it has the files just sent, under an id of its own, and the broken one waits no more."""
    shutil.rmtree(settings.data / "objects" / "originals" / before[1]["id"])

    image = await visitor.add(picture(1, OLD), vector=to_base64(vector(1)), title="Anew")

    assert image["id"] != before[1]["id"]
    assert (image["title"], image["tags"]) == (before[1]["title"], before[1]["tags"])
    assert await progress(visitor.http) == (1, 3, 2)


async def test_way_back(before: list[dict[str, Any]], settings: Settings, space: EmbeddingSpace, site: Site) -> None:
    """With the earlier model again all is as it was, but for what was changed, deleted and added since."""
    async with served(settings, space, site) as visitor:
        for seed in (0, 1):
            await visitor.http.put(f"{RENEWING}/{before[seed]['id']}", json=renewal(seed, space))
        await visitor.http.patch(f"{API}/images/{before[0]['id']}", json={"title": "Changed"})
        for seed in (1, 2):
            assert (await visitor.http.delete(f"{API}/images/{before[seed]['id']}")).status_code == 204
        assert (await visitor.http.delete(f"{API}/images/{before[2]['id']}")).status_code == 404
        added = await visitor.add(picture(7, space))
        assert await progress(visitor.http) == (1, 1, 0)
        gone = await visitor.http.put(f"{RENEWING}/{before[1]['id']}", json=renewal(1, space))
        assert_problem(gone, 404, "image-not-found")

    async with served(settings, OLD, site) as visitor:
        assert await visitor.listed() == [{**before[0], "title": "Changed"}]
        waiting = (await visitor.http.post(f"{API}/reembedding/leases", json={})).json()["images"]
        assert [image["id"] for image in waiting] == [added["id"]]
    assert len(stored(settings.data)) == 8


async def test_two_servers_that_give_each_other_up(tmp_path: Path) -> None:
    """Servers with two models on one complete database: the table of one of them stays."""
    spaces = [OLD, small_space()]
    async with LanceDatabase.open(tmp_path) as database:
        for space in spaces:
            async with LanceIndex.open(database, space) as index:
                await index.add(record(1), vector(1, space.dimension))
        await LanceOtherSpaces(database, spaces[0].id).retire()
        with pytest.raises(IndexUnavailable):
            await LanceOtherSpaces(database, spaces[1].id).retire()
        assert await database.spaces() == [SpaceID(OLD.id)]
