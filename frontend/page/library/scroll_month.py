"""The month that the scroll bar leads to, beside it while it is dragged."""

from pyscript import document, window

from frontend.page.browser.dom import find

# Who scrolls by more screens than this from one drawing to the next drags the scroll bar. A guess.
DRAG_SCREENS = 1.5

# How long the month stays after the last of these.
STAYS_MS = 900


class ScrollMonth:
    """The label beside the scroll bar."""

    def __init__(self) -> None:
        self._scroll_px = 0.0
        self._timer = 0

    def drawn(self, month: str) -> None:
        """Show the month of what was drawn, if the page was scrolled to it from far away."""
        before, self._scroll_px = self._scroll_px, window.scrollY
        dragged = abs(self._scroll_px - before) > DRAG_SCREENS * window.innerHeight
        label = find("month")
        if not month or (label.hidden and not dragged):
            return
        share = self._scroll_px / max(document.documentElement.scrollHeight - window.innerHeight, 1)
        label.textContent = month
        label.style.setProperty("--share", f"{share:.4f}")
        label.hidden = False
        if dragged:
            window.clearTimeout(self._timer)
            self._timer = window.setTimeout(lambda: label.setAttribute("hidden", ""), STAYS_MS)
