"""The index of a space on a folder, as the application opens it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from backend.adapters.lance_database import LanceDatabase
from backend.adapters.lance_index import LanceIndex
from backend.adapters.lance_upkeep import KEEP_S
from backend.catalogue.spaces import EmbeddingSpace


@asynccontextmanager
async def open_index(folder: Path, space: EmbeddingSpace, keep_s: float = KEEP_S) -> AsyncIterator[LanceIndex]:
    async with LanceDatabase.open(folder) as database, LanceIndex.open(database, space, keep_s) as index:
        yield index
