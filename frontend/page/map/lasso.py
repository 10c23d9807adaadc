"""A freehand outline on the map: while it is drawn, a line is shown; when it ends, somebody is told its corners."""

from frontend.page.browser.dom import find
from frontend.page.map.viewport import place_of

STEP = 0.004
"""How far apart corners are at least, as a fraction of what is seen: a few pixels. That makes some hundreds."""

UNITS = 100_000
"""The side of the drawing, as the worker has it."""


class Outline:
    """The outline that is being drawn, if any."""

    def __init__(self, view_of, on_end) -> None:
        """`view_of()` says what part of the map is seen; `on_end` gets the corners, as points of the map."""
        self._view_of = view_of
        self._on_end = on_end
        self._corners = []
        self._last = (0, 0)
        self._drawing = ""
        find("map-select").addEventListener("click", lambda event: self.choose(not self.chosen))

    @property
    def chosen(self) -> bool:
        """Whether people select now, rather than move and open."""
        return find("map-select").getAttribute("aria-pressed") == "true"

    def choose(self, wanted: bool) -> None:
        """Select from now on, or not."""
        find("map-select").setAttribute("aria-pressed", str(wanted).lower())
        find("map-stage").classList.toggle("selecting", wanted)

    @property
    def begun(self) -> bool:
        """Whether one is being drawn."""
        return bool(self._corners)

    def wanted(self, event) -> bool:
        """Whether a drag draws an outline: Shift does so once."""
        return self.chosen or event.shiftKey

    def begin(self, point: tuple) -> None:
        """Begin at a point, given as fractions of what is seen."""
        self._drawing = ""
        self._add(point)

    def grow(self, point: tuple) -> None:
        """Go on to a point, unless it is hardly away from the last."""
        if abs(point[0] - self._last[0]) + abs(point[1] - self._last[1]) > STEP:
            self._add(point)

    def end(self) -> None:
        """Close the outline."""
        corners = self._corners
        self.give_up()
        self._on_end(corners)

    def give_up(self) -> None:
        """Draw no more, and forget what was drawn."""
        self._corners = []
        find("map-outline").setAttribute("points", "")

    def _add(self, point: tuple) -> None:
        self._last = point
        x, y = place_of(self._view_of(), point[0], point[1])
        self._corners.append((x, y))
        self._drawing += f" {x * UNITS:.0f},{y * UNITS:.0f}"
        find("map-outline").setAttribute("points", self._drawing)
