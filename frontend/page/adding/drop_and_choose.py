"""
The ways in for files and folders: drop, choose, paste, take with a phone's camera.

Each file is for one of two targets: `search`, to search with it, or `add`, to add it to the library. Pictures of the
page itself are in the library already: dragged onto the search field, they are searched with, and nothing else.
"""

from pyscript import document

from frontend.page.adding import folders
from frontend.page.browser.clipboard import copied_pictures, shows_pictures
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

# The type of data by which a drag says that it began on this page, in this tab or another. A browser that drags a
# picture of a page brings a file along, here that of a thumbnail.
OWN = "application/x-lookalike-image"

# The data where what is dragged is no photo of the library.
NO_IMAGE = "-"

# Inputs that take no text.
NO_TEXT = ("button", "checkbox", "color", "file", "image", "radio", "range", "reset", "submit")


class FileInputs:
    """Hands files on."""

    def __init__(self, on_search, on_search_image, on_add, rights) -> None:
        """
        Listen to all ways in.

        Args:
            on_search: Called with one file.
            on_search_image: Called with the id of a photo of the library.
            on_add: Called with any number of files, for each a list of the files beside it that tell of it, and the
                paths of what was left out of folders.
            rights: The visitor's. Who may not add photos searches with them.
        """
        self._rights = rights
        self._on_search = on_search
        self._on_search_image = on_search_image
        self._on_add = on_add
        for input_id, target in INPUTS.items():
            self._listen(find(input_id), target)
        document.addEventListener("paste", self._pasted)
        find("menu-paste").hidden = not shows_pictures()
        find("menu-paste").addEventListener("click", lambda event: start(self._hand_on_copied()))
        document.addEventListener("dragstart", drag_begun)
        for name in ("dragenter", "dragover"):
            document.addEventListener(name, self._dragged)
        document.addEventListener("dragleave", self._drag_left)
        document.addEventListener("dragend", lambda event: self._highlight_field(False))
        document.addEventListener("drop", self._dropped)

    def _hand_on(self, target: str, files: list) -> None:
        """Hand on files that are in no folder."""
        self._hand_on_with(target, files, [[] for _ in files], [])

    def _hand_on_with(self, target: str, files: list, beside: list, skipped: list[str]) -> None:
        if dialog_is_open():
            return
        if target == "add" and self._rights.may_write:
            self._on_add(files, beside, skipped)
        elif files:
            if len(files) > 1:
                notice(f"You can search with one photo at a time: this is the first of the {len(files)}.")
            self._on_search(files[0])

    def _listen(self, chooser, target: str) -> None:
        chooser.addEventListener("change", lambda event: self._chosen(chooser, target))
        self._chosen(chooser, target)  # Somebody may have been quicker than this script.

    def _chosen(self, chooser, target: str) -> None:
        files = listed(chooser.files)
        if not files:
            return
        chooser.value = ""  # So that choosing the same file again is a change again.
        if chooser.webkitdirectory:
            start(self._hand_on_gathered(target, folders.of_chosen(files)))
        else:
            self._hand_on(target, files)

    async def _hand_on_gathered(self, target: str, gathering) -> None:
        """Hand on the pictures in folders, once they are known."""
        gathered = await gathering
        if not gathered.files:
            notice("There are no photos in there.")
        self._hand_on_with(target, gathered.files, gathered.beside, gathered.skipped)

    def _pasted(self, event) -> None:
        """
        Search with one picture; add several, or one that is pasted where photos are being added.

        What is pasted into a field is the field's, unless it is a picture alone: programs put a picture of cells and
        paragraphs beside their text.
        """
        files = listed(event.clipboardData.files)
        types = event.clipboardData.types
        if not types.length and shows_pictures():  # WebKitGTK says nothing of a picture.
            start(self._hand_on_told_nothing(event.target))
            return
        texts = types.includes("text/plain")
        if not files or (texts and takes_text(event.target)):
            return
        event.preventDefault()
        self._hand_on_pasted(files, event.target)

    def _hand_on_pasted(self, files: list, target) -> None:
        """Hand on pictures that were pasted at an element."""
        adding = len(files) > 1 or find("uploads").contains(target)
        self._hand_on("add" if adding else "search", files)

    async def _hand_on_told_nothing(self, target) -> None:
        """Hand on what was pasted by an event that does not tell what it was, if it was a picture."""
        files = await copied_pictures()
        if files:
            self._hand_on_pasted(files, target)

    async def _hand_on_copied(self) -> None:
        """Search with the picture on the clipboard."""
        find("search-menu").hidePopover()
        files = await copied_pictures()
        if files:
            self._hand_on("search", files)
        else:
            notice("There is no photo on the clipboard, or this browser keeps it to itself.")

    def _dragged(self, event) -> None:
        types = event.dataTransfer.types
        if types.includes(OWN):
            self._drag_own(event)
        elif types.includes("Files"):
            event.preventDefault()  # Else the browser would open the file in place of the page.
            find("drop-veil").hidden = dialog_is_open()
            highlight(self._target_under(event))

    def _drag_own(self, event) -> None:
        """Let a photo of the page be dropped on the search field, and nothing anywhere else."""
        event.preventDefault()
        over_field = find("search-field").contains(event.target)
        event.dataTransfer.dropEffect = "copy" if over_field else "none"
        self._highlight_field(over_field)

    def _highlight_field(self, over: bool) -> None:
        find("search-field").classList.toggle("over", over)

    def _drag_left(self, event) -> None:
        if not event.relatedTarget:  # The pointer has left the window, not just an element.
            find("drop-veil").hidden = True
            self._highlight_field(False)

    def _dropped(self, event) -> None:
        types = event.dataTransfer.types
        if types.includes(OWN):
            event.preventDefault()
            self._drop_own(event)
        elif types.includes("Files"):
            event.preventDefault()
            self._drop_files(event)

    def _drop_own(self, event) -> None:
        self._highlight_field(False)
        image_id = event.dataTransfer.getData(OWN)
        if image_id != NO_IMAGE and find("search-field").contains(event.target):
            self._on_search_image(image_id)

    def _drop_files(self, event) -> None:
        target = self._target_under(event)  # While the halves are still there.
        find("drop-veil").hidden = True
        entries = folders.entries_of(event.dataTransfer)
        if entries:
            start(self._hand_on_gathered(target, folders.of_dropped(entries)))
        else:
            self._hand_on(target, listed(event.dataTransfer.files))

    def _target_under(self, event) -> str:
        """Return the target under a drag: each half of the window is one, on phones the upper and the lower."""
        halves = find("drop-veil").children
        first, second = halves.item(0), halves.item(1)
        box = second.getBoundingClientRect()
        beside = box.top < first.getBoundingClientRect().bottom
        before = event.clientX < box.left if beside else event.clientY < box.top
        return (first if before or not self._rights.may_write else second).dataset.door


def drag_begun(event) -> None:
    """Mark what is dragged from the page itself; the picture of a photo brings the photo's id along."""
    of_photo = event.target.closest("[data-id]") if hasattr(event.target, "closest") else None
    event.dataTransfer.setData(OWN, of_photo.dataset.id if of_photo else NO_IMAGE)


def takes_text(element) -> bool:
    """Tell whether text can be pasted into an element."""
    if element.tagName == "INPUT":
        return element.type not in NO_TEXT
    return element.tagName == "TEXTAREA" or element.isContentEditable


def highlight(target: str) -> None:
    """Highlight the half of the window that a drop would go to."""
    halves = find("drop-veil").children
    for index in range(halves.length):
        half = halves.item(index)
        half.classList.toggle("over", half.dataset.door == target)
