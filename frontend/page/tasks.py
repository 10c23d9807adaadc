"""Work that nobody waits for: event handlers start it and return."""

import asyncio

from pyscript import window

running = set()
"""A task that nothing refers to may be collected before it is done."""


def start(coroutine) -> None:
    """Run a coroutine beside everything else; what it does not catch is a mistake of ours and goes to the console."""
    task = asyncio.create_task(watched(coroutine))
    running.add(task)


async def watched(coroutine) -> None:
    """Wait for a coroutine and report what it did not catch."""
    try:
        await coroutine
    except Exception as exc:
        window.console.error(repr(exc))
    finally:
        running.discard(asyncio.current_task())
