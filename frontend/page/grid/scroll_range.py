"""
Maps the scroll position of an element to a list that may be longer than browsers let an element be.

Near both ends a pixel of scrolling is a pixel of the list. In between, dragging the scroll bar goes through the list at
a higher rate, but small movements stay pixel by pixel, as the browser draws them itself. What these add up to is put
right once the page rests: the element is then scrolled to where it would be had one dragged the bar there, and what it
shows moves along, so that nobody sees it. Pure, so that it is tested without a browser.
"""

# Chromium and WebKit cap an element at 33,554,428 px, Firefox at 17,895,697 px. Below 8,388,608 px a 32-bit float, in
# which browsers compute, still tells half pixels apart.
TALLEST_PX = 8_000_000

# How much of the element is mapped pixel by pixel at either end. A guess: some hundred screens, so that nobody gets
# from the middle to an end by small movements without a rest.
END_PX = 500_000

# A movement by more screens than this between two frames is a jump. A pixel of the scroll bar is more than that, even
# on a screen of 2,000 px.
JUMP_SCREENS = 2

# To how many positions one comes back exactly. A guess.
RESTS = 50


class ScrollRange:
    """Where in a list of one length a scroll bar stands. All distances are from the tops of list and element."""

    def __init__(self, list_px: float) -> None:
        self.list_px = list_px
        # How high the element is.
        self.height_px = min(list_px, TALLEST_PX)
        # Whether the list is longer than that.
        self.mapped = list_px > TALLEST_PX
        # How many pixels of the list a pixel of the element stands for between its ends.
        self._rate = 1 + (list_px - self.height_px) / (TALLEST_PX - 2 * END_PX)

    def in_list(self, scroll_px: float) -> float:
        """Return which part of the list the scroll bar stands for; beyond the element, so far beyond the list."""
        return scroll_px + (self._rate - 1) * self._mapped_px(scroll_px)

    def in_element(self, list_px: float) -> float:
        """Return where the scroll bar stands for a part of the list: the way back of `in_list`."""
        beyond_px = min(max(list_px - END_PX, 0), self._rate * (TALLEST_PX - 2 * END_PX))
        return list_px - beyond_px * (1 - 1 / self._rate) if self.mapped else list_px

    def is_at_end(self, scroll_px: float) -> bool:
        """Whether a pixel of scrolling is a pixel of the list here."""
        return not self.mapped or not END_PX < scroll_px < TALLEST_PX - END_PX

    def _mapped_px(self, scroll_px: float) -> float:
        """Return how much of the element between its ends is above a scroll position."""
        return min(max(scroll_px - END_PX, 0), TALLEST_PX - 2 * END_PX) if self.mapped else 0


class ScrolledList:
    """A list that is being scrolled: which part of it is at the top of the window, and where the element is then."""

    def __init__(self) -> None:
        self.range = ScrollRange(0)
        self.scroll_px = 0.0
        # How much further down one is in the list than in the element.
        self.shift_px = 0.0
        self._rests = []

    @property
    def list_px(self) -> float:
        """How far below the list's top the top of the window is; negative if it is above."""
        return self.scroll_px + self.shift_px

    def resize(self, list_px: float) -> None:
        """Take in that the list has another length; what is at the top of the window stays there."""
        self.range = ScrollRange(list_px)
        self._rests = []

    def moved(self, scroll_px: float, screen_px: float, landmark: tuple | None = None) -> None:
        """
        Take in that somebody has scrolled the element.

        Args:
            scroll_px: How far the top of the element is above that of the window now.
            screen_px: The window's height.
            landmark: (scroll, list) positions of an element that is drawn apart from the others, None without one. Who
                jumps to it, as the browser does with what gets the focus, means that part of the list.
        """
        if abs(scroll_px - self.scroll_px) > JUMP_SCREENS * screen_px:
            self.shift_px = self._shift_after_jump(scroll_px, screen_px, landmark)
        self.scroll_px = scroll_px

    def arrived(self, list_px: float, scroll_px: float) -> None:
        """Take in that the element was scrolled to show a part of the list, or as far as the page can be scrolled."""
        reached = abs(self.range.in_element(list_px) - scroll_px) < 1
        exact = reached and not self.range.is_at_end(scroll_px)
        self.shift_px = (list_px if exact else self.range.in_list(scroll_px)) - scroll_px
        self.scroll_px = scroll_px

    def rest(self) -> None:
        """Remember where one is, so that the browser's way back leads there to the pixel."""
        if self.range.mapped:
            self._rests = [(self.scroll_px, self.shift_px)] + self._rests[: RESTS - 1]

    def has_strayed(self) -> bool:
        """Whether the scroll bar stands elsewhere than it should, which is put right at the next rest."""
        return self._astray_px() >= 1

    def must_return(self, screen_px: float) -> bool:
        """Whether that cannot wait: an end of the element is near, or will be soon, which is not one of the list."""
        at_end = self.scroll_px < screen_px or self.scroll_px > self.range.height_px - 2 * screen_px
        return self._astray_px() > END_PX / 2 or (at_end and self.has_strayed())

    def _astray_px(self) -> float:
        return abs(self.range.in_element(self.list_px) - self.scroll_px)

    def _shift_after_jump(self, scroll_px: float, screen_px: float, landmark: tuple | None) -> float:
        for rest_px, shift_px in self._rests:
            if abs(rest_px - scroll_px) < 1:
                return shift_px
        if landmark and abs(landmark[0] - scroll_px) < screen_px:
            return landmark[1] - landmark[0]
        return self.range.in_list(scroll_px) - scroll_px
