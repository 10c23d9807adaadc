"""
The ways in for files and folders: drop, choose, paste, take with a phone's camera.

Each file is for one of two targets: `search`, to search with it, or `add`, to add it to the library.
"""

from pyscript import document, window

from frontend.page.adding import folders
from frontend.page.browser.dom import dialog_is_open, find, notice
from frontend.page.browser.files import listed
from frontend.page.browser.tasks import start

# Id of an input -> the target of its files.
INPUTS = {
    "search-file": "search",
    "search-camera": "search",
    "add-files": "add",
    "add-folder": "add",
    "add-camera": "add",
}


class FileInputs:
    """Hands files on: one picture to `on_search`, any number to `on_add`."""

    def __init__(self, on_search, on_add) -> None:
        self._on_search = on_search
        self._on_add = on_add
        for input_id, target in INPUTS.items():
            self._listen(find(input_id), target)
        document.addEventListener("paste", self._pasted)
        for name in ("dragenter", "dragover"):
            document.addEventListener(name, self._dragged)
        document.addEventListener("dragleave", self._drag_left)
        document.addEventListener("drop", self._dropped)

    def _hand_on(self, target: str, files: list) -> None:
        if not files or dialog_is_open():
            return
        if target == "search":
            if len(files) > 1:
                notice(f"You can search with one photo at a time: this is the first of the {len(files)}.")
            self._on_search(files[0])
        else:
            self._on_add(files)

    def _listen(self, chooser, target: str) -> None:
        chooser.addEventListener("change", lambda event: self._chosen(chooser, target))
        self._chosen(chooser, target)  # Somebody may have been quicker than this script.

    def _chosen(self, chooser, target: str) -> None:
        files = listed(chooser.files)
        if files:
            chooser.value = ""  # So that choosing the same file again is a change again.
        if files and chooser.webkitdirectory:
            self._hand_on_gathered(target, folders.of_chosen(files))
        else:
            self._hand_on(target, files)

    def _hand_on_gathered(self, target: str, gathered) -> None:
        """Hand on the pictures in folders, and say what was left out."""
        if not gathered.files:
            notice(f"There are no photos in there. {gathered.remark()}")
        elif gathered.remark():
            notice(gathered.remark())
        self._hand_on(target, gathered.files)

    async def _hand_on_dropped(self, target: str, entries: list) -> None:
        self._hand_on_gathered(target, await folders.of_dropped(entries))

    def _pasted(self, event) -> None:
        """Search with one picture; add several, or one that is pasted while the focus is where pictures are added."""
        files = listed(event.clipboardData.files)
        if files:
            event.preventDefault()
            adding = len(files) > 1 or find("add-door").contains(document.activeElement)
            self._hand_on("add" if adding else "search", files)

    def _dragged(self, event) -> None:
        if event.dataTransfer.types.includes("Files"):
            event.preventDefault()  # Else the browser would open the file in place of the page.
            find("drop-veil").hidden = False
            highlight(target_under(event))

    def _drag_left(self, event) -> None:
        if not event.relatedTarget:  # The pointer has left the window, not just an element.
            find("drop-veil").hidden = True

    def _dropped(self, event) -> None:
        if not event.dataTransfer.types.includes("Files"):
            return
        event.preventDefault()
        find("drop-veil").hidden = True
        target = target_under(event)
        entries = folders.entries_of(event.dataTransfer)
        if entries:
            start(self._hand_on_dropped(target, entries))
        else:
            self._hand_on(target, listed(event.dataTransfer.files))


def target_under(event) -> str:
    """Return the target under a drag: `search` on the left half of the window, `add` on the right one."""
    return "search" if event.clientX < window.innerWidth / 2 else "add"


def highlight(target: str) -> None:
    """Highlight the half of the window that a drop would go to."""
    halves = find("drop-veil").children
    for index in range(halves.length):
        half = halves.item(index)
        half.classList.toggle("over", half.dataset.door == target)
