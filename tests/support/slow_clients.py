"""Clients that take their time: half-sent heads, bodies that trickle, answers that nobody reads. Many at once."""

import asyncio
import resource
import socket
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

HALF_A_HEAD = b"GET /api/v1/health HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half: "

# So little that nearly all of an answer stays with the server.
SMALL_BUFFER_BYTES = 4096


@dataclass(eq=False)
class SlowClient(asyncio.Protocol):
    """One connection: sends something, and then trickles something else."""

    first: bytes
    trickle: bytes = b""
    every_s: float = 1
    """How long it waits before each byte of these."""
    reads: bool = True
    answer: bytes = b""
    opened: float | None = None
    closed: float | None = None
    end: asyncio.Event = field(default_factory=asyncio.Event)
    transport: asyncio.Transport = field(init=False)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.opened = transport, time.monotonic()
        if not self.reads:
            transport.pause_reading()
        transport.write(self.first)

    def data_received(self, data: bytes) -> None:
        self.answer += data

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = time.monotonic()
        self.end.set()

    @property
    def alive(self) -> bool:
        return self.opened is not None and self.closed is None

    @property
    def status(self) -> int | None:
        """Of the answer; None if there is none."""
        return int(self.answer.split()[1]) if self.answer else None

    @property
    def lived_s(self) -> float:
        """How long the connection was open, when it is closed."""
        assert self.opened is not None and self.closed is not None
        return self.closed - self.opened

    async def work(self) -> None:
        for byte in self.trickle:
            await asyncio.sleep(self.every_s)
            if not self.alive:
                return
            self.transport.write(bytes([byte]))

    async def until_closed(self) -> None:
        await self.end.wait()


@asynccontextmanager
async def slow_clients(url: str, clients: Sequence[SlowClient], source: str = "127.0.0.1") -> AsyncIterator[None]:
    """
    Connect all of them, and let them work until the block is left.

    Args:
        source: The address of this machine that they come from.
    """
    await asyncio.gather(*[_connect(client, url, source) for client in clients])
    work = [asyncio.create_task(client.work()) for client in clients]
    try:
        yield
    finally:
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        for client in clients:
            if client.alive:
                client.transport.abort()


async def _connect(client: SlowClient, url: str, source: str) -> None:
    address, loop = urlsplit(url), asyncio.get_running_loop()
    assert address.hostname and address.port
    own = socket.socket()
    own.setblocking(False)
    own.bind((source, 0))
    if not client.reads:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER_BYTES)
    try:
        await loop.sock_connect(own, (address.hostname, address.port))
        await loop.create_connection(lambda: client, sock=own)
    except OSError:
        own.close()  # The server was quicker.


def raise_own_limit() -> None:
    """Let this process have as many connections as the tests open, as a server does."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
