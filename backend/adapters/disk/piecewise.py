"""
Reads files and folders in pieces, one call of a thread for each.

A file or folder is opened, read and closed inside a generator that only threads run. So a reader that is cancelled
while a thread works leaves nothing open: the generator closes what it opened when it is collected.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Iterator
from itertools import islice
from pathlib import Path

# Large enough that switching to a thread costs little compared with reading or writing, small enough that 64 readers
# need only some 16 MB.
PIECE_BYTES = 256 * 1024

# Entries of a folder per call: a store with a million objects is listed without holding them all in memory.
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
    """List a folder, LISTED_AT_ONCE entries at a time, in no particular order."""
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
