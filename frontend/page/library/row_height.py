"""The slider that says how large photos are shown; this browser remembers it."""

from pyscript import window

from frontend.page.browser.dom import find
from frontend.page.browser.storage import browser_storage

STORED = "lookalike-row-height"

# On a phone, which has no slider: three photos beside each other.
PHONE = "(max-width: 640px)"
PHONE_PX = 100.0


class RowHeight:
    """The slider above the library."""

    def __init__(self, grid) -> None:
        self._grid = grid
        slider = find("library-size")
        slider.value = browser_storage.read(STORED) or slider.value
        slider.addEventListener("input", lambda event: self._slid())
        self._phone = window.matchMedia(PHONE)
        self._phone.onchange = lambda event: self._set()
        self._set()

    def _slid(self) -> None:
        browser_storage.write(STORED, find("library-size").value)
        self._set()

    def _set(self) -> None:
        self._grid.set_row_height(PHONE_PX if self._phone.matches else float(find("library-size").value))
