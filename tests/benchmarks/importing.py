"""Many photographs into a library: `lookalike import` against the page, in turns; and its memory over a long run."""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

from playwright.sync_api import sync_playwright

from tests.__main__ import executable
from tests.benchmarks import batch
from tests.benchmarks.browser import add_round_options, launched, rounds
from tests.benchmarks.pictures import add_folder_option, kept_in, source, write_picture
from tests.benchmarks.processes import Watched, watched_memory
from tests.benchmarks.report import Machine, Report, Spread, Table
from tests.support.servers.lookalike import Server, running_server

PAGE, IMPORT = "the page", "lookalike import"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--files", type=int, default=60)
    parser.add_argument("--megapixels", type=float, nargs="+", default=[0.1, 3, 12])
    parser.add_argument("--long", type=int, default=0, help="files of 3 megapixels in one run of their own")
    add_round_options(parser, 3)
    add_folder_option(parser)


def run(options: argparse.Namespace) -> Report:
    machine, chromium = Machine.here(), executable()
    count, sizes = options.files, options.megapixels
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        kept = kept_in(options, folder / "pictures")
        folders = {size: written(kept, folder / f"{size:g}", size, count) for size in sizes}
        server = stack.enter_context(running_server(folder / "data"))
        browser = stack.enter_context(launched(stack.enter_context(sync_playwright()), chromium))
        imported(server, folders[sizes[0]], folder / "cache")  # Fetches the model.
        batch.forget_all(server)
        paces: dict[tuple[str, float], list[float]] = {}
        imports: dict[float, list[Import]] = {size: [] for size in sizes}
        for _ in rounds(options):
            for size, pictures in folders.items():
                by_page = batch.add(browser, server, batch.QUEUE, size, sorted(pictures.iterdir()))
                paces.setdefault((PAGE, size), []).append(by_page.pace)
                made = imported(server, pictures, folder / "cache")
                batch.forget_all(server)
                paces.setdefault((IMPORT, size), []).append(made.pace)
                imports[size].append(made)
        tables = [by_way(paces, imports, sizes)]
        if options.long:
            pictures = written(kept, folder / "long", 3, options.long)
            tables.append(long_run(imported(server, pictures, folder / "cache"), options.long))
        version = browser.version
    return Report(
        title="Many photographs, by the page and by the client",
        introduction=[
            f"Chromium {version} without a graphics card, a server on the same machine, the bundled model. {count} JPEG"
            f" files of each size, {source()}, into an empty library: dropped on the page once it is ready, and by"
            " `lookalike import` from its start to its end. In turns; median and range.",
        ],
        tables=tables,
        machine=machine,
        command=f"python -m tests.benchmarks importing --files {count} --megapixels"
        f" {' '.join(f'{size:g}' for size in sizes)} --rounds {options.rounds} --long {options.long}",
    )


@dataclass(frozen=True)
class Import:
    """A run of the command."""

    pace: float
    """Files a second, from start to end."""
    cpu_ms: float
    """Processor time for a file, of all its processes."""
    memory_mib: float
    """The most that all of its processes held together (PSS)."""


def written(kept: Path, folder: Path, megapixels: float, count: int) -> Path:
    """Return a folder with so many different photographs."""
    folder.mkdir()
    different = min(count, 100)
    for number in range(count):
        path = write_picture(kept, megapixels, "JPEG", number % different).path
        copy = folder / f"{number:05}.jpg"
        copyfile(path, copy)
        if number >= different:  # Behind its end, where no decoder looks.
            with copy.open("ab") as file:
                file.write(str(number).encode())
    return folder


def imported(server: Server, folder: Path, cache: Path) -> Import:
    """Import a folder."""
    command = [str(Path(sys.executable).with_name("lookalike")), "import", str(folder), "--server", server.url]
    count = len(list(folder.iterdir()))
    began = time.monotonic()
    with subprocess.Popen(
        command, env={**os.environ, "XDG_CACHE_HOME": str(cache)}, stderr=subprocess.PIPE, text=True
    ) as process:
        watched = Watched(process.pid)
        with watched_memory(watched) as memory:
            cpu_s = 0.0
            while process.poll() is None:
                cpu_s = max(cpu_s, watched.cpu_s())
                time.sleep(0.05)
        seconds = time.monotonic() - began
        said = process.communicate()[1]
    if process.returncode or f"Added {count:,}" not in said:
        raise ValueError(f"not all files were added: {said}")
    return Import(count / seconds, 1000 * cpu_s / count, memory.peak / 2**20)


def by_way(
    paces: dict[tuple[str, float], list[float]], imports: dict[float, list[Import]], sizes: Sequence[float]
) -> Table:
    return Table(
        "Photographs a second",
        ["megapixels", PAGE, IMPORT, "ratio", "CPU ms each", "memory MiB"],
        [
            [
                size,
                Spread.of(paces[PAGE, size]),
                Spread.of(paces[IMPORT, size]),
                Spread.of([a / b for a, b in zip(paces[IMPORT, size], paces[PAGE, size], strict=True)]),
                Spread.of([made.cpu_ms for made in imports[size]]),
                Spread.of([made.memory_mib for made in imports[size]]),
            ]
            for size in sizes
        ],
        ["The goal is three times the page's pace. CPU and memory are those of the command and its processes."],
    )


def long_run(made: Import, count: int) -> Table:
    return Table(
        f"{count:,} photographs of 3 megapixels in one run",
        ["photographs/s", "CPU ms each", "memory MiB"],
        [[made.pace, made.cpu_ms, made.memory_mib]],
        ["The goal is 600 MiB at most."],
    )
