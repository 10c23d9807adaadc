"""The application behind a real server: requests that overlap, break off, or say one thing and do another."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx
import pytest
from litestar import Litestar

from backend.catalogue.spaces import EmbeddingSpace
from backend.settings import Settings
from backend.web.routes import MAX_DECLARATION_BYTES
from backend.web.store_routes import WHOLE_BYTES
from tests.support.api import API, JPEG, WEBP, Picture, Visitor, assert_problem, stored
from tests.support.network import serving
from tests.support.spaces import to_base64, vector
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

PICTURE = Picture.of(1)


@pytest.fixture
def address(app: Litestar) -> Iterator[str]:
    """Serve the application; the value is `host:port`."""
    with serving(app) as address:
        yield address


@pytest.fixture
async def visitor(address: str, space: EmbeddingSpace) -> AsyncIterator[Visitor]:
    async with httpx.AsyncClient(base_url=f"http://{address}") as http:
        yield Visitor(http, space)


async def _start(address: str, url: str, length: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Begin a PUT; the body is the caller's."""
    reader, writer = await asyncio.open_connection(*address.split(":"))
    parts = urlsplit(url)
    head = f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: {address}\r\nContent-Type: image/jpeg\r\n"
    writer.write(f"{head}Content-Length: {length}\r\n\r\n".encode())
    await writer.drain()
    return reader, writer


async def test_clock_of_the_server(visitor: Visitor) -> None:
    """Each answer says what time it is at the server, and each image until when its addresses can be read by that."""
    image = await visitor.add(PICTURE)
    for path in ("/images", f"/images/{image['id']}", "/library", f"/images/{'0' * 32}"):
        response = await visitor.http.get(API + path)
        now = parsedate_to_datetime(response.headers["date"])

        assert datetime.fromisoformat(image["urls_expire"]) - now > timedelta(minutes=59)


async def test_concurrent_registrations_of_one_id(visitor: Visitor) -> None:
    """Eight registrations at once of one upload: one makes the image, seven get it."""
    picture = Picture.of(1)
    upload = await visitor.uploaded(picture)

    answers = await asyncio.gather(*[visitor.register(upload, picture) for _ in range(8)])

    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len(await visitor.listed()) == 1


async def test_concurrent_uploads_of_one_picture(visitor: Visitor, settings: Settings) -> None:
    """Two visitors upload the same picture at once: there is one image with its files; the other's are left to `gc`."""
    picture = Picture.of(1)
    uploads = [await visitor.uploaded(picture), await visitor.uploaded(picture)]

    answers = await asyncio.gather(*[visitor.register(upload, picture) for upload in uploads])

    assert sorted(answer.status_code for answer in answers) == [200, 201]
    (image,) = await visitor.listed()
    assert {answer.json()["id"] for answer in answers} == {image["id"]}
    assert {path.split("/")[1] for path in stored(settings.data)} == {upload["id"] for upload in uploads}


async def test_many_registrations_at_once(visitor: Visitor) -> None:
    """Registrations of different pictures do not disturb each other, nor the searches in between."""
    pictures = [Picture.of(seed) for seed in range(12)]
    uploads = [await visitor.uploaded(picture) for picture in pictures]

    answers = await asyncio.gather(
        *[visitor.register(upload, picture) for upload, picture in zip(uploads, pictures, strict=True)],
        *[visitor.search(vector=to_base64(vector(0))) for _ in range(12)],
    )

    assert [answer.status_code for answer in answers] == [201] * 12 + [200] * 12
    assert len(await visitor.listed()) == 12


async def test_interrupted_upload(visitor: Visitor, address: str, settings: Settings) -> None:
    """When the connection ends in the middle, nothing of the file remains, and the same address works again."""
    upload = await visitor.begin(PICTURE)
    _, writer = await _start(address, upload["original"]["url"], len(PICTURE.original))
    writer.write(PICTURE.original[:1000])
    await writer.drain()
    await until(lambda: stored(settings.data))
    writer.close()
    await until(lambda: not stored(settings.data))

    await visitor.send_both(upload, PICTURE)

    assert (await visitor.register(upload, PICTURE)).status_code == 201


async def test_slow_upload_holds_up_nobody(visitor: Visitor, address: str) -> None:
    """While one upload waits for its bytes, others upload, register and search."""
    slow = await visitor.begin(PICTURE)
    reader, writer = await _start(address, slow["original"]["url"], len(PICTURE.original))
    writer.write(PICTURE.original[:1000])
    await writer.drain()

    image = await visitor.add(Picture.of(2))
    assert await visitor.found(vector=to_base64(Picture.of(2).vector)) == [image["id"]]

    writer.write(PICTURE.original[1000:])
    await writer.drain()
    assert (await reader.readline()).split()[1] == b"201"
    writer.close()


async def test_upload_without_a_length(visitor: Visitor, settings: Settings) -> None:
    """A body of unknown length is refused before it is read."""
    upload = await visitor.begin(PICTURE)

    async def chunks() -> AsyncIterator[bytes]:
        yield PICTURE.original

    response = await visitor.http.put(
        upload["original"]["url"], content=chunks(), headers=upload["original"]["headers"]
    )

    assert_problem(response, 411, "length-required")
    assert stored(settings.data) == {}


async def test_upload_longer_than_announced(visitor: Visitor, settings: Settings) -> None:
    """A body of many megabytes for an address that allows few bytes is refused by its length alone."""
    upload = await visitor.begin(PICTURE)

    response = await visitor.send(upload["original"], bytes(8_000_000))

    assert_problem(response, 400, "body-mismatch")
    assert stored(settings.data) == {}
    assert (await visitor.http.get(f"{API}/health")).status_code == 200


async def test_endless_body(visitor: Visitor) -> None:
    """A body that does not say how long it is ends at the limit of its route."""
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 100 * MAX_DECLARATION_BYTES:
            yield bytes(1024)
            sent += 1024

    response = await visitor.http.post(f"{API}/uploads", content=chunks(), headers={"Content-Type": "application/json"})

    assert_problem(response, 413, "request-too-large")


@pytest.mark.parametrize("length", [len(PICTURE.original), WHOLE_BYTES, WHOLE_BYTES + 1, 2 * WHOLE_BYTES])
async def test_head_of_a_stored_picture(visitor: Visitor, length: int) -> None:
    """HEAD gives the same headers as GET, without the bytes; whether these go out whole or in pieces."""
    picture = replace(PICTURE, original=PICTURE.original.ljust(length, b"."))
    image = await visitor.add(picture)

    head, get = await visitor.http.head(image["original_url"]), await visitor.http.get(image["original_url"])

    names = ("content-length", "content-type", "content-security-policy")
    assert [head.headers[name] for name in names] == [get.headers[name] for name in names]
    assert (head.content, get.content) == (b"", picture.original)


async def test_large_picture(visitor: Visitor) -> None:
    """A picture of many chunks arrives and comes back byte for byte."""
    large = Picture(JPEG + bytes(range(250)) * 10_000, WEBP, PICTURE.vector, "large.jpg")

    image = await visitor.add(large)

    assert (await visitor.http.get(image["original_url"])).content == large.original
