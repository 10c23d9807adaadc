"""From an HEIC file, as phones write it, to its vector in the browser: time, memory, and the page's longest task."""

import argparse
import io
import statistics
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pillow_heif
from playwright.sync_api import Browser, sync_playwright

from frontend.embedder.heif import nclx_profile
from tests.__main__ import executable
from tests.benchmarks.browser import Memory, add_round_options, launched, rounds
from tests.benchmarks.extraction import OURS_SEARCH, OURS_UPLOAD, STAGES, Contender, Run, of, open_page, spread, take
from tests.benchmarks.pictures import Made, add_folder_option, kept_in, mosaic, source, write_picture
from tests.benchmarks.report import Machine, Report, Table
from tests.support.page import PYTHON_BYTES
from tests.support.servers.lookalike import Server, running_server

# Of the squares that a phone puts a photo together from.
TILE_PX = 512

# Phones write some 2 MB for 12 megapixels.
QUALITY = 50

WAYS = (OURS_SEARCH, OURS_UPLOAD)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--megapixels", type=float, nargs="+", default=[12, 48], help="default: 12 48")
    add_round_options(parser, 7)
    add_folder_option(parser)


def run(options: argparse.Namespace) -> Report:
    machine, chromium = Machine.here(), executable()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        kept = kept_in(options, folder)
        pictures = [
            picture
            for size in options.megapixels
            for picture in (write_picture(kept, size, "JPEG"), write_heic(kept, size))
        ]
        server = stack.enter_context(running_server(folder / "data"))
        browser = stack.enter_context(launched(stack.enter_context(sync_playwright()), chromium))
        version = browser.version
        heaps = [heap_of(browser, server, picture) for picture in pictures]
        page, memory = open_page("page", browser, server, pictures), Memory(browser)
        for at, picture in enumerate(pictures):  # The warm-up.
            take(OURS_SEARCH, page, memory, at, picture)
        runs = [
            take(way, page, memory, at, picture)
            for _ in rounds(options)
            for way in WAYS
            for at, picture in enumerate(pictures)
        ]
    return Report(
        title="From an HEIC file to its vector in the browser",
        introduction=[
            f"Chromium {version} without a graphics card, TF.js on WASM, the bundled model."
            f" {len(runs) // (len(pictures) * len(WAYS))} rounds, in each all files in turn, after a warm-up:"
            " median and range.",
            f"The pictures: {source()}, of 4:3, each as JPEG at quality 90, the yardstick, and as HEIC at quality"
            f" {QUALITY}: in squares of {TILE_PX} px, 8 bit, 4:2:0, of Display P3, as phones write them.",
            "The goal for 12 megapixels of HEIC: 1.5 s on two cores, and no task of the main thread above 50 ms.",
        ],
        tables=[*[times(runs, pictures, way) for way in WAYS], busy(runs, pictures), memory_of(heaps)],
        machine=machine,
        command=f"python -m tests.benchmarks heic --megapixels {' '.join(f'{size:g}' for size in options.megapixels)}"
        f" --rounds {options.rounds}",
    )


@dataclass(frozen=True)
class Heap:
    """What the interpreter of a page took, whose first picture this was."""

    picture: Made
    before_mb: float
    after_mb: float
    first_ms: float
    """How long that took, the loading of what reads its kind included."""


def write_heic(folder: Path, megapixels: float) -> Made:
    """Write a picture as a phone does; one that is there already stays."""
    path = folder / f"{megapixels:g}MP.heic"
    if not path.exists():
        pillow_heif.register_heif_opener()
        out = io.BytesIO()
        profile = nclx_profile({"color_primaries": 12})
        mosaic(megapixels, 0).save(out, "HEIF", quality=QUALITY, tile_size=TILE_PX, icc_profile=profile)
        path.write_bytes(out.getvalue())
    return Made(path, "HEIC", megapixels, path.stat().st_size)


def heap_of(browser: Browser, server: Server, picture: Made) -> Heap:
    """Let a new page open one picture, and see what its interpreter took for that."""
    page = open_page("page", browser, server, [picture])
    before = page.evaluate(PYTHON_BYTES)
    first = take(OURS_SEARCH, page, Memory(browser), 0, picture).stages["total"]
    after = page.evaluate(PYTHON_BYTES)
    page.close()
    return Heap(picture, before / 1e6, after / 1e6, first)


def times(runs: Sequence[Run], pictures: Sequence[Made], way: Contender) -> Table:
    """List what a file took, stage by stage."""
    names = [name for name in STAGES if any(name in run.stages for run in runs if run.contender is way)]
    rows = [
        [sized(picture), *[spread(of(runs, way, picture), name) for name in [*names, "total"]]] for picture in pictures
    ]
    return Table("An upload, ms" if way is OURS_UPLOAD else "A search, ms", ["file", *names, "total"], rows)


def busy(runs: Sequence[Run], pictures: Sequence[Made]) -> Table:
    """List the longest tasks of the page's main thread."""
    rows = [
        [str(picture), *[statistics.median(run.longest_task_ms for run in of(runs, way, picture)) for way in WAYS]]
        for picture in pictures
    ]
    columns = ["file", "a search", "an upload"]
    return Table("Longest task of the main thread, ms", columns, rows, ["Median; 0 where none took more than 50 ms."])


def memory_of(heaps: Sequence[Heap]) -> Table:
    """List what the interpreter took from the browser."""
    rows = [[str(heap.picture), heap.before_mb, heap.after_mb, heap.first_ms] for heap in heaps]
    return Table(
        "The interpreter's memory, MB",
        ["file", "before", "after", "the first such file, ms"],
        rows,
        ["Of a page that opens nothing else. An interpreter gives nothing back, so that this is the peak."],
    )


def sized(picture: Made) -> str:
    return f"{picture}, {picture.size / 1e6:.3g} MB"
