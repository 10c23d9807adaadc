"""The server's clock, by which addresses expire: that of this browser may be wrong, and stands still for no sleep."""

from pyscript import window

# Addresses that hold for less than this count as expired: an image may be asked for a moment after it is shown.
MARGIN_MS = 30_000


class ServerClock:
    """Goes as this browser's clock does, and is set with every answer of the server."""

    def __init__(self) -> None:
        # How far the server's clock is ahead of this browser's.
        self._ahead_ms = 0.0

    def heard(self, date: str | None) -> None:
        """Take in the header `Date` of an answer; a proxy may have removed it."""
        time_ms = window.Date.parse(date or "")
        if time_ms == time_ms:  # Not NaN, as what is no date is.
            self._ahead_ms = time_ms - window.Date.now()

    def is_over(self, time: str) -> bool:
        """Whether a time (ISO 8601) is over, or nearly."""
        return window.Date.now() + self._ahead_ms + MARGIN_MS >= window.Date.parse(time)
