"""The names of the islands on the map: of those that stand out from afar, of all from nearer by."""

from frontend.page.browser.dom import find, make
from frontend.page.map.near_photos import placed
from frontend.page.map.spacing import spaced

# From which zoom on small islands have names, too, and from which on none has.
NEARER = 1.9
NEAREST = 7

# How large a name is, in pixels: the least, and the most for one with half of all photos.
LEAST_PX = 13
MOST_PX = 28

# How many names there are at most, from afar and from nearer by.
MOST = 12
MOST_NEARER = 40


class IslandNames:
    """The names, which fade as one zooms."""

    def __init__(self) -> None:
        self._element = find("map-names")
        self._islands = []
        self._count = 0
        self._depth = ""
        # How many pixels a height of the whole map took up when names were chosen.
        self._chosen_for = 0.0

    def show(self, islands: list, count: int) -> None:
        """
        Show names, in the next frame.

        Args:
            islands: [name, x, y, how many photos, whether it is a large one] of each.
            count: How many photos there are in all.
        """
        self._islands = islands
        self._count = count
        self._chosen_for = 0.0

    def clear(self) -> None:
        """Remove all names."""
        self.show([], 0)
        self._element.replaceChildren()

    def follow(self, camera) -> None:
        """Show the names that belong to a look."""
        whole_px = camera.scale / camera.zoom
        if whole_px != self._chosen_for:
            self._chosen_for = whole_px
            self._choose(whole_px, camera.aspect)
        depth = "far" if camera.zoom < NEARER else "near" if camera.zoom < NEAREST else "none"
        if depth != self._depth:
            self._depth = depth
            self._element.dataset.depth = depth

    def _choose(self, whole_px: float, aspect: float) -> None:
        """Choose the names that there is room for while the whole map has this height in pixels."""
        by_count = sorted(self._islands, key=lambda island: -island[3])
        small = [self._sized(island) for island in by_count if not island[4]]
        # Large islands come first; where these are of many kinds and have no name, smaller ones have room for theirs.
        large = [self._sized(island) for island in by_count if island[4]]
        far = spaced(large + small, MOST, whole_px, aspect)
        near = spaced(small, MOST_NEARER, whole_px * NEARER, aspect)
        self._element.replaceChildren(*[item("far", name) for name in far], *[item("near", name) for name in near])

    def _sized(self, island: list) -> tuple:
        """Return (text, x, y, size of the type in pixels) of an island."""
        share = min(2 * island[3] / max(self._count, 1), 1)
        return island[0], island[1], island[2], round(LEAST_PX + (MOST_PX - LEAST_PX) * share**0.5)


def item(depth: str, name: tuple):
    """Make the element of a name."""
    text, x, y, size_px = name
    element = make("li", depth, text)
    element.style.cssText = f"{placed(x, y)};font-size:{size_px}px"
    return element
