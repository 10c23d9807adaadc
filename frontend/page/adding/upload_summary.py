"""How the whole list goes: title, bar, rate, buttons for all files, and the sentence that screen readers read out."""

from pyscript import window

from frontend.page.adding.upload_counts import UploadCounts
from frontend.page.browser.clock import now_s
from frontend.page.browser.dom import find, icon
from frontend.page.browser.rate import Rate
from frontend.page.wording.numbers import progress

# How long at least between two sentences that are read out while files go through. A guess.
QUIET_MS = 5000


class UploadSummary:
    """What stands above the panels of the tray."""

    def __init__(self, tray) -> None:
        self.counts = UploadCounts()
        self._tray = tray
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

    def show(self, state: dict) -> None:
        """
        Show how it goes.

        Args:
            state: `waiting`, the entries whose turn is still to come; `running` and `failed` likewise; `asking`, how
                many look like another and wait for an answer, and `cut`, how many lack their end and do; `skipped`, how
                many files were left out; `stopped`, whether those that wait are not begun until somebody tries again;
                `held`, whether somebody paused them; `reason`, what those that run wait for, or "".
        """
        to_go = len(state["waiting"]) + len(state["running"])
        failed, asking, cut = len(state["failed"]), state["asking"], state["cut"]
        if not to_go:
            self._rate.stop()
        over = self.counts.added + self.counts.known + failed
        # For those who wait until all is over, such as tests.
        find("uploads").setAttribute("data-over", str(over))
        self._show_progress(over, to_go, state)
        self._show_buttons(bool(to_go), state)
        needing = failed + asking + cut
        self._tray.offer("needs", f"{needing:,} {'needs' if needing == 1 else 'need'} you" if needing else "")
        if not to_go and needing:
            self._tray.unfold("needs")
        self._tell(self.counts.text(to_go, failed, asking, cut), not to_go)

    def _show_progress(self, over: int, to_go: int, state: dict) -> None:
        total = over + to_go
        find("uploads-progress").max = total or 1
        find("uploads-progress").value = over if total else 1
        if not to_go:
            say("uploads-title", self.counts.title(state["skipped"]))
            say("uploads-rate", self.counts.rest(0, len(state["failed"]), state["asking"], state["cut"]))
            return
        if state["held"]:
            self._rate.stop()  # Those that have begun go on, and say nothing of the rest.
        parts = progress(over, total, self._rate.per_second(now_s())).split(" · ", 1)
        say("uploads-title", f"{'Paused at' if state['held'] else 'Adding'} {parts[0]}")
        say("uploads-rate", state["reason"] or (parts[1] if len(parts) > 1 else ""))

    def _show_buttons(self, busy: bool, state: dict) -> None:
        self._tray.hide(find("uploads-cancel"), not busy)
        self._tray.hide(find("uploads-pause"), not state["waiting"] and not state["held"])
        self._tray.hide(find("uploads-clear"), busy)
        self._tray.hide(find("uploads-keep"), state["asking"] + state["cut"] < 2)
        self._tray.hide(find("uploads-again"), not offers_retry(state["waiting"], state["failed"], state["stopped"]))
        show_pause(state["held"])

    def _tell(self, text: str, last: bool) -> None:
        """Change what is read out: now and then while files go through, and always at the end."""
        now = window.performance.now()
        if last or now - self._told_at > QUIET_MS:
            self._told_at = now
            find("uploads-summary").textContent = text


def say(element_id: str, text: str) -> None:
    """Write a text, unless it is there: the browser lays out anew what is written."""
    if find(element_id).textContent != text:
        find(element_id).textContent = text


def show_pause(held: bool) -> None:
    """Let the button that pauses do the opposite while it is paused."""
    text = "Resume" if held else "Pause"
    button = find("uploads-pause")
    if button.textContent != text:
        symbol = icon("play" if held else "pause")
        symbol.setAttribute("class", "icon small")
        button.replaceChildren(symbol, text)


def offers_retry(waiting: list, failed: list, stopped: bool) -> bool:
    """Tell whether there is a button to try all again: for several files, or where nothing goes on without it."""
    retryable = len([entry for entry in failed if entry.retryable])
    return retryable > 1 or (stopped and bool(retryable or waiting))
