"""Background tasks: event handlers start them and return."""

import asyncio
import gc

from pyscript import window

# In bytes. By default MicroPython collects garbage after every 16 KB: 2 ms each time in a heap of 130 MB, an eighth of
# what adding a file took in the page's thread.
gc.threshold(1_000_000)  # pyright: ignore[reportAttributeAccessIssue]: MicroPython's

# A task that nothing refers to may be collected before it is done.
running = set()


def start(coroutine) -> None:
    """Run a coroutine in the background; an error that it does not catch is a bug, and goes to the console."""
    task = asyncio.create_task(watched(coroutine))
    running.add(task)


async def watched(coroutine) -> None:
    """Await a coroutine and report an error that it did not catch."""
    try:
        await coroutine
    except Exception as exc:
        window.console.error(repr(exc))
    finally:
        running.discard(asyncio.current_task())
