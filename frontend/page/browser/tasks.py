"""Work that nobody waits for: event handlers start it and return."""

import asyncio
import gc

from pyscript import window

# In bytes. By itself MicroPython looks through all of its memory each time that 16 KB were used: 2 ms each while it was
# 130 MB, and an eighth of all that adding a file took in the page's thread.
gc.threshold(1_000_000)  # pyright: ignore[reportAttributeAccessIssue]: MicroPython's

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
