"""
Lets a test decide in which order things that go on at once do their steps.

Every call of a port is a step: it waits until the test lets its actor go on. So what a stress test meets by luck is
met on purpose here, the same way in every run, and an actor can be made to die between any two steps.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Coroutine
from contextvars import ContextVar
from typing import Any, TypeVar, cast

Port = TypeVar("Port")

# Tasks that an actor starts, as by asyncio.gather, inherit it.
_actor: ContextVar["Actor"] = ContextVar("actor")


class Actor:
    """One of the things that go on at once. It stands still before its first step."""

    def __init__(self, doing: Coroutine[Any, Any, Any]) -> None:
        self._gates: list[asyncio.Future[None]] = []
        self._passing = 0
        self._changed = asyncio.Event()
        self._task = asyncio.create_task(self._run(doing))
        self._task.add_done_callback(lambda task: self._changed.set())

    @staticmethod
    def current() -> "Actor":
        """Return the actor that the caller belongs to."""
        return _actor.get()

    @property
    def done(self) -> bool:
        return self._task.done()

    async def step(self) -> None:
        """Let the actor do what it stands before, and go on to its next step or its end."""
        await self._settled()
        gates, self._gates = self._gates, []
        for gate in gates:
            gate.set_result(None)
        self._passing = len(gates)
        await self._settled()

    async def finish(self) -> Any:
        """Let it go on to its end; return its result or raise its error."""
        while not self.done:
            await self.step()
        return self._task.result()

    async def die(self) -> None:
        """End the actor where it stands, as when its process is killed between two calls."""
        await self._settled()
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _run(self, doing: Coroutine[Any, Any, Any]) -> Any:
        _actor.set(self)
        return await doing

    async def _settled(self) -> None:
        while not self.done and (self._passing or not self._gates):
            self._changed.clear()
            await self._changed.wait()

    async def wait_at_gate(self) -> None:
        gate = asyncio.get_running_loop().create_future()
        self._gates.append(gate)
        self._changed.set()
        await gate

    def passed(self) -> None:
        self._passing -= 1
        self._changed.set()


def step_by_step(port: Port, without: Collection[str] = ()) -> Port:
    """Return the port with a gate before each of its asynchronous calls but those named."""
    return cast("Port", _Gated(port, without))


async def at_gate(doing: Coroutine[Any, Any, Any]) -> Any:
    """Do something else than a port's call as one step."""
    actor = _actor.get()
    try:
        await actor.wait_at_gate()
    except asyncio.CancelledError:
        doing.close()
        raise
    try:
        return await doing
    finally:
        actor.passed()


class _Gated:
    def __init__(self, port: Any, without: Collection[str]) -> None:
        self._port = port
        self._without = without

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        if name in self._without:
            return method

        def call(*args: Any, **kwargs: Any) -> Any:
            result = method(*args, **kwargs)
            if asyncio.iscoroutine(result):
                return at_gate(result)
            return _gated_items(result) if hasattr(result, "__aiter__") else result

        return call


async def _gated_items(items: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async def following() -> Any:
        return await anext(items, None)

    while (item := await at_gate(following())) is not None:
        yield item
