"""
What all uploads know of the connection: when it is gone all wait, and try again together.

Waiting grows from one attempt to the next, with a little chance in it, so that many browsers do not come back to a
server at the same moment.
"""

import asyncio

from pyscript import document, window

from frontend.page.server.api import ApiError

TRIES = 8
"""Attempts after the first one: some two minutes in all. A guess at how long people leave a page alone."""

FIRST_S = 1
LONGEST_S = 30
# Guesses: long enough for a router to come back, short enough that nobody takes the page for dead.

POLL_S = 0.25
"""How often those who wait look whether they still have to."""

TOO_LATE = 410

REASONS = {0: "No connection", 429: "The server is busy", 502: "The server is away", 503: "The server is away"}
"""Statuses that all files would be answered with; any other concerns one of them."""


class Connection:
    """Sends what is to be sent, again if need be."""

    def __init__(self) -> None:
        self._failures = 0
        self._lost_at = 0.0
        self._resume_at = 0.0
        self._reason = ""
        # MicroPython calls the window's own addEventListener without its window, which the browser refuses.
        document.defaultView.addEventListener("online", lambda event: self.try_now())

    def try_now(self) -> None:
        """Let those who wait try at once."""
        self._failures = 0
        self._resume_at = 0.0

    async def insist(self, send, entry):
        """
        Await `send()` for an entry, and again as long as that may help.

        Raises:
            ApiError: It was refused, or did not work often enough.
            Cancelled: The file is not wanted any more.
        """
        for attempt in range(TRIES + 1):
            await self._wait_for_all(entry)
            began = window.performance.now()
            try:
                answer = await send()
            except ApiError as exc:
                entry.check()
                if not exc.passing or exc.status == TOO_LATE or attempt == TRIES:
                    raise
                if exc.status in REASONS:
                    self._lose(began, exc)
                else:
                    await wait(entry, fixed(window.performance.now() + pause_ms(attempt)), "The server had trouble")
            else:
                entry.check()
                self._failures = 0
                return answer

    def _lose(self, began: float, error: ApiError) -> None:
        """Let everybody wait; what was sent before it was known that they have to, tells nothing new."""
        if began < self._lost_at:
            return
        now = window.performance.now()
        self._lost_at = now
        self._resume_at = now + max(pause_ms(self._failures), error.retry_after_s * 1000)
        self._reason = REASONS[error.status]
        self._failures += 1

    async def _wait_for_all(self, entry) -> None:
        entry.check()
        await wait(entry, lambda: self._resume_at, self._reason)


async def wait(entry, until, reason: str) -> None:
    """Wait until a time in ms that may change meanwhile, and say so in the entry's row."""
    left = until() - window.performance.now()
    if left <= 0:
        return
    while left > 0:
        entry.say(f"{reason}, again in {int(left / 1000) + 1} s")
        await asyncio.sleep(POLL_S)
        entry.check()
        left = until() - window.performance.now()
    entry.resume()


def fixed(moment: float):
    """Return a moment as `wait` wants it."""
    return lambda: moment


def pause_ms(failures: int) -> float:
    """Return how long to wait after so many failures before the last one."""
    return min(FIRST_S * 2**failures, LONGEST_S) * 1000 * (0.8 + 0.4 * window.Math.random())


class Turns:
    """Files of the same bytes come one after the other, so that the second finds the first in the library."""

    def __init__(self) -> None:
        self._taken = {}

    async def take(self, sha256: str) -> None:
        """Wait until nobody else has this fingerprint, and have it."""
        while sha256 in self._taken:
            await self._taken[sha256].wait()
        self._taken[sha256] = asyncio.Event()

    def give_back(self, sha256: str) -> None:
        """Let the next have it."""
        self._taken.pop(sha256).set()
