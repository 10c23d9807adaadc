"""
Retries that all uploads share: while the connection is gone they all wait, and then try again together.

Pauses grow from one attempt to the next, with some jitter, so that many browsers do not come back at the same moment.
"""

import asyncio

from pyscript import document, window

from frontend.page.server.api import APIError

# Attempts after the first one: some two minutes in all. A guess at how long people leave a page alone.
TRIES = 8

# The first pause and the longest one. Guesses: long enough for a router to come back, short enough that nobody takes
# the page for dead.
FIRST_S = 1
LONGEST_S = 30

# How often those that wait look whether they still have to.
POLL_S = 0.25

# The status of a ticket, or of a signed target, that has expired: no attempt with the same one can succeed.
EXPIRED = 410

# The statuses that every file would get, and what is said while all of them wait. Any other status concerns one file.
REASONS = {0: "No connection", 429: "The server is busy", 502: "The server is away", 503: "The server is away"}


class Retries:
    """Sends requests, again if need be."""

    def __init__(self) -> None:
        self._failures = 0
        self._lost_at = 0.0
        self._resume_at = 0.0
        self._reason = ""
        # MicroPython calls the window's own addEventListener without its window, which the browser refuses.
        document.defaultView.addEventListener("online", lambda event: self.try_now())

    def try_now(self) -> None:
        """Let those that wait try at once."""
        self._failures = 0
        self._resume_at = 0.0

    @property
    def reason(self) -> str:
        """What all uploads wait for; empty while they do not."""
        return self._reason if window.performance.now() < self._resume_at else ""

    async def insist(self, send, entry):
        """
        Await `send()` for an entry, and again as long as that may help.

        Raises:
            APIError: It was refused, or failed too often.
            Cancelled: The file is not wanted any more.
        """
        for attempt in range(TRIES + 1):
            await self._wait_for_connection(entry)
            began = window.performance.now()
            try:
                answer = await send()
            except APIError as exc:
                entry.check()
                if not exc.transient or exc.status == EXPIRED or attempt == TRIES:
                    raise
                await self._after_failure(exc, began, attempt, entry)
            else:
                entry.check()
                self._failures = 0
                return answer

    async def _after_failure(self, error: APIError, began: float, attempt: int, entry) -> None:
        """Let all wait for what concerns all, and only this file for what concerns it alone."""
        if error.status in REASONS:
            self._lose(began, error)
            return
        resume_at = window.performance.now() + pause_ms(attempt)
        await wait(entry, lambda: resume_at, "The server had trouble")

    def _lose(self, began: float, error: APIError) -> None:
        """Let all wait; a request that began before it was known that they have to tells nothing new."""
        if began < self._lost_at:
            return
        now = window.performance.now()
        self._lost_at = now
        self._resume_at = now + max(pause_ms(self._failures), error.retry_after_s * 1000)
        self._reason = REASONS[error.status]
        self._failures += 1

    async def _wait_for_connection(self, entry) -> None:
        entry.check()
        await wait(entry, lambda: self._resume_at, self._reason)


async def wait(entry, until, reason: str) -> None:
    """Wait until a time in ms, which may change meanwhile, and say so in the entry's row."""
    left = until() - window.performance.now()
    if left <= 0:
        return
    while left > 0:
        entry.say(f"{reason}, again in {int(left / 1000) + 1} s")
        await asyncio.sleep(POLL_S)
        entry.check()
        left = until() - window.performance.now()
    entry.resume()


def pause_ms(failures: int) -> float:
    """Return how long to wait after so many failures before the last one: exponential backoff with jitter."""
    return min(FIRST_S * 2**failures, LONGEST_S) * 1000 * (0.8 + 0.4 * window.Math.random())
