"""
The rectangle on the query photo: drawn, moved and resized with a mouse, a finger or the keyboard.

Its corners can be dragged at once: at first it is the whole photo. A drag moves it from inside, resizes it from a
corner, and draws a new one elsewhere or while it is the whole photo.
"""

from frontend.page.browser.dom import find, hold_pointer
from frontend.page.searching.rectangle import between, moved, opposite, resized

# How far an arrow key moves the rectangle, as a fraction of the photo.
KEY_STEP = 0.02

ARROWS = {"ArrowLeft": (-1, 0), "ArrowRight": (1, 0), "ArrowUp": (0, -1), "ArrowDown": (0, 1)}

WHOLE = (0.0, 0.0, 1.0, 1.0)

# A rectangle that leaves out less, as a fraction of the photo's sides, is the whole photo.
LEAST_LEFT_OUT = 0.02

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
        find("region-whole").addEventListener("click", lambda event: self._end())
        find("query").addEventListener("error", lambda event: self._set_visible(False))
        find("query").addEventListener("load", lambda event: self._set_visible(True))

    def show(self, region: tuple | None) -> None:
        """Show a rectangle, or that the whole photo counts, without calling `on_change`."""
        self._region = region
        element = find("region")
        element.classList.toggle("whole", region is None)
        find("region-whole").hidden = region is None
        for index, name in enumerate(("left", "top", "width", "height")):
            element.style.setProperty(name, f"{100 * (region or WHOLE)[index]:.2f}%")

    def choose(self, region: tuple | None) -> None:
        """Search with a part."""
        self._change(region)

    def _change(self, region: tuple | None) -> None:
        if region and region[2] > 1 - LEAST_LEFT_OUT and region[3] > 1 - LEAST_LEFT_OUT:
            region = None
        if region != self._region:
            self.show(region)
            self._on_change(region)

    def _end(self) -> None:
        self._change(None)
        find("region").focus()

    def _set_visible(self, visible: bool) -> None:
        """Offer no rectangle on a photo that the browser cannot show, such as a TIFF; it is searched with anyway."""
        find("query-frame").classList.toggle("blind", not visible)

    def _down(self, event) -> None:
        if self._drag or event.button or find("query-frame").classList.contains("blind"):
            return
        event.preventDefault()  # Otherwise the browser would drag the photo.
        hold_pointer(find("query-frame"), event)
        point = point_of(event)
        corner = event.target.getAttribute("data-corner")
        if corner:
            self._drag = (opposite(self._region or WHOLE, corner), None)
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
        elif event.key in ARROWS:
            event.preventDefault()  # Otherwise the page would scroll.
            dx, dy = ARROWS[event.key]
            change = resized if event.shiftKey else moved
            self._change(change(self._region or WHOLE, KEY_STEP * dx, KEY_STEP * dy))


def point_of(event) -> tuple:
    """Return where a pointer is on the photo, as fractions; below 0 or above 1 outside of it."""
    box = find("query").getBoundingClientRect()
    return (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height
