"""The pictures that the map shows as such: the usual cards, each at its place, made and taken away as the map moves."""

import asyncio

from pyscript import document

from frontend.page.browser.dom import find
from frontend.page.browser.tasks import start
from frontend.page.grid.cards import card, shown
from frontend.page.server.api import ApiError

MOST_AT_ONCE = 50
"""How many images are asked for in one request: to read them takes MicroPython some 20 ms then."""

CARDS_AT_ONCE = 4
"""How many cards are made before the browser gets its turn: some 10 ms here, so that nobody feels it on a phone."""


class Spots:
    """The cards on the map."""

    def __init__(self, api, on_gone) -> None:
        """`on_gone` gets an image's id that turns out to have been deleted."""
        self._api = api
        self._on_gone = on_gone

    async def show(self, spots: list, still) -> None:
        """
        Show these pictures and no others, but for one that has the focus.

        Args:
            spots: (id, x, y) of each.
            still: Says whether they are wanted still; where it says no, others have taken their place.

        Raises:
            ApiError: The server cannot say what they are.
        """
        places = {image_id: (x, y) for image_id, x, y in spots}
        held = set()
        for item in list(find("map-pictures").children):
            if item.dataset.id in places or item.contains(document.activeElement):
                held.add(item.dataset.id)
            else:
                item.remove()
        await self.know(list(places))
        made = 0
        for image_id in places:
            if not still():
                return
            if image_id in shown and image_id not in held:
                find("map-pictures").append(self._spot(shown[image_id], places[image_id]))
                made += 1
                if made % CARDS_AT_ONCE == 0:
                    await asyncio.sleep(0.001)

    async def know(self, image_ids: list[str], on_batch=None) -> None:
        """
        Ask the server for the images that the page does not know yet.

        Args:
            on_batch: Called with the images of each part of them, in order; returns whether to go on.
        """
        for first in range(0, len(image_ids), MOST_AT_ONCE):
            some = image_ids[first : first + MOST_AT_ONCE]
            missing = [image_id for image_id in some if image_id not in shown]
            if missing:
                page = await self._api.some_images(missing)
                for image in page["images"]:
                    shown[image["id"]] = image
                for image_id in missing:
                    if image_id not in shown:
                        self._on_gone(image_id)
            if on_batch and not on_batch([shown[image_id] for image_id in some if image_id in shown]):
                return

    def forget(self, image_id: str) -> None:
        """Take a picture away."""
        item = find("map-pictures").querySelector(f'[data-id="{image_id}"]')
        if item:
            item.remove()

    def clear(self) -> None:
        """Take all away."""
        find("map-pictures").replaceChildren()

    def _spot(self, image: dict, place: tuple):
        item = card(image)
        item.style.setProperty("--x", str(place[0]))
        item.style.setProperty("--y", str(place[1]))
        picture = item.querySelector("img")
        if picture:  # Not for one that waits to be deleted.
            picture.addEventListener("error", lambda event: start(self._renew(image["id"], picture)))
        return item

    async def _renew(self, image_id: str, picture) -> None:
        """Ask once more for a thumbnail whose address has expired since the page heard of it."""
        if picture.getAttribute("data-renewed"):
            return
        picture.setAttribute("data-renewed", "")
        try:
            picture.src = (await self._api.image(image_id))["thumbnail_url"]
        except ApiError as exc:
            if exc.status == 404:
                self._on_gone(image_id)
