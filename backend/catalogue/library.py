"""
Knows which database and which store belong together, and notices when either is not what it was.

A library has an identity, made once and kept on both sides. Upkeep also leaves marks: it writes a random word into the
database, and then into the store, together with the version of each table. A database that lacks the store's last mark,
or has a table of an earlier version, is an older copy or another one. Nothing is swept, and no server starts, on the
word of such a database: the photos that it does not know would be taken for orphans.

The mark goes into the database first. Whatever dies between the two steps leaves a database that knows more marks than
the store, which is no harm, and never the reverse.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from .errors import LibraryMismatch
from .object_keys import ORIGINALS
from .ports import ObjectStore
from .values import LibraryID, SpaceID

# Of the note: a reader that knows 1 can read every note that says 1.
FORMAT = 1


@dataclass(frozen=True)
class TableState:
    """A table of images at one moment."""

    version: int
    """Grows with every commit."""
    images: int


@dataclass(frozen=True)
class DatabaseState:
    """What a database says of itself."""

    library: LibraryID | None = None
    """None for a database that has no identity yet."""
    knows_mark: bool = False
    """Whether the mark that was asked for is one of its own."""
    tables: Mapping[SpaceID, TableState] = field(default_factory=dict)
    retired: frozenset[SpaceID] = frozenset()
    """Spaces that were given up on purpose, so that their tables are not missed."""

    @property
    def images(self) -> int:
        return sum(table.images for table in self.tables.values())


@dataclass(frozen=True)
class Note:
    """What the store remembers of the database that it belongs to."""

    library: LibraryID
    mark: str
    moment: datetime
    """UTC: when the mark was made."""
    tables: Mapping[SpaceID, TableState]
    """As they were then."""

    @property
    def images(self) -> int:
        return sum(table.images for table in self.tables.values())


class Ledger(Protocol):
    """The side of the database."""

    @property
    def location(self) -> str:
        """Where it is, for people."""
        ...

    async def look(self, mark: str | None) -> DatabaseState:
        """Return its state as it is at this moment, and whether it knows a mark. Changes nothing."""
        ...


class WritableLedger(Ledger, Protocol):
    """The same of a database that is open."""

    async def write_identity(self, library: LibraryID) -> LibraryID:
        """Give it an identity, unless it has one; return the one it has."""
        ...

    async def write_mark(self, mark: str) -> None:
        """Write down a mark."""
        ...


class Library:
    """A database and a store, which belong together or do not."""

    def __init__(self, ledger: Ledger, store: ObjectStore) -> None:
        self._ledger = ledger
        self._store = store

    async def check(self) -> Note | None:
        """
        Compare the two. Changes nothing.

        Returns:
            What the store remembers; None where both are new and empty, or only the database is named so far.

        Raises:
            LibraryMismatch: They do not belong together, or the database is older than it was.
        """
        note, _ = await self._compared()
        return note

    async def _compared(self) -> tuple[Note | None, DatabaseState]:
        note = await self._note()
        state = await self._ledger.look(note.mark if note else None)
        if reason := mismatch(state, note, originals=0 if note else await self._originals()):
            raise LibraryMismatch(self._ledger.location, self._store.location, reason)
        return note, state

    async def _note(self) -> Note | None:
        text = await self._store.note()
        if text is None:
            return None
        try:
            return read_note(text)
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            reason = "the store's library.json cannot be read"
            raise LibraryMismatch(self._ledger.location, self._store.location, reason) from exc

    async def _originals(self) -> int:
        return len([None async for _ in self._store.list(ORIGINALS)])


class OpenLibrary(Library):
    """The same with an open database: it can be given an identity, and marked."""

    def __init__(self, ledger: WritableLedger, store: ObjectStore) -> None:
        super().__init__(ledger, store)
        self._open = ledger

    async def begin(self) -> None:
        """
        Check, and give a new library its identity.

        Raises:
            LibraryMismatch: As `check`.
        """
        if await self.check() is None:
            await self.adopt()

    async def mark(self) -> None:
        """
        Leave a mark, if the database has changed since the last.

        Raises:
            LibraryMismatch: As `check`: a database that was exchanged must not be taken for the right one from now on.
        """
        note, state = await self._compared()
        if note is not None and note.tables != state.tables:
            await self._leave_mark(note.library)

    async def adopt(self) -> None:
        """Make database and store one library from now on, whatever either says."""
        state = await self._open.look(None)
        wanted = state.library or await self._identity_of_store() or LibraryID(secrets.token_hex(16))
        library = state.library or await self._open.write_identity(wanted)
        await self._leave_mark(library)

    async def _identity_of_store(self) -> LibraryID | None:
        try:
            note = await self._note()
        except LibraryMismatch:  # It cannot be read, and is written anew.
            return None
        return note.library if note else None

    async def _leave_mark(self, library: LibraryID) -> None:
        mark = secrets.token_hex(16)
        await self._open.write_mark(mark)
        # Read after the mark: each version is at least the one that the mark was written into.
        state = await self._open.look(mark)
        await self._store.keep_note(write_note(Note(library, mark, datetime.now(UTC), state.tables)))


def mismatch(state: DatabaseState, note: Note | None, originals: int) -> str | None:
    """
    Say why a database and a store do not belong together; None if they do, or if both are new.

    Args:
        note: What the store remembers.
        originals: How many photos a store without a note holds.
    """
    if note is None:
        return _mismatch_without_note(state, originals)
    last = f"{_count(note.images)} when it was last noted, {note.moment:%Y-%m-%d %H:%M} UTC"
    if state.library is None:
        return f"the store belongs to a library of {last}, and this database is empty or of none"
    if state.library != note.library:
        return f"the database is of another library than the store, which had {last}"
    lost = [space for space in note.tables if space not in state.tables and space not in state.retired]
    if lost:
        return f"the database lacks the rows of space {lost[0]}, which had {_count(note.tables[lost[0]].images)}"
    older = [space for space, table in note.tables.items() if _version(state, space) < table.version]
    if older or not state.knows_mark:
        return f"the database is an older copy, of {_count(state.images)}; the library had {last}"
    return None


def _mismatch_without_note(state: DatabaseState, originals: int) -> str | None:
    if originals:
        holds = f"the store holds {_count(originals)} and does not say of which library"
        return f"{holds}; the database has {_count(state.images)}"
    if state.images:
        return f"the store is empty, and the database has {_count(state.images)}"
    return None


def _version(state: DatabaseState, space: SpaceID) -> int:
    """Return the version of a table; without end for one that was given up."""
    return 2**63 if space not in state.tables else state.tables[space].version


def _count(images: int) -> str:
    return "1 photo" if images == 1 else f"{images:,} photos"


def write_note(note: Note) -> bytes:
    """Write a note as JSON."""
    tables = {space: {"version": table.version, "images": table.images} for space, table in sorted(note.tables.items())}
    content = {
        "format": FORMAT,
        "library": note.library,
        "mark": note.mark,
        "moment": note.moment.isoformat(timespec="seconds"),
        "tables": tables,
    }
    return json.dumps(content, indent=1).encode()


def read_note(text: bytes) -> Note:
    """
    Read a note back.

    Raises:
        ValueError, KeyError, TypeError or AttributeError: It is none that `write_note` makes.
    """
    content: dict[str, Any] = json.loads(text)
    if content["format"] != FORMAT:
        raise ValueError(f"format {content['format']!r} is unknown")
    tables = {
        SpaceID(space): TableState(int(table["version"]), int(table["images"]))
        for space, table in content["tables"].items()
    }
    moment = datetime.fromisoformat(content["moment"])
    return Note(LibraryID(str(content["library"])), str(content["mark"]), moment.astimezone(UTC), tables)
