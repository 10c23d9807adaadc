"""
Deletion that can be undone for some seconds.

The API deletes for good. So the page withdraws the photos first, and sends the deletion when the time to undo it is
over, at the press of a button, or when the page is left. A browser that crashes before that has deleted nothing.
"""

from pyscript import document

from frontend.page.browser.dom import notice
from frontend.page.browser.tasks import start
from frontend.page.server.api import APIError
from frontend.page.server.for_each import for_each
from frontend.page.wording.numbers import counted


class UndoableDeletion:
    """The images that wait behind the bar that offers to undo."""

    def __init__(self, api, cards, undo_bar, on_gone, on_change) -> None:
        """`on_gone` is called with each image that is deleted for good, `on_change` when some are withdrawn or back."""
        self._api = api
        self._cards = cards
        self._undo_bar = undo_bar
        self._on_gone = on_gone
        self._on_change = on_change
        # Images whose deletion can still be undone.
        self._waiting = []
        # Id -> image: those, and all whose deletion the server has not confirmed.
        self._unfinished = {}
        document.defaultView.addEventListener("pagehide", lambda event: self._leave())

    def delete(self, images: list[dict]) -> None:
        """Withdraw images, and delete them unless somebody undoes that in time."""
        name = images[0]["title"] if len(images) == 1 else counted(len(images), "photo", "photos")
        self._undo_bar.offer(f"{name} deleted.", self._carry_out, lambda: self._restore(self._take()))
        self._waiting = images
        for image in images:
            self._unfinished[image["id"]] = image
            self._cards.withdraw(image["id"])
        self._on_change()

    def keep(self, image_id: str) -> None:
        """Undo the deletion of an image whose file was just added again."""
        if image_id in [image["id"] for image in self._waiting]:
            self._undo_bar.undo()

    def _take(self) -> list[dict]:
        """Take the images that wait, so that nothing else happens to them."""
        images, self._waiting = self._waiting, []
        return images

    def _restore(self, images: list[dict]) -> None:
        for image in images:
            self._unfinished.pop(image["id"], None)
            self._cards.restore(image["id"])
        self._on_change()

    def _carry_out(self) -> None:
        start(self._delete(self._take()))

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
