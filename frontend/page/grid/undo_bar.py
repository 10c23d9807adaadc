"""
The bar that offers to undo what was done last.

What cannot be undone is held back meanwhile: it is carried out when the time to undo is over, at the press of a button,
or when something else is done. When the page is left before that, the bar does neither: whoever offered it sees to it.
"""

from pyscript import document, window

from frontend.page.browser.dom import find

# How long something can be undone: as long as a notice is shown, enough to see a slip. A guess.
GRACE_MS = 8000


class UndoBar:
    """One bar for the whole page. Only what was done last can be undone."""

    def __init__(self) -> None:
        # What carries out, and what takes back, that which is offered to be undone; None while nothing is.
        self._carry_out = None
        self._take_back = None
        self._timer = 0
        find("undo").addEventListener("click", lambda event: self.undo())
        find("delete-now").addEventListener("click", lambda event: self.settle())
        document.defaultView.addEventListener("pagehide", lambda event: self._take())

    def offer(self, text: str, carry_out, take_back, now: str = "Delete now") -> None:
        """
        Offer to undo something, after carrying out what was offered before.

        Args:
            text: What was done, in a sentence.
            carry_out: Called, if at all, once, when it cannot be undone any more.
            take_back: Called in place of that when it is undone.
            now: What the button says that does not wait.
        """
        self.settle()
        self._carry_out, self._take_back = carry_out, take_back
        find("undo-text").textContent = text
        find("delete-now").textContent = now
        find("undo-bar").hidden = False
        self._timer = window.setTimeout(self.settle, GRACE_MS)

    def undo(self) -> None:
        """Take back what was done last, unless its time is over."""
        take_back = self._take()[1]
        if take_back:
            take_back()

    def settle(self) -> None:
        """Carry out now what could still be undone."""
        carry_out = self._take()[0]
        if carry_out:
            carry_out()

    def _take(self) -> tuple:
        """Take what is offered, so that nothing else happens to it."""
        taken = self._carry_out, self._take_back
        self._carry_out = self._take_back = None
        window.clearTimeout(self._timer)
        bar = find("undo-bar")
        has_focus = bar.contains(document.activeElement)
        bar.hidden = True
        if has_focus:  # It would fall to the body.
            find(document.body.dataset.view).focus({"preventScroll": True})
        return taken
