"""Lets one server at a time use the folders that a library lies in."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from backend.databases import location_of
from backend.settings import Settings, variable

from .errors import CommandFailed, FolderInUse


@contextmanager
def locked(settings: Settings) -> Iterator[None]:
    """
    Have the folders that the library lies in for oneself: one server at a time may use them.

    What lies in a bucket is made for several servers, and is not locked.

    Raises:
        FolderInUse: Another process has one of them.
        CommandFailed: A folder cannot be written.
    """
    with ExitStack() as stack:
        for folder in dict.fromkeys(_folders(settings)):
            stack.enter_context(_locked(folder))
        yield


def _folders(settings: Settings) -> list[Path]:
    database = location_of(settings)
    # The data folder also where only the photos, or only the rows, are in it.
    inside = settings.store is None or settings.database is None
    outside = [database] if settings.database is not None and isinstance(database, Path) else []
    return [settings.data] * inside + outside


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    lock = FileLock(folder / "server.lock", timeout=0)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as exc:
        raise FolderInUse(
            f"the folder {folder} is in use by another server or command. End that one first, or name another folder"
            f" in {variable('data')}; only a library in a bucket can have several servers"
        ) from exc
    except OSError as exc:
        raise CommandFailed(f"the folder {folder} cannot be used: {exc.strerror}") from exc
    try:
        yield
    finally:
        lock.release()
