"""The pictures in folders that were dropped or chosen, and the names of what else there was."""

import asyncio

import js

from frontend.page.adding.file_types import (
    HEAD_BYTES,
    begins_like_picture,
    is_hidden,
    is_picture,
    system_folder_of,
)
from frontend.page.adding.sidecars import is_sidecar, sidecars_of

# How many files of an unknown type are looked into at a time: each look is a question to another process. A guess.
LOOKS_AT_ONCE = 50


class Gathered:
    """Files out of folders, and the paths of those that were left out."""

    def __init__(self) -> None:
        self.files: list = []
        self.beside: list[list] = []
        """For each of them the files beside it in which something is noted about it, see `sidecars`."""
        self.skipped: list[str] = []
        """Paths of files that are no pictures or cannot be read, and of folders of systems, which end in a slash."""
        # (path, file, whether its first bytes have to tell), in the order in which they were found.
        self._found: list = []
        # Path -> file that may belong to a picture; and path in small letters -> path.
        self._notes: dict = {}
        self._note_paths: dict[str, str] = {}

    def take(self, file, path: str) -> None:
        """Take a file, unless its path tells already that it is none of people's pictures."""
        folder = system_folder_of(path)
        if folder:
            self.skip(folder + "/")
        elif is_hidden(file.name):
            self.skip(path)
        elif is_picture(file.name, file.type):
            self._found.append((path, file, False))
        elif is_sidecar(file.name):
            self._notes[path] = file
            self._note_paths[path.lower()] = path
        elif file.type:  # The browser knows what it is instead.
            self.skip(path)
        else:
            self._found.append((path, file, True))

    def skip(self, path: str) -> None:
        """Leave something out; a folder once, however much is in it."""
        if not self.skipped or self.skipped[-1] != path:
            self.skipped.append(path)

    async def look(self) -> None:
        """Look into those that neither type nor ending tell of."""
        unknown = [found for found in self._found if found[2]]
        pictures = set()
        while unknown:
            looked_at, unknown = unknown[:LOOKS_AT_ONCE], unknown[LOOKS_AT_ONCE:]
            answers = await asyncio.gather(*[looks_like_picture(file) for _, file, _ in looked_at])
            pictures.update([looked_at[index][0] for index, answer in enumerate(answers) if answer])
        used = set()
        for path, file, is_unknown in self._found:
            if is_unknown and path not in pictures:
                self.skip(path)
            else:
                paths = sidecars_of(path, self._note_paths)
                used.update(paths)
                self.files.append(file)
                self.beside.append([self._notes[each] for each in paths])
        for path in sorted([path for path in self._notes if path not in used]):
            self.skip(path)
        self._found, self._notes, self._note_paths = [], {}, {}


async def of_chosen(files: list) -> Gathered:
    """Sort through the files of a folder that was chosen."""
    gathered = Gathered()
    for file in files:
        gathered.take(file, file.webkitRelativePath)
    await gathered.look()
    return gathered


def entries_of(transfer) -> list:
    """Return the entries of a drop with a folder in it, else none. To be called while the event lasts."""
    items = [transfer.items[index] for index in range(transfer.items.length)]
    entries = [item.webkitGetAsEntry() for item in items if item.kind == "file"]
    return entries if any([entry and entry.isDirectory for entry in entries]) else []


async def of_dropped(entries: list) -> Gathered:
    """Walk through what was dropped. Files beside the folders are taken, whatever they are."""
    gathered = Gathered()
    waiting = [entry for entry in entries if entry]
    beside = [entry for entry in waiting if entry.isFile]
    while waiting:
        entry = waiting.pop(0)
        path = entry.fullPath.lstrip("/")
        try:
            if entry in beside:
                gathered.files.append(await file_of(entry))
                gathered.beside.append([])
            elif entry.isFile:
                gathered.take(await file_of(entry), path)
            elif system_folder_of(path + "/"):
                gathered.skip(path + "/")
            else:
                waiting.extend(await listing(entry))
        except Exception:
            gathered.skip(path)
    await gathered.look()
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


async def looks_like_picture(file) -> bool:
    """Tell whether a file's first bytes are those of a picture; not if it cannot be read."""
    try:
        head = js.Uint8Array.new(await file.slice(0, HEAD_BYTES).arrayBuffer())
    except Exception:
        return False
    return begins_like_picture(bytes([head[index] for index in range(head.length)]))
