"""Collects what comes one by one into batches, so that memory does not grow with the whole."""

from collections.abc import AsyncIterator
from typing import TypeVar

Item = TypeVar("Item")


async def in_batches(items: AsyncIterator[Item], size: int) -> AsyncIterator[list[Item]]:
    """Yield lists of `size` items, the last one perhaps shorter, never an empty one."""
    batch: list[Item] = []
    async for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
