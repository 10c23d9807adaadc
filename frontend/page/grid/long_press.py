"""A finger that rests on a photo selects it, and more as it moves on; while photos are selected, a tap does."""

from pyscript import window

# How long a finger has to rest, and how far it may move meanwhile: as on most phones.
REST_MS = 450
REACH_PX = 10


class LongPress:
    """The fingers on a grid."""

    def __init__(self, grid, drag) -> None:
        """`drag` is the grid's `RangeDrag`."""
        self._drag = drag
        self._timer = 0
        self._begun = (0, 0)
        # Whether the finger that is being lifted has selected, and opens nothing.
        self.has_selected = False
        element = grid.element
        element.addEventListener("pointerdown", self._down)
        element.addEventListener("pointermove", self._move)
        for name in ("pointerup", "pointercancel"):
            element.addEventListener(name, lambda event: window.clearTimeout(self._timer))
        element.addEventListener("contextmenu", self._menu)

    def _down(self, event) -> None:
        window.clearTimeout(self._timer)
        self.has_selected = False
        if event.pointerType != "touch" or not event.isPrimary or not event.target.closest(".card"):
            return
        self._begun = (event.clientX, event.clientY)
        self._timer = window.setTimeout(lambda: self._select(event), REST_MS)

    def _move(self, event) -> None:
        if max(abs(event.clientX - self._begun[0]), abs(event.clientY - self._begun[1])) > REACH_PX:
            window.clearTimeout(self._timer)

    def _select(self, event) -> None:
        self.has_selected = True
        self._drag.begin(event)

    def _menu(self, event) -> None:
        """Keep the browser's own menu for a pressed picture away."""
        if self.has_selected or event.pointerType == "touch":
            event.preventDefault()
