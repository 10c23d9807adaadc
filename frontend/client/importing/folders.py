"""The pictures in folders of this machine, by the rule of the page; and what was left out."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from frontend.page.adding.file_types import (
    HEAD_BYTES,
    begins_like_picture,
    is_hidden,
    is_picture,
    system_folder_of,
)
from frontend.page.adding.sidecars import is_sidecar, sidecars_of


@dataclass(frozen=True)
class FoundFile:
    """A file that may be a picture."""

    path: Path
    relative: str
    """The way to it from the folder that was named, with slashes; its name where it was named itself."""
    beside: Sequence[Path] = ()
    """Files beside it in which something is noted about it."""

    @property
    def name(self) -> str:
        """The file's name, in characters that can be sent."""
        return self.relative.rpartition("/")[2]

    @property
    def folders(self) -> Sequence[str]:
        """The names of the folders between the one that was named and the file."""
        return self.relative.split("/")[:-1]


@dataclass
class Found:
    """What there is in folders."""

    files: list[FoundFile] = field(default_factory=list[FoundFile])
    left_out: list[str] = field(default_factory=list[str])
    """What is no picture, or cannot be read; folders of systems end in a slash."""


def find(paths: Sequence[Path]) -> Found:
    """
    Find the pictures in folders, and in the folders within them; files that are named themselves are taken.

    Links to folders are not followed, as they may lead in circles.
    """
    found = Found()
    for path in paths:
        if path.is_dir():
            _look_into(path, found)
        else:
            found.files.append(FoundFile(path, sendable(path.name)))
    return found


def look_again(path: Path, within: Path) -> FoundFile | None:
    """Return a file of a folder that has just appeared; None if it is none of people's pictures."""
    relative = sendable(path.relative_to(within).as_posix())
    if system_folder_of(relative) or is_hidden(path.name) or is_sidecar(path.name) or not _is_picture(path):
        return None
    return FoundFile(path, relative, _beside(relative, {sendable(other.name): other for other in _siblings(path)}))


def sendable(text: str) -> str:
    """Return a name in characters that can be sent: those that are not UTF-8 become replacement characters."""
    return os.fsencode(text).decode("utf-8", "replace")


def _look_into(folder: Path, found: Found) -> None:
    for here, names, files in os.walk(folder, onerror=lambda error: found.left_out.append(str(error.filename))):
        inside = Path(here).relative_to(folder).as_posix()
        prefix = "" if inside == "." else sendable(inside) + "/"
        for name in list(names):
            if system_folder_of(f"{prefix}{sendable(name)}/"):
                names.remove(name)
                found.left_out.append(f"{prefix}{sendable(name)}/")
        names.sort()
        _take(Path(here), prefix, sorted(files), found)


def _take(here: Path, prefix: str, names: Sequence[str], found: Found) -> None:
    """Take the pictures of one folder."""
    notes = {sendable(name): here / name for name in names if is_sidecar(name) and not is_hidden(name)}
    used: set[Path] = set()
    for name in names:
        path, relative = here / name, prefix + sendable(name)
        if sendable(name) in notes:
            continue
        if is_hidden(name) or not _is_picture(path):
            found.left_out.append(relative)
            continue
        beside = _beside(relative, notes)
        used.update(beside)
        found.files.append(FoundFile(path, relative, beside))
    found.left_out += [prefix + name for name, path in notes.items() if path not in used]


def _beside(relative: str, notes: dict[str, Path]) -> Sequence[Path]:
    paths = sidecars_of(relative.rpartition("/")[2], {name.lower(): name for name in notes})
    return [notes[name] for name in paths]


def _is_picture(path: Path) -> bool:
    """Tell whether a file may be a picture: by its name, else by its first bytes."""
    if is_picture(path.name, ""):
        return True
    if path.suffix and path.suffix.lower() in FOREIGN:
        return False
    try:
        with path.open("rb") as file:
            return begins_like_picture(file.read(HEAD_BYTES))
    except OSError:
        return False


def _siblings(path: Path) -> Iterator[Path]:
    return (other for other in path.parent.iterdir() if is_sidecar(other.name))


FOREIGN = frozenset((".txt", ".md", ".pdf", ".mp4", ".mov", ".zip", ".doc", ".docx", ".xls", ".xlsx", ".csv", ".html"))
"""Endings of files that need not be opened to know that they are no pictures."""
