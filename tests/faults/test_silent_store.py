"""
A bucket behind a proxy that is slow, says nothing, or breaks off: under the pictures, and under the database.

With the other tests the time-outs are shortened; `-m faults` waits for the real ones, in two minutes.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from dataclasses import replace
from typing import TypeVar
from urllib.parse import urlsplit

import pytest

from backend.adapters.lance import faults as lance_faults
from backend.adapters.s3 import store as s3_store
from backend.app import create_app
from backend.catalogue.ports import READ_CONSISTENCY_S
from backend.catalogue.spaces import EmbeddingSpace
from backend.settings import Settings
from backend.web.static import Site
from tests.support.api import API, Visitor, assert_problem
from tests.support.clients import assert_unavailable, visiting
from tests.support.network import serving
from tests.support.servers.s3 import S3Server
from tests.support.servers.tcp_proxy import TCPProxy, running_proxy
from tests.support.spaces import to_base64
from tests.support.waiting import PATIENCE_S

from .conftest import picture

pytestmark = pytest.mark.anyio

# More than the calls that a store takes at once, so that some would wait for others.
MANY = 40

# What an answer may take beyond the time-out on a busy machine; a hang takes minutes.
SLACK_S = 60

Answer = TypeVar("Answer")


@pytest.fixture(params=["short", pytest.param("real", marks=pytest.mark.faults)])
def patience_s(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> float:
    """For how long a request to the bucket is waited for, in all."""
    if request.param == "short":
        monkeypatch.setattr(s3_store, "READ_TIMEOUT_S", 2)
        monkeypatch.setattr(s3_store, "PATIENCE_S", 4)
        monkeypatch.setattr(lance_faults, "DEADLINE_S", 4)
    return max(s3_store.PATIENCE_S, lance_faults.DEADLINE_S)


def be_patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all wait again for as long as it takes: on a busy machine many at once take longer than a short time-out."""
    monkeypatch.setattr(s3_store, "PATIENCE_S", PATIENCE_S)
    monkeypatch.setattr(lance_faults, "DEADLINE_S", PATIENCE_S)


@pytest.fixture
def proxy(s3_server: S3Server) -> Iterator[TCPProxy]:
    port = urlsplit(s3_server.url).port
    assert port
    with running_proxy(port) as proxy:
        yield proxy


@pytest.fixture
def bucket(settings: Settings, s3_server: S3Server, proxy: TCPProxy, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings that name a bucket behind the proxy. Browsers go past it."""
    for name, value in s3_server.environ.items():
        monkeypatch.setenv(name, value)
    name = s3_server.new_bucket("silent")
    return replace(settings, store=f"s3://{name}/pictures", s3_endpoint=proxy.url, s3_public_endpoint=s3_server.url)


@pytest.fixture
async def visitor(patience_s: float, bucket: Settings, space: EmbeddingSpace, site: Site) -> AsyncIterator[Visitor]:
    """A visitor of a server whose pictures lie behind the proxy."""
    # On a real socket, as requests do not overlap in Litestar's test client.
    with serving(create_app(bucket, space, site)) as address:
        async with visiting(f"http://{address}", space) as visitor:
            yield visitor


@pytest.fixture
async def reader(patience_s: float, bucket: Settings, space: EmbeddingSpace, site: Site) -> AsyncIterator[Visitor]:
    """A visitor of a server whose database lies behind the proxy, and whose pictures in its folder."""
    settings = replace(bucket, store=None, database=f"{bucket.store}/database", s3_public_endpoint=None)
    with serving(create_app(settings, space, site)) as address:
        async with visiting(f"http://{address}", space) as visitor:
            yield visitor


async def within(seconds: float, answers: Awaitable[Answer]) -> Answer:
    """Wait for answers that must come within this time, and tell how long they took."""
    began = time.monotonic()
    result = await asyncio.wait_for(answers, seconds)
    print(f"answered after {time.monotonic() - began:.1f} s, of {seconds:g}")
    return result


async def test_store_that_says_nothing(
    visitor: Visitor, proxy: TCPProxy, patience_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All who register are told in time to come again, others are not held up; afterwards the same succeeds."""
    kept = await visitor.add(picture(0))
    pictures = [picture(seed) for seed in range(1, MANY + 1)]
    uploads = [await visitor.uploaded(one) for one in pictures]
    proxy.hold()

    registering = asyncio.gather(*map(visitor.register, uploads, pictures))
    assert await visitor.found(vector=to_base64(picture(0).vector), limit=1) == [kept["id"]]
    assert len(await visitor.listed()) == 1
    await visitor.begin(picture(MANY + 1))
    assert not registering.done()
    answers = await within(patience_s + SLACK_S, registering)

    for answer in answers:
        assert_problem(answer, 503, "store-unavailable")
        assert_unavailable(answer)
    assert len(await visitor.listed()) == 1
    proxy.pass_on()
    be_patient(monkeypatch)
    again = await asyncio.gather(*map(visitor.register, uploads, pictures))
    assert {answer.status_code for answer in again} == {201}
    assert len(await visitor.listed()) == MANY + 1


async def test_store_that_is_slow(visitor: Visitor, proxy: TCPProxy) -> None:
    """A store that takes its time, but less than the time-out, delays what needs it, and nothing fails."""
    pictures = [picture(seed) for seed in range(8)]
    uploads = [await visitor.uploaded(one) for one in pictures]
    proxy.delay(s3_store.READ_TIMEOUT_S / 8)

    answers = await asyncio.gather(*map(visitor.register, uploads, pictures))

    assert {answer.status_code for answer in answers} == {201}
    assert (await visitor.http.delete(f"{API}/images/{uploads[0]['id']}")).status_code == 204


async def test_store_that_breaks_off(visitor: Visitor, proxy: TCPProxy) -> None:
    """An answer that ends in the middle is asked for again; if that goes on, it is a 503."""
    upload = await visitor.uploaded(picture(1))
    proxy.cut(answers=1)
    assert (await visitor.register(upload, picture(1))).status_code == 201

    other = await visitor.uploaded(picture(2))
    proxy.cut(answers=1000)
    assert_unavailable(await visitor.register(other, picture(2)))
    proxy.pass_on()
    assert (await visitor.register(other, picture(2))).status_code == 201


async def test_database_that_says_nothing(
    reader: Visitor, proxy: TCPProxy, patience_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who reads and who writes is told in time to come again, however many there are; afterwards the same succeeds."""
    kept = await reader.add(picture(0))
    pictures = [picture(seed) for seed in range(1, MANY + 1)]
    uploads = [await reader.uploaded(one) for one in pictures]
    query = to_base64(picture(0).vector)
    proxy.hold()
    await until_asked_again()

    # A registration may wait for the batch before its own.
    registered, searched, changed, listed = await within(
        2 * patience_s + SLACK_S,
        asyncio.gather(
            asyncio.gather(*map(reader.register, uploads, pictures)),
            asyncio.gather(*[reader.search(vector=query) for _ in range(MANY)]),
            reader.http.patch(f"{API}/images/{kept['id']}", json={"title": "other"}),
            reader.http.get(f"{API}/images"),
        ),
    )

    for answer in (*registered, *searched, changed, listed):
        assert_problem(answer, 503, "index-unavailable")
        assert_unavailable(answer)
    proxy.pass_on()
    be_patient(monkeypatch)
    again = await asyncio.gather(*map(reader.register, uploads, pictures))
    assert {answer.status_code for answer in again} <= {200, 201}
    assert len(await reader.listed()) == MANY + 1
    assert await reader.found(vector=query, limit=1) == [kept["id"]]


@pytest.mark.parametrize("patience_s", ["real"], indirect=True)
async def test_database_that_is_gone(reader: Visitor, proxy: TCPProxy, patience_s: float) -> None:
    """A database that takes no connections is reported in time, also to the clients of a server that runs on."""
    kept, late = await reader.add(picture(0)), await reader.uploaded(picture(1))
    proxy.refuse()
    await until_asked_again()

    answers = await within(
        patience_s + SLACK_S,
        asyncio.gather(reader.register(late, picture(1)), reader.search(vector=to_base64(picture(0).vector))),
    )

    for answer in answers:
        assert_problem(answer, 503, "index-unavailable")
        assert str(proxy.port) not in answer.text
    proxy.pass_on()
    assert (await reader.register(late, picture(1))).status_code == 201
    assert {image["id"] for image in await reader.listed()} == {kept["id"], late["id"]}


async def until_asked_again() -> None:
    """Wait until what a server knows of its database is so old that it asks for the newest version."""
    await asyncio.sleep(READ_CONSISTENCY_S)
