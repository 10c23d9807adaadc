"""
What needs somebody, under *3 need you*: files that were not added, and photos that look like one that is there or whose
file lacks its end.
"""

from pyscript import document, window

from frontend.page.adding.upload_entry import ASKING, FAILED
from frontend.page.browser.dom import find, make


class UploadNeeds:
    """A block for each entry that failed or asks, in the order in which they came to that."""

    def __init__(self, actions: dict, on_change) -> None:
        """
        Args:
            actions: What the buttons do, each called with the entry: `retry`, `keep`, `remove`.
            on_change: Called when there is something to show.
        """
        self._actions = actions
        self._on_change = on_change
        self._blocks: dict = {}
        self._to_show: list = []

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._blocks)

    def place(self, entry) -> None:
        """Have an entry shown, or not any more, as it is by then."""
        if entry not in self._to_show:
            self._to_show.append(entry)
        self._on_change()

    def drop(self, entry) -> None:
        """Take an entry off the page; what had the focus in it leaves it to what is beside it."""
        if entry not in self._blocks:
            return
        block = self._blocks.pop(entry)
        if block.contains(document.activeElement):
            beside = block.nextElementSibling or block.previousElementSibling
            (beside.querySelector("button") if beside else None or find("uploads")).focus()
        block.remove()

    def show(self) -> None:
        """Show all that has changed."""
        to_show, self._to_show = self._to_show, []
        for entry in to_show:
            self.drop(entry)
            if entry.state in (ASKING, FAILED) and not entry.cancelled:
                self._blocks[entry] = self._block(entry)
                find("upload-problems").append(self._blocks[entry])

    def _block(self, entry):
        return self._question(entry) if entry.state == ASKING else self._failure(entry)

    def _question(self, entry):
        """Ask whether a picture is wanted that looks like another, or lacks something."""
        return self._about_twin(entry) if entry.twin else self._about_note(entry)

    def _about_note(self, entry):
        """Say what is wrong with a file that was added all the same."""
        block = make("li", "need question", aria_label=f"{entry.name} was added: {entry.note}")
        text = make("span", "need-text")
        text.append(make("strong", "", entry.name), make("span", "problem", entry.note))
        remove = button("Remove it", f"Remove {entry.name}, which was just added", self._actions["remove"], entry)
        keep = button("Keep it", f"Keep {entry.name}", self._actions["keep"], entry)
        block.append(thumbnail_of(entry), text, choices(keep, remove))
        return block

    def _about_twin(self, entry):
        """Ask whether a picture is wanted that looks like another, and show both."""
        twin = entry.twin
        there = make("img", "thumbnail", alt="", crossorigin="anonymous", data_id=twin["id"])
        there.src = twin["thumbnail_url"]
        said = f"{entry.name} looks like {twin['title']}, which is there already. {entry.note}"
        text = make("span", "need-text", said.rstrip())
        block = make("li", "need question", aria_label=f"{entry.name} looks like {twin['title']}")
        block.append(thumbnail_of(entry), there, text)
        block.append(
            choices(
                button("Keep both", f"Keep both {entry.name} and {twin['title']}", self._actions["keep"], entry),
                button("Remove this one", f"Remove {entry.name}, which was just added", self._actions["remove"], entry),
            )
        )
        return block

    def _failure(self, entry):
        block = make("li", "need failed", aria_label=f"{entry.name} was not added")
        text = make("span", "need-text")
        text.append(make("strong", "", entry.name), make("span", "problem", entry.text))
        block.append(thumbnail_of(entry), text)
        if entry.retryable:
            block.append(choices(button("Try again", f"Try {entry.name} again", self._actions["retry"], entry)))
        return block


def thumbnail_of(entry):
    """Show the thumbnail that was made of a file, or none yet; its address is given back as soon as it is drawn."""
    picture = make("img", "thumbnail", alt="", decoding="async")
    if entry.thumbnail:
        show_blob(picture, entry.thumbnail)
    return picture


def show_blob(picture, blob) -> None:
    """Show a blob in an img; its address is given back as soon as it is drawn."""
    url = window.URL.createObjectURL(blob)
    picture.onload = picture.onerror = lambda event: window.URL.revokeObjectURL(url)
    picture.src = url


def choices(*buttons):
    """Make a line of buttons."""
    line = make("span", "choices")
    line.append(*buttons)
    return line


def button(text: str, label: str, action, entry):
    """Make a button that does something with an entry."""
    element = make("button", "quiet", text, type="button", aria_label=label)
    element.addEventListener("click", lambda event: action(entry))
    return element
