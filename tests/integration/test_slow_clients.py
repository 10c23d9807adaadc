"""Slow clients and many connections, over real sockets, with shorter limits than a server's own."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import httpx
import pytest
from litestar import Litestar

from backend.catalogue.spaces import EmbeddingSpace
from backend.commands.serve import server_config
from backend.settings import Settings
from backend.web.connections import Connections, TimeLimits
from tests.support.api import API, JPEG, WEBP, Picture, Visitor, stored
from tests.support.network import serving
from tests.support.slow_clients import HALF_A_HEAD, SlowClient, slow_clients
from tests.support.spaces import vector
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

QUICK = TimeLimits(head_s=0.5, body_s=1, answer_s=1, bytes_per_s=5000, look_s=0.05)

# Much longer than any of these; a hang is a failure, not a wait.
PATIENCE_S = 60

# More than all buffers between two programs on one machine take in.
LARGE_BYTES = 40_000_000

WHOLE_HEAD = b"GET /api/v1/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
HALF_A_BODY = (
    b"POST /api/v1/search HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"
)

# The server says that it waits for the rest.
AWAITED_BODY = HALF_A_BODY.replace(b"\r\n\r\n{", b"\r\nExpect: 100-continue\r\n\r\n{")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, max_upload_bytes=LARGE_BYTES)


@pytest.fixture
def limits() -> TimeLimits:
    return QUICK


@pytest.fixture
def connections(limits: TimeLimits) -> Connections:
    return Connections(most=30, most_of_a_client=20, proxies=(), limits=limits)


@pytest.fixture
def url(app: Litestar, settings: Settings, connections: Connections) -> Iterator[str]:
    with serving(server_config(app, settings, connections)) as address:
        yield f"http://{address}"


@pytest.fixture
async def visitor(url: str, space: EmbeddingSpace) -> AsyncIterator[Visitor]:
    """An honest visitor, with a new connection for each request."""
    async with httpx.AsyncClient(base_url=url, limits=httpx.Limits(max_keepalive_connections=0)) as http:
        yield Visitor(http, space)


async def ended(url: str, *clients: SlowClient, source: str = "127.0.0.1") -> None:
    """Let clients work until the server has closed all of their connections."""
    async with slow_clients(url, clients, source), asyncio.timeout(PATIENCE_S):
        for client in clients:
            await client.until_closed()


def upload_of(url: str, length: int) -> bytes:
    """Return the head of a signed upload."""
    address = urlsplit(url)
    head = f"PUT {address.path}?{address.query} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: image/jpeg\r\n"
    return f"{head}Content-Length: {length}\r\n\r\n".encode()


async def test_heads_that_do_not_end(url: str, connections: Connections) -> None:
    """Whether nothing comes, half a head, or byte after byte: the connection is closed in time, with a reason."""
    silent = SlowClient(b"")
    half = SlowClient(HALF_A_HEAD)
    trickling = SlowClient(HALF_A_HEAD, b"x" * 1000, every_s=0.05)

    await ended(url, silent, half, trickling)

    assert [client.status for client in (silent, half, trickling)] == [None, 408, 408]
    assert b"urn:lookalike:problem:request-timeout" in half.answer and b"Connection: close" in half.answer
    assert all(client.lived_s < 20 for client in (silent, half, trickling))
    await until(lambda: len(connections) == 0)


async def test_second_head_that_does_not_end(url: str) -> None:
    """A first request buys no time for the second."""
    client = SlowClient(WHOLE_HEAD + HALF_A_HEAD)

    await ended(url, client)

    assert client.answer.startswith(b"HTTP/1.1 200 OK")
    assert b"HTTP/1.1 408 Request Timeout" in client.answer


async def test_body_that_trickles(url: str) -> None:
    """A body of JSON that comes byte by byte ends like a head."""
    client = SlowClient(HALF_A_BODY, b" " * 1000, every_s=0.05)

    await ended(url, client)

    assert client.status == 408


async def test_upload_that_trickles(url: str, visitor: Visitor, settings: Settings) -> None:
    """Of an upload that comes byte by byte nothing remains, and its address can be used again."""
    picture = Picture.of(1)
    upload = await visitor.begin(picture)
    head = upload_of(upload["original"]["url"], len(picture.original))
    client = SlowClient(head + picture.original[:100], picture.original[100:], every_s=0.05)

    await ended(url, client)

    assert client.status == 408
    await until(lambda: not stored(settings.data))
    await visitor.send_both(upload, picture)
    assert (await visitor.register(upload, picture)).status_code == 201


async def test_body_after_the_answer(url: str) -> None:
    """Who was answered before the end of a body cannot trickle the rest for ever."""
    refused = HALF_A_BODY.replace(b"application/json", b"text/plain")
    client = SlowClient(refused, b" " * 1000, every_s=0.05)

    await ended(url, client)

    assert client.status == 415


@pytest.mark.parametrize("limits", [replace(QUICK, body_s=2)])
async def test_upload_over_a_slow_network(url: str, visitor: Visitor, limits: TimeLimits) -> None:
    """An upload that takes far longer than it may stand still arrives, also if it does stand still for a while."""
    picture = replace(Picture.of(1), original=JPEG + bytes(40_000))

    async def slowly() -> AsyncIterator[bytes]:
        for start in range(0, len(picture.original), 1000):
            yield picture.original[start : start + 1000]
            await asyncio.sleep(0.5 if start == 20_000 else 0.07)

    upload = await visitor.begin(picture)
    headers = upload["original"]["headers"] | {"Content-Length": str(len(picture.original))}
    response = await visitor.http.put(upload["original"]["url"], content=slowly(), headers=headers)

    assert response.status_code == 201


async def test_answer_that_nobody_reads(url: str, visitor: Visitor, connections: Connections) -> None:
    """The connection is closed, and the file with it."""
    large = Picture(JPEG + bytes(LARGE_BYTES - len(JPEG)), WEBP, vector(1), "large.jpg")
    image = await visitor.add(large)
    address = urlsplit(image["original_url"])
    request = f"GET {address.path}?{address.query} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()

    async with slow_clients(url, [SlowClient(request, reads=False) for _ in range(3)]):
        await until(lambda: len(connections) == 3)
        await until(lambda: len(connections) == 0)


async def test_answer_that_is_read_slowly(url: str, visitor: Visitor) -> None:
    """Who reads steadily gets all of it, though no piece of it is taken in the time for standing still."""
    large = Picture(JPEG + bytes(1_500_000), WEBP, vector(1), "large.jpg")
    image = await visitor.add(large)
    address, loop = urlsplit(image["original_url"]), asyncio.get_running_loop()
    request = f"GET {address.path}?{address.query} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"

    answer = b""
    with socket.socket() as own:
        own.setblocking(False)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 * 1024)
        await loop.sock_connect(own, ("127.0.0.1", urlsplit(url).port))
        await loop.sock_sendall(own, request.encode())
        while piece := await loop.sock_recv(own, 10_000):
            answer += piece
            await asyncio.sleep(0.05)

    assert answer.endswith(large.original)


@pytest.mark.parametrize("limits", [TimeLimits()])
async def test_many_half_sent_heads(url: str, visitor: Visitor, connections: Connections) -> None:
    """However many come from one address, it holds no more than it may, and others from there are served at once."""
    attackers = [SlowClient(HALF_A_HEAD) for _ in range(100)]

    async with slow_clients(url, attackers):
        await until(lambda: sum(client.alive for client in attackers) <= 20)
        assert (await visitor.http.get(f"{API}/health")).status_code == 200
        await visitor.add(Picture.of(1))
        assert len(connections) <= 20


@pytest.mark.parametrize("limits", [replace(TimeLimits(), body_s=15)])
async def test_many_bodies_that_trickle(url: str, visitor: Visitor) -> None:
    """A new connection takes the place of one whose body is far too slow."""
    async with slow_clients(url, attackers := [SlowClient(HALF_A_BODY, b" " * 99) for _ in range(20)]):
        await asyncio.sleep(5.5)  # By then they have used up a third of their time.
        assert [(await visitor.http.get(f"{API}/health")).status_code for _ in range(3)] == [200] * 3
        assert sum(client.alive for client in attackers) == 19


@pytest.mark.parametrize("limits", [TimeLimits()])
async def test_all_connections_at_work(url: str) -> None:
    """If none of the others is to blame, the new one is told so; a client from elsewhere is served."""
    working = [SlowClient(AWAITED_BODY) for _ in range(20)]
    async with slow_clients(url, working):
        await until(lambda: all(client.answer for client in working))
        refused, other = (
            SlowClient(WHOLE_HEAD),
            SlowClient(WHOLE_HEAD.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")),
        )
        await ended(url, refused)
        await ended(url, other, source="127.0.0.2")

        assert (refused.status, other.status) == (503, 200)
        assert b"urn:lookalike:problem:too-many-connections" in refused.answer
        assert b"Retry-After: 5" in refused.answer
        assert all(client.alive for client in working)


@pytest.mark.parametrize("limits", [TimeLimits()])
async def test_many_clients(url: str, visitor: Visitor, connections: Connections) -> None:
    """When there are too many in all, whoever has most of them gives way."""
    first, second = [[SlowClient(HALF_A_HEAD) for _ in range(20)] for _ in range(2)]
    async with slow_clients(url, first, "127.0.0.2"), slow_clients(url, second, "127.0.0.3"):
        await until(lambda: sum(client.alive for client in (*first, *second)) <= 30)
        assert (await visitor.http.get(f"{API}/health")).status_code == 200
        assert len(connections) <= 30
