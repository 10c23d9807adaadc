"""Does the same to many images: a few at once, and one that fails does not stop the others."""

import asyncio

from frontend.page.server.api import APIError

# How many requests are on their way at a time. A guess: the server commits together what arrives together.
AT_ONCE = 4


async def for_each(images: list[dict], work, on_done) -> list[tuple[dict, APIError]]:
    """
    Await `work(image)` for all images.

    Args:
        on_done: Called after each image with how many are over, whether that worked or not.

    Returns:
        The images for which it did not work, and why.
    """
    waiting = list(images)
    failed = []

    async def run() -> None:
        while waiting:
            image = waiting.pop(0)
            try:
                await work(image)
            except APIError as exc:
                failed.append((image, exc))
            over[0] += 1
            on_done(over[0])

    over = [0]
    await asyncio.gather(*[run() for _ in range(AT_ONCE)])
    return failed
