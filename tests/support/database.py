"""The database and the library of a data folder, as the application opens them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from backend.adapters.folder.store import FolderStore
from backend.adapters.lance.database import LanceDatabase
from backend.adapters.lance.index import LanceIndex
from backend.adapters.lance.upkeep import KEEP_S
from backend.catalogue.library import OpenLibrary
from backend.catalogue.service import utc_now
from backend.catalogue.spaces import EmbeddingSpace


@asynccontextmanager
async def open_index(folder: Path, space: EmbeddingSpace, keep_s: float = KEEP_S) -> AsyncIterator[LanceIndex]:
    async with LanceDatabase.open(folder) as database, LanceIndex.open(database, space, keep_s) as index:
        yield index


async def adopt(data: Path) -> None:
    """Make one library of what tests have written into the database and the store of a data folder."""
    async with LanceDatabase.open(data / "database") as database:
        await OpenLibrary(database, FolderStore(data / "objects", "/store", b"s" * 32, 600, utc_now)).adopt()
