"""The names of the islands on the map: of the large ones from afar, of the small ones from nearer by."""

from frontend.page.browser.dom import find, make
from frontend.page.map.near_photos import placed
from frontend.page.map.spacing import spaced

# From which zoom on small islands have names instead of large ones, and from which on none has.
NEARER = 1.9
NEAREST = 7

# How large a name is, in pixels: the least, and the most for one with half of all photos.
LEAST_PX = 13
MOST_PX = 28

# How many names there are at most, of large islands and of small ones, and how near they come in heights of the map.
MOST = 14
MOST_SMALL = 40
APART = (0.16, 0.06)
APART_SMALL = (0.08, 0.03)


class IslandNames:
    """The names, which fade as one zooms."""

    def __init__(self) -> None:
        self._element = find("map-names")
        self._depth = ""

    def show(self, islands: list, count: int) -> None:
        """
        Show names.

        Args:
            islands: [name, x, y, how many photos, whether it is a large one] of each, the largest first.
            count: How many photos there are in all.
        """
        large = spaced([island for island in islands if island[4]], MOST, APART)
        small = spaced([island for island in islands if not island[4]], MOST_SMALL, APART_SMALL)
        self._element.replaceChildren(*[self._name(island, count) for island in large + small])

    def clear(self) -> None:
        """Remove all names."""
        self._element.replaceChildren()

    def follow(self, zoom: float) -> None:
        """Show the names that belong to a zoom."""
        depth = "far" if zoom < NEARER else "near" if zoom < NEAREST else "none"
        if depth != self._depth:
            self._depth = depth
            self._element.dataset.depth = depth

    def _name(self, island: list, count: int):
        name, x, y, photos, is_large = island
        size_px = LEAST_PX + (MOST_PX - LEAST_PX) * min((2 * photos / max(count, 1)) ** 0.5, 1)
        item = make("li", "far" if is_large else "near", name)
        item.style.cssText = f"{placed(x, y)};font-size:{size_px:.0f}px"
        return item
