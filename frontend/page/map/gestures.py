"""
Turns mouse, fingers and keys on the map into moves, zooms and lassos, in pixels of the stage.

One pointer drags, or draws a lasso while that is switched on; two pinch; the wheel and a double click zoom.
"""

from pyscript.ffi import to_js

from frontend.page.browser.dom import find, hold_pointer

# A pointer that moves less clicks.
CLICK_PX = 5

# How far an arrow key moves the map, as a fraction of the stage.
KEY_STEP = 0.15

KEY_ZOOM = 1.6

ARROWS = {"ArrowLeft": (-1, 0), "ArrowRight": (1, 0), "ArrowUp": (0, -1), "ArrowDown": (0, 1)}

# How far the wheel turns, in pixels, to zoom in e times. A guess: some five notches of a mouse.
WHEEL_PX = 400

# About how many pixels a line is, where the browser counts the wheel in lines.
LINE_PX = 30


class Gestures:
    """The pointers on the map, and what they are doing."""

    def __init__(self, stage, lasso, on_move, on_zoom, on_glide, on_fit) -> None:
        """
        Listen to an element.

        Args:
            lasso: The `Lasso`, drawn by drags that it applies to.
            on_move: Called with how far to move the map.
            on_zoom: Called with a factor and the point that stays in place.
            on_glide: As `on_zoom`, for a step that is to be seen as a movement; without a point, the middle stays.
            on_fit: Called to show all of the map.
        """
        self._stage = stage
        self._on_move = on_move
        self._on_zoom = on_zoom
        self._on_glide = on_glide
        self._on_fit = on_fit
        self._lasso = lasso
        self._pointers = {}
        self._begun = (0, 0)
        self._dragging = False
        stage.addEventListener("pointerdown", self._down)
        stage.addEventListener("pointermove", self._move)
        for name in ("pointerup", "pointercancel"):
            stage.addEventListener(name, self._up)
        stage.addEventListener("wheel", self._wheel, to_js({"passive": False}))
        stage.addEventListener("keydown", self._key)
        # Otherwise the browser would drag a photo.
        stage.addEventListener("dragstart", lambda event: event.preventDefault())
        find("map-in").addEventListener("click", lambda event: on_glide(KEY_ZOOM))
        find("map-out").addEventListener("click", lambda event: on_glide(1 / KEY_ZOOM))
        find("map-fit").addEventListener("click", lambda event: on_fit())

    @property
    def dragged(self) -> bool:
        """Whether the click that is being handled is only the end of a drag."""
        return self._dragging

    @property
    def is_busy(self) -> bool:
        """Whether a pointer is down."""
        return bool(self._pointers)

    def point(self, event) -> tuple:
        """Return where a pointer is on the stage, in pixels."""
        box = self._stage.getBoundingClientRect()
        return event.clientX - box.left, event.clientY - box.top

    def _down(self, event) -> None:
        if event.button:
            return
        self._pointers[event.pointerId] = self.point(event)
        if len(self._pointers) == 1:
            self._begun = (event.clientX, event.clientY)
            self._dragging = False
        else:
            self._lasso.cancel()

    def _move(self, event) -> None:
        if not event.buttons:  # It was released outside of the map, before it was a drag.
            self._pointers.pop(event.pointerId, None)
        if event.pointerId not in self._pointers:
            return
        if not self._dragging and not self._drag(event):
            return
        before = self._pointers[event.pointerId]
        now = self.point(event)
        if len(self._pointers) > 1:
            self._pinch(event.pointerId, before, now)
        elif self._lasso.is_drawing:
            self._lasso.extend(now)
        else:
            self._on_move(before[0] - now[0], before[1] - now[1])
        self._pointers[event.pointerId] = now

    def _drag(self, event) -> bool:
        """Begin to drag, or to draw the lasso, once a pointer is far enough from where it began."""
        far = max(abs(event.clientX - self._begun[0]), abs(event.clientY - self._begun[1])) > CLICK_PX
        if far or len(self._pointers) > 1:
            self._dragging = True
            hold_pointer(self._stage, event)
            if len(self._pointers) == 1 and self._lasso.applies_to(event):
                self._lasso.begin(self._pointers[event.pointerId])
        return self._dragging

    def _pinch(self, pointer: int, before: tuple, now: tuple) -> None:
        other = next(point for number, point in self._pointers.items() if number != pointer)
        factor = max(distance(now, other), 10) / max(distance(before, other), 10)
        self._on_move((before[0] - now[0]) / 2, (before[1] - now[1]) / 2)
        self._on_zoom(factor, (now[0] + other[0]) / 2, (now[1] + other[1]) / 2)

    def _up(self, event) -> None:
        if self._pointers.pop(event.pointerId, None) and self._lasso.is_drawing:
            if event.type == "pointerup":
                self._lasso.end()
            else:
                self._lasso.cancel()

    def _wheel(self, event) -> None:
        """Zoom where the pointer is."""
        event.preventDefault()  # The map fills the page: there is nothing to scroll.
        turned = event.deltaY * (LINE_PX if event.deltaMode else 1)
        x, y = self.point(event)
        self._on_zoom(2.718 ** (-max(-WHEEL_PX, min(turned, WHEEL_PX)) / WHEEL_PX), x, y)

    def _key(self, event) -> None:
        if event.ctrlKey or event.altKey or event.metaKey:
            return
        if event.key in ARROWS:
            dx, dy = ARROWS[event.key]
            box = self._stage.getBoundingClientRect()
            self._on_move(KEY_STEP * dx * box.width, KEY_STEP * dy * box.height)
        elif event.key in ("+", "="):
            self._on_glide(KEY_ZOOM)
        elif event.key in ("-", "_"):
            self._on_glide(1 / KEY_ZOOM)
        elif event.key in ("0", "Home"):
            self._on_fit()
        elif event.key == "Escape" and self._lasso.is_drawing:
            event.stopPropagation()  # The selection stays.
            self._lasso.cancel()
        else:
            return
        event.preventDefault()  # Otherwise the page would scroll.


def distance(one: tuple, other: tuple) -> float:
    """Return how far apart two points are."""
    return ((one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2) ** 0.5
