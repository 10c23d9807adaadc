"""
The list of uploads on the page: as many rows as people can use, and the number of the others.

What asks for somebody comes first and always has a row; then what runs, the next that wait, and the last that are done.
Changes are collected, and shown when `show` is called: with each change of the page the browser lays it out and paints
it anew, and ten changes for each of four files a second would keep it from everything else.
"""

from pyscript import window

from frontend.page.adding.upload_entry import ASKING, DONE, FAILED, RUNNING, WAITING
from frontend.page.browser.dom import find, make
from frontend.page.wording.numbers import counted

# Guesses: enough to see that it goes on, few enough that hundreds of files cost the page nothing.
WAITING_SHOWN = 5
DONE_SHOWN = 20

# State of an entry -> the id of the list that has its row.
LISTS = {ASKING: "upload-problems", FAILED: "upload-problems", RUNNING: "upload-rows", DONE: "upload-done"}


class UploadRows:
    """Gives entries their rows, and takes them away."""

    def __init__(self, actions: dict, on_change) -> None:
        """
        Args:
            actions: What the buttons do, each called with the entry: `cancel`, `retry`, `keep`, `remove`.
            on_change: Called when there is something to show.
        """
        self._actions = actions
        self._on_change = on_change
        self._rows = {}
        self._to_place = []
        self._done = []
        self._folded = 0

    def place(self, entry) -> None:
        """Have an entry shown in the list that it belongs to by then."""
        if entry in self._to_place:
            self._to_place.remove(entry)
        self._to_place.append(entry)
        self._on_change()

    def redraw(self, entry) -> None:
        """Have an entry shown as it is by then, if it has a row."""
        if entry in self._rows:
            self._rows[entry].drawn = False
            self._on_change()

    def drop(self, entry) -> None:
        """Take an entry's row off the page."""
        if entry in self._rows:
            self._rows.pop(entry).element.remove()

    def show(self, waiting: list) -> None:
        """Show all that has changed, and the next of those that wait behind those that run."""
        to_place, self._to_place = self._to_place, []
        for entry in to_place:
            if entry.state != WAITING and not entry.cancelled:
                self._place(entry)
        self._show_waiting(waiting)
        for row in self._rows.values():
            if not row.drawn:
                row.draw()
        say_count("uploads-folded", self._folded, "done before these")

    def clear(self) -> None:
        """Take away all that are done."""
        for entry in self._done:
            self.drop(entry)
        self._done = []
        self._to_place = [entry for entry in self._to_place if not entry.over()]
        self._folded = 0
        say_count("uploads-folded", 0, "")

    def _place(self, entry) -> None:
        row = self._row_of(entry)
        if entry.state == DONE:
            find(LISTS[DONE]).prepend(row.element)
            self._done.append(entry)
            self._fold()
        else:
            find(LISTS[entry.state]).append(row.element)
        row.drawn = False

    def _fold(self) -> None:
        while len(self._done) > DONE_SHOWN:
            self.drop(self._done.pop(0))
            self._folded += 1

    def _show_waiting(self, waiting: list) -> None:
        for entry in waiting[:WAITING_SHOWN]:
            if entry not in self._rows:
                find("upload-waiting").append(self._row_of(entry).element)
        say_count("uploads-waiting", max(len(waiting) - WAITING_SHOWN, 0), "waiting after these")

    def _row_of(self, entry):
        if entry not in self._rows:
            self._rows[entry] = UploadRow(entry, self._actions)
        return self._rows[entry]


def say_count(element_id: str, count: int, what: str) -> None:
    """Say how many files have no row; hide the sentence if there are none."""
    find(element_id).hidden = not count
    find(element_id).textContent = f"{counted(count, 'file', 'files')} {what}" if count else ""


class UploadRow:
    """The elements of one entry."""

    def __init__(self, entry, actions: dict) -> None:
        self.drawn = False
        """Whether it shows the entry as it is now."""
        self._entry = entry
        self._actions = actions
        self._question = None
        name = entry.name
        self._picture = make("img", "thumbnail", alt="", decoding="async")
        self._bar = make("progress", max="1", aria_label=f"Sending {name}")
        self._text = make("span", "stage")
        self._cancel = button("Cancel", f"Cancel {name}", actions["cancel"], entry)
        self._retry = button("Try again", f"Try {name} again", actions["retry"], entry)
        self.element = make("li", "upload")
        self.element.append(self._picture, make("span", "name", name, title=name), self._bar, self._text)
        self.element.append(self._cancel, self._retry)

    def draw(self) -> None:
        """Show the entry as it is now."""
        self.drawn = True
        entry = self._entry
        state = {DONE: "over done", ASKING: "over done asking", FAILED: "over failed"}.get(entry.state, entry.state)
        self.element.className = f"upload {state}"
        self._text.textContent = entry.text
        self._bar.value = entry.fraction
        self._cancel.hidden = entry.over() or entry.registering
        self._retry.hidden = not entry.retryable
        self._show_thumbnail(entry.take_thumbnail())
        self._show_question()

    def _show_thumbnail(self, blob) -> None:
        """Show a thumbnail, if there is a new one; its address is given back as soon as it is drawn."""
        if not blob:
            return
        url = window.URL.createObjectURL(blob)
        self._picture.onload = self._picture.onerror = lambda event: window.URL.revokeObjectURL(url)
        self._picture.src = url

    def _show_question(self) -> None:
        if self._entry.twin and not self._question:
            self._question = question(self._entry, self._actions)
            self.element.append(self._question)
        elif not self._entry.twin and self._question:
            self._question.remove()
            self._question = None


def question(entry, actions: dict):
    """Ask whether a picture is wanted that looks like another."""
    twin = entry.twin
    picture = make("img", "thumbnail", alt="", crossorigin="anonymous")
    picture.src = twin["thumbnail_url"]
    text = make("span", "asked-text", f"Looks like {twin['title']}: keep both?")
    keep = button("Keep both", f"Keep both {entry.name} and {twin['title']}", actions["keep"], entry)
    remove = button("Remove this one", f"Remove {entry.name}, which was just added", actions["remove"], entry)
    block = make("div", "question", role="group", aria_label=f"{entry.name} looks like {twin['title']}")
    block.append(picture, text, keep, remove)
    return block


def button(text: str, label: str, action, entry):
    """Make a button that does something with an entry."""
    element = make("button", "quiet", text, type="button", aria_label=label)
    element.addEventListener("click", lambda event: action(entry))
    return element
