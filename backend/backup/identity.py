"""A library's identity, as a restore needs it. The rules are in backend/catalogue/library.py."""

from backend.adapters.lance.database import LanceDatabase
from backend.catalogue.library import OpenLibrary, read_note
from backend.catalogue.ports import ObjectStore
from backend.catalogue.values import LibraryID


class LibraryIdentity:
    """The identity of a database and a store."""

    def __init__(self, database: LanceDatabase, store: ObjectStore) -> None:
        self._database = database
        self._store = store

    async def read(self) -> frozenset[str]:
        """Return both identities: two if they differ, none if neither has one yet."""
        said = ((await self._database.look(None)).library, await self._of_store())
        return frozenset(library for library in said if library is not None)

    async def write(self, library: str, joined: bool) -> None:
        """
        Write the identity to the database, and to the store if they are joined.

        Args:
            joined: Whether database and store belong together from now on.
        """
        await self._database.write_identity(LibraryID(library))
        if joined:
            await OpenLibrary(self._database, self._store).adopt()

    async def _of_store(self) -> LibraryID | None:
        text = await self._store.note()
        try:
            return None if text is None else read_note(text).library
        except (ValueError, KeyError, TypeError, AttributeError):
            return None  # Damaged: it is written anew.
