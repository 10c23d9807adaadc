"""Work that is asked for often and done now and then."""

from pyscript import window


class Seldom:
    """Does something as soon as it is asked for, but not again until some time has passed; then once for all."""

    def __init__(self, work, rest_ms: int) -> None:
        self._work = work
        self._rest_ms = rest_ms
        self._next_at = 0.0
        self._timer = None

    def soon(self) -> None:
        """Have it done."""
        if self._timer is None:
            self._timer = window.setTimeout(self.now, max(self._next_at - window.performance.now(), 0))

    def now(self) -> None:
        """Do it."""
        window.clearTimeout(self._timer)
        self._timer = None
        self._next_at = window.performance.now() + self._rest_ms
        self._work()
