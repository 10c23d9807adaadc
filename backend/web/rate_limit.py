"""Limits how many requests a caller may make in a minute."""

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
    Counts each caller's requests per minute, and refuses those over the limit until the minute is over.

    Litestar's own (2.25) has a lock per route, so concurrent requests to two routes count once; it serialises the time
    of every request; and it never forgets an address. Here all counts are dropped at the end of the minute. A burst
    around that moment can be twice the limit: it protects from floods, and is not for billing.
    """

    def __init__(self, per_minute: int, now: Callable[[], float] = time.monotonic) -> None:
        """
        Args:
            per_minute: For each caller, at least 1.
            now: Seconds of any monotonic clock.
        """
        self._per_minute = per_minute
        self._now = now
        self._window = 0
        self._counts: Counter[str] = Counter()

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        # What needs no role is for monitoring: a flood must not make the server look dead.
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
            TooManyRequestsException: The caller is over the limit; the header Retry-After says for how long.
        """
        now = self._now()
        window = math.floor(now / WINDOW_S)
        if window != self._window:
            self._window, self._counts = window, Counter()
        if self._counts[caller] >= self._per_minute:
            wait_s = math.ceil((window + 1) * WINDOW_S - now)
            raise TooManyRequestsException(
                f"The limit is {self._per_minute} requests a minute; try again in {wait_s} seconds.",
                headers={"Retry-After": str(wait_s)},
            )
        self._counts[caller] += 1
