"""Batches concurrent calls, so that they share one costly step such as a commit."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

Job = TypeVar("Job")
Answer = TypeVar("Answer")


class Closed(Exception):
    """The batcher accepts no more jobs."""


class Batcher(Generic[Job, Answer]):
    """
    Runs jobs in batches: while one batch runs, new jobs wait for the next.

    An idle batcher starts a job at once, and never waits for more. A cancelled caller withdraws its job only if it has
    not started; the batch goes on in any case. Use it within `running`.
    """

    def __init__(
        self, run: Callable[[Sequence[Job]], Awaitable[Sequence[Answer | Exception]]], largest_batch: int
    ) -> None:
        """
        Args:
            run: Does the jobs and returns the answer or error of each, in order. If it raises, every caller gets that
                error.
        """
        self._run = run
        self._largest_batch = largest_batch
        self._waiting: deque[_Waiting[Job, Answer]] = deque()
        self._arrived = asyncio.Event()
        self._closed = True

    async def __call__(self, job: Job) -> Answer:
        """
        Do a job, together with others.

        Raises:
            Closed: The batcher is not running, or was closed before the job's turn.
        """
        if self._closed:
            raise Closed
        waiting: _Waiting[Job, Answer] = _Waiting(job, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._arrived.set()
        return await waiting.answer

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Accept jobs until the end of the block; then finish the waiting ones, or fail them with Closed."""
        self._closed = False
        worker = asyncio.create_task(self._work())
        try:
            yield
        finally:
            self._closed = True
            self._arrived.set()
            try:
                await worker
            finally:
                self._give_up()

    async def _work(self) -> None:
        while self._waiting or not self._closed:
            if batch := self._next_batch():
                await self._run_batch(batch)
            else:
                self._arrived.clear()
                await self._arrived.wait()

    def _next_batch(self) -> "list[_Waiting[Job, Answer]]":
        batch: list[_Waiting[Job, Answer]] = []
        while self._waiting and len(batch) < self._largest_batch:
            waiting = self._waiting.popleft()
            if not waiting.answer.cancelled():
                batch.append(waiting)
        return batch

    async def _run_batch(self, batch: "list[_Waiting[Job, Answer]]") -> None:
        outcomes: Sequence[Answer | Exception]
        try:
            outcomes = await self._run([waiting.job for waiting in batch])
        except Exception as exc:
            outcomes = [exc] * len(batch)
        except BaseException:
            self._waiting.extendleft(reversed(batch))
            raise
        for waiting, outcome in zip(batch, outcomes, strict=True):
            waiting.end(outcome)

    def _give_up(self) -> None:
        while self._waiting:
            self._waiting.popleft().end(Closed())


@dataclass(frozen=True)
class _Waiting(Generic[Job, Answer]):
    job: Job
    answer: asyncio.Future[Answer]

    def end(self, outcome: Answer | Exception) -> None:
        """Wake the caller, if it is still waiting."""
        if self.answer.done():
            return
        if isinstance(outcome, Exception):
            self.answer.set_exception(outcome)
        else:
            self.answer.set_result(outcome)
