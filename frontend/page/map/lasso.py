"""The lasso: a freehand outline on the map, shown while it is drawn, that selects what is inside."""

from frontend.page.browser.dom import find
from frontend.page.map.viewport import point_at

# The least distance between corners, as a fraction of the viewport: a few pixels, so that there are some hundreds.
STEP = 0.004

# The side of the drawing, as the worker has it.
UNITS = 100_000


class Lasso:
    """The outline that is being drawn, if any."""

    def __init__(self, viewport_of, on_end) -> None:
        """`viewport_of()` returns the part of the map in view; `on_end` is called with corners as points of the map."""
        self._viewport_of = viewport_of
        self._on_end = on_end
        self._corners = []
        self._last = (0, 0)
        self._drawing = ""
        find("map-select").addEventListener("click", lambda event: self.switch(not self.is_on))

    @property
    def is_on(self) -> bool:
        """Whether drags and clicks select, rather than move the map and open photos."""
        return find("map-select").getAttribute("aria-pressed") == "true"

    def switch(self, on: bool) -> None:
        """Let drags and clicks select from now on, or not."""
        find("map-select").setAttribute("aria-pressed", str(on).lower())
        find("map-stage").classList.toggle("selecting", on)

    @property
    def is_drawing(self) -> bool:
        """Whether an outline is being drawn."""
        return bool(self._corners)

    def applies_to(self, event) -> bool:
        """Whether this drag or click selects: always while switched on, otherwise with Shift."""
        return self.is_on or event.shiftKey

    def begin(self, point: tuple) -> None:
        """Begin an outline at a point, given as fractions of the viewport."""
        self._drawing = ""
        self._add(point)

    def extend(self, point: tuple) -> None:
        """Continue the outline to a point, unless that is hardly away from the last."""
        if abs(point[0] - self._last[0]) + abs(point[1] - self._last[1]) > STEP:
            self._add(point)

    def end(self) -> None:
        """Close the outline, and report it."""
        corners = self._corners
        self.cancel()
        self._on_end(corners)

    def cancel(self) -> None:
        """Drop the outline."""
        self._corners = []
        find("map-lasso").setAttribute("points", "")

    def _add(self, point: tuple) -> None:
        self._last = point
        x, y = point_at(self._viewport_of(), point[0], point[1])
        self._corners.append((x, y))
        self._drawing += f" {x * UNITS:.0f},{y * UNITS:.0f}"
        find("map-lasso").setAttribute("points", self._drawing)
