"""A server that is attacked by slow clients, as many as stopped it once: everybody else is served meanwhile."""

import statistics
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from backend.catalogue.spaces import EmbeddingSpace
from tests.support.api import API, JPEG, WEBP, Picture, Visitor
from tests.support.servers.lookalike import Server, running_server
from tests.support.slow_clients import HALF_A_HEAD, SlowClient, raise_own_limit, slow_clients
from tests.support.spaces import to_base64, vector
from tests.support.waiting import until

from .conftest import DIMENSION

pytestmark = [pytest.mark.anyio, pytest.mark.faults]

# What many systems give to a process at first, and what they let it have.
OPEN_FILES = (1024, 16_384)

HERE = "127.0.0.1"
ELSEWHERE = "127.0.0.2"

# Until all is closed that an attack left: the longest time limit, and some for a busy machine.
PATIENCE_S = 180

# What somebody who waits notices; without the limits it was for ever.
NOTICEABLE_S = 3

ROUNDS = 10


@dataclass
class Attacked:
    """A server, and an honest visitor of it who measures how long everything takes."""

    server: Server
    visitor: Visitor
    pictures: int = 0
    idle_files: int = 0
    idle_s: float = 0
    most_files: int = 0
    slowest_s: float = 0
    images: list[dict[str, Any]] = field(default_factory=list)

    def open_files(self) -> int:
        return len(list(Path(f"/proc/{self.server.process.pid}/fd").iterdir()))

    async def honest_work(self) -> float:
        """Ask for the health, add a picture and search, each over a new connection; return the seconds for all that."""
        self.pictures += 1
        picture = Picture.of(self.pictures, vector(self.pictures, DIMENSION))
        started = time.monotonic()
        assert (await self.visitor.http.get(f"{API}/health")).status_code == 200
        self.images.append(await self.visitor.add(picture))
        assert await self.visitor.found(vector=to_base64(picture.vector), limit=1) == [self.images[-1]["id"]]
        return time.monotonic() - started

    async def attacked_by(self, clients: Sequence[SlowClient], *sources: str) -> None:
        """Let the clients attack, work meanwhile, and wait until the server has closed them all."""
        work = [await self.honest_work() for _ in range(ROUNDS)]
        self.idle_files, self.idle_s = self.open_files(), statistics.median(work)
        share = -(-len(clients) // len(sources))
        groups = [clients[start : start + share] for start in range(0, len(clients), share)]
        started = time.monotonic()
        async with attacking(self.server.url, list(zip(groups, sources, strict=True))):
            connected_s = time.monotonic() - started
            under_attack = []
            for _ in range(ROUNDS):
                under_attack.append(await self.honest_work())
                self.most_files = max(self.most_files, self.open_files())
            self.slowest_s = max(under_attack)
            print(
                f"\n{len(clients)} clients connected in {connected_s:.1f} s; the server had at most "
                f"{self.most_files} files open, {self.idle_files} before; an honest visitor's six requests took "
                f"{statistics.median(under_attack):.2f} s, at most {self.slowest_s:.2f} s, before {self.idle_s:.2f} s"
            )
            await until(lambda: not any(client.alive and client.reads for client in clients), 0.1, PATIENCE_S)
            await until(lambda: self.open_files() <= self.idle_files + 10, 0.1, PATIENCE_S)
            print(f"all was closed after {time.monotonic() - started:.0f} s")
        assert self.slowest_s < NOTICEABLE_S
        assert [image["id"] for image in await self.visitor.listed()] == [image["id"] for image in self.images[::-1]]


@asynccontextmanager
async def attacking(url: str, groups: Sequence[tuple[Sequence[SlowClient], str]]) -> AsyncIterator[None]:
    """Let groups of clients work, each from an address of its own."""
    if not groups:
        yield
        return
    (clients, source), *others = groups
    async with slow_clients(url, clients, source), attacking(url, others):
        yield


@pytest.fixture(autouse=True)
def many_files() -> None:
    raise_own_limit()


@pytest.fixture
def server(tmp_path: Path, model: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    open_files = getattr(request, "param", OPEN_FILES)
    with running_server(tmp_path / "data", str(model), open_files=open_files) as server:
        yield server


@pytest.fixture
async def attacked(server: Server, space: EmbeddingSpace) -> AsyncIterator[Attacked]:
    limits = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(base_url=server.url, timeout=60, limits=limits) as http:
        yield Attacked(server, Visitor(http, space))


@pytest.mark.parametrize("source", [ELSEWHERE, HERE], ids=["from elsewhere", "from the visitor's own address"])
async def test_half_sent_heads(source: str, attacked: Attacked) -> None:
    """1,015 half-sent heads stop nobody, not even others at the same address."""
    clients = [SlowClient(HALF_A_HEAD, b"x" * 1000) for _ in range(1015)]

    await attacked.attacked_by(clients, source)

    assert attacked.most_files < attacked.idle_files + 300
    assert {client.status for client in clients} <= {None, 408}


async def test_uploads_of_a_byte_a_second(attacked: Attacked) -> None:
    """330 uploads that have begun and never end are closed, and nothing remains of them."""
    targets = []
    for number in range(330):
        picture = Picture.of(10_000 + number, vector(number, DIMENSION))
        address = urlsplit((await attacked.visitor.begin(picture))["original"]["url"])
        head = f"PUT {address.path}?{address.query} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: image/jpeg\r\n"
        head += f"Content-Length: {len(picture.original)}\r\n\r\n"
        targets.append(SlowClient(head.encode() + picture.original[:10], picture.original[10:]))

    await attacked.attacked_by(targets, ELSEWHERE)

    assert not list((attacked.server.data / "objects" / ".incoming").iterdir())


async def test_thousands_of_clients(attacked: Attacked) -> None:
    """More connections than the server holds, from twenty addresses: those who do least make room for whoever comes."""
    clients = [SlowClient(HALF_A_HEAD, b"x" * 1000) for _ in range(6000)]

    await attacked.attacked_by(clients, *[f"127.0.1.{number}" for number in range(1, 21)])

    assert attacked.most_files < attacked.idle_files + 4096 + 300


async def test_answers_that_nobody_reads(attacked: Attacked) -> None:
    """300 clients that ask for an original of 40 MB and do not read it are closed, and its file with them."""
    large = Picture(JPEG + bytes(40_000_000), WEBP, vector(9999, DIMENSION), "large.jpg")
    attacked.images.append(await attacked.visitor.add(large))
    address = urlsplit(attacked.images[0]["original_url"])
    request = f"GET {address.path}?{address.query} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()

    await attacked.attacked_by([SlowClient(request, reads=False) for _ in range(300)], ELSEWHERE)


@pytest.mark.parametrize("server", [(256, 256)], indirect=True)
async def test_system_that_allows_few_files(attacked: Attacked) -> None:
    """Where the system allows 256 open files, 500 connections at once are too many for it, and stop nobody."""
    await attacked.attacked_by([SlowClient(HALF_A_HEAD, b"x" * 1000) for _ in range(500)], ELSEWHERE)
