"""
What part of the map is in view: pure, so that it is tested without a browser.

A point of the map is (x, y), from 0 to the map's aspect and from 0 to 1; a point of the stage is in CSS pixels.
"""

# How much of the stage is left free around the whole map.
MARGIN = 0.04

# How much slower photos grow than the map when one zooms in: so those that cover each other come apart.
GROWTH = 0.85

# How much of the map the photos would cover if none covered another, and the longest side of one in heights of the map;
# as the worker has them, see `side_of` in arrangement.py.
FILLED = 0.55
LONGEST = 0.28

# How much of the stage's shorter side a photo takes up at the nearest.
NEAREST = 0.5


class Camera:
    """The point in the middle of the stage, and how far one has zoomed in; 1 shows all of the map."""

    def __init__(self, aspect: float = 1, side: float = 0.1, width: float = 1, height: float = 1) -> None:
        """
        See all of a map.

        Args:
            aspect: The map's width over its height.
            side: Of a photo while all of the map is in view, in heights of the map.
            width: Of the stage, in pixels, as is `height`.
        """
        self.aspect = aspect
        self.side = side
        self.width = width
        self.height = height
        self.fit()

    def fit(self) -> None:
        """See all of the map."""
        self.x = self.aspect / 2
        self.y = 0.5
        self.zoom = 1.0

    def resize(self, width: float, height: float) -> None:
        """Note the size of the stage."""
        self.width = max(width, 1)
        self.height = max(height, 1)
        self.look(self.x, self.y, self.zoom)

    @property
    def scale(self) -> float:
        """How many pixels a height of the map takes up."""
        return self._whole_scale * self.zoom

    @property
    def photo_px(self) -> float:
        """The longer side of a photo in pixels."""
        return self.side * self.scale * self.zoom ** (GROWTH - 1)

    @property
    def furthest_zoom(self) -> float:
        """The zoom at which one photo fills a good part of the stage."""
        at_one = self.side * self._whole_scale
        return max((NEAREST * min(self.width, self.height) / at_one) ** (1 / GROWTH), 1)

    @property
    def shows_all(self) -> bool:
        """Whether all of the map is in view."""
        return self.zoom == 1

    @property
    def is_nearest(self) -> bool:
        """Whether there is no way nearer."""
        return self.zoom >= self.furthest_zoom

    def look(self, x: float, y: float, zoom: float) -> bool:
        """Look at a point from a distance, as far as the map goes; returns whether that is another than before."""
        before = (self.x, self.y, self.zoom)
        self.zoom = max(1.0, min(zoom, self.furthest_zoom))
        self.x = self._within(x, self.aspect, self.width)
        self.y = self._within(y, 1, self.height)
        return before != (self.x, self.y, self.zoom)

    def move(self, dx_px: float, dy_px: float) -> bool:
        """Move what is in view by pixels; returns whether it moved."""
        return self.look(self.x + dx_px / self.scale, self.y + dy_px / self.scale, self.zoom)

    def zoom_at(self, factor: float, x_px: float, y_px: float) -> bool:
        """Zoom in by a factor; the point at these pixels of the stage stays; returns as `look`."""
        x, y = self.point_at(x_px, y_px)
        zoom = max(1.0, min(self.zoom * factor, self.furthest_zoom))
        if zoom == self.zoom:
            return False
        kept = self.zoom / zoom
        return self.look(x + (self.x - x) * kept, y + (self.y - y) * kept, zoom)

    def point_at(self, x_px: float, y_px: float) -> tuple:
        """Return the point of the map at a point of the stage."""
        return self.x + (x_px - self.width / 2) / self.scale, self.y + (y_px - self.height / 2) / self.scale

    def pixel_of(self, x: float, y: float) -> tuple:
        """Return the point of the stage at a point of the map."""
        return (x - self.x) * self.scale + self.width / 2, (y - self.y) * self.scale + self.height / 2

    def box(self) -> tuple:
        """Return (left, top, right, bottom) of what is in view."""
        left, top = self.point_at(0, 0)
        right, bottom = self.point_at(self.width, self.height)
        return left, top, right, bottom

    @property
    def _whole_scale(self) -> float:
        """The scale at which all of the map is in view, with the halves of photos that reach over its edges."""
        whole = min(self.width / (self.aspect + self.side), self.height / (1 + self.side))
        return whole * (1 - 2 * MARGIN)

    def _within(self, middle: float, extent: float, stage_px: float) -> float:
        """Bring a coordinate of the middle to where no more than the margin is free beside the map."""
        half = stage_px / self.scale / 2
        border = self.side / 2 + MARGIN * min(self.aspect, 1)
        if 2 * half >= extent + 2 * border:
            return extent / 2
        return max(half - border, min(middle, extent + border - half))


def side_of(count: int, aspect: float) -> float:
    """Return the side of a photo while all of the map is in view, in heights of the map."""
    return min((FILLED * aspect / max(count, 1)) ** 0.5, LONGEST)


def eased(share: float) -> float:
    """Return how far a movement is when a share of its time is over: fast at first, then slower."""
    return 1 - (1 - share) ** 3


def between(one: tuple, other: tuple, share: float) -> tuple:
    """
    Return the look at a share of the way from one (x, y, zoom) to another.

    The zoom grows by the same factor in the same time, and the point that both have in common stays in place.
    """
    zoom = one[2] * (other[2] / one[2]) ** share
    way = share
    if abs(other[2] - one[2]) > 1e-6 * one[2]:
        way = (1 / zoom - 1 / one[2]) / (1 / other[2] - 1 / one[2])
    return one[0] + (other[0] - one[0]) * way, one[1] + (other[1] - one[1]) * way, zoom
