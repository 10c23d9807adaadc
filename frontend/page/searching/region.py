"""
The rectangle on the query photo: drawn, moved and resized with a mouse, a finger or the keyboard.

A drag draws a new one where there is none, moves it from inside, and resizes it from a corner.
"""

from frontend.page.browser.dom import find
from frontend.page.searching.rectangle import between, moved, opposite, resized

# How far an arrow key moves the rectangle, as a fraction of the photo.
KEY_STEP = 0.02

ARROWS = {"ArrowLeft": (-1, 0), "ArrowRight": (1, 0), "ArrowUp": (0, -1), "ArrowDown": (0, 1)}

# Where the button puts the rectangle: in the middle of the photo.
FIRST = (0.25, 0.25, 0.5, 0.5)

# A drag shorter than this, as a fraction of the photo, is a click and draws nothing.
CLICK = 0.02


class Region:
    """The rectangle, if only a part of the query photo is searched with."""

    def __init__(self, on_change) -> None:
        """`on_change` is called with every new rectangle, also during a drag, and with None once there is none."""
        self._on_change = on_change
        self._region: tuple | None = None
        # While a pointer drags: the point that stays or was grabbed, and the rectangle that is moved or None.
        self._drag: tuple | None = None
        frame = find("query-frame")
        frame.addEventListener("pointerdown", self._down)
        frame.addEventListener("pointermove", self._move)
        for name in ("pointerup", "pointercancel"):
            frame.addEventListener(name, self._up)
        find("region").addEventListener("keydown", self._key)
        find("region-part").addEventListener("click", lambda event: self._begin())
        find("region-whole").addEventListener("click", lambda event: self._end())
        find("query").addEventListener("error", lambda event: self._set_visible(False))
        find("query").addEventListener("load", lambda event: self._set_visible(True))

    def show(self, region: tuple | None) -> None:
        """Show a rectangle, or none, without calling `on_change`."""
        self._region = region
        element = find("region")
        element.hidden = region is None
        find("region-whole").hidden = region is None
        find("region-part").hidden = region is not None
        if region:
            for index, name in enumerate(("left", "top", "width", "height")):
                element.style.setProperty(name, f"{100 * region[index]:.2f}%")

    def _change(self, region: tuple | None) -> None:
        if region != self._region:
            self.show(region)
            self._on_change(region)

    def _begin(self) -> None:
        self._change(FIRST)
        find("region").focus()

    def _end(self) -> None:
        self._change(None)
        find("region-part").focus()

    def _set_visible(self, visible: bool) -> None:
        """Offer no rectangle on a photo that the browser cannot show, such as a TIFF; it is searched with anyway."""
        find("query-frame").classList.toggle("blind", not visible)
        find("region-part").disabled = not visible

    def _down(self, event) -> None:
        if self._drag or event.button or find("region-part").disabled:
            return
        event.preventDefault()  # Otherwise the browser would drag the photo.
        find("query-frame").setPointerCapture(event.pointerId)
        point = point_of(event)
        corner = event.target.getAttribute("data-corner")
        if self._region and corner:
            self._drag = (opposite(self._region, corner), None)
        elif self._region and find("region").contains(event.target):
            self._drag = (point, self._region)
        else:
            self._drag = (point, None)

    def _move(self, event) -> None:
        if not self._drag:
            return
        x, y = point_of(event)
        (from_x, from_y), before = self._drag
        if before:
            self._change(moved(before, x - from_x, y - from_y))
        elif abs(x - from_x) > CLICK or abs(y - from_y) > CLICK:
            self._change(between(from_x, from_y, x, y))

    def _up(self, event) -> None:
        self._drag = None

    def _key(self, event) -> None:
        """Move by arrow keys, resize by them with Shift, go back to the whole photo by Delete."""
        if event.key in ("Delete", "Backspace"):
            event.preventDefault()
            self._end()
        elif event.key in ARROWS and self._region:
            event.preventDefault()  # Otherwise the page would scroll.
            dx, dy = ARROWS[event.key]
            change = resized if event.shiftKey else moved
            self._change(change(self._region, KEY_STEP * dx, KEY_STEP * dy))


def point_of(event) -> tuple:
    """Return where a pointer is on the photo, as fractions; below 0 or above 1 outside of it."""
    box = find("query").getBoundingClientRect()
    return (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height
