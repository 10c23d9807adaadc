"""A ledger in memory, for tests of the rules that need no database."""

from dataclasses import replace

from backend.catalogue.library import DatabaseState, TableState
from backend.catalogue.values import LibraryID, SpaceID


class MemoryLedger:
    """The side of a database: its identity, its marks, and tables of which tests say how they stand."""

    location = "the database"

    def __init__(self) -> None:
        self.state = DatabaseState()
        self.marks: list[str] = []

    def grow(self, space: SpaceID, images: int) -> None:
        """Commit to a table until it has so many images."""
        before = self.state.tables.get(space, TableState(0, 0))
        self.state = replace(self.state, tables={**self.state.tables, space: TableState(before.version + 1, images)})

    async def look(self, mark: str | None) -> DatabaseState:
        return replace(self.state, knows_mark=mark in self.marks)

    async def write_identity(self, library: LibraryID) -> LibraryID:
        self.state = replace(self.state, library=self.state.library or library)
        assert self.state.library
        return self.state.library

    async def write_mark(self, mark: str) -> None:
        self.marks.append(mark)
