"""
Fresh addresses for photos that cannot be shown: signed ones expire in a tab that is left open.

An image that fails does not say why, so that the first failure asks anew: once for all photos in the document, whether
they were shown or not, as they expire together.
"""

from pyscript import document, window

from frontend.page.browser.tasks import start
from frontend.page.server.api import APIError

# How long failures are gathered before they are asked about: those of one view fail within a moment. A guess.
GATHER_MS = 100

# How long a photo that failed with a fresh address is left alone: there is something else wrong with it. Well below the
# time that addresses hold.
REST_MS = 60_000


class FreshAddresses:
    """Listens to the failures of all images that belong to a photo: those within a `data-id`."""

    def __init__(self, api, known) -> None:
        """`known` is the page's `KnownImages`; photos that are shown later have the fresh addresses from there."""
        self._api = api
        self._known = known
        self._timer = 0
        # Id of a photo -> when it was asked about.
        self._asked: dict = {}
        # A failure of an image does not bubble, but comes by on its way down.
        document.addEventListener("error", self._failed, True)

    def _failed(self, event) -> None:
        image_id = id_of(event.target)
        if image_id and not self._rests(image_id) and not self._timer:
            self._timer = window.setTimeout(self._ask_soon, GATHER_MS)

    def _rests(self, image_id: str) -> bool:
        return window.performance.now() - self._asked.get(image_id, -REST_MS) < REST_MS

    def _ask_soon(self) -> None:
        start(self._ask())

    async def _ask(self) -> None:
        """Ask for all photos in the document, and show those that were not."""
        try:
            pictures = [picture for picture in list(document.querySelectorAll("[data-id] img")) if id_of(picture)]
            image_ids = list({id_of(picture) for picture in pictures if not self._rests(id_of(picture))})
            most = (await self._api.space()).limits["max_images"]
            while image_ids:
                asked, image_ids = image_ids[:most], image_ids[most:]
                now = window.performance.now()
                self._asked.update({image_id: now for image_id in asked})
                self._show((await self._api.some_images(asked))["images"])
        except APIError as exc:
            window.console.info(exc.message)  # The next failure asks again.
            self._asked = {}
        finally:
            self._timer = 0

    def _show(self, images: list[dict]) -> None:
        fresh = {image["id"]: image for image in images}
        for image in images:
            self._known.learn(image)
        for picture in list(document.querySelectorAll("[data-id] img")):
            image = fresh.get(id_of(picture))
            if image and picture.complete and not picture.naturalWidth:
                picture.src = image["thumbnail_url"]


def id_of(picture) -> str:
    """Return the id of the photo that an image shows the thumbnail of; empty for any other element."""
    if getattr(picture, "tagName", "") != "IMG":
        return ""
    holder = picture.closest("[data-id]")
    return holder.dataset.id if holder else ""
