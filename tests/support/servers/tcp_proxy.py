"""A proxy between a server and what it depends on, which can be slow, silent, or gone."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

PIECE = 64 * 1024


class TCPProxy:
    """
    Passes bytes on, and can be told not to. To be used within `running_proxy`; its methods may be called anywhere.

    It lives in a thread of its own, so that it is quick also when the program under test blocks its loop.
    """

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._loop = asyncio.new_event_loop()
        self._open = asyncio.Event()
        self._open.set()
        self._delay_s = 0.0
        self._cuts = 0
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.StreamWriter] = set()
        self.port = 0
        self.passed = 0
        """Bytes of payload so far, in both directions together."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def pass_on(self) -> None:
        """Do what a proxy does, at once."""
        self._do(self._pass_on)

    def hold(self) -> None:
        """Take connections and requests, and pass nothing on, until told otherwise."""
        self._do(self._open.clear)

    def delay(self, seconds: float) -> None:
        """Pass each piece of an answer on so much later."""
        self._do(lambda: setattr(self, "_delay_s", seconds))

    def cut(self, answers: int) -> None:
        """Break the connection off in the middle of each of the next answers."""
        self._do(lambda: setattr(self, "_cuts", answers))

    def refuse(self) -> None:
        """Break off all connections and take no new ones."""
        self._do(self._refuse)

    # In the thread

    def run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.close()

    def start(self) -> None:
        self._do(self._pass_on)

    def stop(self) -> None:
        self._do(self._finish)
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _do(self, step: Callable[[], Any]) -> None:
        async def done() -> None:
            result = step()
            if asyncio.iscoroutine(result):
                await result

        asyncio.run_coroutine_threadsafe(done(), self._loop).result(timeout=30)

    async def _pass_on(self) -> None:
        self._delay_s, self._cuts = 0.0, 0
        self._open.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def _refuse(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._connections:
            writer.transport.abort()

    async def _finish(self) -> None:
        await self._refuse()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.CancelledError):
            their_reader, their_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
            ends = {writer, their_writer}
            self._connections |= ends
            try:
                await asyncio.gather(
                    self._pump(reader, their_writer, answers=False), self._pump(their_reader, writer, answers=True)
                )
            finally:
                self._connections -= ends
                for end in ends:
                    end.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answers: bool) -> None:
        while piece := await reader.read(PIECE):
            await self._open.wait()
            self.passed += len(piece)
            if answers:
                await asyncio.sleep(self._delay_s)
                if self._cuts:
                    self._cuts -= 1
                    writer.write(piece[: len(piece) // 2])
                    await writer.drain()
                    raise ConnectionAbortedError
            writer.write(piece)
            await writer.drain()
        raise ConnectionResetError  # One side has ended, so the other ends too.


@contextmanager
def running_proxy(target_port: int) -> Iterator[TCPProxy]:
    """Listen on a free port until the block is left, and pass on what comes to the target."""
    proxy = TCPProxy(target_port)
    thread = threading.Thread(target=proxy.run, name="proxy", daemon=True)
    thread.start()
    try:
        proxy.start()
        yield proxy
    finally:
        proxy.stop()
        thread.join(timeout=30)
