"""The photos that the map shows as cards, made and removed as the map moves."""

import asyncio

from pyscript import document

from frontend.page.browser.dom import find
from frontend.page.browser.tasks import start
from frontend.page.server.api import APIError

# How many images are asked for in one request: reading them takes MicroPython some 20 ms then.
MOST_AT_ONCE = 50

# How many cards are made before the browser gets its turn: some 10 ms when measured, too little to feel on a phone.
CARDS_AT_ONCE = 4


class MapCards:
    """The cards on the map."""

    def __init__(self, api, cards, known, on_gone) -> None:
        """`on_gone` is called with the id of an image that turns out to have been deleted."""
        self._api = api
        self._cards = cards
        self._known = known
        self._on_gone = on_gone

    async def show(self, points: list, still_wanted) -> None:
        """
        Show these images and no others, except the one that has the focus.

        Args:
            points: (id, x, y) of each.
            still_wanted: Called now and then; where it returns False, others are to be shown by now.

        Raises:
            APIError: The server cannot say what they are.
        """
        wanted = {image_id: (x, y) for image_id, x, y in points}
        kept = set()
        for card in list(find("map-photos").children):
            if card.dataset.id in wanted or card.contains(document.activeElement):
                kept.add(card.dataset.id)
            else:
                card.remove()
        await self.fetch(list(wanted))
        made = 0
        for image_id in wanted:
            if not still_wanted():
                return
            image = self._known.get(image_id)
            if image and image_id not in kept:
                find("map-photos").append(self._card(image, wanted[image_id]))
                made += 1
                if made % CARDS_AT_ONCE == 0:
                    await asyncio.sleep(0.001)

    async def fetch(self, image_ids: list[str], on_batch=None) -> None:
        """
        Ask the server for those of the images that the page does not know yet.

        Args:
            on_batch: Called with the images, some at a time and in order; returns whether to go on.

        Raises:
            APIError: The server cannot say what they are.
        """
        for first in range(0, len(image_ids), MOST_AT_ONCE):
            some = image_ids[first : first + MOST_AT_ONCE]
            missing = [image_id for image_id in some if not self._known.has(image_id)]
            if missing:
                await self._fetch_missing(missing)
            if on_batch and not on_batch([self._known.get(image_id) for image_id in some if self._known.has(image_id)]):
                return

    async def _fetch_missing(self, image_ids: list[str]) -> None:
        for image in (await self._api.some_images(image_ids))["images"]:
            self._known.learn(image)
        for image_id in image_ids:
            if not self._known.has(image_id):
                self._on_gone(image_id)

    def forget(self, image_id: str) -> None:
        """Remove the card of an image."""
        card = find("map-photos").querySelector(f'[data-id="{image_id}"]')
        if card:
            card.remove()

    def clear(self) -> None:
        """Remove all cards."""
        find("map-photos").replaceChildren()

    def _card(self, image: dict, point: tuple):
        card = self._cards.make(image)
        card.style.setProperty("--x", str(point[0]))
        card.style.setProperty("--y", str(point[1]))
        thumbnail = card.querySelector("img")
        if thumbnail:  # A withdrawn image has only a placeholder.
            thumbnail.addEventListener("error", lambda event: start(self._renew(image["id"], thumbnail)))
        return card

    async def _renew(self, image_id: str, thumbnail) -> None:
        """Ask once for a fresh address of a thumbnail, in case the one that failed has expired."""
        if thumbnail.getAttribute("data-renewed"):
            return
        thumbnail.setAttribute("data-renewed", "")
        try:
            thumbnail.src = (await self._api.image(image_id))["thumbnail_url"]
        except APIError as exc:
            if exc.status == 404:
                self._on_gone(image_id)
