"""The small overview in the corner: all photos as dots, and the part of them that is in view; a click goes there."""

from frontend.page.browser.dom import find

HEIGHT_PX = 90

# Dots that a screen with small pixels still shows sharply.
RATIO = 2


class Overview:
    """The overview."""

    def __init__(self, map_worker, on_point) -> None:
        """`on_point` is called with the point of the map that is to be in the middle."""
        self._map_worker = map_worker
        self._on_point = on_point
        self._aspect = 1
        self._element = find("map-overview")
        self._element.addEventListener("pointerdown", self._pointed)
        self._element.addEventListener("pointermove", self._pointed)

    async def draw(self, aspect: float) -> None:
        """Draw all photos; `aspect` is the map's width over its height."""
        self._aspect = aspect
        width, height = round(HEIGHT_PX * aspect), HEIGHT_PX
        bitmap = await self._map_worker.overview(width * RATIO, height * RATIO)
        canvas = find("map-dots")
        canvas.width, canvas.height = width * RATIO, height * RATIO
        self._element.style.width = f"{width}px"
        self._element.style.height = f"{height}px"
        canvas.getContext("2d").drawImage(bitmap, 0, 0)

    def follow(self, camera) -> None:
        """Show what is in view; nothing while that is everything."""
        self._element.hidden = camera.shows_all
        if camera.shows_all:
            return
        left, top, right, bottom = camera.box()
        left, right = max(left, 0) / self._aspect, min(right, self._aspect) / self._aspect
        top, bottom = max(top, 0), min(bottom, 1)
        inset = [f"{100 * share:.2f}%" for share in (top, 1 - right, 1 - bottom, left)]
        find("map-window").style.inset = " ".join(inset)

    def _pointed(self, event) -> None:
        if event.type == "pointermove" and not event.buttons:
            return
        event.preventDefault()
        box = self._element.getBoundingClientRect()
        self._on_point((event.clientX - box.left) / box.width * self._aspect, (event.clientY - box.top) / box.height)
