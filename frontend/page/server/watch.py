"""Notices when the server is away, says so, asks until it is back, and tells the page."""

from pyscript import window

from frontend.page.browser.dom import find
from frontend.page.browser.tasks import start

# The pauses between two requests while the server is away: each twice the one before, so that an outage of hours costs
# little.
SHORTEST_MS = 1_000
LONGEST_MS = 15_000


class ServerWatch:
    """Learns from every request whether the server answers; while it does not, asks by itself."""

    def __init__(self, api, on_back) -> None:
        """`on_back` is called when the server answers after it did not."""
        self._api = api
        self._on_back = on_back
        self._away = False
        self._pause_ms = SHORTEST_MS
        self._timer = 0
        api.listen(self._answered)
        # MicroPython calls the window's addEventListener without its window, which the browser refuses.
        window.ononline = lambda event: self._ask()

    def _answered(self, reached: bool) -> None:
        """Note whether a request was answered."""
        if reached and self._away:
            self._away = False
            window.clearTimeout(self._timer)
            find("away").hidden = True
            self._on_back()
        elif not reached and not self._away:
            self._away = True
            find("away").hidden = False
            self._pause_ms = SHORTEST_MS
            self._wait()

    def _wait(self) -> None:
        window.clearTimeout(self._timer)
        self._timer = window.setTimeout(self._ask, self._pause_ms)

    def _ask(self) -> None:
        if self._away:
            self._pause_ms = min(2 * self._pause_ms, LONGEST_MS)
            self._wait()
            start(self._api.check_health())
