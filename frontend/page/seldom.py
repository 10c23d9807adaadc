"""Work that is asked for often and done now and then."""

from pyscript import window


class Seldom:
    """Does something as soon as it is asked for, but not again until some time has passed; then once for all."""

    def __init__(self, work, rest_ms: int) -> None:
        self._work = work
        self._rest_ms = rest_ms
        self._next_at = 0.0
        self._waiting = False

    def soon(self) -> None:
        """Have it done."""
        if not self._waiting:
            self._waiting = True
            window.setTimeout(self._run, max(self._next_at - window.performance.now(), 0))

    def _run(self) -> None:
        self._waiting = False
        self._next_at = window.performance.now() + self._rest_ms
        self._work()
