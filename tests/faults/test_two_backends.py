"""Two servers on one database and one bucket, as behind a load balancer: real processes, and a real S3 server."""

import asyncio
import os
import random
import secrets
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any

import pytest

from backend.catalogue.ports import READ_CONSISTENCY_S
from backend.catalogue.spaces import EmbeddingSpace
from backend.databases import opened_database
from backend.settings import Settings
from tests.support.api import API, Picture, Visitor
from tests.support.clients import Client, Ledger, all_images, complaints, visiting
from tests.support.servers.lookalike import Server, running_server
from tests.support.servers.s3 import S3Server
from tests.support.spaces import to_base64

from .conftest import DIMENSION, picture

pytestmark = pytest.mark.anyio

# How long to wait for what READ_CONSISTENCY_S promises: a busy machine takes longer, and never would be a failure.
DEADLINE_S = 90

# How often upkeep is begun that another process may just have.
ATTEMPTS = 10

# Clients that work at once, on both servers.
CLIENTS = 6


@pytest.fixture(scope="module")
def variables(s3_server: S3Server) -> Mapping[str, str]:
    """What both servers are told, beside their credentials."""
    bucket = s3_server.new_bucket("two")
    return {
        "LOOKALIKE_STORE": f"s3://{bucket}/pictures",
        "LOOKALIKE_DATABASE": f"s3://{bucket}/database",
        "LOOKALIKE_S3_ENDPOINT": s3_server.url,
        "LOOKALIKE_SECRET": secrets.token_hex(32),
        **s3_server.environ,
    }


@pytest.fixture(scope="module")
def servers(
    variables: Mapping[str, str], model: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Server]]:
    with ExitStack() as stack:
        yield [
            stack.enter_context(running_server(tmp_path_factory.mktemp("data"), str(model), variables=variables))
            for _ in range(2)
        ]


@pytest.fixture
async def visitors(servers: list[Server], space: EmbeddingSpace) -> AsyncIterator[list[Visitor]]:
    """A visitor of each server, with empty shelves."""
    async with AsyncExitStack() as stack:
        visitors = [await stack.enter_async_context(visiting(server.url, space)) for server in servers]
        for visitor in visitors:
            await until(lambda visitor=visitor: _emptied(visitor))
        yield visitors


async def _emptied(visitor: Visitor) -> bool:
    """
    Delete what a server lists; say whether that was nothing.

    The other server may have deleted some just now, so that some are counted and not listed; and hundreds of deletions
    at once are more than this one answers in time on a busy machine.
    """
    images = await visitor.listed()
    answers = await asyncio.gather(*[visitor.http.delete(f"{API}/images/{image['id']}") for image in images])
    assert {answer.status_code for answer in answers} <= {204, 404, 503}
    return not images


async def until(condition: Callable[[], Awaitable[object]]) -> float:
    """Ask until it holds; return how many seconds that took."""
    began = time.monotonic()
    async with asyncio.timeout(DEADLINE_S):
        while not await condition():  # noqa: ASYNC110 (another process has no event to wait for)
            await asyncio.sleep(0.02)
    return time.monotonic() - began


@pytest.mark.parametrize("rounds", [2, pytest.param(50, marks=pytest.mark.faults)])
async def test_what_the_other_writes(visitors: list[Visitor], rounds: int) -> None:
    """What one server has acknowledged the other shows soon: additions, changes and deletions."""
    took: dict[str, list[float]] = {"added": [], "changed": [], "deleted": []}
    for number in range(rounds):
        one, other = visitors if number % 2 else reversed(visitors)
        image = await one.add(picture(number))
        address = f"{API}/images/{image['id']}"

        async def there(other: Visitor = other, number: int = number, image_id: str = image["id"]) -> bool:
            return await other.found(vector=to_base64(picture(number).vector), limit=1) == [image_id]

        async def changed(other: Visitor = other, address: str = address) -> bool:
            return (await other.http.get(address)).json()["title"] == "other"

        async def deleted(other: Visitor = other, address: str = address) -> bool:
            return (await other.http.get(address)).status_code == 404

        took["added"].append(await until(there))
        assert (await one.http.patch(address, json={"title": "other"})).status_code == 200
        took["changed"].append(await until(changed))
        assert (await one.http.delete(address)).status_code == 204
        took["deleted"].append(await until(deleted))
    longest = {name: round(max(times), 2) for name, times in took.items()}
    print(f"\nseen by the other server within {longest} s at most, of {READ_CONSISTENCY_S} s")


@pytest.mark.parametrize("count", [10, pytest.param(200, marks=pytest.mark.faults)])
async def test_one_ticket_at_both(visitors: list[Visitor], count: int) -> None:
    """Of two servers that get the same registration at once one makes the image, and both tell of it."""
    pictures = [picture(seed) for seed in range(count)]
    uploads = [await visitors[seed % 2].uploaded(one) for seed, one in enumerate(pictures)]

    for start in range(0, count, 5):
        answers = await asyncio.gather(
            *[
                visitor.register(uploads[place], pictures[place])
                for place in range(start, start + 5)
                for visitor in visitors
            ]
        )
        for upload, pair in zip(uploads[start:], zip(answers[::2], answers[1::2], strict=True), strict=False):
            assert sorted(answer.status_code for answer in pair) == [200, 201]
            assert {answer.json()["id"] for answer in pair} == {upload["id"]}
    for visitor in visitors:
        await until(lambda visitor=visitor: _lists_all(visitor, uploads))


@pytest.mark.parametrize("count", [6, pytest.param(40, marks=pytest.mark.faults)])
async def test_one_photo_at_both(
    visitors: list[Visitor], variables: Mapping[str, str], count: int, tmp_path: Path
) -> None:
    """The same photo added at both servers at one moment is one image after the next upkeep."""
    pictures = [picture(seed) for seed in range(count)]
    pairs = [[await visitor.uploaded(one) for visitor in visitors] for one in pictures]

    for one, pair in zip(pictures, pairs, strict=True):
        answers = await asyncio.gather(
            *[visitor.register(upload, one) for visitor, upload in zip(visitors, pair, strict=True)]
        )
        assert {answer.status_code for answer in answers} <= {200, 201}
    listed = {image["id"] for image in await all_images(visitors[0])}
    print(f"\n{len(listed) - count} of {count} photos were written twice")

    # One of the servers may be at it, and then a command does nothing.
    for _ in range(ATTEMPTS):
        await run_upkeep(variables, tmp_path)
        if await _lists_each_once(visitors[0], pictures):
            break
    for visitor in visitors:
        await until(lambda visitor=visitor: _lists_each_once(visitor, pictures))


async def _lists_each_once(visitor: Visitor, pictures: list[Picture]) -> bool:
    # In one page, and without its total: what the other server tidies up meanwhile may be counted and not listed.
    response = await visitor.http.get(f"{API}/images", params={"limit": 100})
    names = sorted(image["file_name"] for image in response.json()["images"])
    return names == sorted(one.file_name for one in pictures)


async def run_upkeep(variables: Mapping[str, str], data: Path) -> str:
    """Do the upkeep once, as a process of its own; return what it says."""
    process = await asyncio.create_subprocess_exec(
        *(str(Path(sys.executable).with_name("lookalike")), "upkeep", "--once", "--data", str(data)),
        env={**os.environ, **variables},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()


async def _lists_all(visitor: Visitor, uploads: list[dict[str, Any]]) -> bool:
    return sorted(image["id"] for image in await all_images(visitor)) == sorted(upload["id"] for upload in uploads)


@pytest.mark.parametrize("each", [4, pytest.param(60, marks=pytest.mark.faults)])
async def test_clients_of_both(visitors: list[Visitor], each: int) -> None:
    """Clients that use both servers at once lose nothing and find nothing twice, at either."""
    ledger = Ledger(DIMENSION)
    clients = [Client(visitors, ledger, seed) for seed in range(CLIENTS)]

    await asyncio.gather(*[client.work(each) for client in clients])

    refused = sum(client.refused for client in clients)
    print(f"\n{ledger.acknowledged} images acknowledged, {ledger.gone} deleted; {refused} answers were 503")
    assert ledger.acknowledged == CLIENTS * each
    await asyncio.sleep(READ_CONSISTENCY_S)
    for visitor in visitors:
        assert await complaints(visitor, ledger, ledger.stories) == []


@pytest.mark.parametrize("rounds", [6, pytest.param(200, marks=pytest.mark.faults)])
async def test_deleting_while_the_other_registers(visitors: list[Visitor], rounds: int) -> None:
    """Whatever meets whatever: no image is listed without its files, and none that was deleted comes back."""
    chance = random.Random(rounds)
    outcomes: dict[tuple[int, ...], int] = {}
    deleted, uploads = set[str](), list[dict[str, Any]]()

    for number in range(rounds):
        one, other = visitors if number % 2 else reversed(visitors)
        upload = await one.uploaded(picture(number))
        uploads.append(upload)
        if number % 3:  # else the first registration is part of the race
            assert (await one.register(upload, picture(number))).status_code == 201
        start = asyncio.Barrier(3)

        async def racing(send: Callable[[], Awaitable[Any]], start: asyncio.Barrier = start) -> int:
            await start.wait()
            await asyncio.sleep(chance.uniform(0, 0.03))
            return (await send()).status_code

        statuses = await asyncio.gather(
            racing(lambda one=one, upload=upload: one.http.delete(f"{API}/images/{upload['id']}")),
            racing(lambda other=other, upload=upload, n=number: other.register(upload, picture(n))),
            racing(lambda one=one, upload=upload, n=number: one.register(upload, picture(n))),
        )
        outcomes[tuple(statuses)] = outcomes.get(tuple(statuses), 0) + 1
        assert statuses[0] in (204, 404)
        # Registered, known, files missing, and revoked.
        assert set(statuses[1:]) <= {200, 201, 409, 410}, statuses
        if statuses[0] == 204:
            deleted.add(upload["id"])

    print(f"\nDELETE, PUT at the other, PUT at the same: {outcomes}")
    await asyncio.sleep(READ_CONSISTENCY_S)
    for visitor in visitors:
        images = await all_images(visitor)
        assert {image["id"] for image in images} == {upload["id"] for upload in uploads} - deleted
        for image in images:
            for url in (image["original_url"], image["thumbnail_url"]):
                assert (await visitor.http.get(url)).status_code == 200
        for number, upload in enumerate(uploads):
            if upload["id"] in deleted:
                assert (await visitor.register(upload, picture(number))).status_code in (409, 410)


async def test_one_does_the_upkeep(
    visitors: list[Visitor], variables: Mapping[str, str], space: EmbeddingSpace, tmp_path: Path
) -> None:
    """While one process has the lease, another finds nothing to do; once it is given back, the next gets it."""
    await visitors[0].add(picture(0))
    settings = Settings.from_environ(
        {"LOOKALIKE_DATA": str(tmp_path), **{n: v for n, v in variables.items() if n.startswith("LOOKALIKE_")}}
    )

    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        async with opened_database(settings) as database:
            # The servers' own upkeep may have it just now.
            while True:
                async with database.lease(f"upkeep of images_{space.id}") as granted:
                    if granted:
                        assert "another process is at it" in await run_upkeep(variables, tmp_path)
                        break
                await asyncio.sleep(0.05)

    assert "Upkeep: done (1 images" in await run_upkeep(variables, tmp_path)
