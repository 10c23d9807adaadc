"""What every ObjectStore does. A further implementation joins by a further parameter of `harness`."""

import asyncio
import hashlib
import math
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import httpx
import pytest
from litestar import Litestar

from backend.adapters.folder.store import FolderStore
from backend.adapters.s3.store import BucketAddress, S3Store
from backend.catalogue.errors import BodyMismatch, ObjectExists, ObjectMissing
from backend.catalogue.object_keys import original_key, thumbnail_key
from backend.catalogue.ports import ObjectStore
from backend.catalogue.values import MD5, ObjectKey, SignedRequest
from backend.web.problems import exception_handlers
from backend.web.store_routes import PATH, store_routes
from tests.support.network import serving
from tests.support.records import Clock, facts, image_id
from tests.support.servers.s3 import GAPS, S3Server

pytestmark = pytest.mark.anyio

BODY = b"the bytes of a picture" * 1000
KEY = original_key(image_id(1))
OTHER_KEY = original_key(image_id(2))
URL_EXPIRES_S = 600


@dataclass(frozen=True)
class Harness:
    """
    A store, the clock by which it signs, and a browser that can reach it.

    An embedded store also judges by this clock, a server by its own: where time must pass, the clock is put back before
    the signing and forward again, which comes to the same for both.
    """

    store: ObjectStore
    clock: Clock
    http: httpx.AsyncClient
    gaps: frozenset[str] = frozenset()
    """Alterations of an address that the server of the tests lets pass, though a real one does not."""

    def signed(self, key: ObjectKey = KEY, body: bytes = BODY) -> SignedRequest:
        declared = replace(facts(body), md5=MD5(hashlib.md5(body).hexdigest()))
        return self.store.presign_put(key, declared, self.clock.now + timedelta(seconds=600))

    async def send(self, request: SignedRequest, body: bytes = BODY) -> httpx.Response:
        return await self.http.request(request.method, request.url, content=body, headers=dict(request.headers))

    async def put(self, key: ObjectKey = KEY, body: bytes = BODY) -> None:
        response = await self.send(self.signed(key, body), body)
        assert response.is_success, response.text


@asynccontextmanager
async def _local(request: pytest.FixtureRequest) -> AsyncIterator[Harness]:
    clock = Clock()
    folder: Path = request.getfixturevalue("tmp_path")
    store = FolderStore(folder, PATH, b"secret" * 8, URL_EXPIRES_S, now=clock)
    await store.prepare()
    app = Litestar(
        [store_routes(store)], exception_handlers=exception_handlers(), openapi_config=None, logging_config=None
    )
    with serving(app) as address:
        async with httpx.AsyncClient(base_url=f"http://{address}") as http:
            yield Harness(store, clock, http)


@asynccontextmanager
async def _bucket(server: S3Server, gaps: frozenset[str]) -> AsyncIterator[Harness]:
    clock = Clock(datetime.now(UTC))
    place = BucketAddress(server.new_bucket("contract"), "some/prefix", server.url, addressing="path")
    store = S3Store(place, URL_EXPIRES_S, server.session, clock)
    async with httpx.AsyncClient() as http:
        yield Harness(store, clock, http, gaps)
    await store.aclose()


def _s3(request: pytest.FixtureRequest) -> AbstractAsyncContextManager[Harness]:
    return _bucket(request.getfixturevalue("s3_server"), GAPS)


def _ceph(request: pytest.FixtureRequest) -> AbstractAsyncContextManager[Harness]:
    return _bucket(request.getfixturevalue("ceph_server"), frozenset())


IMPLEMENTATIONS: dict[str, Callable[[pytest.FixtureRequest], AbstractAsyncContextManager[Harness]]] = {
    "local": _local,
    "s3": _s3,
    "ceph": _ceph,
}


@pytest.fixture(params=["local", "s3", pytest.param("ceph", marks=pytest.mark.ceph)])
async def harness(request: pytest.FixtureRequest) -> AsyncIterator[Harness]:
    async with IMPLEMENTATIONS[request.param](request) as harness:
        yield harness


async def keys(store: ObjectStore, prefix: str = "") -> set[str]:
    return {stored.key async for stored in store.list(prefix)}


async def read(store: ObjectStore, key: ObjectKey) -> bytes:
    return b"".join([piece async for piece in store.read(key)])


async def chunks(body: bytes, size: int = 10_000) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


async def test_write_and_read(harness: Harness) -> None:
    """What is written through one signed address can be read through another, byte for byte and of its type."""
    await harness.put()

    response = await harness.http.get(harness.store.presign_get(KEY))

    assert (response.status_code, response.content) == (200, BODY)
    assert response.headers["content-type"] == "image/jpeg"
    assert response.headers["content-length"] == str(len(BODY))
    assert await harness.store.head(KEY) == facts(BODY)


async def test_nothing_under_a_key(harness: Harness) -> None:
    """Where nothing was written there is nothing to find, to read or to list."""
    assert await harness.store.head(KEY) is None
    assert (await harness.http.get(harness.store.presign_get(KEY))).status_code == 404
    assert await keys(harness.store) == set()


async def test_object_is_written_once(harness: Harness) -> None:
    """The second upload is refused, also with other bytes; the first one stays."""
    await harness.put()

    again = await harness.send(harness.signed())
    other = await harness.send(harness.signed(body=b"other"), b"other")

    assert (again.status_code, other.status_code) == (412, 412)
    assert (await harness.http.get(harness.store.presign_get(KEY))).content == BODY
    assert await harness.store.head(KEY) == facts(BODY)


async def test_concurrent_uploads_to_one_key(harness: Harness) -> None:
    """Of uploads at the same time one succeeds, and its bytes and facts belong together."""
    bodies = [bytes([number]) * 50_000 for number in range(6)]

    answers = await asyncio.gather(*[harness.send(harness.signed(body=body), body) for body in bodies])

    (winner,) = [number for number, answer in enumerate(answers) if answer.is_success]
    assert {answer.status_code for answer in answers if not answer.is_success} == {412}
    assert (await harness.http.get(harness.store.presign_get(KEY))).content == bodies[winner]
    assert await harness.store.head(KEY) == facts(bodies[winner])


@pytest.mark.parametrize(
    "body",
    [BODY[:-1], BODY + b"!", b"", BODY[:-1] + b"!"],
    ids=["shorter", "longer", "empty", "changed"],
)
async def test_upload_of_other_bytes(harness: Harness, body: bytes) -> None:
    """Bytes other than those that were signed are refused, and nothing of them is kept."""
    response = await harness.send(harness.signed(), body)

    assert 400 <= response.status_code < 500
    assert await harness.store.head(KEY) is None
    assert await keys(harness.store) == set()


async def test_upload_of_another_type(harness: Harness) -> None:
    """A type other than the signed one is refused: it decides what a browser would do with the bytes."""
    signed = harness.signed()

    response = await harness.http.put(signed.url, content=BODY, headers={"Content-Type": "text/html"})

    assert 400 <= response.status_code < 500
    assert await harness.store.head(KEY) is None


def _with_query(url: str, query: dict[str, str], path: str | None = None) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=path or parts.path, query=urlencode(query)))


async def test_altered_upload_address(harness: Harness) -> None:
    """No part of a signed address can be changed or left out, and none added."""
    signed = harness.signed()
    query = dict(parse_qsl(urlsplit(signed.url).query))
    altered = {name: {**query, name: "9"} for name in [*query, "added"]}
    shortened = {f"no {name}": {part: value for part, value in query.items() if part != name} for name in query}

    for name, changed in {**altered, **shortened}.items():
        if name not in harness.gaps:
            request = SignedRequest(signed.method, _with_query(signed.url, changed), signed.headers)
            assert 400 <= (await harness.send(request)).status_code <= 403, name
    assert await keys(harness.store) == set()
    assert (await harness.send(signed)).is_success


async def test_address_for_another_key_or_method(harness: Harness) -> None:
    """An address is good for its key and its method only."""
    await harness.put()
    put, get = harness.signed(OTHER_KEY).url, harness.store.presign_get(KEY)

    answers = [
        await harness.http.put(put.replace(OTHER_KEY, thumbnail_key(image_id(2))), content=BODY),
        await harness.http.get(get.replace(KEY, OTHER_KEY)),
        await harness.http.get(harness.signed(KEY).url),
        await harness.http.put(get, content=BODY),
        await harness.http.get(get.split("?")[0]),
    ]

    assert [answer.status_code for answer in answers] == [403] * 5
    assert await keys(harness.store) == {KEY}


async def test_parts_of_an_address_moved_into_each_other(harness: Harness) -> None:
    """An address is good for its parts one by one, not for another one that reads the same written in a row."""
    await harness.put()
    get, put = urlsplit(harness.store.presign_get(KEY)), urlsplit(harness.signed(OTHER_KEY).url)
    reading, writing = dict(parse_qsl(get.query)), dict(parse_qsl(put.query))
    name, *_ = (name for name in reading if name not in harness.gaps)
    first, second, *_ = (name for name in writing if name not in harness.gaps)
    longer_key = get.path + quote(f"\n{name}={reading.pop(name)}")
    writing[first] += f"\n{second}={writing.pop(second)}"

    answers = [
        await harness.http.get(_with_query(urlunsplit(get), reading, longer_key)),
        await harness.http.put(
            _with_query(urlunsplit(put), writing), content=BODY, headers=dict(harness.signed(OTHER_KEY).headers)
        ),
    ]

    assert all(400 <= answer.status_code <= 403 for answer in answers)
    assert await keys(harness.store) == {KEY}


async def test_expired_addresses(harness: Harness) -> None:
    """An address is worth nothing after its time."""
    await harness.put()
    harness.clock.advance(-2 * URL_EXPIRES_S - 60)
    signed, address = harness.signed(OTHER_KEY), harness.store.presign_get(KEY)
    harness.clock.advance(2 * URL_EXPIRES_S + 60)

    answers = [await harness.send(signed), await harness.http.get(address)]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert await keys(harness.store) == {KEY}


async def test_reading_address_stays_the_same_for_a_while(harness: Harness) -> None:
    """A browser that asks again soon gets the same address, and it lives as long as was asked for."""
    await harness.put()
    started = math.floor(harness.clock.now.timestamp() / URL_EXPIRES_S) * URL_EXPIRES_S
    harness.clock.now = datetime.fromtimestamp(started, UTC)

    first = harness.store.presign_get(KEY)
    harness.clock.advance(URL_EXPIRES_S - 1)
    second = harness.store.presign_get(KEY)
    harness.clock.advance(1)
    third = harness.store.presign_get(KEY)

    assert first == second != third
    assert (await harness.http.get(first)).status_code == 200
    assert (await harness.http.get(third)).status_code == 200


async def test_until_when_a_reading_address_holds(harness: Harness) -> None:
    """What the store promises is what the address says, and at least as long as was asked for."""
    for wait_s in (0, URL_EXPIRES_S - 1, 1):
        harness.clock.advance(wait_s)
        until, address = harness.store.presigned_until(), harness.store.presign_get(KEY)

        assert until == expiry_of(address)
        assert until - harness.clock.now >= timedelta(seconds=URL_EXPIRES_S)


def expiry_of(address: str) -> datetime:
    """Read from a signed address when it expires; those of S3 say when they were signed, and for how long."""
    said = dict(parse_qsl(urlsplit(address).query))
    if "expires" in said:
        return datetime.fromtimestamp(int(said["expires"]), UTC)
    signed_at = datetime.strptime(said["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return signed_at + timedelta(seconds=int(said["X-Amz-Expires"]))


async def test_delete(harness: Harness) -> None:
    """A deleted object is gone for everybody; deleting what is not there is no error; the key is free again."""
    await harness.put(KEY)
    await harness.put(OTHER_KEY, b"other")

    await harness.store.delete([KEY, thumbnail_key(image_id(1))])
    await harness.store.delete([KEY])

    assert await harness.store.head(KEY) is None
    assert (await harness.http.get(harness.store.presign_get(KEY))).status_code == 404
    assert await keys(harness.store) == {OTHER_KEY}
    await harness.put(KEY)


async def test_list(harness: Harness) -> None:
    """The list has every object below a prefix, with its size."""
    for number in range(3):
        await harness.put(original_key(image_id(number)), b"o" * (number + 1))
    await harness.put(thumbnail_key(image_id(0)), b"t")

    listed = {stored.key: stored.size async for stored in harness.store.list("originals/")}

    assert listed == {original_key(image_id(number)): number + 1 for number in range(3)}
    assert len(await keys(harness.store)) == 4


async def test_first_bytes(harness: Harness) -> None:
    """The beginning of an object can be read alone; of a short one all there is."""
    await harness.put()
    await harness.put(OTHER_KEY, b"short")

    assert await harness.store.first_bytes(KEY, 16) == BODY[:16]
    assert await harness.store.first_bytes(OTHER_KEY, 16) == b"short"
    with pytest.raises(ObjectMissing):
        await harness.store.first_bytes(thumbnail_key(image_id(1)), 16)


async def test_whole_object(harness: Harness) -> None:
    """An object can be read piece by piece, byte for byte, also one that is larger than a piece."""
    large = BODY * 100
    await harness.put()
    await harness.put(OTHER_KEY, large)

    assert await read(harness.store, KEY) == BODY
    assert await read(harness.store, OTHER_KEY) == large
    with pytest.raises(ObjectMissing):
        await read(harness.store, thumbnail_key(image_id(1)))


async def test_reading_can_be_given_up(harness: Harness) -> None:
    """Whoever reads only the first piece leaves nothing that hinders later readers or the deletion."""
    large = BODY * 100
    await harness.put(KEY, large)

    for _ in range(20):
        async with aclosing(harness.store.read(KEY)) as pieces:  # pyright: ignore[reportArgumentType]: a generator
            assert large.startswith(await anext(pieces))

    assert await read(harness.store, KEY) == large
    await harness.store.delete([KEY])
    assert await harness.store.head(KEY) is None


@pytest.mark.parametrize("body", [BODY, b"", BODY * 500], ids=["small", "empty", "large"])
async def test_object_that_the_server_puts(harness: Harness, body: bytes) -> None:
    """What this process writes is known by the same facts, and read in the same way, as what a browser has sent."""
    await harness.store.put(KEY, facts(body), chunks(body))

    assert await harness.store.head(KEY) == facts(body)
    assert await read(harness.store, KEY) == body
    response = await harness.http.get(harness.store.presign_get(KEY))
    assert (response.status_code, response.content) == (200, body)
    assert response.headers["content-type"] == "image/jpeg"


async def test_object_that_is_put_twice(harness: Harness) -> None:
    """The server, too, writes an object once; the first one stays."""
    await harness.store.put(KEY, facts(BODY), chunks(BODY))

    for body in (BODY, b"other"):
        with pytest.raises(ObjectExists):
            await harness.store.put(KEY, facts(body), chunks(body))

    assert await read(harness.store, KEY) == BODY
    assert await harness.store.head(KEY) == facts(BODY)
    assert (await harness.send(harness.signed())).status_code == 412


@pytest.mark.parametrize(
    "body", [BODY[:-1], BODY + b"!", b"", BODY[:-1] + b"!"], ids=["shorter", "longer", "empty", "changed"]
)
async def test_other_bytes_that_the_server_puts(harness: Harness, body: bytes) -> None:
    """Bytes other than those of the facts are refused, and nothing of them is kept."""
    with pytest.raises(BodyMismatch):
        await harness.store.put(KEY, facts(BODY), chunks(body))

    assert await harness.store.head(KEY) is None
    assert await keys(harness.store) == set()
    await harness.store.put(KEY, facts(BODY), chunks(BODY))


async def test_source_that_breaks_off(harness: Harness) -> None:
    """When the bytes break off at their source, its error reaches the caller and nothing is kept."""

    async def breaking() -> AsyncIterator[bytes]:
        yield BODY[:1000]
        raise LookupError("the source is gone")

    with pytest.raises(LookupError, match="the source is gone"):
        await harness.store.put(KEY, facts(BODY), breaking())

    assert await harness.store.head(KEY) is None


async def test_origin(harness: Harness) -> None:
    """The origin is that of the addresses which browsers get; None means that of the page."""
    parts = urlsplit(harness.store.presign_get(KEY))

    assert harness.store.origin == (f"{parts.scheme}://{parts.netloc}" if parts.netloc else None)


async def test_signed_request_hides_its_address(harness: Harness) -> None:
    """What grants access does not end up in a log by way of repr()."""
    signed = harness.signed()

    assert signed.url not in repr(signed) and "sign" not in repr(signed)


async def trashed(store: ObjectStore) -> dict[str, tuple[int, datetime]]:
    return {stored.key: (stored.size, stored.modified) async for stored in store.trashed()}


async def test_trash(harness: Harness) -> None:
    """What is in the trash is in no list and at no address, can be told by when it came there, and comes back whole."""
    store = harness.store
    assert await trashed(store) == {}
    for key in (KEY, OTHER_KEY):
        await harness.put(key)
    before = await store.head(KEY)

    await store.trash([KEY, original_key(image_id(3))])

    assert await keys(store) == {OTHER_KEY}
    assert await store.head(KEY) is None
    assert (await harness.http.get(store.presign_get(KEY))).status_code == 404
    in_trash = await trashed(store)
    assert in_trash.keys() == {KEY} and in_trash[KEY][0] == len(BODY)
    assert abs(in_trash[KEY][1] - harness.clock.now) < timedelta(minutes=5)

    await store.put_back([KEY, original_key(image_id(3))])

    assert await trashed(store) == {}
    assert await keys(store) == {KEY, OTHER_KEY}
    assert await store.head(KEY) == before == facts(BODY)
    assert await read(store, KEY) == BODY
    assert (await harness.http.get(store.presign_get(KEY))).content == BODY


async def test_trash_that_is_emptied(harness: Harness) -> None:
    """What is removed from the trash is gone; what lies under the same key in the store stays."""
    store = harness.store
    for key in (KEY, OTHER_KEY):
        await harness.put(key)
    await store.trash([KEY, OTHER_KEY])
    await harness.put(KEY)

    await store.empty_trash([KEY, OTHER_KEY])

    assert await trashed(store) == {}
    assert await keys(store) == {KEY}


async def test_trash_twice(harness: Harness) -> None:
    """An object that lies in the trash and in the store again can be trashed again, and comes back once."""
    store = harness.store
    await harness.put(KEY)
    await store.trash([KEY])
    await harness.put(KEY)
    await store.put_back([KEY])
    assert await trashed(store) == {} and await keys(store) == {KEY}

    await store.trash([KEY])
    await harness.put(KEY)
    await store.trash([KEY])
    await store.put_back([KEY])
    assert await trashed(store) == {} and await keys(store) == {KEY}
    assert await read(store, KEY) == BODY


async def test_note(harness: Harness) -> None:
    """A note is what was kept last, and no object."""
    store = harness.store
    assert await store.note() is None
    for text in (b"one", b"another, which is longer", b""):
        await store.keep_note(text)
        assert await store.note() == text
    assert await keys(store) == set() and await trashed(store) == {}
