"""Ensures that one server at a time uses a library's folders."""

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
    Lock the library's folders while the block runs: one server at a time may use them.

    Buckets are not locked: several servers may share them.

    Raises:
        FolderInUse: Another process has locked one of them.
        CommandFailed: A folder is not writable.
    """
    with ExitStack() as stack:
        for folder in dict.fromkeys(_folders(settings)):
            stack.enter_context(_locked(folder))
        yield


def _folders(settings: Settings) -> list[Path]:
    database = location_of(settings)
    # The data folder is locked even if only the photos, or only the database, are in it.
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
            f"the folder {folder} is in use by another server or command. Stop that one first, or choose another folder"
            f" with {variable('data')}; only a library in a bucket can have several servers"
        ) from exc
    except OSError as exc:
        raise CommandFailed(f"the folder {folder} cannot be used: {exc.strerror}") from exc
    try:
        yield
    finally:
        lock.release()
