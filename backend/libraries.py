"""The library that the settings name: a database and a store that belong together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from backend.adapters.lance.database import LanceDatabase, UnopenedDatabase
from backend.catalogue.graces import Graces
from backend.catalogue.library import Library, OpenLibrary
from backend.catalogue.ports import ObjectStore
from backend.databases import location_of, opened_database, storage_options
from backend.settings import Settings


@dataclass(frozen=True)
class Opened:
    """An open database, and its library."""

    database: LanceDatabase
    library: OpenLibrary


def unopened_library(settings: Settings, store: ObjectStore) -> Library:
    """Return the library for checks that neither change nor create anything."""
    return Library(UnopenedDatabase(location_of(settings), storage_options(settings)), store)


@asynccontextmanager
async def opened_library(settings: Settings, store: ObjectStore) -> AsyncIterator[Opened]:
    """
    Open the database of a store, and give a new library its identity.

    Raises:
        LibraryMismatch: They do not belong together. Nothing was created or changed.
        IndexUnavailable: The database cannot be opened. The message is for the operator.
    """
    await unopened_library(settings, store).check()
    async with opened_database(settings) as database:
        library = OpenLibrary(database, store)
        await library.begin()
        yield Opened(database, library)


def graces(settings: Settings) -> Graces:
    return Graces(settings.orphan_grace_s, settings.trash_grace_s)
