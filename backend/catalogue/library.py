"""
Knows which database and store belong together, and notices when the database is an older copy.

A library has an identity, created once and kept in both. Upkeep also leaves marks: it writes a random word into the
database, and then into the store, together with the version of each table. A database that lacks the store's last mark,
or has a table with a lower version, is another one or an older copy. With such a database nothing is swept and no
server starts: photos that it does not know would be taken for orphans.

The mark goes into the database first. A crash in between leaves a database with one mark more than the store knows,
which is harmless; the reverse cannot happen.
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

# Version of the note's format.
FORMAT = 1


@dataclass(frozen=True)
class TableState:
    """A table of images at one moment."""

    version: int
    """Grows with every commit."""
    images: int


@dataclass(frozen=True)
class DatabaseState:
    """What a database says about itself."""

    library: LibraryID | None = None
    """None if it has no identity yet."""
    knows_mark: bool = False
    """Whether it knows the mark asked about."""
    tables: Mapping[SpaceID, TableState] = field(default_factory=dict[SpaceID, TableState])
    retired: frozenset[SpaceID] = frozenset()
    """Spaces that were dropped on purpose, so that their tables are not missed."""

    @property
    def images(self) -> int:
        return sum(table.images for table in self.tables.values())


@dataclass(frozen=True)
class Note:
    """What the store remembers about its database."""

    library: LibraryID
    mark: str
    moment: datetime
    """UTC: when the mark was made."""
    tables: Mapping[SpaceID, TableState]
    """The tables at that moment."""

    @property
    def images(self) -> int:
        return sum(table.images for table in self.tables.values())


class Ledger(Protocol):
    """The database's side."""

    @property
    def location(self) -> str:
        """Where it is, for people."""
        ...

    async def look(self, mark: str | None) -> DatabaseState:
        """Return its state at this moment, and whether it knows a mark. Changes nothing."""
        ...


class WritableLedger(Ledger, Protocol):
    """An open database's side."""

    async def write_identity(self, library: LibraryID) -> LibraryID:
        """Give it an identity, unless it has one; return the one it has."""
        ...

    async def write_mark(self, mark: str) -> None:
        """Write down a mark."""
        ...


class Library:
    """A database and a store, which should belong together."""

    def __init__(self, ledger: Ledger, store: ObjectStore) -> None:
        self._ledger = ledger
        self._store = store

    async def check(self) -> Note | None:
        """
        Check that the two belong together. Changes nothing.

        Returns:
            The store's note; None if both are new and empty, or only the database has an identity so far.

        Raises:
            LibraryMismatch: They do not belong together, or the database is an older copy.
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
    """A library whose database is open: it can be given an identity and be marked."""

    def __init__(self, ledger: WritableLedger, store: ObjectStore) -> None:
        super().__init__(ledger, store)
        self._open = ledger

    async def begin(self) -> None:
        """
        Check the library, and give a new one its identity.

        Raises:
            LibraryMismatch: As `check`.
        """
        if await self.check() is None:
            await self.adopt()

    async def mark(self) -> None:
        """
        Leave a mark, if the database has changed since the last one.

        Raises:
            LibraryMismatch: As `check`: a database that was swapped must not pass for the right one from now on.
        """
        note, state = await self._compared()
        if note is not None and note.tables != state.tables:
            await self._leave_mark(note.library)

    async def adopt(self) -> None:
        """Make database and store one library from now on, whatever either says now."""
        state = await self._open.look(None)
        wanted = state.library or await self._identity_of_store() or LibraryID(secrets.token_hex(16))
        library = state.library or await self._open.write_identity(wanted)
        await self._leave_mark(library)

    async def _identity_of_store(self) -> LibraryID | None:
        try:
            note = await self._note()
        except LibraryMismatch:  # The note is damaged, and is written anew.
            return None
        return note.library if note else None

    async def _leave_mark(self, library: LibraryID) -> None:
        mark = secrets.token_hex(16)
        await self._open.write_mark(mark)
        # Read after the mark was written, so that no version is older than the mark.
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
    last = f"{_count(note.images)} at its last mark, {note.moment:%Y-%m-%d %H:%M} UTC"
    if state.library is None:
        return f"the store belongs to a library of {last}, and this database is empty or has no identity"
    if state.library != note.library:
        return f"the database belongs to another library than the store, which had {last}"
    lost = [space for space in note.tables if space not in state.tables and space not in state.retired]
    if lost:
        return f"the database lacks the rows of space {lost[0]}, which had {_count(note.tables[lost[0]].images)}"
    older = [space for space, table in note.tables.items() if _version(state, space) < table.version]
    if older or not state.knows_mark:
        return f"the database is an older copy, of {_count(state.images)}; the library had {last}"
    return None


def _mismatch_without_note(state: DatabaseState, originals: int) -> str | None:
    if originals:
        holds = f"the store holds {_count(originals)} and does not say which library they belong to"
        return f"{holds}; the database has {_count(state.images)}"
    if state.images:
        return f"the store is empty, and the database has {_count(state.images)}"
    return None


def _version(state: DatabaseState, space: SpaceID) -> int:
    """Return a table's version; infinitely high for a table that was dropped on purpose."""
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
        ValueError, KeyError, TypeError or AttributeError: `write_note` did not write it.
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
