"""The lasso: a freehand outline on the map, shown while it is drawn, that selects what is inside."""

from frontend.page.browser.dom import find

# The least distance between corners, so that there are some hundreds.
STEP_PX = 4


class Lasso:
    """The outline that is being drawn, if any, in pixels of the stage."""

    def __init__(self, on_end) -> None:
        """`on_end` is called with the corners of an outline."""
        self._on_end = on_end
        self._corners = []
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
        """Begin an outline at a point."""
        self._drawing = ""
        self._add(point)

    def extend(self, point: tuple) -> None:
        """Continue the outline to a point, unless that is hardly away from the last."""
        last = self._corners[-1]
        if abs(point[0] - last[0]) + abs(point[1] - last[1]) > STEP_PX:
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
        self._corners.append(point)
        self._drawing += f" {point[0]:.0f},{point[1]:.0f}"
        find("map-lasso").setAttribute("points", self._drawing)
