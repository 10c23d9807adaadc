"""What only the store in a bucket does: signatures, batches, pages, CORS, and what it says when something is wrong."""

import asyncio
import logging
import socket
import time
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import httpx
import pytest

from backend.adapters.s3 import store as s3_store
from backend.adapters.s3.checks import CORS_RULE, allow_browsers, check_cors, check_store, probe
from backend.adapters.s3.store import BucketAddress, S3Store, reason
from backend.catalogue.errors import StoreUnavailable
from backend.catalogue.object_keys import original_key
from backend.catalogue.values import MD5, ObjectKey, SignedRequest
from tests.support.network import serving
from tests.support.records import Clock, facts, image_id
from tests.support.servers.careless_store import careless_store
from tests.support.servers.lookalike import free_port
from tests.support.servers.s3 import S3Server

pytestmark = pytest.mark.anyio

BODY = b"the bytes of a picture"
OTHER_BODY = b"the bytes of a painting"[: len(BODY)]
KEY = original_key(image_id(1))
PAGE = "https://photos.example"

NEEDED_CHECKS = {"write-once", "signatures", "sha256", "md5"}

# By openssl md5.
BODY_MD5 = MD5("15ecbdb3a49f63f9999deb864ba4c3e5")


@pytest.fixture(params=["s3_server", pytest.param("ceph_server", marks=pytest.mark.ceph)])
def server(request: pytest.FixtureRequest) -> S3Server:
    return request.getfixturevalue(request.param)


@pytest.fixture
def bucket(server: S3Server) -> BucketAddress:
    """A new bucket."""
    return BucketAddress(server.new_bucket("s3"), "pictures", server.url, addressing="path")


@pytest.fixture
async def store(bucket: BucketAddress, server: S3Server) -> AsyncIterator[S3Store]:
    store = S3Store(bucket, 600, server.session)
    yield store
    await store.aclose()


@pytest.fixture
def client(server: S3Server) -> Any:
    """boto3's own, for what a store does not do."""
    return server.session.client("s3", endpoint_url=server.url)


@pytest.fixture
async def careless() -> AsyncIterator[S3Store]:
    """A store on a server that checks nothing."""
    with serving(careless_store()) as address:
        bucket = BucketAddress("photos", "p", f"http://{address}", addressing="path")
        store = S3Store(bucket, 600, boto3.Session("key", "secret", region_name="us-east-1"))
        yield store
        await store.aclose()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as http:
        yield http


def signed(store: S3Store, body: bytes = BODY, md5: MD5 | None = BODY_MD5) -> SignedRequest:
    return store.presign_put(KEY, replace(facts(body), md5=md5), datetime.now(UTC) + timedelta(minutes=10))


async def send(http: httpx.AsyncClient, request: SignedRequest, body: bytes = BODY) -> int:
    return (await http.put(request.url, content=body, headers=dict(request.headers))).status_code


async def listed(store: S3Store, prefix: str = "") -> set[str]:
    return {stored.key async for stored in store.list(prefix)}


async def whole(store: S3Store) -> bytes:
    return b"".join([piece async for piece in store.read(KEY)])


async def chunks(body: bytes) -> AsyncIterator[bytes]:
    yield body


# Signatures


async def test_what_is_signed(store: S3Store) -> None:
    """Length, type, both checksums and the condition that nothing is there are signed; the length is not handed out."""
    request = signed(store)

    (names,) = parse_qs(urlsplit(request.url).query)["X-Amz-SignedHeaders"]

    assert set(names.split(";")) == {"host", "content-length", *(name.lower() for name in request.headers)}
    assert {name.lower() for name in request.headers} == set(s3_store.SIGNED_HEADERS)


async def test_every_signed_header_counts(store: S3Store, http: httpx.AsyncClient) -> None:
    """A header that is changed or left out is refused, and nothing of the upload is kept."""
    request = signed(store)
    changes = {name: {**request.headers, name: _changed(name, value)} for name, value in request.headers.items()}
    omissions = {
        f"no {left_out}": {name: value for name, value in request.headers.items() if name != left_out}
        for left_out in request.headers
    }

    answers = {
        name: await send(http, SignedRequest("PUT", request.url, headers))
        for name, headers in {**changes, **omissions}.items()
    }

    assert set(answers.values()) <= {400, 403}, answers
    assert await store.head(KEY) is None
    assert await send(http, request) == 200


def _changed(name: str, value: str) -> str:
    """Return another value of the same form."""
    others = {"If-None-Match": '"0"', "Content-Type": "text/html"}
    return others.get(name) or ("A" if value[0] != "A" else "B") + value[1:]


async def test_body_of_another_md5(store: S3Store, http: httpx.AsyncClient) -> None:
    """Bytes of which only the MD5 is not the signed one are refused."""
    assert await send(http, signed(store, OTHER_BODY), OTHER_BODY) == 400
    assert await store.head(KEY) is None


async def test_body_of_another_sha256(server: S3Server, store: S3Store, http: httpx.AsyncClient) -> None:
    """Bytes of which only the SHA-256 is not the signed one are refused, where the store knows this checksum."""
    if not server.compares_sha256:
        pytest.skip("this store does not know SHA-256 checksums")
    assert await send(http, signed(store, OTHER_BODY, BODY_MD5), BODY) == 400
    assert await store.head(KEY) is None


async def test_two_backends_give_the_same_address(bucket: BucketAddress, server: S3Server, store: S3Store) -> None:
    """A browser's cache knows a picture again, whichever server it got the address from."""
    clock = Clock(datetime.fromtimestamp(1_800_000_000, UTC))
    first = S3Store(bucket, 600, server.session, clock)
    address = first.presign_get(KEY)
    clock.advance(599)
    second = S3Store(bucket, 600, server.session, clock)

    assert second.presign_get(KEY) == address
    await asyncio.gather(first.aclose(), second.aclose())


async def test_longest_time(bucket: BucketAddress, server: S3Server, http: httpx.AsyncClient) -> None:
    """An address that is to hold for a week, the longest that S3 signs for, works."""
    store = S3Store(bucket, 7 * 24 * 3600, server.session)
    await send(http, signed(store))

    response = await http.get(store.presign_get(KEY))

    assert (response.status_code, response.content) == (200, BODY)
    await store.aclose()


async def test_browsers_may_keep_what_they_read(store: S3Store, http: httpx.AsyncClient) -> None:
    """The answer says for how long it stays good, as the embedded store's does."""
    await send(http, signed(store))

    assert (await http.get(store.presign_get(KEY))).headers["cache-control"] == "private, max-age=600, immutable"


# Where it is


@pytest.mark.parametrize(
    ("addressing", "origin", "path"),
    [("path", "https://s3.photos.example", "/bucket/p/"), ("virtual", "https://bucket.s3.photos.example", "/p/")],
)
async def test_public_endpoint(server: S3Server, addressing: str, origin: str, path: str) -> None:
    """Browsers get addresses of the store as they reach it, whatever its name is for the server."""
    bucket = BucketAddress("bucket", "p", server.url, "https://s3.photos.example", addressing)
    store = S3Store(bucket, 600, server.session)

    for address in (store.presign_get(KEY), signed(store).url):
        assert address.startswith(f"{origin}{path}{KEY}?")
    assert store.origin == origin
    await store.aclose()


async def test_temporary_credentials(bucket: BucketAddress) -> None:
    """Credentials of a role come with a token, which goes into the address."""
    store = S3Store(bucket, 600, boto3.Session("key", "secret", "the/token"))

    assert parse_qs(urlsplit(store.presign_get(KEY)).query)["X-Amz-Security-Token"] == ["the/token"]
    await store.aclose()


# What is there


async def test_checksum_of_a_store_that_keeps_none(store: S3Store, bucket: BucketAddress, client: Any) -> None:
    """Without the store's own checksum the declared one counts; without that one, none is equal."""
    declared, unknown = original_key(image_id(2)), original_key(image_id(3))
    for key, metadata in ((declared, {"sha256": facts(BODY).sha256}), (unknown, {})):
        full = f"pictures/{key}"
        client.put_object(Bucket=bucket.bucket, Key=full, Body=BODY, ContentType="image/jpeg", Metadata=metadata)

    assert await store.head(declared) == facts(BODY)
    assert await store.head(unknown) == replace(facts(BODY), sha256="")


async def test_more_than_one_batch_and_page(store: S3Store, bucket: BucketAddress, client: Any) -> None:
    """More objects than S3 lists or deletes at once are listed each once, and all deleted."""
    keys = [original_key(image_id(number)) for number in range(1003)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: client.put_object(Bucket=bucket.bucket, Key=f"pictures/{key}", Body=b"o"), keys))

    assert sorted([stored.key async for stored in store.list()]) == keys

    await store.delete(keys)
    assert await listed(store) == set()


async def test_objects_of_others(store: S3Store, bucket: BucketAddress, client: Any, http: httpx.AsyncClient) -> None:
    """What else lies in the bucket, also below the prefix, is none of the store's objects."""
    await send(http, signed(store))
    for key in (KEY, "pictures/notes.txt", "pictures/originals/notes.txt", f"picturesque/{KEY}"):
        client.put_object(Bucket=bucket.bucket, Key=key, Body=b"of others")

    assert await listed(store) == {KEY}


async def test_object_that_cannot_be_deleted(careless: S3Store) -> None:
    """A key that the store does not delete is an error, though its answer as a whole is a success."""
    with pytest.raises(StoreUnavailable, match="did not delete 1 objects: AccessDenied"):
        await careless.delete([KEY])


# Browsers


async def test_cors(store: S3Store, bucket: BucketAddress, client: Any, http: httpx.AsyncClient) -> None:
    """A new bucket lets no page in; then every page, and the rules that were there stay."""
    theirs = {"ID": "theirs", "AllowedOrigins": ["https://other.example"], "AllowedMethods": ["GET"]}
    client.put_bucket_cors(Bucket=bucket.bucket, CORSConfiguration={"CORSRules": [theirs]})

    before = await check_cors(store, PAGE)
    opened = await allow_browsers(store, PAGE)
    again = await allow_browsers(store, PAGE)

    assert (before.ok, opened.ok, again.ok) == (False, True, True)
    assert "PUT or GET" in before.sentence and '"AllowedMethods": ["GET", "HEAD", "PUT"]' in before.sentence
    rules = client.get_bucket_cors(Bucket=bucket.bucket)["CORSRules"]
    assert [_sorted(rule) for rule in rules] == [_sorted(theirs), _sorted(CORS_RULE)]
    request = signed(store)
    response = await http.put(request.url, content=BODY, headers={**request.headers, "Origin": PAGE})
    assert (response.status_code, response.headers["access-control-allow-origin"]) == (200, "*")
    response = await http.get(store.presign_get(KEY), headers={"Origin": PAGE})
    assert (response.status_code, response.headers["access-control-allow-origin"]) == (200, "*")


def _sorted(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return a rule with its lists in one order: a store may keep them in another."""
    return {name: sorted(value) if isinstance(value, list) else value for name, value in rule.items()}


async def test_cors_that_may_not_be_set(careless: S3Store) -> None:
    """Where the credentials do not reach that far, one sentence says what to set."""
    finding = await allow_browsers(careless, PAGE)

    assert not finding.ok and not finding.needed
    assert "its CORS rules must contain" in finding.sentence
    assert "could not be set automatically: these credentials do not allow this" in finding.sentence


# Trying a store out


async def test_probe(server: S3Server, store: S3Store, bucket: BucketAddress, client: Any) -> None:
    """A store that does all that is needed passes, and nothing is left there."""
    findings = await probe(store)

    names = ["reach", "write", "read", "write-once", "signatures", "sha256", "md5"]
    expected = {**dict.fromkeys(names, True), "sha256": server.compares_sha256}
    assert {finding.name: finding.ok for finding in findings} == expected
    assert client.list_objects_v2(Bucket=bucket.bucket)["KeyCount"] == 0
    await check_store(store)


async def test_probe_of_a_careless_store(careless: S3Store) -> None:
    """A store that writes over what is there, and checks nothing, is not served from."""
    findings = {finding.name: finding for finding in await probe(careless)}

    assert {name for name, finding in findings.items() if not finding.ok} == NEEDED_CHECKS
    assert {name for name in NEEDED_CHECKS if findings[name].needed} == NEEDED_CHECKS
    with pytest.raises(StoreUnavailable, match=r"^The store s3://photos/p at .* cannot be used\. It answered 200"):
        await check_store(careless)


async def test_missing_bucket(server: S3Server) -> None:
    """The sentence at the start names the bucket, and says that there is none."""
    store = S3Store(BucketAddress("no-such-bucket", "", server.url, addressing="path"), 600, server.session)

    with pytest.raises(StoreUnavailable, match=r"s3://no-such-bucket at .* there is no such bucket\.$"):
        await check_store(store)
    await store.aclose()


@pytest.mark.parametrize(
    ("access_key", "secret_key", "sentence"),
    [
        ("testkey99999", "secret", "the access key is unknown"),
        ("testkey12345", "wrong", "answered 403 to an upload|the secret key is wrong"),
    ],
)
async def test_wrong_credentials(bucket: BucketAddress, access_key: str, secret_key: str, sentence: str) -> None:
    """The sentence at the start says that the credentials are the trouble, and holds none of them."""
    store = S3Store(bucket, 600, boto3.Session(access_key, secret_key, region_name="us-east-1"))

    with pytest.raises(StoreUnavailable, match=sentence) as caught:
        await check_store(store)

    assert access_key not in str(caught.value) and secret_key not in str(caught.value).split()
    await store.aclose()


async def test_no_credentials(bucket: BucketAddress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without credentials the sentence says where boto3 looks for them; signing fails as the store's calls do."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    store = S3Store(bucket, 600)

    with pytest.raises(StoreUnavailable, match="there are no credentials; boto3 looks for AWS_ACCESS_KEY_ID"):
        await check_store(store)
    with pytest.raises(StoreUnavailable):
        store.presign_get(KEY)
    await store.aclose()


async def test_unknown_profile(bucket: BucketAddress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong with boto3's own configuration is told in a sentence, too."""
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_PROFILE", "nobody")

    with pytest.raises(StoreUnavailable, match="nobody"):
        S3Store(bucket, 600)


# Faults


async def test_store_that_is_down(server: S3Server) -> None:
    """Nobody listening is a store that is unavailable, within seconds, for every method."""
    store = S3Store(
        BucketAddress("photos", "", f"http://127.0.0.1:{free_port()}", addressing="path"), 600, server.session
    )
    started = time.monotonic()

    results = await asyncio.gather(
        store.head(KEY),
        store.first_bytes(KEY, 16),
        store.delete([KEY]),
        listed(store),
        whole(store),
        store.put(KEY, facts(BODY), chunks(BODY)),
        return_exceptions=True,
    )

    assert [type(result) for result in results] == [StoreUnavailable] * 6
    assert time.monotonic() - started < 60
    assert isinstance(results[0], StoreUnavailable) and "cannot be reached" in reason(results[0])
    await store.aclose()


async def test_store_that_does_not_answer(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that takes connections and says nothing is unavailable after the time-out."""
    monkeypatch.setattr(s3_store, "READ_TIMEOUT_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        store = S3Store(BucketAddress("photos", "", endpoint, addressing="path"), 600, server.session)

        with pytest.raises(StoreUnavailable):
            await store.head(KEY)
        await store.aclose()


async def test_store_that_breaks_off_in_the_middle(server: S3Server) -> None:
    """Of an object whose sending is cut the reader is told; it is never taken for a shorter one."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + bytes(500_000))
        await writer.drain()
        writer.close()

    cutting = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with cutting:
        port = cutting.sockets[0].getsockname()[1]
        store = S3Store(BucketAddress("photos", "", f"http://127.0.0.1:{port}", addressing="path"), 600, server.session)
        with pytest.raises(StoreUnavailable):
            await whole(store)
        await store.aclose()


async def test_nothing_that_grants_access_is_told(
    store: S3Store, server: S3Server, http: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither logs nor representations nor errors hold a key, a secret or a signature."""
    caplog.set_level(logging.INFO, "backend")
    caplog.set_level(logging.INFO, "botocore")
    request = signed(store)
    await send(http, request)
    await store.head(KEY)
    missing = S3Store(BucketAddress("no-such-bucket", "", server.url, addressing="path"), 600, server.session)
    with pytest.raises(StoreUnavailable) as caught:
        await missing.delete([ObjectKey(KEY)])
    await missing.aclose()

    told = "\n".join([repr(store), repr(request), repr(caught.value), repr(caught.value.__cause__), caplog.text])
    for secret in (server.access_key, server.secret_key, "Signature"):
        assert secret not in told
