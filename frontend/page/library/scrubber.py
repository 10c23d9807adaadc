"""
The scrubber at the right edge: the whole library on the height of the window, to go to any month by dragging.

It is there for mouse and finger, and hidden from screen readers: keys lead through the photos themselves.
"""

from pyscript import window

from frontend.page.browser.dom import find, hold_pointer, make
from frontend.page.library.scrub_marks import marks

# Libraries of fewer screens need none.
LEAST_SCREENS = 3

# Who scrolls by more screens than this from one drawing to the next drags the browser's own scroll bar. A guess.
DRAG_SCREENS = 1.5

# How long the handle stays after the last movement, and the month after the last far one.
STAYS_MS = 1500
MONTH_STAYS_MS = 900


class Scrubber:
    """The rail with its handle, the years beside it, and the month that the pointer or the scroll bar leads to."""

    def __init__(self, grid) -> None:
        """`grid` is the library's `WindowGrid`."""
        self._grid = grid
        self._rail = find("scrubber")
        self._handle = find("scrubber-handle")
        # (count, name) of each month in the order of the list.
        self._months: list = []
        # What the marks were made for.
        self._marked: tuple = ()
        # The pointer that drags, None without one, and how far below the middle of the handle it holds that.
        self._pointer = None
        self._grip_px = 0.0
        # How far the library was scrolled when it was drawn last; None before.
        self._scrolled_px: float | None = None
        self._timers: dict = {}
        for name, heard in (
            ("pointerdown", self._down),
            ("pointermove", self._move),
            ("pointerup", self._up),
            ("pointercancel", self._up),
            ("pointerenter", lambda event: self._mark()),
            ("pointerleave", lambda event: self._show_place()),
        ):
            self._rail.addEventListener(name, heard)

    def set_months(self, months: list) -> None:
        """Take in (count, name) of each month of the list; none where it is not sorted by time."""
        self._months = months

    def drawn(self) -> None:
        """Follow the library, which was drawn."""
        here = self._grid.scrolled_px
        before, self._scrolled_px = self._scrolled_px, here
        self._rail.hidden = self._grid.screens < LEAST_SCREENS
        if self._rail.hidden or before is None or before == here:
            return
        self._stay("seen", STAYS_MS)
        if abs(here - before) > DRAG_SCREENS * window.innerHeight:
            self._stay("told", MONTH_STAYS_MS)
        self._show_place()

    def _show_place(self) -> None:
        """Let handle and month say where the library is scrolled to."""
        share = self._grid.share
        self._handle.style.setProperty("--share", f"{share:.4f}")
        if self._pointer is None and not self._rail.matches(":hover"):
            self._tell(share, self._grid.top_heading())

    def _tell(self, share: float, month: str) -> None:
        label = find("month")
        label.style.setProperty("--told", f"{share:.4f}")
        if label.textContent != month:
            label.textContent = month

    def _stay(self, name: str, for_ms: int) -> None:
        """Give the rail a class for a while."""
        self._rail.classList.add(name)
        window.clearTimeout(self._timers.get(name, 0))
        self._timers[name] = window.setTimeout(lambda: self._rail.classList.remove(name), for_ms)

    def _down(self, event) -> None:
        if event.button != 0:
            return
        event.preventDefault()
        box = self._handle.getBoundingClientRect()
        held = event.target.closest(".scrubber-handle")
        self._grip_px = event.clientY - box.top - box.height / 2 if held else 0.0
        self._pointer = event.pointerId
        hold_pointer(self._handle, event)
        self._rail.classList.add("held")
        self._mark()
        if not held:
            self._go(event)

    def _move(self, event) -> None:
        if event.pointerId == self._pointer:
            self._go(event)
        elif self._pointer is None and event.pointerType == "mouse":
            share = self._share_at(event)
            self._tell(share, self._grid.heading_at_share(share))

    def _up(self, event) -> None:
        if event.pointerId == self._pointer:
            self._pointer = None
            self._rail.classList.remove("held")
            self._stay("seen", STAYS_MS)

    def _go(self, event) -> None:
        share = self._share_at(event)
        self._grid.go_to_share(share)
        self._handle.style.setProperty("--share", f"{share:.4f}")
        self._tell(share, self._grid.heading_at_share(share))

    def _share_at(self, event) -> float:
        """Return how far down the list the pointer leads, from 0 to 1."""
        box, handle_px = self._rail.getBoundingClientRect(), self._handle.offsetHeight
        way_px = max(box.height - handle_px, 1)
        return min(max((event.clientY - self._grip_px - box.top - handle_px / 2) / way_px, 0), 1)

    def _mark(self) -> None:
        """Put years or months beside the rail."""
        height_px = self._rail.clientHeight - self._handle.offsetHeight
        wanted = (height_px, self._grid.count, self._months)
        if wanted == self._marked:
            return
        self._marked = wanted
        places, first = [], 0
        for count, name in self._months:
            places.append((self._grid.share_of(min(first, self._grid.count - 1)), name))
            first += count
        made = []
        for share, text in marks(places, height_px):
            mark = make("li", "" if text else "dot", text)
            mark.style.setProperty("--at", f"{share:.4f}")
            made.append(mark)
        find("scrubber-marks").replaceChildren(*made)
