"""
Draws the map where a browser has no WebGL: the worker draws it whenever it can, and in between it is moved and scaled.

It answers to the same calls as `GLCanvas`.
"""

from pyscript import window

from frontend.page.browser.tasks import start
from frontend.page.map.canvas_shift import shift


class FlatCanvas:
    """A canvas whose picture is made elsewhere."""

    def __init__(self, canvas, map_worker) -> None:
        self._canvas = canvas
        self._context = canvas.getContext("2d")
        self._map_worker = map_worker
        self._range = (-1, 2)
        self._size = (1, 1)
        # What the picture shows: the middle and the scale; and what it is to show.
        self._drawn = (0, 0, 1)
        self._wanted = None
        self._is_drawing = False
        self._has_positions = False

    def begin(self, count: int, aspect: float) -> None:
        """Show nothing, as nothing is known yet."""
        self._has_positions = False
        self._range = (-1, 2)
        self._context.clearRect(0, 0, self._canvas.width, self._canvas.height)

    def resize(self, width: float, height: float) -> None:
        """Give the canvas as many pixels as the screen has there; width and height are in CSS pixels."""
        ratio = min(window.devicePixelRatio, 2)
        self._size = (round(width * ratio), round(height * ratio))

    def set_positions(self, positions) -> None:
        """Draw photos at other positions, which the worker knows."""
        self._has_positions = True

    def set_values(self, name: str, values) -> None:
        """Draw anew, with what the worker knows."""

    def set_range(self, first: float, last: float) -> None:
        """Dim the photos whose time is not within a range."""
        self._range = (first, last)

    def put_row(self, number: int, strip) -> None:
        """Draw anew; the worker has the thumbnails."""

    def refine(self) -> None:
        """Draw anew; the worker has the thumbnails."""

    def put_close_row(self, number: int, strip) -> None:
        """Draw anew; the worker has the thumbnails."""

    def draw(self, camera, share: float) -> None:
        """Move and scale the picture to where it belongs, and have one made for there."""
        self._wanted = (camera.x, camera.y, camera.scale, camera.photo_px, camera.width)
        shift(self._canvas, self._drawn, camera)
        if self._has_positions and not self._is_drawing:
            self._is_drawing = True
            start(self._draw())

    async def _draw(self) -> None:
        try:
            while self._wanted:
                x, y, scale, photo_px, width = self._wanted
                self._wanted = None
                size = self._size
                bitmap = await self._map_worker.picture(
                    (x, y), scale * size[0] / width, photo_px * size[0] / width, size, self._range
                )
                self._canvas.width, self._canvas.height = size
                self._context.drawImage(bitmap, 0, 0)
                self._drawn = (x, y, scale)
                self._canvas.style.transform = ""
        finally:
            self._is_drawing = False
