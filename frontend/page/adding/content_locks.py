"""Locks on contents: files of the same bytes come one after the other, so that the second finds the first in place."""

import asyncio


class ContentLocks:
    """A lock for each SHA-256 in use. One page has few files in work, so that nobody waits for long."""

    def __init__(self) -> None:
        self._released: dict[str, asyncio.Event] = {}

    async def acquire(self, sha256: str) -> None:
        """Wait until nobody else has the lock, and take it."""
        while sha256 in self._released:
            await self._released[sha256].wait()
        self._released[sha256] = asyncio.Event()

    def release(self, sha256: str) -> None:
        """Let the next one have it."""
        self._released.pop(sha256).set()
