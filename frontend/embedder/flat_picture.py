"""The map as a picture, for a page that has no graphics hardware to draw it: thumbnails drawn one by one."""

from typing import Any

import js
import numpy as np

from frontend.embedder.scatter import Scatter, css
from frontend.embedder.tiles import TILE_PX, TILES

GROUND = "#0b0c10"
SELECTED = "#a5a6ff"

DIMMED = 0.1


class FlatPicture:
    """The thumbnails of a map's photos, and what else is to be seen of them."""

    def __init__(self, scatter: Scatter, atlas: Any) -> None:
        """`atlas` is the canvas with the thumbnails, rows of `TILES`."""
        count = len(scatter.ids)
        self._scatter = scatter
        self._atlas = atlas
        self.states = np.ones(count, dtype=np.uint8)
        self.colours = np.zeros((count, 4), dtype=np.uint8)
        self.times = np.zeros(count, dtype=np.float32)

    def draw(
        self,
        middle: tuple[float, float],
        scale: float,
        photo_px: float,
        size: tuple[int, int],
        times: tuple[float, float],
    ) -> Any:
        """
        Draw what is around a point of the map.

        Args:
            scale: How many pixels a height of the map takes up.
            photo_px: The longer side of a photo in pixels.
            size: Width and height of the picture in pixels.
            times: Photos outside of this range are dimmed.

        Returns:
            An ImageBitmap.
        """
        canvas = js.OffscreenCanvas.new(*size)
        context = canvas.getContext("2d")
        context.fillStyle = GROUND
        context.fillRect(0, 0, *size)
        places = (self._scatter.positions - middle) * scale + np.array(size) / 2
        sizes = self._scatter.sizes(photo_px)
        in_view = (np.abs(places - np.array(size) / 2) <= np.array(size) / 2 + photo_px).all(axis=1) & (self.states > 0)
        bright = (self.times >= times[0]) & (self.times <= times[1])
        for number in np.flatnonzero(in_view).tolist():
            width, height = sizes[number].tolist()
            left, top = places[number, 0] - width / 2, places[number, 1] - height / 2
            row, column = divmod(number, TILES)
            context.globalAlpha = 1 if bright[number] else DIMMED
            context.fillStyle = css(self._scatter.means[number].tolist()[:3])
            context.fillRect(left, top, width, height)
            context.drawImage(self._atlas, column * TILE_PX, row * TILE_PX, TILE_PX, TILE_PX, left, top, width, height)
            colour = SELECTED if self.states[number] > 1 else self._colour(number)
            if colour:
                context.strokeStyle = colour
                context.lineWidth = max(photo_px * 0.1, 1.5)
                context.strokeRect(left, top, width, height)
        return canvas.transferToImageBitmap()

    def _colour(self, number: int) -> str:
        red, green, blue, there = self.colours[number].tolist()
        return f"rgb({red} {green} {blue})" if there else ""
