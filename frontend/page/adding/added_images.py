"""The images that were added and are not shown in the library yet: all of its cards move with each that comes in."""

from frontend.page.browser.throttle import Throttle

# How long at least between two times that the library changes while files go through: that is a tenth of a second's
# work for the browser. A guess.
REST_MS = 2000


class AddedImages:
    """Hands added images to the library, many at a time."""

    def __init__(self, on_added) -> None:
        """`on_added` is called with an image, and whether it is new in the library."""
        self._on_added = on_added
        self._images = []
        self._showing = Throttle(self._show, REST_MS)

    def add(self, image: dict, new: bool) -> None:
        """Show an image soon."""
        self._images.append((image, new))
        self._showing.soon()

    def show_now(self) -> None:
        """Show all that have not been shown."""
        self._showing.now()

    def forget(self, image_id: str) -> None:
        """Do not show an image that is gone from the library."""
        self._images = [(image, new) for image, new in self._images if image["id"] != image_id]

    def clear(self) -> None:
        """Show none of them: the library is being loaded anew, and has them."""
        self._images = []

    def _show(self) -> None:
        images, self._images = self._images, []
        for image, new in images:
            self._on_added(image, new)
