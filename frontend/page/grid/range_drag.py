"""
Photos are selected by dragging over them: all from the first to the one under the pointer, as they are read.

With a mouse once a photo is selected, or from the tick of one; with a finger that has rested on a photo, see
`LongPress`. Near the upper and lower edge of the window the page scrolls. Who moves back takes back.
"""

from pyscript import document, window
from pyscript.ffi import to_js

from frontend.page.browser.dom import hold_pointer
from frontend.page.grid.edge_scrolling import scroll_px_per_s

# A pointer that moves less clicks.
CLICK_PX = 5


class RangeDrag:
    """The pointer that drags over a grid, if one does."""

    def __init__(self, grid, known, on_mark, on_end) -> None:
        """
        Listen to a grid.

        Args:
            known: The page's `KnownImages`.
            on_mark: Called with images, and whether they are to be selected or no longer.
            on_end: Called with the grid and the indexes where a range begins and ends; not all between may be known.
        """
        self._grid = grid
        self._known = known
        self._on_mark = on_mark
        self._on_end = on_end
        # The event by which a mouse button was pressed on a photo; None once it drags or is lifted.
        self._pressed = None
        # The pointer that drags, None without one, and where it is.
        self._pointer = None
        self._point = (0, 0)
        # The index of the photo where it began, and that of the one under it.
        self._from = self._to = 0
        # Id -> image of those that were selected on the way.
        self._added: dict = {}
        self._frame_ms = 0.0
        element = grid.element
        element.addEventListener("pointerdown", self._down)
        element.addEventListener("pointermove", self._move)
        for name in ("pointerup", "pointercancel"):
            element.addEventListener(name, self._up)
        element.addEventListener("dragstart", self._keep_here)
        # Else the browser scrolls the page with the finger that drags.
        element.addEventListener("touchmove", self._hold_page, to_js({"passive": False}))
        document.addEventListener("scroll", lambda event: self._extend())

    def begin(self, event) -> None:
        """Begin with the photo that a pointer was put on by an event."""
        card = event.target.closest(".card")
        index = self._grid.index_of(card.dataset.id) if card else None
        if index is None:
            return
        # The photo with the focus stays in the document, and with it the finger's touch.
        card.querySelector(".picture").focus(to_js({"preventScroll": True}))
        hold_pointer(self._grid.element, event)
        self._pressed = None
        self._pointer = event.pointerId
        self._point = (event.clientX, event.clientY)
        self._from = self._to = index
        self._added = {}
        self._mark([index], True)
        self._frame_ms = window.performance.now()
        window.requestAnimationFrame(self._scroll)

    def _down(self, event) -> None:
        self._pressed = None
        if event.pointerType == "touch" or event.button != 0 or event.shiftKey or event.target.closest(".hover-bar"):
            return
        if self._known.selected_count or event.target.matches(".select"):
            self._pressed = event

    def _move(self, event) -> None:
        pressed = self._pressed
        if pressed and event.pointerId == pressed.pointerId:
            if not event.buttons:
                self._pressed = None
            elif max(abs(event.clientX - pressed.clientX), abs(event.clientY - pressed.clientY)) > CLICK_PX:
                self.begin(pressed)
        if event.pointerId == self._pointer:
            self._point = (event.clientX, event.clientY)
            self._extend()

    def _up(self, event) -> None:
        self._pressed = None
        if event.pointerId == self._pointer:
            self._pointer = None
            self._on_end(self._grid, self._from, self._to)

    def _keep_here(self, event) -> None:
        """Keep the browser from dragging the photo itself."""
        if self._pressed or self._pointer is not None:
            event.preventDefault()

    def _hold_page(self, event) -> None:
        if self._pointer is not None and event.cancelable:
            event.preventDefault()

    def _extend(self) -> None:
        """Let the range reach to the photo under the pointer."""
        index = self._grid.index_at(*self._point) if self._pointer is not None else None
        if index is None or index == self._to:
            return
        before, now = span(self._from, self._to), span(self._from, index)
        self._to = index
        self._mark([each for each in range(*now) if not before[0] <= each < before[1]], True)
        self._mark([each for each in range(*before) if not now[0] <= each < now[1]], False)

    def _mark(self, indexes: list[int], selecting: bool) -> None:
        """Select the photos at these indexes, or take back that they were."""
        images = []
        for image_id in [self._grid.id_at(index) for index in indexes]:
            if selecting and image_id and self._known.has(image_id) and not self._known.is_selected(image_id):
                self._added[image_id] = self._known.get(image_id)
                images.append(self._added[image_id])
            elif not selecting and image_id in self._added:
                images.append(self._added.pop(image_id))
        if images:
            self._on_mark(images, selecting)

    def _scroll(self, moment_ms: float) -> None:
        """Scroll the page while the pointer is near an edge."""
        if self._pointer is None:
            return
        passed_s = max(moment_ms - self._frame_ms, 0) / 1000
        self._frame_ms = moment_ms
        speed = scroll_px_per_s(self._point[1], window.innerHeight)
        if speed:
            document.documentElement.scrollBy(0, speed * min(passed_s, 0.1))
        window.requestAnimationFrame(self._scroll)


def span(one: int, other: int) -> tuple[int, int]:
    """Return the first of the indexes from one to another, and the first beyond."""
    return min(one, other), max(one, other) + 1
