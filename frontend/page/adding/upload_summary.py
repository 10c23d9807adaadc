"""How the whole list goes: bar, rate, buttons for all files, and the sentence that screen readers read out."""

from pyscript import window

from frontend.page.adding.upload_counts import UploadCounts
from frontend.page.browser.clock import now_s
from frontend.page.browser.dom import find
from frontend.page.browser.rate import Rate
from frontend.page.wording.numbers import progress

# How long at least between two sentences that are read out while files go through. A guess.
QUIET_MS = 5000


class UploadSummary:
    """What stands above the rows."""

    def __init__(self) -> None:
        self.counts = UploadCounts()
        self._rate = Rate()
        self._told_at = 0.0

    def begin(self) -> None:
        """Start the clock, unless it runs."""
        self._rate.begin(now_s())

    def count(self) -> None:
        """One file less to go."""
        self._rate.count(now_s())

    def clear(self) -> None:
        """Count from zero again."""
        self.counts = UploadCounts()

    def show(self, waiting: list, running: list, failed: list, asking: int, paused: bool) -> None:
        """
        Show how it goes.

        Args:
            waiting: The entries whose turn is still to come; `running` and `failed` likewise.
            asking: How many questions wait for an answer.
            paused: Whether those that wait are not begun until somebody tries again.
        """
        to_go = len(waiting) + len(running)
        if not to_go:
            self._rate.stop()
        over = self.counts.added + self.counts.known + len(failed)
        # For those who wait until all is over, such as tests.
        find("uploads").setAttribute("data-over", str(over))
        self._show_progress(over, to_go)
        find("uploads-cancel").hidden = not to_go
        find("uploads-keep").hidden = asking < 2
        find("uploads-again").hidden = not offers_retry(waiting, failed, paused)
        self._tell(self.counts.text(to_go, len(failed), asking), not to_go)

    def _show_progress(self, over: int, to_go: int) -> None:
        find("uploads-overall").hidden = not to_go
        find("uploads-progress").max = over + to_go or 1
        find("uploads-progress").value = over
        find("uploads-rate").textContent = progress(over, over + to_go, self._rate.per_second(now_s()))

    def _tell(self, text: str, last: bool) -> None:
        """Change what is read out: now and then while files go through, and always at the end."""
        now = window.performance.now()
        if last or now - self._told_at > QUIET_MS:
            self._told_at = now
            find("uploads-summary").textContent = text


def offers_retry(waiting: list, failed: list, paused: bool) -> bool:
    """Tell whether there is a button to try all again: for several files, or where nothing goes on without it."""
    retryable = len([entry for entry in failed if entry.retryable])
    return retryable > 1 or (paused and bool(retryable or waiting))
