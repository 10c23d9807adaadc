"""
Deletion that can be undone for some seconds.

The API's deletion is final: with its answer the row and both files are gone, and there is nothing to restore them
from. So the page takes the pictures out of sight and holds the deletion back; it is carried out when the time for
undoing it is over, at the press of a button, or when the page is left. A browser that dies before has deleted nothing.
"""

from pyscript import window

from frontend.page.browser.dom import find, notice
from frontend.page.browser.tasks import start
from frontend.page.grid.cards import put_back, take_out
from frontend.page.server.api import ApiError
from frontend.page.server.for_each import for_each
from frontend.page.wording.numbers import counted

GRACE_MS = 8000
"""Long enough to notice a slip, as for a notice. A guess."""


class Removals:
    """The bar that offers to undo, and what waits behind it. Only the last deletion can be undone."""

    def __init__(self, api, on_gone, on_moved) -> None:
        """`on_gone` is called with each image that is deleted for good, `on_moved` when some come or go."""
        self._api = api
        self._on_gone = on_gone
        self._on_moved = on_moved
        self._waiting = []
        self._timer = 0
        self._unfinished = {}
        find("undo").addEventListener("click", lambda event: self.undo())
        find("undo-not").addEventListener("click", lambda event: self._carry_out())
        # MicroPython calls the window's addEventListener without its window, which the browser refuses.
        window.onpagehide = lambda event: self._leave()

    def delete(self, images: list[dict]) -> None:
        """Take images out of sight, and delete them unless somebody says otherwise in time."""
        self._carry_out()
        self._waiting = images
        for image in images:
            self._unfinished[image["id"]] = image
            take_out(image["id"])
        self._on_moved()
        name = images[0]["title"] if len(images) == 1 else counted(len(images), "picture", "pictures")
        find("undo-text").textContent = f"{name} deleted."
        find("undo-bar").hidden = False
        self._timer = window.setTimeout(self._carry_out, GRACE_MS)

    def undo(self) -> None:
        """Put back what the last deletion took, if it still waits."""
        images = self._take()
        self._put_back(images)

    def keep(self, image_id: str) -> None:
        """Spare an image: somebody has just added its file again."""
        if image_id in [image["id"] for image in self._waiting]:
            self.undo()

    def _take(self) -> list[dict]:
        """Take the images that wait, so that nobody else does anything with them."""
        images = self._waiting
        self._waiting = []
        window.clearTimeout(self._timer)
        find("undo-bar").hidden = True
        return images

    def _put_back(self, images: list[dict]) -> None:
        for image in images:
            self._unfinished.pop(image["id"], None)
            put_back(image["id"])
        self._on_moved()

    def _carry_out(self) -> None:
        images = self._take()
        if images:
            start(self._delete(images))

    async def _delete(self, images: list[dict]) -> None:
        failed = await for_each(images, self._delete_one, lambda over: None)
        if failed:
            self._put_back([image for image, error in failed])
            count = counted(len(failed), "picture was", "pictures were")
            notice(f"{count} not deleted: {failed[0][1].message}")

    async def _delete_one(self, image: dict) -> None:
        try:
            await self._api.delete(image["id"])
        except ApiError as exc:
            if exc.status != 404:  # Deleted from another tab: gone is what was wanted.
                raise
        self._unfinished.pop(image["id"], None)
        put_back(image["id"])
        self._on_gone(image)

    def _leave(self) -> None:
        """Send what has not been sent, as there will be no later; what the browser does not take along stays."""
        self._take()
        for image_id in self._unfinished:
            self._api.delete_on_leaving(image_id)
        self._unfinished = {}
