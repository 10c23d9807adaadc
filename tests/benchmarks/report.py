"""
Says on what machine something was measured, and writes it as Markdown for people, JSON for programs, and plots.
"""

import json
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.benchmarks.plots import Plot, draw

PACKAGES = ("lancedb", "numpy", "pyarrow")
"""Those whose version moves the figures."""


@dataclass(frozen=True)
class Spread:
    """What several runs of one measurement gave."""

    median: float
    low: float
    high: float
    runs: int

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        return cls(statistics.median(values), min(values), max(values), len(values))

    def __str__(self) -> str:
        if self.runs == 1:
            return _number(self.median)
        return f"{_number(self.median)} ({_number(self.low)}-{_number(self.high)})"


Cell = str | int | float | Spread | None
"""None is a dash: not measured, or without meaning there."""


@dataclass(frozen=True)
class Table:
    """Measurements under one heading."""

    title: str
    columns: Sequence[str]
    """With the unit, where there is one."""
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str] = ()
    """What must be known to read it; before the table."""

    def to_markdown(self) -> str:
        lines = [f"## {self.title}", ""]
        for note in self.notes:
            lines += [note, ""]
        lines += [_line(self.columns), _line(["---"] * len(self.columns))]
        lines += [_line([_text(cell) for cell in row]) for row in self.rows]
        return "\n".join([*lines, ""])

    def to_json(self) -> dict[str, Any]:
        rows = [
            {
                name: asdict(cell) if isinstance(cell, Spread) else cell
                for name, cell in zip(self.columns, row, strict=True)
            }
            for row in self.rows
        ]
        return {"title": self.title, "notes": list(self.notes), "rows": rows}


@dataclass(frozen=True)
class Machine:
    """Where and when it was measured."""

    processor: str
    cores: int
    """That this process may use."""
    memory: int | None
    """Bytes; None where the system does not tell."""
    system: str
    python: str
    packages: dict[str, str]
    load: float | None
    """Average number of busy or waiting processes in the minute before. Well above 0: the machine was shared."""
    started: str
    """UTC, ISO 8601."""

    @classmethod
    def here(cls) -> "Machine":
        return cls(
            processor=_processor(),
            cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
            memory=_memory(),
            system=f"{platform.system()} {platform.release()} {platform.machine()}",
            python=platform.python_version(),
            packages={name: version(name) for name in PACKAGES},
            load=os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
            started=datetime.now(UTC).isoformat(timespec="seconds"),
        )

    def __str__(self) -> str:
        memory = "" if self.memory is None else f", {self.memory / 2**30:.0f} GiB of memory"
        packages = ", ".join(f"{name} {number}" for name, number in self.packages.items())
        load = "" if self.load is None else f" Load average at the start: {self.load:.1f}."
        return (
            f"{self.processor}, {self.cores} cores{memory}; {self.system}; Python {self.python}, {packages};"
            f" {self.started}.{load}"
        )


@dataclass(frozen=True)
class Report:
    """One run of a benchmark."""

    title: str
    introduction: Sequence[str]
    """How it was measured, a paragraph each."""
    tables: Sequence[Table]
    machine: Machine
    command: str
    """What gives this report again."""
    plots: Sequence[Plot] = ()
    load_after: float | None = field(default_factory=lambda: os.getloadavg()[0] if hasattr(os, "getloadavg") else None)

    def to_markdown(self) -> str:
        after = "" if self.load_after is None else f" At the end: {self.load_after:.1f}."
        head = [f"# {self.title}", f"`{self.command}`", f"{self.machine}{after}", *self.introduction]
        return "\n\n".join([*head, *(table.to_markdown() for table in self.tables)])

    def to_json(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "command": self.command,
            "machine": asdict(self.machine),
            "load_after": self.load_after,
            "introduction": list(self.introduction),
            "tables": [table.to_json() for table in self.tables],
        }

    def write(self, folder: Path, name: str) -> list[Path]:
        """Write NAME.md, NAME.json, and an SVG for each plot."""
        folder.mkdir(parents=True, exist_ok=True)
        markdown, document = folder / f"{name}.md", folder / f"{name}.json"
        drawings = [(plot, folder / f"{name}_{plot.name}.svg") for plot in self.plots]
        document.write_text(json.dumps(self.to_json(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        for plot, file in drawings:
            draw(plot, file)
        shown = [f"![{plot.title}]({file.name})\n" for plot, file in drawings]
        markdown.write_text("\n".join([self.to_markdown(), *shown]), encoding="utf-8")
        return [markdown, document, *[file for _, file in drawings]]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _text(cell: Cell) -> str:
    if cell is None:
        return "-"
    return _number(cell) if isinstance(cell, float) else str(cell)


def _number(value: float) -> str:
    """Three digits that count, as more would be noise."""
    if value == 0 or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}" if abs(value) >= 1 else f"{value:.3f}"


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # Not Linux.
    return platform.processor() or platform.machine()


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None
