"""How the page bears hundreds of files that are added in one go: pace, memory and long tasks of its main thread."""

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import CDPSession, Page, sync_playwright

from tests.__main__ import executable
from tests.benchmarks.browser import OBSERVE, launched
from tests.benchmarks.report import Machine, Report, Table
from tests.support.drawings import GROUPS, draw, jpeg
from tests.support.servers.lookalike import running_server
from tests.support.shared import LABELLED, labelled

OVER = "() => Number(document.getElementById('uploads').getAttribute('data-over') || 0)"
EVERY_S = 1.0
"""How often memory is read."""
REST_S = 15
"""How long the browser is given to put decoded pictures and what nothing refers to away. A guess."""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--files", type=int, default=30)
    parser.add_argument("--rest-s", type=int, default=REST_S, help="before memory is read again (%(default)s)")
    parser.add_argument("--limit-s", type=int, default=1800, help="after which it is given up (%(default)s)")


def run(options: argparse.Namespace) -> Report:
    machine, chromium = Machine.here(), executable()
    with tempfile.TemporaryDirectory() as folder:
        files = write_files(Path(folder), options.files)
        with (
            running_server(Path(folder) / "data") as server,
            sync_playwright() as playwright,
            launched(playwright, chromium) as browser,
        ):
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.add_init_script(OBSERVE)
            page.goto(server.url)
            page.locator("#engine").get_by_text("Ready").wait_for(timeout=120_000)
            rows = measure(page, files, options.limit_s, options.rest_s)
            added = page.locator("#uploads-summary").inner_text()
            version = browser.version
    return Report(
        title="Adding many files",
        introduction=[
            f"Chromium {version} without a graphics card, a server on the same machine. {len(files)} files"
            f" ({sum(size for size in rows.pop('sizes')) / 1e6:.0f} MB), {source()}, chosen in one go on the page with"
            f" an empty library. The page said at the end: {added}."
        ],
        tables=[Table("One run", ["what", "value"], [[name, value] for name, value in rows.items()], NOTES)],
        machine=machine,
        command=f"python -m tests.benchmarks adding --files {options.files}",
    )


NOTES = [
    "The heap is that of the page's JavaScript objects, after a collection at the start and the end. MicroPython's own"
    " lies in WebAssembly memory, which counts with the renderers: all of the browser's together (RSS), page and"
    " embedder with Pyodide, model and TF.js. What grows from file to file is Chromium's own store of decoded pictures,"
    " which it gives up when memory is short (its memory dump, after 40 files and after 190: 150 MB more there, 23 MB"
    " in buffers, none in the page's objects).",
    "Long tasks: of more than 50 ms in the page's main thread, from the choice of the files to the last one added.",
]


def measure(page: Page, files: Sequence[Path], limit_s: int, rest_s: int) -> dict:
    """Add the files; returns what is measured -> value, and the files' `sizes` in bytes."""
    browser = page.context.new_cdp_session(page)
    before, heaps, memories = heap_mb(browser, collect=True), [], []
    memory_before = renderers_mb()
    page.evaluate("() => { window.longTasks.length = 0; }")
    began = time.monotonic()
    page.set_input_files("#add-files", list(files))
    rows = 0
    while page.evaluate(OVER) < len(files):
        if time.monotonic() - began > limit_s:
            raise TimeoutError(f"only {page.evaluate(OVER)} of {len(files)} files were over")
        heaps.append(heap_mb(browser, collect=False))
        memories.append(renderers_mb())
        rows = max(rows, page.locator(".upload").count())
        page.wait_for_timeout(EVERY_S * 1000)
    spent = time.monotonic() - began
    long_tasks = page.evaluate("window.longTasks")
    page.wait_for_timeout(rest_s * 1000)
    return {
        "sizes": [path.stat().st_size for path in files],
        "images/s": len(files) / spent,
        "seconds": spent,
        "JS heap before, MB": before,
        "JS heap at most, MB": max(heaps),
        "JS heap after, MB": heap_mb(browser, collect=True),
        "renderers before, MB": memory_before,
        **{
            f"renderers in quarter {number + 1} at most, MB": max(part)
            for number, part in enumerate(quarters(memories))
        },
        f"renderers after {rest_s} s of rest, MB": renderers_mb(),
        "rows in the list at most": rows,
        "long tasks": len(long_tasks),
        "longest task, ms": max(long_tasks, default=0),
        "long tasks together, s": sum(long_tasks) / 1000,
    }


def quarters(values: Sequence[float]) -> list[Sequence[float]]:
    """Cut readings into four parts in their order, of one at least: memory that grows does so from part to part."""
    size = len(values) / 4
    return [values[int(at * size) : int((at + 1) * size)] or values[-1:] for at in range(4)]


def heap_mb(browser: CDPSession, collect: bool) -> float:
    """Return the size of the page's JavaScript objects."""
    if collect:
        browser.send("HeapProfiler.collectGarbage")
    return browser.send("Runtime.getHeapUsage")["usedSize"] / 1e6


def renderers_mb() -> float:
    """Return the resident memory of the renderers among our own descendants."""
    listing = subprocess.run(["ps", "-eo", "pid=,ppid=,rss=,args="], capture_output=True, text=True, check=True).stdout
    processes = [line.split(None, 3) for line in listing.splitlines()]
    ours = {str(os.getpid())}
    grown = True
    while grown:
        children = {pid for pid, parent, *_ in processes if parent in ours}
        grown, ours = not children <= ours, ours | children
    return sum(int(rss) for pid, _, rss, command in processes if pid in ours and "--type=renderer" in command) / 1e3


def source() -> str:
    """Say where the pictures come from."""
    return "photographs of clothes and groceries, again with other last bytes" if LABELLED.is_file() else "drawn"


def write_files(folder: Path, count: int) -> list[Path]:
    """Write as many different files as are wanted: photographs where there are some, else drawings."""
    pictures = photographs() or [jpeg(draw(group, member)) for group in GROUPS for member in range(6)]
    files = []
    for number in range(count):
        turn, at = divmod(number, len(pictures))
        path = folder / f"{number:04d}.jpg"
        # What follows the end of a JPEG counts for its fingerprint and not for its picture.
        path.write_bytes(pictures[at] + bytes([turn]) * (turn > 0))
        files.append(path)
    return files


def photographs() -> list[bytes]:
    """Read all labelled photographs; none where there are none."""
    return [photograph.path.read_bytes() for photograph in labelled()]
