"""
Reads files and folders piece by piece, each piece by one call of a thread.

A file or folder is opened, read and closed inside a generator that only threads run. So a reader that is cancelled
while a thread still works leaves nothing open: the generator, which nobody holds any more, closes what it opened.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Iterator
from itertools import islice
from pathlib import Path

# Large enough that handing a piece to a thread costs little beside reading or writing it, small enough that 64 readers
# stay within some 16 MB.
PIECE_BYTES = 256 * 1024

# Entries of a folder: a store with a million objects is listed without holding them all.
LISTED_AT_ONCE = 1000


async def pieces_of(path: Path) -> AsyncGenerator[bytes, None]:
    """Read a file. An empty one is one empty piece."""
    pieces = _pieces(path)
    while True:
        piece = await asyncio.to_thread(next, pieces, b"")
        yield piece
        if len(piece) < PIECE_BYTES:
            return


async def entries_of(folder: Path) -> AsyncGenerator[list[os.DirEntry[str]], None]:
    """List a folder, some LISTED_AT_ONCE entries at a time, in no order."""
    entries = _entries(folder)
    while part := await asyncio.to_thread(list, islice(entries, LISTED_AT_ONCE)):
        yield part


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        yield from entries
