"""Lets calls that arrive together share one costly step, such as a commit."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

Job = TypeVar("Job")
Answer = TypeVar("Answer")


class Closed(Exception):
    """The group takes no calls any more."""


class Batcher(Generic[Job, Answer]):
    """
    Runs jobs in batches: while one batch runs, the jobs that arrive wait together for the next.

    The first of them starts at once, nothing waits for company. A caller that is cancelled takes its job along only
    as long as it has not begun; the batch goes on in any case. To be used within `running`.
    """

    def __init__(
        self, run: Callable[[Sequence[Job]], Awaitable[Sequence[Answer | Exception]]], largest_batch: int
    ) -> None:
        """
        Args:
            run: Does the jobs and returns for each, in their order, its answer or its error. What it raises itself
                reaches all.
        """
        self._run = run
        self._largest_batch = largest_batch
        self._waiting: deque[_Waiting[Job, Answer]] = deque()
        self._arrived = asyncio.Event()
        self._closed = True

    async def __call__(self, job: Job) -> Answer:
        """
        Have the job done with others.

        Raises:
            Closed: The group is not running, or was left before the job's turn came.
        """
        if self._closed:
            raise Closed
        waiting: _Waiting[Job, Answer] = _Waiting(job, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._arrived.set()
        return await waiting.answer

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Take jobs until the block is left; what waits then is still done, what cannot be done is told so."""
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
        """Wake the caller, if it still waits."""
        if self.answer.done():
            return
        if isinstance(outcome, Exception):
            self.answer.set_exception(outcome)
        else:
            self.answer.set_result(outcome)
