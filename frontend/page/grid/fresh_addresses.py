"""
Fresh addresses for photos that cannot be shown: signed ones expire in a tab that is left open.

They are asked for once for all photos in the document, as their addresses expire together: when a tab that slept is
looked at again, when a photo is to be shown whose address has expired by the server's clock, and when an image fails,
which does not say why.
"""

import asyncio

from pyscript import document, window

from frontend.page.browser.tasks import start
from frontend.page.server.api import APIError

# How long failures are gathered before they are asked about: those of one view fail within a moment. A guess.
GATHER_MS = 100

# How long a photo that failed with a fresh address is left alone: there is something else wrong with it. Well below the
# time that addresses hold.
REST_MS = 60_000

# How often it is looked whether addresses have expired.
LOOK_MS = 60_000


class FreshAddresses:
    """Listens to the failures of all images that belong to a photo: those within a `data-id`."""

    def __init__(self, api, known) -> None:
        """`known` is the page's `KnownImages`; photos that are shown later have the fresh addresses from there."""
        self._api = api
        self._known = known
        self._timer = 0
        # Whether somebody wants to ask while an answer is on its way, which may not be about all any more.
        self._again = False
        # Id of a photo -> when it was asked about.
        self._asked: dict = {}
        # Ids of photos whose image was still loading from the address before when the answer came.
        self._loading: set = set()
        # A failure of an image does not bubble, but comes by on its way down.
        document.addEventListener("error", self._failed, True)
        document.addEventListener("visibilitychange", lambda event: self._look())
        window.setInterval(self._look, LOOK_MS)

    def show(self, picture, image: dict) -> None:
        """Show an image's thumbnail in an img element within its `data-id`: as soon as there is an address for it."""
        if self._api.clock.is_over(image["urls_expire"]):
            self._ask_soon()
        else:
            picture.src = image["thumbnail_url"]

    def _failed(self, event) -> None:
        image_id = id_of(event.target)
        image = self._known.get(image_id) if image_id else None
        if image and (image_id in self._loading or event.target.getAttribute("src") != image["thumbnail_url"]):
            self._loading.discard(image_id)
            event.target.src = image["thumbnail_url"]
        elif image_id and not self._rests(image_id):
            self._ask_soon()

    def _look(self) -> None:
        """Ask anew where addresses in the document have expired, while somebody looks at it."""
        if document.hidden:
            return
        for image_id in {id_of(picture) for picture in pictures()}:
            image = self._known.get(image_id)
            if image and self._api.clock.is_over(image["urls_expire"]):
                self._ask_soon()
                return

    def _rests(self, image_id: str) -> bool:
        return window.performance.now() - self._asked.get(image_id, -REST_MS) < REST_MS

    def _ask_soon(self) -> None:
        if self._timer:
            self._again = True
        else:
            self._timer = window.setTimeout(lambda: start(self._ask()), GATHER_MS)

    async def _ask(self) -> None:
        """Ask for all photos in the document, and show those that were not."""
        await all_there()
        self._again = False
        try:
            image_ids = list({id_of(picture) for picture in pictures() if not self._rests(id_of(picture))})
            most = (await self._api.space()).limits["max_images"]
            while image_ids:
                asked, image_ids = image_ids[:most], image_ids[most:]
                now = window.performance.now()
                self._asked = {image_id: time for image_id, time in self._asked.items() if now - time < REST_MS}
                self._asked.update({image_id: now for image_id in asked})
                self._show((await self._api.some_images(asked))["images"])
        except APIError as exc:
            window.console.info(exc.message)  # The next failure asks again, or the next look.
            self._asked = {}
            self._again = False
        finally:
            self._timer = 0
        if self._again:
            self._ask_soon()

    def _show(self, images: list[dict]) -> None:
        fresh = {image["id"]: image for image in images}
        for image in images:
            self._known.learn(image)
        for picture in pictures():
            image = fresh.get(id_of(picture))
            if image and not picture.complete:
                self._loading.add(image["id"])
            elif image and not picture.naturalWidth:
                picture.src = image["thumbnail_url"]


async def all_there() -> None:
    """Wait until a frame brings no more photos into the document, which grids fill some at a time."""
    count = -1
    while count != len(pictures()):
        count = len(pictures())
        for _ in range(2):  # What a frame asks for is drawn with the next one.
            drawn = asyncio.Event()
            window.requestAnimationFrame(lambda moment, drawn=drawn: drawn.set())
            await drawn.wait()


def pictures() -> list:
    """Return the images in the document that show photos."""
    return [picture for picture in list(document.querySelectorAll("[data-id] img")) if id_of(picture)]


def id_of(picture) -> str:
    """Return the id of the photo that an image shows the thumbnail of; empty for any other element."""
    if getattr(picture, "tagName", "") != "IMG":
        return ""
    holder = picture.closest("[data-id]")
    return holder.dataset.id if holder else ""
