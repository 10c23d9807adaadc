"""What another process takes of the machine: processor time, by kind of thread too, and memory. Needs Linux' /proc."""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

TICKS_S = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


class Watched:
    """A process with those that it started."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def cpu_s(self) -> float:
        """Return the processor time so far."""
        return sum(_cpu_s(folder) for folder in self._folders())

    def cpu_s_of_threads(self) -> dict[str, float]:
        """Return the processor time so far by the threads' names, numbers cut off; the first thread is `main`."""
        times: dict[str, float] = {}
        for folder in self._folders():
            with suppress(OSError):
                for task in (folder / "task").iterdir():
                    name = (task / "comm").read_text().strip()
                    name = "main" if task.name == folder.name else re.sub(r"[-_ ]?\d+$", "", name)
                    times[name] = times.get(name, 0.0) + _cpu_s(task)
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
        waiting = [self.pid]
        while waiting:
            folder = Path(f"/proc/{waiting.pop()}")
            yield folder
            with suppress(OSError):
                for task in (folder / "task").iterdir():
                    waiting += map(int, (task / "children").read_text().split())


def _cpu_s(folder: Path) -> float:
    with suppress(OSError):
        # After the name, which may hold anything: utime and stime are fields 14 and 15. Source: proc_pid_stat(5).
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_S
    return 0.0


def _kib(file: Path, name: str) -> int:
    with suppress(OSError):
        for line in file.read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    return 0
