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
    """Explain why the database cannot be opened: unlike later messages, this one is for the operator."""
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
    """Turn what LanceDB raises into IndexUnavailable or IndexDamaged."""
    try:
        yield
    except Exception as exc:
        if is_damage(exc) and not isinstance(exc, CatalogueError):
            raise IndexDamaged(DAMAGED) from exc
        if not _is_of_the_database(exc):
            raise
        raise IndexUnavailable("The database is not available at the moment.") from exc


@asynccontextmanager
async def within_deadline() -> AsyncIterator[None]:
    """The same for a call that somebody waits for, with the deadline DEADLINE_S."""
    with translated():
        async with asyncio.timeout(DEADLINE_S):  # Its TimeoutError is an OSError.
            yield


@contextmanager
def still_open() -> Iterator[None]:
    """Turn a batcher's Closed into IndexUnavailable."""
    try:
        yield
    except Closed:
        raise IndexUnavailable("The database is being closed.") from None


def _is_of_the_database(error: Exception) -> bool:
    """
    Say whether LanceDB, or what it builds on, raised an error.

    For damaged files, as for a table of another schema, it sometimes raises a ValueError, or a panic, whose class no
    module exports.
    """
    return isinstance(error, RuntimeError | OSError | ValueError) or type(error).__name__ == "RustPanic"


def is_conflict(error: Exception) -> bool:
    """Say whether a commit failed only because another one came first. Only LanceDB's message tells."""
    return any(words in str(error) for words in ("commit conflict", "oo many concurrent writers"))


async def retry_conflicts(step: Callable[[], Awaitable[Outcome]]) -> Outcome:
    """Do a step, and retry it if its commit conflicts with another process's."""
    for _ in range(CONFLICT_RETRIES):
        try:
            return await step()
        except (RuntimeError, OSError) as exc:
            if not is_conflict(exc):
                raise
        await back_off()
    return await step()


async def back_off() -> None:
    """Wait for a random moment, so that two processes that conflicted do not conflict again."""
    await asyncio.sleep(random.uniform(0.01, 0.2))
