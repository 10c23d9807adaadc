"""
Puts searches on a server by HTTP, from a process of its own, and as lean as Python can: what it takes of the processor
is not there for the server, and is told.
"""

import asyncio
import itertools
import json
import multiprocessing
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from tests.benchmarks.library_records import row_of


@dataclass(frozen=True)
class Load:
    """A number of clients, each with a connection and one request under way at any time."""

    port: int
    bodies: Sequence[bytes]
    """JSON of the requests; sent in turn, over and over."""
    clients: int = 1
    seconds: float = 5.0
    """No request is begun after this time."""
    first: int = 0
    """Place of the body to begin with: two loads that begin elsewhere ask other things."""
    once: bool = False
    """Each body is sent no more than once, and what was found is told."""


@dataclass(frozen=True)
class Outcome:
    """What a load gave."""

    latencies_ms: Sequence[float]
    """From before the first byte is sent until the last one is there."""
    elapsed_s: float
    cpu_s: float
    """Processor time of the load generator."""
    answer_bytes: float
    """Mean size of an answer's body."""
    found: Sequence[Sequence[int]]
    """Rows found for the bodies, in their order, nearest first; only where each is sent once."""

    def percentile(self, percent: float) -> float:
        return float(np.percentile(self.latencies_ms, percent))

    @property
    def per_second(self) -> float:
        return len(self.latencies_ms) / self.elapsed_s


class Generator:
    """A process that puts loads on servers. To be used within `started`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take(self, load: Load) -> Outcome:
        """Put the load on the server and wait for the outcome."""
        self.begin(load)
        return self.end()

    def begin(self, load: Load) -> None:
        """Put the load on the server, and leave the caller free meanwhile."""
        self._connection.send(load)

    def end(self) -> Outcome:
        """Wait for the outcome of what was begun."""
        outcome = self._connection.recv()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@contextmanager
def started() -> Iterator[Generator]:
    """Start the process; end it with the block."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    try:
        yield Generator(ours)
        ours.send(None)
        process.join()
    finally:
        process.kill()
        process.join()
        ours.close()


def _serve(connection: Connection) -> None:
    with suppress(EOFError):
        while (load := connection.recv()) is not None:
            try:
                connection.send(_run(_taken(load)))
            except Exception as exc:
                connection.send(RuntimeError(f"{type(exc).__name__}: {exc}"))


def _run(taken: Any) -> Outcome:
    if os.name == "nt":
        return asyncio.run(taken)
    import uvloop  # A third less processor time for each request.

    return uvloop.run(taken)


async def _taken(load: Load) -> Outcome:
    requests = [_request(load.port, body) for body in load.bodies]
    numbers = iter(range(len(requests))) if load.once else itertools.count(load.first)
    latencies: list[float] = []
    sizes: list[int] = []
    answers: list[tuple[int, bytes]] = []
    begin, begin_cpu = time.perf_counter(), time.process_time()

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", load.port)
        try:
            for number in numbers:
                start = time.perf_counter()
                if start - begin > load.seconds:
                    return
                writer.write(requests[number % len(requests)])
                body = await _answer(reader)
                latencies.append((time.perf_counter() - start) * 1000)
                sizes.append(len(body))
                if load.once:
                    answers.append((number, body))
        finally:
            writer.close()

    await asyncio.gather(*(client() for _ in range(load.clients)))
    elapsed_s, cpu_s = time.perf_counter() - begin, time.process_time() - begin_cpu
    found = [_rows(body) for _, body in sorted(answers)]
    return Outcome(latencies, elapsed_s, cpu_s, float(np.mean(sizes)), found)


def _request(port: int, body: bytes) -> bytes:
    head = (
        f"POST /api/v1/search HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
    body = await reader.readexactly(length)
    if not head.startswith(b"HTTP/1.1 200 "):
        raise RuntimeError(body.decode(errors="replace"))
    return body


def _rows(body: bytes) -> list[int]:
    return [row_of(match["image"]["id"]) for match in json.loads(body)["matches"]]
