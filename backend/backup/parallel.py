"""Runs a limited number of tasks in parallel."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

# Objects in transfer at the same time. A guess: enough to keep disk and network busy, and few enough that their pieces
# need only some megabytes.
AT_ONCE = 8


async def in_parallel(do: Callable[[Item], Awaitable[Outcome]], items: Iterable[Item]) -> list[Outcome]:
    """Process each item, AT_ONCE at a time; return the results in order. The first error cancels the rest."""
    waiting = enumerate(items)
    outcomes: dict[int, Outcome] = {}
    workers = [asyncio.create_task(_work(do, waiting, outcomes)) for _ in range(AT_ONCE)]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            # Only once: a second cancel would interrupt its cleanup.
            if not worker.cancelling():
                worker.cancel()
        await asyncio.wait(workers)
    return [outcomes[at] for at in range(len(outcomes))]


async def _work(
    do: Callable[[Item], Awaitable[Outcome]], waiting: Iterator[tuple[int, Item]], outcomes: dict[int, Outcome]
) -> None:
    for at, item in waiting:
        outcomes[at] = await do(item)
