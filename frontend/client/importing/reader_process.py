"""
A process that reads pictures, one after the other.

Processes and not threads: Pillow has settings that all threads share, and a file that kills its reader must not take
the import with it.
"""

import asyncio
import multiprocessing
import signal
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Final

from frontend.client.errors import PictureUnusable
from frontend.client.model.native_model import NativeModel
from frontend.client.pictures import PictureReader, Prepared
from frontend.client.records import Space

CONTEXT: Final = multiprocessing.get_context("spawn")
"""Not fork: a process with threads must not be copied."""


class ReaderProcess:
    """One such process, begun anew where a file has ended it."""

    def __init__(self, space: Space, folder: Path) -> None:
        """
        Args:
            folder: Has the files of the server's model.
        """
        self._arguments = (space, folder)
        self._pool = self._new_pool()

    async def prepare(self, data: bytes, beside: Sequence[tuple[str, str]], file_ms: float) -> Prepared:
        """
        Read a picture; see `PictureReader.prepare`.

        Raises:
            PictureUnusable: It is none, or it has ended the process.
            ModelUnusable: The server's model cannot be run here.
        """
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._pool, _prepare, data, beside, file_ms)
        except BrokenProcessPool as exc:
            self._pool = self._new_pool()
            raise PictureUnusable("Reading the picture has ended the program that reads pictures.") from exc

    def close(self) -> None:
        """End the process, without waiting for what it does."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _new_pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(1, CONTEXT, _begin, self._arguments)


# What this process reads pictures for, and with; both are set in processes of pictures only.
_arguments: list[tuple[Space, Path]] = []
_readers: list[PictureReader] = []


def _begin(space: Space, folder: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that began this one.
    _arguments.append((space, folder))


def _prepare(data: bytes, beside: Sequence[tuple[str, str]], file_ms: float) -> Prepared:
    if not _readers:  # Here, where an error reaches whoever asks.
        space, folder = _arguments[0]
        _readers.append(PictureReader(NativeModel(space, folder), bool(space.limits["keeps_coordinates"])))
    return _readers[0].prepare(data, beside, file_ms)
