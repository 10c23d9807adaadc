"""How setting up tells what it does: a port, and the terminal behind it."""

import sys
from typing import Protocol, TextIO

MEGABYTE = 1_000_000


class Report(Protocol):
    """Where setting up tells what it does."""

    def step(self, text: str) -> None:
        """Tell in one sentence what begins, or what was done."""
        ...

    def progress(self, what: str, done: int, total: int) -> None:
        """Tell how many of `total` bytes are there. The last call has `done == total`."""
        ...


class TerminalReport:
    """Plain lines; where a person looks on, the line of a transfer is written over and over."""

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self._stream = stream
        self._live = stream.isatty()

    def step(self, text: str) -> None:
        self._write(f"{text}\n")

    def progress(self, what: str, done: int, total: int) -> None:
        line = f"  {what}: {done / MEGABYTE:.1f} of {total / MEGABYTE:.1f} MB"
        if done == total:
            self._write(f"\r{line}\n" if self._live else f"{line}\n")
        elif self._live:
            self._write(f"\r{line}")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
