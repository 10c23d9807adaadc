"""
The files of the list one by one, behind *Details*: what happens to each, in the order in which they were added.

A row stays where it is while its file waits, is sent and is done, so that nobody who reads loses the line. Changes are
collected, and shown when `show` is called: with each change of the page the browser lays it out and paints it anew, and
ten changes for each of four files a second would keep it from everything else.
"""

from frontend.page.adding.upload_entry import ASKING, DONE, FAILED
from frontend.page.browser.dom import find, make
from frontend.page.wording.numbers import counted

# Guesses: enough to see that it goes on, few enough that hundreds of files cost the page nothing.
WAITING_SHOWN = 5
MOST_ROWS = 40
FEWEST_ROWS = 20


class UploadRows:
    """Gives entries their rows, and takes them away."""

    def __init__(self, on_cancel, on_change) -> None:
        """`on_cancel` is called with an entry; `on_change` when there is something to show."""
        self._on_cancel = on_cancel
        self._on_change = on_change
        self._rows: dict = {}
        self._to_add: list = []
        self._folded = 0

    def add(self, entry) -> None:
        """Have a row for an entry from now on."""
        if entry not in self._rows and entry not in self._to_add:
            self._to_add.append(entry)
        self._on_change()

    def redraw(self, entry) -> None:
        """Have an entry shown as it is by then, if it has a row."""
        if entry in self._rows:
            self._rows[entry].drawn = False
            self._on_change()

    def drop(self, entry) -> None:
        """Take an entry's row off the page."""
        if entry in self._to_add:
            self._to_add.remove(entry)
        if entry in self._rows:
            self._rows.pop(entry).element.remove()

    def show(self, waiting: list) -> None:
        """Show all that has changed, and the next of those that wait below those that have begun."""
        to_add, self._to_add = self._to_add, []
        for entry in to_add + waiting[:WAITING_SHOWN]:
            if entry not in self._rows and not entry.cancelled:
                self._rows[entry] = UploadRow(entry, self._on_cancel)
                find("upload-rows").append(self._rows[entry].element)
        self._fold()
        for row in self._rows.values():
            if not row.drawn:
                row.draw()
        say_count("uploads-folded", self._folded, "done before these")
        say_count("uploads-waiting", max(len(waiting) - WAITING_SHOWN, 0), "waiting after these")

    def clear(self) -> None:
        """Take away all that are over."""
        for entry in [entry for entry in self._rows if entry.over()]:
            self.drop(entry)
        self._to_add = [entry for entry in self._to_add if not entry.over()]
        self._folded = 0
        say_count("uploads-folded", 0, "")

    def _fold(self) -> None:
        """Take the rows of files that are long done away, many at a time, as that moves the others."""
        if len(self._rows) <= MOST_ROWS:
            return
        done = [entry for entry in self._rows if entry.state == DONE]
        for entry in done[: len(self._rows) - FEWEST_ROWS]:
            self.drop(entry)
            self._folded += 1


def say_count(element_id: str, count: int, what: str) -> None:
    """Say how many files have no row; hide the sentence if there are none."""
    find(element_id).hidden = not count
    find(element_id).textContent = f"{counted(count, 'file', 'files')} {what}" if count else ""


class UploadRow:
    """The elements of one entry."""

    def __init__(self, entry, on_cancel) -> None:
        self.drawn = False
        """Whether it shows the entry as it is now."""
        self._entry = entry
        name = entry.name
        self._bar = make("progress", max="1", aria_label=f"Sending {name}")
        self._text = make("span", "stage")
        self._cancel = make("button", "quiet plain", "Cancel", type="button", aria_label=f"Cancel {name}")
        self._cancel.addEventListener("click", lambda event: on_cancel(entry))
        self.element = make("li", "upload")
        self.element.append(make("span", "name", name, title=name), self._bar, self._text, self._cancel)

    def draw(self) -> None:
        """Show the entry as it is now."""
        self.drawn = True
        entry = self._entry
        state = {DONE: "over done", ASKING: "over done asking", FAILED: "over failed"}.get(entry.state, entry.state)
        self.element.className = f"upload {state}"
        self._text.textContent = entry.text
        self._bar.value = entry.fraction
        self._cancel.hidden = entry.over() or entry.registering
