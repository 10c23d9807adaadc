"""What processes cost, they and all that they started: processor time and memory. Linux only."""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

PROC = Path("/proc")

EVERY_S = 0.5
"""How often memory is read: adding up a process's pages takes milliseconds of a processor."""


class Memory:
    """The most that was held at once, in bytes, while it was watched."""

    def __init__(self) -> None:
        self.peak = 0


def family(roots: Sequence[int]) -> list[int]:
    """Return these processes and all their descendants."""
    parents = {pid: int(fields[1]) for pid in _all() if (fields := _stat(pid))}
    found = [pid for pid in roots if pid in parents]
    for pid in found:  # It grows meanwhile, by the children of what was found.
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def cpu_s(roots: Sequence[int]) -> float:
    """Return the processor time, user's and system's, that they took since their start, with children that ended."""
    # Counted from the third field on: utime, stime, cutime, cstime are 14 to 17. Source: proc(5), /proc/pid/stat.
    ticks = [sum(map(int, fields[11:15])) for pid in family(roots) if (fields := _stat(pid))]
    return sum(ticks) / os.sysconf("SC_CLK_TCK")


def memory(roots: Sequence[int]) -> int:
    """Return the memory that they hold, in bytes. Pages that several share count once in all (PSS)."""
    return sum(map(_pss, family(roots)))


@contextmanager
def watched_memory(roots: Sequence[int]) -> Iterator[Memory]:
    """Read the memory now and then, until the block is left."""
    seen, over = Memory(), threading.Event()

    def watch() -> None:
        while True:
            seen.peak = max(seen.peak, memory(roots))
            if over.wait(EVERY_S):
                return

    thread = threading.Thread(target=watch, name="memory", daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def _all() -> list[int]:
    return [int(path.name) for path in PROC.iterdir() if path.name.isdecimal()]


def _stat(pid: int) -> list[str]:
    """Return the fields after the program's name, which may hold anything; none if the process is gone."""
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return text.rpartition(")")[2].split()


def _pss(pid: int) -> int:
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    kilobytes = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kilobytes * 1024
