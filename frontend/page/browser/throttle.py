"""A throttle for work that is asked for more often than it need be done."""

from pyscript import window


class Throttle:
    """Runs a function at once when asked to, and then at most once in every `rest_ms`, however often it is asked."""

    def __init__(self, work, rest_ms: int) -> None:
        self._work = work
        self._rest_ms = rest_ms
        self._next_at = 0.0
        self._timer = None

    def soon(self) -> None:
        """Run it as soon as it has rested."""
        if self._timer is None:
            self._timer = window.setTimeout(self.now, max(self._next_at - window.performance.now(), 0))

    def now(self) -> None:
        """Run it without waiting."""
        window.clearTimeout(self._timer)
        self._timer = None
        self._next_at = window.performance.now() + self._rest_ms
        self._work()
