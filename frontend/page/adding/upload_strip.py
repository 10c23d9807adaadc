"""
The strip of the latest thumbnails.

Each takes the next place in a row of fixed ones, from the left again after the last: so none ever moves.
"""

from frontend.page.adding.upload_needs import show_blob
from frontend.page.browser.dom import find, make

# As many as there is room for.
PLACES = 8


class UploadStrip:
    """Shows thumbnails when `show` is called, however many came since the last time."""

    def __init__(self) -> None:
        self._next = 0
        self._to_show: list = []
        self.clear()

    def add(self, thumbnail) -> None:
        """Have the blob of a thumbnail shown."""
        self._to_show.append(thumbnail)
        self._to_show = self._to_show[-PLACES:]

    def show(self) -> None:
        """Show those that came."""
        to_show, self._to_show = self._to_show, []
        places = find("uploads-strip").children
        for thumbnail in to_show:
            picture = make("img", alt="", decoding="async")
            show_blob(picture, thumbnail)
            places.item(self._next).replaceChildren(picture)
            self._next = (self._next + 1) % PLACES

    def clear(self) -> None:
        """Show none."""
        self._next = 0
        self._to_show = []
        find("uploads-strip").replaceChildren(*[make("li") for _ in range(PLACES)])
