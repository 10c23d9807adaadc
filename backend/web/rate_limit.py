"""How many requests a caller may make in a minute."""

import math
import time
from collections import Counter
from collections.abc import Callable

from litestar.exceptions import TooManyRequestsException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from backend.settings import Role

from .access import needed_role

WINDOW_S = 60


class RateLimit(ASGIMiddleware):
    """
    Counts the requests of each caller by the minute, and refuses those over the limit until it is over.

    Litestar's own (2.25) has one lock for each route, so that requests which meet on two routes count once; it writes
    the time of every request out as JSON at the next; and it keeps addresses that never come back. Here all counts are
    of one minute and forgotten with it. Who waits for its end can send twice the limit at once: the limit is against
    floods, not for accounts.
    """

    def __init__(self, per_minute: int, now: Callable[[], float] = time.monotonic) -> None:
        """
        Args:
            per_minute: For each caller, at least 1.
            now: Seconds of any clock that only goes forward.
        """
        self._per_minute = per_minute
        self._now = now
        self._window = 0
        self._counts: Counter[str] = Counter()

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        # What everybody may ask is for those who watch the server: a flood must not make it look dead.
        if needed_role(scope["route_handler"]) is not Role.NOTHING:
            self.count(scope["auth"].name)
        await next_app(scope, receive, send)

    def __len__(self) -> int:
        """Return the number of callers that are remembered."""
        return len(self._counts)

    def count(self, caller: str) -> None:
        """
        Count a request.

        Raises:
            TooManyRequestsException: The caller is at the limit; the header Retry-After says until when.
        """
        now = self._now()
        window = math.floor(now / WINDOW_S)
        if window != self._window:
            self._window, self._counts = window, Counter()
        if self._counts[caller] >= self._per_minute:
            wait_s = math.ceil((window + 1) * WINDOW_S - now)
            raise TooManyRequestsException(
                f"At most {self._per_minute} requests a minute are taken; the next in {wait_s} seconds.",
                headers={"Retry-After": str(wait_s)},
            )
        self._counts[caller] += 1
