"""
The list of uploads on the page: as many rows as people can use, and the number of the others.

What asks for somebody comes first and always has a row; then what runs, the next that wait, and the last that are done.
What happens to files is collected, and shown when `show` is called: each time that something on the page changes, the
browser lays it out and paints it anew, and with ten changes for each of four files a second did nothing else.
"""

from pyscript import window

from frontend.page.adding.upload_entry import ASKING, DONE, FAILED, RUNNING, WAITING
from frontend.page.browser.dom import find, make
from frontend.page.wording.numbers import counted

WAITING_SHOWN = 5
DONE_SHOWN = 20
# Guesses: enough to see that it goes on, few enough that hundreds of files cost the page nothing.

PLACES = {ASKING: "upload-problems", FAILED: "upload-problems", RUNNING: "upload-rows", DONE: "upload-done"}


class Rows:
    """Gives entries their rows, and takes them away."""

    def __init__(self, actions: dict, on_change) -> None:
        """
        Args:
            actions: What the buttons do, each called with the entry: `cancel`, `again`, `keep`, `remove`.
            on_change: Called when there is something to show.
        """
        self._actions = actions
        self._on_change = on_change
        self._to_place = []
        self._to_draw = []
        self._done = []
        self._folded = 0

    def place(self, entry) -> None:
        """Let an entry be shown where it belongs then."""
        if entry in self._to_place:
            self._to_place.remove(entry)
        self._to_place.append(entry)
        self._on_change()

    def show(self, waiting: list) -> None:
        """Show all that has happened, and behind what runs the next of those that wait."""
        to_place, self._to_place = self._to_place, []
        for entry in to_place:
            if entry.state != WAITING and not entry.cancelled:
                self._place(entry)
        self._show_waiting(waiting)
        to_draw, self._to_draw = self._to_draw, []
        for row in to_draw:
            if not row.drawn:
                row.draw()
        self._count("uploads-folded", self._folded, "done before these")

    def _place(self, entry) -> None:
        row = self._row_of(entry)
        if entry.state == DONE:
            find(PLACES[DONE]).prepend(row.element)
            self._done.append(entry)
            while len(self._done) > DONE_SHOWN:
                drop(self._done.pop(0))
                self._folded += 1
        else:
            find(PLACES[entry.state]).append(row.element)
        row.draw()

    def _show_waiting(self, waiting: list) -> None:
        for entry in waiting[:WAITING_SHOWN]:
            if not entry.row:
                find("upload-waiting").append(self._row_of(entry).element)
                entry.row.draw()
        self._count("uploads-waiting", max(len(waiting) - WAITING_SHOWN, 0), "waiting after these")

    def clear(self) -> None:
        """Take all away that are done."""
        for entry in self._done:
            drop(entry)
        self._done = []
        self._to_place = [entry for entry in self._to_place if not entry.over()]
        self._folded = 0
        self._count("uploads-folded", 0, "")

    def _row_of(self, entry):
        if not entry.row:
            entry.row = Row(entry, self._actions, self._changed)
        return entry.row

    def _changed(self, row) -> None:
        self._to_draw.append(row)
        self._on_change()

    def _count(self, element_id: str, count: int, what: str) -> None:
        find(element_id).hidden = not count
        find(element_id).textContent = f"{counted(count, 'file', 'files')} {what}" if count else ""


def drop(entry) -> None:
    """Take an entry's row from the page."""
    if entry.row:
        entry.row.element.remove()
        entry.row = None


class Row:
    """The elements of one entry."""

    def __init__(self, entry, actions: dict, on_change) -> None:
        self._entry = entry
        self._on_change = on_change
        self.drawn = True
        name = entry.name
        self.element = make("li", "upload")
        self._picture = make("img", "thumbnail", alt="", decoding="async")
        self._bar = make("progress", max="1", aria_label=f"Sending {name}")
        self._text = make("span", "stage")
        self._buttons = {
            "cancel": button("Cancel", f"Cancel {name}"),
            "again": button("Try again", f"Try {name} again"),
        }
        self._actions = actions
        self._question = None
        for action, element in self._buttons.items():
            listen(element, actions[action], entry)
        title = make("span", "name", name, title=name)
        self.element.append(self._picture, title, self._bar, self._text, *self._buttons.values())

    def changed(self) -> None:
        """Let the entry be shown as it is then."""
        if self.drawn:
            self.drawn = False
            self._on_change(self)

    def draw(self) -> None:
        """Show the entry as it is now."""
        self.drawn = True
        entry = self._entry
        state = {DONE: "over done", ASKING: "over done asking", FAILED: "over failed"}.get(entry.state, entry.state)
        self.element.className = f"upload {state}"
        self._text.textContent = entry.text
        self._bar.value = entry.fraction
        if entry.thumbnail:
            self._show_thumbnail(entry.thumbnail)
            entry.thumbnail = None
        self._buttons["cancel"].hidden = entry.over() or entry.entering
        self._buttons["again"].hidden = not entry.again
        if entry.twin and not self._question:
            self._question = question(entry, self._actions)
            self.element.append(self._question)
        elif not entry.twin and self._question:
            self._question.remove()
            self._question = None

    def _show_thumbnail(self, blob) -> None:
        # Its address is given back as soon as it is drawn.
        url = window.URL.createObjectURL(blob)
        self._picture.onload = self._picture.onerror = lambda event: window.URL.revokeObjectURL(url)
        self._picture.src = url


def question(entry, actions: dict):
    """Ask whether a picture is wanted that looks like another."""
    twin = entry.twin
    keep = button("Keep both", f"Keep both {entry.name} and {twin['title']}")
    remove = button("Remove this one", f"Remove {entry.name}, which was just added")
    listen(keep, actions["keep"], entry)
    listen(remove, actions["remove"], entry)
    picture = make("img", "thumbnail", alt="", crossorigin="anonymous")
    picture.src = twin["thumbnail_url"]
    asked = make("span", "asked-text", f"Looks like {twin['title']}: keep both?")
    block = make("div", "question", role="group", aria_label=f"{entry.name} looks like {twin['title']}")
    block.append(picture, asked, keep, remove)
    return block


def button(text: str, label: str):
    """Make one of a row's buttons."""
    return make("button", "quiet", text, type="button", aria_label=label)


def listen(element, action, entry) -> None:
    """Let a button do something with an entry."""
    element.addEventListener("click", lambda event: action(entry))
