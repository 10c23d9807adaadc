"""The slider that says how large photos are shown; this browser remembers it."""

from frontend.page.browser.dom import find
from frontend.page.browser.storage import browser_storage

STORED = "lookalike-row-height"


class RowHeight:
    """The slider above the library."""

    def __init__(self, grid) -> None:
        self._grid = grid
        slider = find("library-size")
        slider.value = browser_storage.read(STORED) or slider.value
        slider.addEventListener("input", lambda event: self._set())
        self._set()

    def _set(self) -> None:
        value = find("library-size").value
        browser_storage.write(STORED, value)
        self._grid.set_row_height(float(value))
