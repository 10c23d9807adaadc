"""How many groups wait, in the bars: asked for when the library has changed, and while photos are being compared."""

from pyscript import document, window

from frontend.page.browser.dom import find
from frontend.page.browser.tasks import start
from frontend.page.server.api import APIError
from frontend.page.tidy.phrases import badge_text

# How long until the server is asked again while it compares photos, which it begins to do every five seconds.
AGAIN_MS = 5_000

# Where the number is shown: in the bar on top, and in the one below on phones.
BADGES = ("tidy-count", "tidy-count-below")


class WaitingCount:
    """What the server says of all groups together."""

    def __init__(self, api, on_counts) -> None:
        """`on_counts` is called with each answer of the server."""
        self._api = api
        self._on_counts = on_counts
        self._timer = 0
        document.addEventListener("visibilitychange", lambda event: self._look_again())
        # Whether photos were being compared when the server was asked last.
        self._looking = False

    async def ask(self) -> None:
        """Ask the server."""
        window.clearTimeout(self._timer)
        try:
            counts = await self._api.duplicate_counts()
        except APIError:
            return  # The page says what is wrong, and asks again once the server is back.
        self.hear(counts)

    def hear(self, counts: dict) -> None:
        """Take what the server says, asked for here or with a page of groups."""
        window.clearTimeout(self._timer)
        self._looking = counts["waiting"] > 0
        if self._looking:
            self._timer = window.setTimeout(self._look_again, AGAIN_MS)
        self._on_counts(counts)

    def show(self, group_count: int) -> None:
        """Show how many groups wait for a decision."""
        for badge in BADGES:
            find(badge).textContent = badge_text(group_count)

    def _look_again(self) -> None:
        if self._looking and not document.hidden:
            start(self.ask())
