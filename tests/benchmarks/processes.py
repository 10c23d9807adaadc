"""What other processes take of the machine: processor time, by kind of thread too, and memory. Needs Linux' /proc."""

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

TICKS_S = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


EVERY_S = 0.5
"""How often `watched_memory` reads: adding up a process's pages takes milliseconds of a processor."""


class Watched:
    """Processes with those that they started."""

    def __init__(self, *pids: int) -> None:
        self._pids = pids

    @property
    def pid(self) -> int:
        """The one that was named first."""
        return self._pids[0]

    def count(self) -> int:
        """Return how many there are."""
        return len(list(self._folders()))

    def cpu_s(self) -> float:
        """Return the processor time so far, with that of children that ended."""
        return sum(_cpu_s(folder, of_children=True) for folder in self._folders())

    def cpu_s_of_threads(self) -> dict[str, float]:
        """Return the processor time so far by the threads' names, numbers cut off; the first thread is `main`."""
        times: dict[str, float] = {}
        for folder in self._folders():
            with suppress(OSError):
                for task in (folder / "task").iterdir():
                    name = (task / "comm").read_text().strip()
                    name = "main" if task.name == folder.name else re.sub(r"[-_ ]?\d+$", "", name)
                    times[name] = times.get(name, 0.0) + _cpu_s(task, of_children=False)
        return times

    def resident(self) -> int:
        """Return the bytes of memory held, those shared with others counted in full."""
        return sum(_kib(folder / "status", "VmRSS") for folder in self._folders())

    def proportional(self) -> int:
        """Return the bytes of memory held, those shared with others counted in part (PSS)."""
        return sum(_kib(folder / "smaps_rollup", "Pss") for folder in self._folders())

    def peak(self) -> int:
        """Return the most bytes held at once since `forget_peak`."""
        return sum(_kib(folder / "status", "VmHWM") for folder in self._folders())

    def forget_peak(self) -> None:
        """Let `peak` count from here. Source: Linux, proc_pid_clear_refs(5), the value 5."""
        for folder in self._folders():
            with suppress(OSError):
                (folder / "clear_refs").write_text("5")

    def _folders(self) -> Iterator[Path]:
        waiting = list(self._pids)
        while waiting:
            folder = Path(f"/proc/{waiting.pop()}")
            yield folder
            with suppress(OSError):
                for task in (folder / "task").iterdir():
                    waiting += map(int, (task / "children").read_text().split())


class Memory:
    """The most that was held at once, in bytes (PSS), while it was watched."""

    def __init__(self) -> None:
        self.peak = 0


@contextmanager
def watched_memory(watched: Watched, every_s: float = EVERY_S) -> Iterator[Memory]:
    """Read the memory now and then, until the block is left."""
    seen, over = Memory(), threading.Event()

    def watch() -> None:
        while True:
            seen.peak = max(seen.peak, watched.proportional())
            if over.wait(every_s):
                return

    thread = threading.Thread(target=watch, name="memory", daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def _cpu_s(folder: Path, of_children: bool) -> float:
    with suppress(OSError):
        # After the name, which may hold anything: utime, stime, and those of children that ended, cutime and cstime,
        # are fields 14 to 17. Source: proc_pid_stat(5).
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11 : 15 if of_children else 13])) / TICKS_S
    return 0.0


def _kib(file: Path, name: str) -> int:
    with suppress(OSError):
        for line in file.read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    return 0
