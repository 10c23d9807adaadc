"""
Deletion that can be undone for some seconds.

The API deletes for good. So the page withdraws the photos first, and sends the deletion when the time to undo it is
over, at the press of a button, or when the page is left. A browser that crashes before that has deleted nothing.
"""

from pyscript import window

from frontend.page.browser.dom import find, notice
from frontend.page.browser.tasks import start
from frontend.page.server.api import APIError
from frontend.page.server.for_each import for_each
from frontend.page.wording.numbers import counted

# How long a deletion can be undone: as long as a notice is shown, enough to see a slip. A guess.
GRACE_MS = 8000


class UndoableDeletion:
    """The bar that offers to undo, and the images that wait behind it. Only the last deletion can be undone."""

    def __init__(self, api, cards, on_gone, on_change) -> None:
        """`on_gone` is called with each image that is deleted for good, `on_change` when some are withdrawn or back."""
        self._api = api
        self._cards = cards
        self._on_gone = on_gone
        self._on_change = on_change
        # Images whose deletion can still be undone.
        self._waiting = []
        self._timer = 0
        # Id -> image: those, and all whose deletion the server has not confirmed.
        self._unfinished = {}
        find("undo").addEventListener("click", lambda event: self.undo())
        find("delete-now").addEventListener("click", lambda event: self._carry_out())
        # MicroPython calls the window's addEventListener without its window, which the browser refuses.
        window.onpagehide = lambda event: self._leave()

    def delete(self, images: list[dict]) -> None:
        """Withdraw images, and delete them unless somebody undoes that in time."""
        self._carry_out()
        self._waiting = images
        for image in images:
            self._unfinished[image["id"]] = image
            self._cards.withdraw(image["id"])
        self._on_change()
        name = images[0]["title"] if len(images) == 1 else counted(len(images), "photo", "photos")
        find("undo-text").textContent = f"{name} deleted."
        find("undo-bar").hidden = False
        self._timer = window.setTimeout(self._carry_out, GRACE_MS)

    def undo(self) -> None:
        """Restore what was deleted last, unless its time is over."""
        self._restore(self._take())

    def keep(self, image_id: str) -> None:
        """Undo the deletion of an image whose file was just added again."""
        if image_id in [image["id"] for image in self._waiting]:
            self.undo()

    def _take(self) -> list[dict]:
        """Take the images that wait, so that nothing else happens to them."""
        images = self._waiting
        self._waiting = []
        window.clearTimeout(self._timer)
        find("undo-bar").hidden = True
        return images

    def _restore(self, images: list[dict]) -> None:
        for image in images:
            self._unfinished.pop(image["id"], None)
            self._cards.restore(image["id"])
        self._on_change()

    def _carry_out(self) -> None:
        images = self._take()
        if images:
            start(self._delete(images))

    async def _delete(self, images: list[dict]) -> None:
        failed = await for_each(images, self._delete_one, lambda over: None)
        if failed:
            self._restore([image for image, error in failed])
            count = counted(len(failed), "photo was", "photos were")
            notice(f"{count} not deleted: {failed[0][1].message}")

    async def _delete_one(self, image: dict) -> None:
        try:
            await self._api.delete(image["id"])
        except APIError as exc:
            if exc.status != 404:  # Deleted from another tab already, which is what was wanted.
                raise
        self._unfinished.pop(image["id"], None)
        self._cards.restore(image["id"])
        self._on_gone(image)

    def _leave(self) -> None:
        """Send every deletion that is not confirmed; the browser may drop some, and those photos stay."""
        self._take()
        for image_id in self._unfinished:
            self._api.delete_on_leaving(image_id)
        self._unfinished = {}
