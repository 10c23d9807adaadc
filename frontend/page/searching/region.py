"""
The picture searched with, and the rectangle on it: drawn, moved and sized with a mouse, a finger or the keyboard.

Drawing begins anywhere on the picture, moving inside the rectangle, sizing at one of its corners.
"""

from frontend.page.browser.dom import find
from frontend.page.searching.rectangle import between, moved, opposite, sized

KEY_STEP = 0.02
"""How far one press of an arrow key goes, as a fraction of the picture."""

ARROWS = {"ArrowLeft": (-1, 0), "ArrowRight": (1, 0), "ArrowUp": (0, -1), "ArrowDown": (0, 1)}

FIRST = (0.25, 0.25, 0.5, 0.5)
"""Where the rectangle begins that is asked for by the button: the middle of the picture."""

A_CLICK = 0.02
"""What is drawn smaller than this, as a fraction of the picture, was a click and draws nothing."""


class Region:
    """The rectangle on the query picture; None while the whole picture is searched with."""

    def __init__(self, on_change) -> None:
        """`on_change` is called with every new rectangle, also while it is being dragged, and with None at its end."""
        self._on_change = on_change
        self.value: tuple | None = None
        self._drag: tuple | None = None
        """Where the pointer began, or the corner that stays, and the rectangle that is moved, None if one is drawn."""
        frame = find("query-frame")
        frame.addEventListener("pointerdown", self._down)
        frame.addEventListener("pointermove", self._move)
        for name in ("pointerup", "pointercancel"):
            frame.addEventListener(name, self._up)
        find("region").addEventListener("keydown", self._key)
        find("region-part").addEventListener("click", lambda event: self._begin())
        find("region-whole").addEventListener("click", lambda event: self._end())
        find("query").addEventListener("error", lambda event: self._see(False))
        find("query").addEventListener("load", lambda event: self._see(True))

    def show(self, region: tuple | None) -> None:
        """Show a rectangle, or none, without telling anybody."""
        self.value = region
        element = find("region")
        element.hidden = region is None
        find("region-whole").hidden = region is None
        find("region-part").hidden = region is not None
        if region:
            for index, name in enumerate(("left", "top", "width", "height")):
                element.style.setProperty(name, f"{100 * region[index]:.2f}%")

    def _change(self, region: tuple | None) -> None:
        if region != self.value:
            self.show(region)
            self._on_change(region)

    def _begin(self) -> None:
        self._change(FIRST)
        find("region").focus()

    def _end(self) -> None:
        self._change(None)
        find("region-part").focus()

    def _see(self, visible: bool) -> None:
        """Offer no drawing on a picture that the browser cannot show, such as a TIFF; the search knows it anyway."""
        find("query-frame").classList.toggle("blind", not visible)
        find("region-part").disabled = not visible

    def _down(self, event) -> None:
        if self._drag or event.button or find("region-part").disabled:
            return
        event.preventDefault()  # Else the browser would begin to drag the picture itself.
        find("query-frame").setPointerCapture(event.pointerId)
        point = point_of(event)
        corner = event.target.getAttribute("data-corner")
        if self.value and corner:
            self._drag = (opposite(self.value, corner), None)
        elif self.value and find("region").contains(event.target):
            self._drag = (point, self.value)
        else:
            self._drag = (point, None)

    def _move(self, event) -> None:
        if not self._drag:
            return
        x, y = point_of(event)
        (from_x, from_y), before = self._drag
        if before:
            self._change(moved(before, x - from_x, y - from_y))
        elif abs(x - from_x) > A_CLICK or abs(y - from_y) > A_CLICK:
            self._change(between(from_x, from_y, x, y))

    def _up(self, event) -> None:
        self._drag = None

    def _key(self, event) -> None:
        """Arrow keys move, with Shift they size, Delete goes back to the whole picture."""
        if event.key in ("Delete", "Backspace"):
            event.preventDefault()
            self._end()
        elif event.key in ARROWS and self.value:
            event.preventDefault()  # Else the page would scroll.
            dx, dy = ARROWS[event.key]
            change = sized if event.shiftKey else moved
            self._change(change(self.value, KEY_STEP * dx, KEY_STEP * dy))


def point_of(event) -> tuple:
    """Return where a pointer is on the picture, as fractions; below 0 or above 1 outside of it."""
    box = find("query").getBoundingClientRect()
    return (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height
