"""
The README's table of ratios, out of the reports: `python -m tests.benchmarks.summary` prints it.

A test compares the two, so that the README says what the reports say.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.__main__ import RESULTS


@dataclass(frozen=True)
class Figure:
    """A cell of a report."""

    report: str
    table: str
    row: Mapping[str, Any]
    """Column -> value, of as many columns as are needed to tell the row from others."""
    column: str

    def value(self) -> float:
        """Return it; the median of several runs."""
        report = json.loads((RESULTS / f"{self.report}.json").read_text(encoding="utf-8"))
        [table] = [table for table in report["tables"] if table["title"] == self.table]
        [row] = [row for row in table["rows"] if self.row.items() <= row.items()]
        cell = row[self.column]
        return cell["median"] if isinstance(cell, dict) else cell


@dataclass(frozen=True)
class Ratio:
    """A line of the table."""

    what: str
    against: str
    figure: Figure
    """The ratio, or, with `theirs`, our part of it."""
    theirs: Figure | None = None
    inverse: bool = False
    """Whether the report gives theirs / ours, or more is better there."""

    def value(self) -> float:
        """Ours / theirs, where less is better for us."""
        ratio = self.figure.value() / (self.theirs.value() if self.theirs else 1)
        return 1 / ratio if self.inverse else ratio


def markdown() -> str:
    """Write the table."""
    lines = ["| what | against | ours / theirs | report |", "|---|---|---|---|"]
    for ratio in RATIOS:
        report = ratio.figure.report
        link = f"[{report}](tests/benchmarks/results/{report}.md)"
        lines.append(f"| {ratio.what} | {ratio.against} | {ratio.value():.2g} | {link} |")
    return "\n".join(lines)


def _load(table: str, load: str) -> Figure:
    return Figure("architectures", table, {"load": load}, "ratio")


def _alone(what: str) -> Figure:
    return Figure("architectures", "One at a time, nothing else going on, ms", {"what": what}, "ratio")


def _bytes(operation: str, architecture: str) -> Figure:
    row = {"operation": operation, "architecture": architecture}
    return Figure("architectures", "Bytes for each operation, kB", row, "with visitors")


def _search(size: str, engine: str) -> Figure:
    row = {"clients": 1, "engine": engine}
    return Figure(f"search_service_{size}", f"{ROWS[size]} vectors, no filter", row, "our p99 / theirs")


def _memory(size: str, engine: str) -> Figure:
    table = f"{ROWS[size]} vectors: memory and making"
    return Figure(f"search_service_{size}", table, {"engine": engine}, "RSS MiB")


def _vector(method: str, values: int) -> Figure:
    row = {"method": method, "values": values, "type": "float16"}
    return Figure("bytes_per_vector", "lookalike_v1: mean average precision", row, "bytes")


def _extraction(file: str, way: str) -> Figure:
    return Figure("extraction", "Ours / theirs", {"file": file}, way)


ROWS = {"10k": "10,000", "100k": "100,000", "1m": "1,000,000"}
CPU = "Processor time of the server for each operation, ms"
USUAL = "the usual architecture"
SAME = "the same"
CAMERA = "search, camera"
BURST = Figure("architectures", "200 uploads at once", {"what": "until all are searchable, s"}, "ratio")
MAIN_THREAD = "fromPixels, nearest"
HNSWLIB = "hnswlib behind the same routes"
FAISS = "faiss behind the same routes"
NATIVE = "bitmap of the browser's resizing, in a worker"

RATIOS = [
    Ratio("Server's processor time for a search with 2.4 MB", USUAL, _load(CPU, "search, camera, 8 clients")),
    Ratio("… with 26 kB", SAME, _load(CPU, "search, 8 clients")),
    Ratio("Server's processor time for an upload of 2.4 MB", SAME, _load(CPU, "upload, camera, 8 clients")),
    Ratio("… of 26 kB", SAME, _load(CPU, "upload, 8 clients")),
    Ratio("Bytes of a search with 2.4 MB", SAME, _bytes(CAMERA, "Lookalike"), _bytes(CAMERA, "with a queue")),
    Ratio("Time until a search is answered, the visitor's work included", SAME, _alone("search and visitor's work")),
    Ratio("Time until an upload can be found, likewise", SAME, _alone("upload and visitor's work, searchable")),
    Ratio("Time until an upload is acknowledged (theirs cannot be found yet)", SAME, _alone("upload, acknowledged")),
    Ratio("200 uploads at once, until all can be found", SAME, BURST),
    Ratio("12 megapixel JPEG to vector", "TF.js in the main thread", _extraction("12 MP JPEG", MAIN_THREAD)),
    Ratio("… 0.1 megapixels", SAME, _extraction("0.1 MP JPEG", MAIN_THREAD)),
    Ratio("… 48 megapixels", SAME, _extraction("48 MP JPEG", MAIN_THREAD)),
    Ratio("12 megapixel PNG to vector", "TF.js and the browser's decoder", _extraction("12 MP PNG", NATIVE)),
    Ratio(
        "Many photographs of 3 megapixels, from drop to searchable",
        "one by one",
        Figure("batch", "The queue's pace / one by one", {"megapixels": 3.0}, "ratio"),
        inverse=True,
    ),
    Ratio("Search of 10,000 images over HTTP, p99", HNSWLIB, _search("10k", "hnswlib")),
    Ratio(SAME.capitalize(), FAISS, _search("10k", "faiss")),
    Ratio(SAME.capitalize(), "Qdrant's local mode", _search("10k", "Qdrant, local mode")),
    Ratio(SAME.capitalize(), "Milvus Lite", _search("10k", "Milvus Lite")),
    Ratio("Search of 100,000 images over HTTP, p99", HNSWLIB, _search("100k", "hnswlib")),
    Ratio(SAME.capitalize(), FAISS, _search("100k", "faiss")),
    Ratio("Search of 1,000,000 images over HTTP, p99", FAISS, _search("1m", "faiss")),
    Ratio("Server's memory with 1,000,000 images", FAISS, _memory("1m", "Lookalike"), _memory("1m", "faiss")),
    Ratio(
        "Bytes of a vector, which finds a little better",
        "all 1,280 averages",
        _vector("half whitened, mean kept", 512),
        _vector("as they are", 1280),
    ),
    Ratio(
        "Registrations of 32 clients",
        "a commit for each",
        Figure("register", "Registrations per second, through the API", {"clients": 32}, "times"),
        inverse=True,
    ),
]


if __name__ == "__main__":
    print(markdown())
