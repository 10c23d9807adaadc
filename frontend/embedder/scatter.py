"""
The pictures of a map: which of them are shown in a part of it, lie within an outline, or under a pointer.

Pure numpy. All that looks at every picture is done here, so that the page holds only those that it shows.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from frontend.embedder.projection import Positions, project

UNITS: Final = 100_000
"""How many steps of a drawing's coordinates are the side of the map: less than a pixel at the largest zoom."""

ID_BYTES: Final = 16


class Scatter:
    """Pictures and their places on a map; may lose some, and then shows the others as before."""

    def __init__(self, ids: Sequence[str], points: Positions) -> None:
        self._ids = list(ids)
        self._points = points
        self._places = {image_id: number for number, image_id in enumerate(self._ids)}
        self._there = np.ones(len(self._ids), dtype=bool)
        self._shown = np.zeros(len(self._ids), dtype=bool)

    def __len__(self) -> int:
        return int(self._there.sum())

    def thinned(
        self, left: float, top: float, side: float, spacing: tuple[float, float], most: int
    ) -> list[tuple[str, float, float]]:
        """
        Choose the pictures to show in a square part of the map, so that none covers another.

        Those chosen the last time stay if they can, so that little changes while somebody moves the map.

        Args:
            spacing: How far apart two of them are at least, to the side or up and down.
            most: How many there are at most.

        Returns:
            (id, x, y) of each.
        """
        x, y = self._points.T
        dx, dy = spacing
        in_view = self._there & (np.abs(x - left - side / 2) <= side / 2) & (np.abs(y - top - side / 2) <= side / 2)
        left_over = np.concatenate([np.flatnonzero(in_view & self._shown), np.flatnonzero(in_view & ~self._shown)])
        chosen: list[int] = []
        while left_over.size and len(chosen) < most:
            first = left_over[0]
            chosen.append(int(first))
            apart = (np.abs(x[left_over] - x[first]) >= dx) | (np.abs(y[left_over] - y[first]) >= dy)
            apart[0] = False
            left_over = left_over[apart]
        self._shown[:] = False
        self._shown[chosen] = True
        return [(self._ids[number], float(x[number]), float(y[number])) for number in chosen]

    def inside(self, outline: Sequence[tuple[float, float]]) -> list[str]:
        """Return the ids of the pictures within an outline, see `within`."""
        found = self._there & within(self._points, outline)
        return [self._ids[number] for number in np.flatnonzero(found)]

    def nearest(self, x: float, y: float, reach: tuple[float, float]) -> str:
        """Return the id of the picture nearest to a point, at most `reach` to the side or up and down; or ""."""
        distances = np.abs(self._points - [x, y]) / reach
        distances = np.where(self._there, np.hypot(*distances.T), np.inf)
        if not len(distances) or distances.min() > 1:
            return ""
        return self._ids[int(distances.argmin())]

    def forget(self, image_id: str) -> None:
        """Take a picture off the map, if it is on it."""
        if image_id in self._places:
            self._there[self._places[image_id]] = False

    def dots(self, image_ids: Iterable[str] | None = None) -> str:
        """Draw all pictures, or some of them, as the dots of an SVG path: lines of no length with round ends."""
        wanted = self._there
        if image_ids is not None:
            some = np.zeros(len(self._ids), dtype=bool)
            some[[self._places[image_id] for image_id in image_ids if image_id in self._places]] = True
            wanted = wanted & some
        return "".join(f"M{x} {y}h0" for x, y in np.rint(self._points[wanted] * UNITS).astype(int).tolist())


def read_scatter(rows: bytes, dimension: int) -> Scatter:
    """
    Place the pictures of the API's answer to a request for vectors.

    Args:
        rows: For each picture the 16 bytes of its id and `dimension` values of little-endian float16.

    Raises:
        ValueError: These are not whole rows.
    """
    table = np.frombuffer(rows, dtype=[("id", f"V{ID_BYTES}"), ("vector", "<f2", (dimension,))])
    return Scatter([row.tobytes().hex() for row in table["id"]], project(table["vector"]))


def within(points: Positions, outline: Sequence[tuple[float, float]]) -> npt.NDArray[np.bool_]:
    """
    Tell which points lie within a closed outline, by the even-odd rule: (N,) bool.

    Args:
        outline: Its corners. Fewer than three enclose nothing.
    """
    x, y = points.T
    inside = np.zeros(len(points), dtype=bool)
    for (from_x, from_y), (to_x, to_y) in zip(outline, [*outline[1:], *outline[:1]], strict=True):
        if from_y == to_y:
            continue  # Level with the ray from a point to the right: it crosses the neighbours instead.
        crosses = (y < from_y) != (y < to_y)
        inside ^= crosses & (x < from_x + (y - from_y) * ((to_x - from_x) / (to_y - from_y)))
    return inside
