"""Progress reports of the set-up: a port, and its terminal."""

import sys
from typing import Protocol, TextIO

MEGABYTE = 1_000_000


class Report(Protocol):
    """Receives progress reports."""

    def step(self, text: str) -> None:
        """Report in one sentence what starts or is done."""
        ...

    def progress(self, what: str, done: int, total: int) -> None:
        """Report how many of `total` bytes are done. The last call has `done == total`."""
        ...


class TerminalReport:
    """Prints lines; on a terminal, the line of a transfer is updated in place."""

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
