"""Libraries with files that are damaged on purpose, in the ways in which disks and people damage them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from unittest.mock import patch

import lancedb

from backend.adapters.lance.database import IMAGES, LanceDatabase
from backend.adapters.lance.index import LanceIndex
from backend.adapters.lance.rows import to_row, to_table
from backend.catalogue.values import ImageRecord

from .records import record
from .spaces import small_space, vector

DIMENSION = 16
SPACE = small_space(DIMENSION)
TABLE = IMAGES + SPACE.id

# In the file that upkeep joined, and after it, each in a file of its own.
JOINED, LATER = 300, 5


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def remove(path: Path) -> None:
    path.unlink()


def flip(path: Path) -> None:
    """Flip all bits of 64 bytes in the middle."""
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    for place in range(max(0, middle - 32), min(len(data), middle + 32)):
        data[place] ^= 0xFF
    path.write_bytes(data)


def zero(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


DAMAGES: Mapping[str, Callable[[Path], None]] = {"cut": cut, "gone": remove, "flipped": flip, "zeroed": zero}


def image(number: int) -> ImageRecord:
    """Return the record of one of the library's images."""
    return record(number, (f"t{number % 10}",), ("dog",))


async def make_library(folder: Path) -> None:
    """Make a library with all kinds of indexes: upkeep ran, and a few images came after it."""
    async with LanceDatabase.open(folder) as database:
        async with database.images(SPACE) as table:
            rows = [to_row(image(number), vector(number, DIMENSION), revision=0) for number in range(JOINED)]
            await table.add(to_table(rows, DIMENSION))
        async with LanceIndex.open(database, SPACE) as index:
            with patch("backend.adapters.lance.upkeep.VECTOR_INDEX_FROM", JOINED):
                await index.do_upkeep()
            for number in range(JOINED, JOINED + LATER):
                await index.add(image(number), vector(number, DIMENSION))


def data_files(database: Path) -> list[Path]:
    """Return the data files of the images, the largest first: it holds all but the latest."""
    files = (database / f"{TABLE}.lance" / "data").iterdir()
    return sorted(files, key=lambda path: -path.stat().st_size)


async def index_files(database: Path, column: str) -> list[Path]:
    """Return the files of the index of a column."""
    table = await (await lancedb.connect_async(database)).open_table(TABLE)
    (uuid,) = [index.index_uuid for index in await table.list_indices() if index.columns == [column]]
    assert uuid is not None
    return sorted((database / f"{TABLE}.lance" / "_indices" / uuid).iterdir())
