"""A link to a server that is as slow as people's: so many bits a second for all connections together, and a delay."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

PIECE = 16 * 1024
"""Bytes that are passed on at once: 6.5 ms at 20 Mbit/s."""

AHEAD_S = 0.03
"""How much is taken from the server before its time: timers come late, and the link is never to be idle for that."""


@dataclass(frozen=True)
class Link:
    """What lies between a browser and a server."""

    bits_per_s: float
    """In each direction, for all connections together."""
    round_trip_s: float


class SlowLink:
    """
    Passes bytes on at the pace of a link. To be used within `running_link`.

    TCP's own slow start is not imitated; its handshake is, by a round trip before the first byte. A proxy reaches every
    request, those of workers too, where most bytes are asked for.
    """

    def __init__(self, target_port: int, link: Link) -> None:
        self._target_port = target_port
        self._link = link
        # When the link will be free again, by direction.
        self._free_at = {"up": 0.0, "down": 0.0}
        self.port = 0
        self.bytes_down = 0
        """What was passed on to the browser, with all headers."""

    async def serve(self, started: threading.Event, stopped: asyncio.Event) -> None:
        async with await asyncio.start_server(self._serve, "127.0.0.1", 0) as server:
            self.port = server.sockets[0].getsockname()[1]
            started.set()
            await stopped.wait()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.CancelledError):
            await asyncio.sleep(self._link.round_trip_s)
            their_reader, their_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
            try:
                await asyncio.gather(self._carry(reader, their_writer, "up"), self._carry(their_reader, writer, "down"))
            finally:
                for end in (writer, their_writer):
                    end.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, direction: str) -> None:
        """Read at the link's pace, and write each piece half a round trip later."""
        loop = asyncio.get_running_loop()
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        arriving = asyncio.create_task(self._arrive(under_way, writer))
        try:
            while piece := await reader.read(PIECE):
                begins = max(loop.time(), self._free_at[direction])
                self._free_at[direction] = sent = begins + len(piece) * 8 / self._link.bits_per_s
                self.bytes_down += len(piece) if direction == "down" else 0
                under_way.put_nowait((sent + self._link.round_trip_s / 2, piece))
                await asyncio.sleep(sent - loop.time() - AHEAD_S)
            under_way.put_nowait((0.0, b""))
            await arriving
        finally:
            arriving.cancel()
        raise ConnectionResetError  # One side has ended, so the other ends too.

    async def _arrive(self, under_way: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        while (due := await under_way.get())[1]:
            await asyncio.sleep(due[0] - asyncio.get_running_loop().time())
            writer.write(due[1])
            await writer.drain()


@contextmanager
def running_link(target_port: int, link: Link) -> Iterator[SlowLink]:
    """Listen on a free port until the block is left, and pass on what comes to the target."""
    slow = SlowLink(target_port, link)
    loop, started, stopped = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(slow.serve(started, stopped),), daemon=True)
    thread.start()
    try:
        assert started.wait(timeout=30)
        yield slow
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join(timeout=30)
        loop.close()
