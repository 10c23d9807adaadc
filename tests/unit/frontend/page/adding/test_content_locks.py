"""Locks on contents."""

import asyncio

import pytest

from frontend.page.adding.content_locks import ContentLocks

pytestmark = pytest.mark.anyio


async def test_the_same_content_waits_and_other_content_does_not() -> None:
    """Three of the same come one after the other; a fourth with other bytes is not kept waiting."""
    locks, order = ContentLocks(), []

    async def use(name: str, sha256: str) -> None:
        await locks.acquire(sha256)
        order.append(f"{name} begins")
        for _ in range(5):
            await asyncio.sleep(0)
        order.append(f"{name} ends")
        locks.release(sha256)

    await asyncio.gather(use("first", "a"), use("second", "a"), use("third", "a"), use("other", "b"))

    ends = [line for line in order if not line.startswith("other")]
    assert sorted(ends[0::2]) == ["first begins", "second begins", "third begins"]
    assert [line.replace("begins", "ends") for line in ends[0::2]] == ends[1::2]
    assert order.index("other begins") < order.index("first ends")
