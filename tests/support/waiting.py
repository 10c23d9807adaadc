"""Waits in tests for a state, never for a time."""

import asyncio
from collections.abc import Callable

# Far longer than anything takes on a busy machine.
PATIENCE_S = 60


async def until(condition: Callable[[], object], every_s: float = 0.005, patience_s: float = PATIENCE_S) -> None:
    """Wait until a condition holds that has no event to wait for. Raises TimeoutError after a while."""
    async with asyncio.timeout(patience_s):
        while not condition():  # noqa: ASYNC110 (there is no event)
            await asyncio.sleep(every_s)
