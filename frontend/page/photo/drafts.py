"""
What people typed about photos and the server does not have yet: saved at once, and kept here until that works.

So nothing is lost by looking at another photo, by closing the lightbox, or while the server is away.
"""

from frontend.page.browser.tasks import start
from frontend.page.server.api import APIError


class Drafts:
    """Changes of title, tags and time, by photo."""

    def __init__(self, api, on_saved, on_problem) -> None:
        """
        Begin with none.

        Args:
            on_saved: Called with an image as the server describes it after a change.
            on_problem: Called with an image whose changes could not be saved, and why.
        """
        self._api = api
        self._on_saved = on_saved
        self._on_problem = on_problem
        # Id -> {name of a member: value}, and the image as it was.
        self._changes = {}
        self._images = {}
        self._saving = set()

    def of(self, image: dict) -> dict:
        """Return an image as people left it."""
        changed = dict(image)
        changed.update(self._changes.get(image["id"], {}))
        return changed

    def has(self, image: dict) -> bool:
        """Whether something about an image is not saved yet."""
        return image["id"] in self._changes

    def any(self) -> bool:
        """Whether something about any image is not saved yet."""
        return bool(self._changes)

    def change(self, image: dict, changes: dict) -> None:
        """Save changes; only these are sent, so that nothing else is overwritten."""
        self._images[image["id"]] = image
        merged = dict(self._changes.get(image["id"], {}))
        merged.update(changes)
        self._changes[image["id"]] = merged
        self._save_soon(image["id"])

    def forget(self, image_id: str) -> None:
        """Drop the changes of an image that is deleted."""
        self._changes.pop(image_id, None)
        self._images.pop(image_id, None)

    def retry(self) -> None:
        """Save again what could not be saved."""
        for image_id in list(self._changes):
            self._save_soon(image_id)

    def _save_soon(self, image_id: str) -> None:
        if image_id not in self._saving:
            self._saving.add(image_id)
            start(self._save(image_id))

    async def _save(self, image_id: str) -> None:
        """Save until nothing is left to: somebody may change more meanwhile."""
        saved = None
        try:
            while image_id in self._changes:
                sent = self._changes[image_id]
                saved = await self._api.change(image_id, sent)
                if self._changes.get(image_id) is sent:
                    self.forget(image_id)
        except APIError as exc:
            self._failed(image_id, exc)
            return
        finally:
            self._saving.discard(image_id)
        if saved:
            self._on_saved(saved)

    def _failed(self, image_id: str, error: APIError) -> None:
        image = self._images.get(image_id)
        if not image:
            return
        if error.status == 404:
            self.forget(image_id)
        self._on_problem(image, error.message)
