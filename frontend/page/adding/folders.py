"""The pictures in folders that were dropped or chosen, and how many other files there were."""

import js

from frontend.page.adding.file_types import is_hidden, is_picture
from frontend.page.wording.numbers import counted


class Gathered:
    """Files out of folders, and the number of those that were left out."""

    def __init__(self) -> None:
        self.files = []
        self.skipped = 0
        self.unreadable = 0

    def take(self, file, path: str) -> None:
        """Take a file if it is visible and looks like a picture, by its type or its ending."""
        if is_hidden(path) or not is_picture(file.name, file.type):
            self.skipped += 1
        else:
            self.files.append(file)

    def remark(self) -> str:
        """Say what was left out; empty if nothing was."""
        parts = []
        if self.skipped:
            parts.append(counted(self.skipped, "file that is not a photo", "files that are not photos"))
        if self.unreadable:
            parts.append(f"{self.unreadable} that cannot be read")
        return f"Skipped: {', '.join(parts)}." if parts else ""


def of_chosen(files: list) -> Gathered:
    """Sort through the files of a folder that was chosen."""
    gathered = Gathered()
    for file in files:
        gathered.take(file, file.webkitRelativePath)
    return gathered


def entries_of(transfer) -> list:
    """Return the entries of a drop with a folder in it, else none. To be called while the event lasts."""
    items = [transfer.items[index] for index in range(transfer.items.length)]
    entries = [item.webkitGetAsEntry() for item in items if item.kind == "file"]
    return entries if any([entry and entry.isDirectory for entry in entries]) else []


async def of_dropped(entries: list) -> Gathered:
    """Walk through what was dropped. Files beside the folders are taken, whatever they are."""
    gathered = Gathered()
    waiting = []
    for entry in entries:
        if entry and entry.isFile:
            gathered.files.append(await file_of(entry))
        elif entry:
            waiting.append(entry)
    while waiting:
        entry = waiting.pop(0)
        try:
            if entry.isFile:
                gathered.take(await file_of(entry), entry.fullPath)
            elif not is_hidden(entry.fullPath):
                waiting.extend(await listing(entry))
        except Exception:
            gathered.unreadable += 1
    return gathered


async def listing(folder) -> list:
    """Return everything in a folder. A reader gives some at a time, and none when there are no more."""
    reader = folder.createReader()
    found = []
    while True:
        some = list(await js.Promise.new(lambda resolve, reject: reader.readEntries(resolve, reject)))
        if not some:
            return found
        found.extend(some)


def file_of(entry):
    """Return a promise of an entry's file."""
    return js.Promise.new(lambda resolve, reject: entry.file(resolve, reject))
