"""How calls that arrive together share a step."""

import asyncio
from collections.abc import Sequence

import pytest

from backend.adapters.lance.batching import Batcher, Closed

pytestmark = pytest.mark.anyio


class Step:
    """Doubles numbers, and notes which it was given together. Goes on when told to."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.begun = asyncio.Event()
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def __call__(self, jobs: Sequence[int]) -> Sequence[int | Exception]:
        self.batches.append(list(jobs))
        self.begun.set()
        await self.may_end.wait()
        if 99 in jobs:
            raise OSError("all of them")
        return [ValueError(job) if job < 0 else 2 * job for job in jobs]


async def test_first_call_begins_at_once_and_those_that_arrive_meanwhile_share_the_next_batch() -> None:
    """Nothing waits for company, and nothing that waits goes alone."""
    step = Step()
    step.may_end.clear()
    group = Batcher(step, largest_batch=3)

    async with group.running():
        calls = [asyncio.create_task(group(1))]
        await step.begun.wait()
        calls += [asyncio.create_task(group(number)) for number in (2, 3, 4, 5)]
        await asyncio.sleep(0)
        step.may_end.set()

        assert await asyncio.gather(*calls) == [2, 4, 6, 8, 10]
    assert step.batches == [[1], [2, 3, 4], [5]]


async def test_error_of_one_job() -> None:
    """An error that the step returns for a job reaches its caller alone."""
    group = Batcher(Step(), 10)

    async with group.running():
        answers = await asyncio.gather(group(1), group(-2), group(3), return_exceptions=True)

    assert (answers[0], type(answers[1]), answers[2]) == (2, ValueError, 6)


async def test_error_of_the_step() -> None:
    """What the step itself raises reaches all who waited for it, and nobody after them."""
    group = Batcher(Step(), 10)

    async with group.running():
        answers = await asyncio.gather(group(1), group(99), return_exceptions=True)

        assert [type(answer) for answer in answers] == [OSError, OSError]
        assert await group(4) == 8


async def test_cancelled_callers() -> None:
    """A caller who leaves before its turn is left out; one who leaves during its batch does not disturb the others."""
    step = Step()
    step.may_end.clear()
    group = Batcher(step, 10)

    async with group.running():
        leaving = asyncio.create_task(group(1))
        await step.begun.wait()
        never_begun, staying = asyncio.create_task(group(2)), asyncio.create_task(group(3))
        await asyncio.sleep(0)
        leaving.cancel()
        never_begun.cancel()
        step.may_end.set()

        assert await staying == 6
        assert await group(4) == 8
    assert step.batches == [[1], [3], [4]]
    assert leaving.cancelled() and never_begun.cancelled()


async def test_end() -> None:
    """What waits when the group is left is still done; later calls are refused."""
    step = Step()
    step.may_end.clear()
    group = Batcher(step, 1)

    async with group.running():
        calls = [asyncio.create_task(group(number)) for number in (1, 2)]
        await step.begun.wait()
        step.may_end.set()

    assert await asyncio.gather(*calls) == [2, 4]
    with pytest.raises(Closed):
        await group(3)


async def test_end_that_is_cut_short() -> None:
    """When leaving is itself cancelled, as by a step that hangs, everybody who waits is told."""
    step = Step()
    step.may_end.clear()
    group = Batcher(step, 1)
    calls: list[asyncio.Task[int]] = []

    async def run() -> None:
        async with group.running():
            calls.extend(asyncio.create_task(group(number)) for number in (1, 2))
            await step.begun.wait()

    running = asyncio.create_task(run())
    await step.begun.wait()
    await asyncio.sleep(0)
    running.cancel()

    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(answer) for answer in answers] == [Closed, Closed]
    with pytest.raises(asyncio.CancelledError):
        await running
