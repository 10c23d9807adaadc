"""A finger that rests on a photo selects it; while photos are selected, a tap does."""

from pyscript import window

from frontend.page.grid.cards import SELECT

# How long a finger has to rest, and how far it may move meanwhile: as on most phones.
REST_MS = 450
REACH_PX = 10


class LongPress:
    """The fingers on a grid."""

    def __init__(self, grid, on_action) -> None:
        """`on_action` is called as by `photo_keys.listen`."""
        self._grid = grid
        self._on_action = on_action
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
        card = event.target.closest(".card")
        if event.pointerType != "touch" or not event.isPrimary or not card:
            return
        self._begun = (event.clientX, event.clientY)
        image_id = card.dataset.id
        self._timer = window.setTimeout(lambda: self._select(image_id), REST_MS)

    def _move(self, event) -> None:
        if max(abs(event.clientX - self._begun[0]), abs(event.clientY - self._begun[1])) > REACH_PX:
            window.clearTimeout(self._timer)

    def _select(self, image_id: str) -> None:
        self.has_selected = True
        self._on_action(SELECT, image_id, self._grid, False)

    def _menu(self, event) -> None:
        """Keep the browser's own menu for a pressed picture away."""
        if self.has_selected or event.pointerType == "touch":
            event.preventDefault()
