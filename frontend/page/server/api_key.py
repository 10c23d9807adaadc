"""The API key that this browser sends: asked for when it is needed, kept until somebody has it forgotten."""

import asyncio

from pyscript import window

from frontend.page.browser.dom import find
from frontend.page.browser.storage import browser_storage
from frontend.page.server import rights

# What the browser keeps the key under.
STORED = "lookalike-key"


class APIKey:
    """One key for the whole page, and the dialog that asks for it."""

    def __init__(self) -> None:
        self._value = browser_storage.read(STORED)
        self._answered = None
        # When the dialog was closed without a key the last time.
        self._declined_ms = 0
        find("key-dialog").addEventListener("close", self._closed)
        find("key-cancel").addEventListener("click", lambda event: find("key-dialog").close())
        find("key-forget").addEventListener("click", lambda event: self._forget())
        self._show()

    @property
    def value(self) -> str:
        """The key to send; empty if there is none."""
        return self._value

    async def ask(self, tried: str, began_ms: float) -> bool:
        """
        Ask for a key in place of one that the server refused; whoever asks meanwhile gets the same answer.

        Args:
            began_ms: When the request began, by the page's clock. It is among those that somebody has closed the dialog
                for, even if its answer comes later.

        Returns:
            Whether there is another key now; False if the dialog was closed without one.
        """
        if self._value != tried:
            return True  # Given while the request was on its way.
        if began_ms < self._declined_ms:
            return False
        if self._answered is None:
            self._answered = asyncio.Event()
            self._open(tried)
        await self._answered.wait()
        return self._value != tried

    def _open(self, tried: str) -> None:
        find("key-problem").hidden = not tried
        find("key").value = ""
        find("key-dialog").returnValue = ""
        find("key-dialog").showModal()

    def _closed(self, event) -> None:
        if find("key-dialog").returnValue == "use":
            self._value = find("key").value.strip()
            browser_storage.write(STORED, self._value)
        else:
            self._declined_ms = window.performance.now()
        find("key").value = ""
        self._show()
        if self._answered:
            self._answered.set()
        self._answered = None

    def _forget(self) -> None:
        """Forget the key, and with it everything on the page that it gave access to."""
        browser_storage.write(STORED, "")
        browser_storage.write(rights.STORED, "")
        window.location.reload()

    def _show(self) -> None:
        find("key-forget").hidden = not self._value
