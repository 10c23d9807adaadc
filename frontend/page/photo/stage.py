"""
The stage of the lightbox: one photo, fitted by the style, and what mouse, fingers and wheel do to it.

Fitted, a stroke of a finger leads to another photo. Zoomed, dragging moves the photo. Two fingers and the wheel zoom.
"""

from pyscript import window
from pyscript.ffi import to_js

from frontend.page.browser.dom import find, hold_pointer
from frontend.page.photo.zooming import WHOLE, held, most, nearer, stroke, zoomed

# A pointer that moves less clicks.
CLICK_PX = 5

# How much larger a press of a key makes the photo.
KEY_ZOOM = 1.5

# How far the wheel turns to zoom in e times, in pixels; with two fingers on a touchpad, which move less. Guesses.
WHEEL_PX = 400
PINCH_PX = 100

# About how many pixels a line is, where the browser counts the wheel in lines.
LINE_PX = 30


class Stage:
    """The photo that is shown, and where it lies."""

    def __init__(self, on_stroke, on_beside, on_zoomed) -> None:
        """
        Listen to the pointers.

        Args:
            on_stroke: Called with what a finger means: PREVIOUS, NEXT or AWAY.
            on_beside: Called when somebody clicks beside the photo.
            on_zoomed: Called with whether the photo is larger than fitted.
        """
        self._stage, self.frame = find("lightbox-stage"), find("lightbox-frame")
        self._on_stroke = on_stroke
        self._on_beside = on_beside
        self._on_zoomed = on_zoomed
        self._place = WHOLE
        # The size of the photo in pixels.
        self._photo = (1, 1)
        # Pointer -> its point, see `zooming`.
        self._pointers = {}
        # The pointer and the moment, in milliseconds, that a stroke began at.
        self._begun = (0.0, 0.0, 0.0)
        self._dragging = False
        self._listen()

    def _listen(self) -> None:
        stage = self._stage
        stage.addEventListener("pointerdown", self._down)
        stage.addEventListener("pointermove", self._move)
        for name in ("pointerup", "pointercancel"):
            stage.addEventListener(name, self._up)
        stage.addEventListener("wheel", self._wheel, to_js({"passive": False}))
        # Else the browser takes a stroke for the push of a page, which the next tap would only stop.
        stage.addEventListener("touchmove", lambda event: event.preventDefault(), to_js({"passive": False}))
        stage.addEventListener("click", self._clicked)
        stage.addEventListener("dblclick", self._double_clicked)
        observer = window.ResizeObserver.new(lambda entries, observer: self._settle(self._place, smooth=False))
        observer.observe(stage)

    def show(self, element, width: int, height: int, color: str) -> None:
        """Show a photo of this size in pixels, fitted; until its element is loaded, in one color."""
        self._photo = (width, height)
        style = self.frame.style
        style.setProperty("--w", f"{width}px")
        style.setProperty("--ratio", f"{width / height:.5f}")
        style.backgroundColor = color
        self.frame.replaceChildren(element)
        self._pointers = {}
        self._settle(WHOLE, smooth=False)

    def replace(self, element) -> None:
        """Put a sharper element in place of the one that is shown; it has to be decoded."""
        self.frame.replaceChildren(element)

    def clear(self) -> None:
        """Show nothing."""
        self.frame.replaceChildren()
        self._settle(WHOLE, smooth=False)

    @property
    def is_zoomed(self) -> bool:
        """Whether the photo is larger than fitted."""
        return self._place[2] > 1

    def toggle(self, point: tuple = (0.0, 0.0)) -> None:
        """Show a pixel for a pixel around a point, or the whole photo again."""
        zoom = 1.0 if self.is_zoomed else nearer(self._photo, self._fitted(), self._size())
        self._settle(zoomed(self._place, zoom, point), smooth=True)

    def zoom(self, steps: int) -> None:
        """Zoom in, or out with less than 0 steps, around the middle."""
        self._zoom_by(KEY_ZOOM**steps, (0.0, 0.0), smooth=True)

    def fit(self) -> None:
        """Show the whole photo."""
        self._settle(WHOLE, smooth=True)

    def _zoom_by(self, factor: float, point: tuple, smooth: bool) -> None:
        fitted, stage = self._fitted(), self._size()
        zoom = max(1.0, min(self._place[2] * factor, most(self._photo, fitted, stage)))
        self._settle(zoomed(self._place, zoom, point), smooth)

    def _settle(self, place: tuple, smooth: bool) -> None:
        """Show the photo at a place, or as near as its edges let it."""
        self._put(held(place, self._fitted(), self._size()), smooth)

    def _put(self, place: tuple, smooth: bool) -> None:
        was_zoomed = self.is_zoomed
        self._place = place
        self._stage.classList.toggle("smooth", smooth)
        x, y, zoom = place
        self.frame.style.transform = f"translate({x:.2f}px, {y:.2f}px) scale({zoom:.5f})" if place != WHOLE else ""
        if self.is_zoomed != was_zoomed:
            self._stage.classList.toggle("zoomed", self.is_zoomed)
            self._on_zoomed(self.is_zoomed)

    def _down(self, event) -> None:
        if event.button or event.target.closest("button"):
            return
        self._pointers[event.pointerId] = self._point(event)
        if len(self._pointers) == 1:
            self._begun = (event.clientX, event.clientY, event.timeStamp)
            self._dragging = False

    def _move(self, event) -> None:
        if not event.buttons:  # It was lifted outside, before it was a drag.
            self._pointers.pop(event.pointerId, None)
        if event.pointerId not in self._pointers or not (self._dragging or self._begins_to_drag(event)):
            return
        before, now = self._pointers[event.pointerId], self._point(event)
        self._pointers[event.pointerId] = now
        x, y, zoom = self._place
        if len(self._pointers) > 1:
            self._pinch(event.pointerId, before, now)
        elif self.is_zoomed:
            self._settle((x + now[0] - before[0], y + now[1] - before[1], zoom), smooth=False)
        elif event.pointerType == "touch":
            self._put(self._drawn_along(event), smooth=False)

    def _begins_to_drag(self, event) -> bool:
        dx, dy, _ms = self._moved(event)
        self._dragging = max(abs(dx), abs(dy)) > CLICK_PX or len(self._pointers) > 1
        if self._dragging:
            hold_pointer(self._stage, event)
        return self._dragging

    def _drawn_along(self, event) -> tuple:
        """Return where a finger draws a fitted photo: in the direction that it is going to leave in."""
        dx, dy, _ms = self._moved(event)
        return (dx, 0.0, 1.0) if abs(dx) > abs(dy) else (0.0, max(dy, 0.0), 1.0)

    def _pinch(self, pointer: int, before: tuple, now: tuple) -> None:
        other = next(point for number, point in self._pointers.items() if number != pointer)
        x, y, zoom = self._place
        self._place = (x + (now[0] - before[0]) / 2, y + (now[1] - before[1]) / 2, zoom)
        middle = ((now[0] + other[0]) / 2, (now[1] + other[1]) / 2)
        self._zoom_by(max(distance(now, other), 1.0) / max(distance(before, other), 1.0), middle, smooth=False)

    def _up(self, event) -> None:
        alone = len(self._pointers) == 1
        if self._pointers.pop(event.pointerId, None) is None or not self._dragging:
            return
        if alone and event.type == "pointerup" and event.pointerType == "touch" and not self.is_zoomed:
            meant = stroke(*self._moved(event))
            if meant:
                self._on_stroke(meant)
        if not self.is_zoomed:
            self._settle(WHOLE, smooth=True)
        elif self._pointers:  # The finger that is left drags on from where it is, and is no stroke.
            self._begun = (0.0, 0.0, 0.0)

    def _moved(self, event) -> tuple:
        x, y, at_ms = self._begun
        return event.clientX - x, event.clientY - y, event.timeStamp - at_ms

    def _wheel(self, event) -> None:
        event.preventDefault()  # Neither the page below nor the browser's own zoom is meant.
        turned_px = event.deltaY * (LINE_PX if event.deltaMode else 1)
        notch_px = PINCH_PX if event.ctrlKey else WHEEL_PX
        factor = 2.718 ** (-max(-notch_px, min(turned_px, notch_px)) / notch_px)
        self._zoom_by(factor, self._point(event), smooth=False)

    def _clicked(self, event) -> None:
        if not self._dragging and event.target.isSameNode(self._stage) and not self._is_on_photo(event):
            self._on_beside()

    def _is_on_photo(self, event) -> bool:
        """Whether the photo is where somebody clicks: while it grows there, the browser says that nothing is."""
        box = self.frame.getBoundingClientRect()
        return box.left <= event.clientX <= box.right and box.top <= event.clientY <= box.bottom

    def _double_clicked(self, event) -> None:
        if not event.target.closest("button"):
            self.toggle(self._point(event))

    def _point(self, event) -> tuple:
        box = self._stage.getBoundingClientRect()
        return event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2

    def _fitted(self) -> tuple:
        return max(self.frame.offsetWidth, 1), max(self.frame.offsetHeight, 1)

    def _size(self) -> tuple:
        return max(self._stage.clientWidth, 1), max(self._stage.clientHeight, 1)


def distance(one: tuple, other: tuple) -> float:
    """Return how far apart two points are."""
    return ((one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2) ** 0.5
