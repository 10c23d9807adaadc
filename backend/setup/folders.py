"""Folders that appear whole or not at all."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from .errors import SetupError


def publish(folder: Path, workshop: Path, fill: Callable[[Path], None]) -> None:
    """
    Create `folder` with `fill`, unless it exists.

    It is filled in `workshop` and then renamed, so that a half-built folder is never served: after an interruption, the
    next set-up starts it again.

    Args:
        workshop: A folder on the same file system.
    """
    if not folder.is_dir():
        with only_one(workshop):
            if not folder.is_dir():  # another process may have created it while this one waited
                _fill_and_rename(folder, workshop / "half-made", fill)


def _fill_and_rename(folder: Path, half_made: Path, fill: Callable[[Path], None]) -> None:
    shutil.rmtree(half_made, ignore_errors=True)
    half_made.mkdir()
    fill(half_made)
    folder.parent.mkdir(parents=True, exist_ok=True)
    half_made.rename(folder)


@contextmanager
def only_one(workshop: Path) -> Iterator[None]:
    """
    Let one process at a time work in `workshop`; others wait.

    Raises:
        SetupError: The system refuses: no permission, no space, no such folder.
    """
    try:
        workshop.mkdir(parents=True, exist_ok=True)
        with FileLock(workshop / "lock"):
            yield
    except OSError as exc:
        raise SetupError(f"The set-up stopped at {exc.filename or workshop}: {exc.strerror or exc}") from exc


def replace_file(path: Path, content: bytes) -> None:
    """Replace a file atomically: a reader sees the old or the new content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_bytes(content)
    fresh.replace(path)


def remove_all_but(folder: Path, names: set[str]) -> None:
    """Delete everything in `folder` except these names."""
    for entry in folder.iterdir():
        if entry.name not in names:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
