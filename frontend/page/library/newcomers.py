"""Notices that the library has become another elsewhere: in another tab, by another visitor, by a program."""

from pyscript import document, window

from frontend.page.browser.tasks import start
from frontend.page.server.api import APIError

# How often the server is asked while the page is looked at.
EVERY_MS = 15_000

# How long after an answer that differs it is looked whether that holds. A guess.
AGAIN_MS = 2_000


class Newcomers:
    """Counts what came to the library and is not shown here."""

    def __init__(self, api, on_count, on_change) -> None:
        """
        Args:
            on_count: Called with how many photos more, or fewer, there are than this page knows of.
            on_change: Called when anything in the library is another than when the server was asked last.
        """
        self._api = api
        self._on_count = on_count
        self._on_change = on_change
        self._marker = ""
        # How many photos there are as far as this page knows; None until it was told.
        self._known: int | None = None
        # By how many photos the library was larger when the server was asked last.
        self._difference = 0
        window.setInterval(self._look_soon, EVERY_MS)
        document.addEventListener("visibilitychange", lambda event: self._look_soon())

    def begin(self) -> None:
        """Take it that this page shows everything there is now."""
        self._known = None
        self._difference = 0
        start(self._look())

    def count(self, difference: int) -> None:
        """Take in that photos came or went, and that the page shows it."""
        if self._known is not None:
            self._known += difference

    def _look_soon(self) -> None:
        if not document.hidden:
            start(self._look())

    async def _look(self) -> None:
        try:
            library = await self._api.library()
        except APIError:
            return
        count = library["count"]
        if library["marker"] != self._marker:
            self._marker = library["marker"]
            self._on_change()
        if self._known is None:
            self._known = count
        difference, before = count - self._known, self._difference
        self._difference = difference
        # What is added here is known to the server a moment before it is shown: only what stays counts.
        self._on_count(difference if difference < 0 else max(min(difference, before), 0))
        if difference != before:
            window.setTimeout(self._look_soon, AGAIN_MS)
