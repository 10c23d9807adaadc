"""
What the documents say of the benchmarks, out of the reports: `python -m tests.benchmarks.summary` prints it.

The README has the five lines, tests/README.md the table, frontend/README.md that of the engines. A test compares them,
so that all say what the reports say.
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


def highlights() -> str:
    """Write five lines for people who have not decided yet."""
    camera = _load(CPU, "search, camera, 8 clients").value()
    sent = _bytes(CAMERA, "Lookalike").value() / _bytes(CAMERA, "with a queue").value()
    made_s = Figure("extraction", "Time, ms", {"file": "12 MP JPEG, 2.87 MB"}, "ours").value() / 1000
    faster = 1 / _extraction("12 MP JPEG", MAIN_THREAD).value()
    found_ms = _million("Lookalike", "p50 ms").value()
    memory = _memory("1m", "Lookalike").value() / _memory("1m", "faiss").value()
    small, large = _vector("half whitened, mean kept", 512).value(), _vector("as they are", 1280).value()
    lines = [
        "**A search costs the server little**: with a camera's photo (2.4 MB)"
        f" {camera:.1%} of the processor time and {sent:.1%} of the bytes of {_report('architectures', USUAL)}"
        " with an API server, a queue and a model on the server.",
        f"**Vectors are made quickly**: a 12 megapixel JPEG takes {made_s:.2f} s in a browser without a graphics card,"
        f" {faster:.0f} times as fast as {_report('extraction', 'TF.js in the main thread')}.",
        f"**It starts soon**: a later visit shows the library in {_start('usable s'):.1f} s and can search by photo in"
        f" {_start('ready s'):.1f} s; {_report('start_up', 'a first visit')} loads"
        f" {_start('MB over the network', 'cold'):.0f} MB.",
        f"**A million photos fit on a small machine**: a search takes {found_ms:.0f} ms on two cores, and the server"
        f" needs {memory:.0%} of the memory of {_report('search_service_1m', 'faiss')}.",
        f"**Vectors are small**: {small:,.0f} bytes a photo instead of {large:,.0f}, and"
        f" {_report('bytes_per_vector', 'they rank a little better')}.",
    ]
    return "\n".join(f"* {line}" for line in lines)


def markdown() -> str:
    """Write the table."""
    lines = ["| what | against | ours / theirs | report |", "|---|---|---|---|"]
    for ratio in RATIOS:
        report = ratio.figure.report
        link = f"[{report}](benchmarks/results/{report}.md)"
        lines.append(f"| {ratio.what} | {ratio.against} | {ratio.value():.2g} | {link} |")
    return "\n".join(lines)


def engines() -> str:
    """Write the table of frontend/README.md: times of each engine, and what of twenty pictures is the same in it."""
    report = json.loads((RESULTS / "engines.json").read_text(encoding="utf-8"))
    times, back_ends, parity = (table["rows"] for table in report["tables"])
    lines = [
        "| engine | back end | cosine | ms a picture | start, later start | 20 pictures | same bits as"
        " Chromium: vectors, hashes, thumbnails, labels | AVIF, which the browser decodes: least cosine |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for ours, theirs in zip(parity[::2], parity[1::2], strict=True):
        name = ours["made by"]
        took = next((row for row in times if row["engine"] == name), None)
        used = next((row for row in back_ends if row["engine"] == name), None)
        same = ", ".join(f"{ours[part]}" for part in ("vectors", "hashes", "thumbnails", "labels"))
        cells = (
            [
                f"{name} {took['version']}",
                used["back end"],
                f"{used['cosine']:.6f}",
                f"{used['ms a picture']:.0f}",
                f"{took['first start']:.1f} s, {took['later start']:.1f} s",
                f"{took['20 pictures added']:.1f} s",
            ]
            if took and used
            else [f"{name}, the client", "ONNX Runtime", "-", "-", "-", "-"]
        )
        cells += [f"{same} of {ours['pictures']}", theirs["least cosine"]]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _report(name: str, text: str) -> str:
    """Link to a report, from the README."""
    return f"[{text}](tests/benchmarks/results/{name}.md)"


def _start(column: str, cache: str = "warm") -> float:
    row = {"model": "lookalike_v1", "link": "loopback", "cache": cache}
    return Figure("start_up", "Times and bytes", row, column).value()


def _million(engine: str, column: str) -> Figure:
    return Figure("search_service_1m", f"{ROWS['1m']} vectors, no filter", {"clients": 1, "engine": engine}, column)


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
    print(f"{highlights()}\n\n{markdown()}\n\n{engines()}")
