"""
A light HTTP client for loads: it should take little of the processors that it shares with the server under test.

Each visitor keeps connections of its own, six at most, as browsers do for a server.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

import httptools

CONNECTIONS = 6
"""Of a browser to one server over HTTP/1.1. Source: Chromium, kDefaultMaxSocketsPerGroup."""

ID_LENGTH = 32

SILENCE_S = 60.0
"""After which a server counts as lost."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes

    def expect(self, *statuses: int) -> bytes:
        """Return the body of an answer with one of these statuses."""
        if self.status not in statuses:
            raise AssertionError(f"status {self.status} instead of {statuses}: {self.body[:500]!r}")
        return self.body


class Visitor:
    """Sends requests to one server. To be used within `visitor`."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self.traffic = Counter[str]()
        """First part of a target -> bytes of the requests to there and of their answers, heads and bodies."""
        self.times_s: dict[str, list[float]] = {}
        """Kind of request, such as `GET /images` -> how long each took until its answer, in seconds."""
        self._idle: list[_Connection] = []
        self._turns = asyncio.Semaphore(CONNECTIONS)

    async def request(
        self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a request for a path and query, and wait for the answer."""
        lines = {"Host": f"{self._host}:{self._port}", "Content-Length": str(len(body)), **(headers or {})}
        head = "".join([f"{method} {target} HTTP/1.1\r\n", *(f"{name}: {lines[name]}\r\n" for name in lines), "\r\n"])
        async with self._turns:
            connection = await self._connection()
            message = head.encode() + body
            began = time.perf_counter()
            answer = await asyncio.wait_for(connection.ask(message), SILENCE_S)
            self.traffic[target.split("/")[1]] += len(message) + connection.received
            self.times_s.setdefault(_kind(method, target), []).append(time.perf_counter() - began)
            self._idle.append(connection)
        return answer

    def close(self) -> None:
        for connection in self._idle:
            connection.close()

    async def _connection(self) -> "_Connection":
        while self._idle:
            connection = self._idle.pop()
            if not connection.lost:
                return connection
        _, connection = await asyncio.get_running_loop().create_connection(_Connection, self._host, self._port)
        return connection


def _kind(method: str, target: str) -> str:
    """Name a request without query and ids, which are hexadecimal and long."""
    parts = target.partition("?")[0].split("/")
    return f"{method} {'/'.join(part for part in parts if len(part) < ID_LENGTH)}"


@contextmanager
def visitor(url: str) -> Iterator[Visitor]:
    """Visit a server until the block is left."""
    its = Visitor(url)
    try:
        yield its
    finally:
        its.close()


@dataclass
class _Connection(asyncio.Protocol):
    """One request at a time. Its `on_` methods are httptools' callbacks."""

    lost: bool = False
    received: int = 0
    """Bytes of the answer."""
    _body: list[bytes] = field(default_factory=list[bytes])
    _transport: asyncio.WriteTransport | None = None
    _waiting: "asyncio.Future[Answer] | None" = None
    _parser: httptools.HttpResponseParser | None = None

    async def ask(self, message: bytes) -> Answer:
        assert self._transport is not None
        self._waiting = asyncio.get_running_loop().create_future()
        self._body, self.received = [], 0
        self._parser = httptools.HttpResponseParser(self)
        self._transport.write(message)
        return await self._waiting

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)  # uvloop's is one without being declared so.

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        if self._parser is not None:
            self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(exc or ConnectionError("the server closed the connection"))

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        assert self._parser is not None and self._waiting is not None
        if not self._parser.should_keep_alive():
            self.lost = True
            self.close()
        self._waiting.set_result(Answer(self._parser.get_status_code(), b"".join(self._body)))
