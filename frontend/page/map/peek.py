"""A larger look at the small photo that the mouse rests on."""

import asyncio

from pyscript import window

from frontend.page.browser.dom import find
from frontend.page.browser.tasks import start
from frontend.page.server.api import APIError

# How long the mouse rests before a photo is looked up, and from which side on photos need no larger look.
REST_MS = 70
LARGE_PX = 110


class Peek:
    """The larger look, beside the mouse."""

    def __init__(self, gestures, find_photo) -> None:
        """`find_photo` is awaited with a point of the stage for the image there, None where there is none."""
        self._gestures = gestures
        self._find_photo = find_photo
        self._timer = 0
        self._turn = 0
        stage = find("map-stage")
        stage.addEventListener("pointermove", self._moved)
        for name in ("pointerleave", "pointerdown", "wheel"):
            stage.addEventListener(name, lambda event: self.hide())

    def hide(self) -> None:
        """Show none."""
        self._turn += 1
        window.clearTimeout(self._timer)
        find("map-peek").hidden = True

    def _moved(self, event) -> None:
        if event.pointerType != "mouse" or event.buttons:
            return
        point = self._gestures.point(event)
        window.clearTimeout(self._timer)
        self._timer = window.setTimeout(lambda: start(self._look(point)), REST_MS)

    async def _look(self, point: tuple) -> None:
        self._turn += 1
        turn = self._turn
        try:
            image = await self._find_photo(point)
        except APIError:
            image = None
        if turn != self._turn:
            return
        if not image:
            find("map-peek").hidden = True
            return
        picture = find("map-peek-photo")
        if picture.getAttribute("data-id") != image["id"]:
            picture.setAttribute("data-id", image["id"])
            picture.src = image["thumbnail_url"]
            find("map-peek-title").textContent = image["title"]
            try:
                await picture.decode()
            except Exception:
                await asyncio.sleep(0)
        if turn == self._turn:
            place(find("map-peek"), point)


def place(peek, point: tuple) -> None:
    """Show the larger look beside a point of the stage, on the side that has room."""
    stage = find("map-stage").getBoundingClientRect()
    peek.hidden = False
    box = peek.getBoundingClientRect()
    x = point[0] + 16 if point[0] + 16 + box.width < stage.width else point[0] - 16 - box.width
    y = point[1] + 16 if point[1] + 16 + box.height < stage.height else point[1] - 16 - box.height
    peek.style.transform = f"translate({max(x, 4):.0f}px,{max(y, 4):.0f}px)"
