"""Turns LanceDB's errors into the catalogue's, retries commits that met others, and sets deadlines."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeVar

from backend.catalogue.errors import CatalogueError, IndexDamaged, IndexUnavailable

from .batching import Closed
from .damage import is_damage, reason_of

# Deadline of a call that somebody waits for, in seconds: for its turn and all its retries. A guess, the same as the
# store's: a commit takes a fraction of a second, and nobody waits longer. LanceDB itself waits some twelve minutes for
# a silent bucket (each request 30 s, repeated three times, and all that six times).
DEADLINE_S = 20

# How often we retry a commit that conflicted with another process's, after LanceDB has retried ten times.
CONFLICT_RETRIES = 5

ASK_DOCTOR = "`lookalike doctor --deep` lists the images affected and says what to do."
DAMAGED = f"Files of the database are damaged or missing; {ASK_DOCTOR}"

Outcome = TypeVar("Outcome")


@contextmanager
def opening(location: Path | str) -> Iterator[None]:
    """Say why the database cannot be opened: unlike later messages, this one is for whoever starts the server."""
    try:
        if isinstance(location, Path) and location.exists() and not location.is_dir():
            raise NotADirectoryError("it is not a folder")
        yield
    except Exception as exc:
        if is_damage(exc) and not isinstance(exc, CatalogueError):
            raise IndexDamaged(f"The database {location} is damaged ({reason_of(exc)}); {ASK_DOCTOR}") from exc
        if not _is_of_the_database(exc):
            raise
        raise IndexUnavailable(f"The database {location} cannot be opened: {reason_of(exc)}") from exc


@contextmanager
def translated() -> Iterator[None]:
    try:
        yield
    except Exception as exc:
        if is_damage(exc) and not isinstance(exc, CatalogueError):
            raise IndexDamaged(DAMAGED) from exc
        if not _is_of_the_database(exc):
            raise
        raise IndexUnavailable("The database cannot answer at the moment.") from exc


@asynccontextmanager
async def within_deadline() -> AsyncIterator[None]:
    """Do the same for what somebody waits for, and wait no longer than DEADLINE_S."""
    with translated():
        async with asyncio.timeout(DEADLINE_S):  # Its TimeoutError is an OSError.
            yield


@contextmanager
def still_open() -> Iterator[None]:
    """Say to who comes too late for a group that the database is being closed."""
    try:
        yield
    except Closed:
        raise IndexUnavailable("The database is being closed.") from None


def _is_of_the_database(error: Exception) -> bool:
    """
    Say whether LanceDB, or what it stands on, has raised an error.

    It answers damaged files with a ValueError here and there, as it does a table of another schema, or with a panic,
    whose class no module offers.
    """
    return isinstance(error, RuntimeError | OSError | ValueError) or type(error).__name__ == "RustPanic"


def is_conflict(error: Exception) -> bool:
    """Say whether a commit failed only because another came in between. LanceDB tells it by its sentence alone."""
    return any(words in str(error) for words in ("commit conflict", "oo many concurrent writers"))


async def retry_conflicts(step: Callable[[], Awaitable[Outcome]]) -> Outcome:
    """Repeat a step that failed because another process committed at the same time."""
    for _ in range(CONFLICT_RETRIES):
        try:
            return await step()
        except (RuntimeError, OSError) as exc:
            if not is_conflict(exc):
                raise
        await back_off()
    return await step()


async def back_off() -> None:
    """Wait a moment, each process another, so that those who met do not meet again."""
    await asyncio.sleep(random.uniform(0.01, 0.2))
