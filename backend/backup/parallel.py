"""Does a few things at a time, out of many."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

# Objects on their way at the same time. A guess: enough that a disk or a network has something to do while others wait
# for an answer, and few enough that their pieces take some megabytes.
AT_ONCE = 8


async def in_parallel(do: Callable[[Item], Awaitable[Outcome]], items: Iterable[Item]) -> list[Outcome]:
    """Do something with each item, AT_ONCE at a time; return the outcomes in order. The first error ends it all."""
    waiting = enumerate(items)
    outcomes: dict[int, Outcome] = {}
    workers = [asyncio.create_task(_work(do, waiting, outcomes)) for _ in range(AT_ONCE)]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            # Once only: a second time would cut off what it is tidying up.
            if not worker.cancelling():
                worker.cancel()
        await asyncio.wait(workers)
    return [outcomes[at] for at in range(len(outcomes))]


async def _work(
    do: Callable[[Item], Awaitable[Outcome]], waiting: Iterator[tuple[int, Item]], outcomes: dict[int, Outcome]
) -> None:
    for at, item in waiting:
        outcomes[at] = await do(item)
