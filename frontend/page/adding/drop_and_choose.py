"""
The ways in for files and folders: drop, choose, paste, take with a phone's camera. Each ends at one of two doors, the
search or the library.
"""

from pyscript import document, window

from frontend.page.adding import folders
from frontend.page.browser.dom import asking, find, notice
from frontend.page.browser.files import listed
from frontend.page.browser.tasks import start

INPUTS = {
    "search-file": "search",
    "search-camera": "search",
    "add-files": "add",
    "add-folder": "add",
    "add-camera": "add",
}
"""Id of an input -> the door that it belongs to."""


class Doors:
    """Hands files on: one picture to `on_search`, any number to `on_add`."""

    def __init__(self, on_search, on_add) -> None:
        self._on_search = on_search
        self._on_add = on_add
        for input_id, door in INPUTS.items():
            self._listen(find(input_id), door)
        document.addEventListener("paste", self._pasted)
        for name in ("dragenter", "dragover"):
            document.addEventListener(name, self._dragged)
        document.addEventListener("dragleave", self._left)
        document.addEventListener("drop", self._dropped)

    def _pass(self, door: str, files: list) -> None:
        if not files or asking():
            return
        if door == "search":
            if len(files) > 1:
                notice(f"One picture is searched with at a time: the first of these {len(files)}.")
            self._on_search(files[0])
        else:
            self._on_add(files)

    def _listen(self, chooser, door: str) -> None:
        chooser.addEventListener("change", lambda event: self._chosen(chooser, door))
        self._chosen(chooser, door)  # Somebody may have been quicker than this script.

    def _chosen(self, chooser, door: str) -> None:
        files = listed(chooser.files)
        if files:
            chooser.value = ""  # So that choosing the same file again is a change again.
        if files and chooser.webkitdirectory:
            self._pass_gathered(door, folders.of_chosen(files))
        else:
            self._pass(door, files)

    def _pass_gathered(self, door: str, gathered) -> None:
        """Hand on what was in folders, and say what was not handed on."""
        if not gathered.files:
            notice(f"No pictures in there. {gathered.remark()}")
        elif gathered.remark():
            notice(gathered.remark())
        self._pass(door, gathered.files)

    async def _pass_dropped(self, door: str, entries: list) -> None:
        self._pass_gathered(door, await folders.of_dropped(entries))

    def _pasted(self, event) -> None:
        """One picture is searched with; several, or one pasted while the library's door has the focus, are added."""
        files = listed(event.clipboardData.files)
        if files:
            event.preventDefault()
            adding = len(files) > 1 or find("add-door").contains(document.activeElement)
            self._pass("add" if adding else "search", files)

    def _dragged(self, event) -> None:
        if event.dataTransfer.types.includes("Files"):
            event.preventDefault()  # Else the browser would open the file in place of the page.
            find("drop-veil").hidden = False
            mark(door_under(event))

    def _left(self, event) -> None:
        if not event.relatedTarget:  # The pointer has left the window, not just an element.
            find("drop-veil").hidden = True

    def _dropped(self, event) -> None:
        if event.dataTransfer.types.includes("Files"):
            event.preventDefault()
            find("drop-veil").hidden = True
            door = door_under(event)
            entries = folders.entries_of(event.dataTransfer)
            if entries:
                start(self._pass_dropped(door, entries))
            else:
                self._pass(door, listed(event.dataTransfer.files))


def door_under(event) -> str:
    """Which half of the window a drag is over: search on the left, the library on the right."""
    return "search" if event.clientX < window.innerWidth / 2 else "add"


def mark(door: str) -> None:
    """Light up the half that a drop would go to."""
    halves = find("drop-veil").children
    for index in range(halves.length):
        half = halves.item(index)
        half.classList.toggle("over", half.dataset.door == door)
