"""What comes one by one is collected into batches."""

from collections.abc import AsyncIterator

import pytest

from backend.catalogue.batches import in_batches

pytestmark = pytest.mark.anyio


async def numbers(count: int) -> AsyncIterator[int]:
    for number in range(count):
        yield number


@pytest.mark.parametrize(
    ("count", "batches"),
    [(0, []), (1, [[0]]), (3, [[0, 1, 2]]), (4, [[0, 1, 2], [3]]), (6, [[0, 1, 2], [3, 4, 5]])],
)
async def test_batches(count: int, batches: list[list[int]]) -> None:
    """Every batch is full but the last, and none is empty."""
    assert [batch async for batch in in_batches(numbers(count), 3)] == batches
