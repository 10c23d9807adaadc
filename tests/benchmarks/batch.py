"""Many photographs from drop to searchable: the page's queue against one file after the other."""

import argparse
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.__main__ import executable
from tests.benchmarks.browser import (
    OBSERVE,
    VIEWPORT,
    CPUTime,
    add_round_options,
    launched,
    long_tasks,
    rounds,
)
from tests.benchmarks.pictures import add_folder_option, kept_in, source, write_picture
from tests.benchmarks.plots import Bars
from tests.benchmarks.processes import Watched
from tests.benchmarks.report import Machine, Report, Spread, Table
from tests.support.servers.lookalike import Server, running_server

ADD_INPUT = """
() => {
    const input = Object.assign(document.createElement("input"), { type: "file", id: "bench", multiple: true });
    document.body.append(input);
}
"""
# Gives files to the page's own input, all or one after the other, and returns the seconds until the last was entered:
# the server has it in its library then, and finds it.
ADD = """
async (atOnce) => {
    const input = document.getElementById("add-files"), list = document.getElementById("uploads");
    function add(files) {
        const transfer = new DataTransfer();
        for (const file of files) transfer.items.add(file);
        input.files = transfer.files;
        input.dispatchEvent(new Event("change", { bubbles: true }));
    }
    const over = () => Number(list.getAttribute("data-over") || 0);
    const reached = (count) => new Promise((resolve) => {
        if (over() >= count) return resolve();
        const observer = new MutationObserver(() => {
            if (over() >= count) { observer.disconnect(); resolve(); }
        });
        observer.observe(list, { attributes: true });
    });
    const files = [...document.getElementById("bench").files];
    const began = performance.now();
    for (let at = 0; at < files.length; at += atOnce) {
        add(files.slice(at, at + atOnce));
        await reached(Math.min(at + atOnce, files.length));
    }
    return (performance.now() - began) / 1000;
}
"""
QUEUE, SINGLY = "the page's queue", "one by one"
PATIENCE_MS = 280_000


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--files", type=int, default=None, help="default: 60; with --full 200")
    parser.add_argument("--megapixels", type=float, nargs="+", default=[0.1, 3])
    add_round_options(parser, 2)
    add_folder_option(parser)
    parser.add_argument("--full", action="store_true", help="200 files")


def run(options: argparse.Namespace) -> Report:
    machine, chromium = Machine.here(), executable()
    count = options.files or (200 if options.full else 60)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        kept = kept_in(options, folder)
        files = {
            size: [write_picture(kept, size, "JPEG", seed).path for seed in range(count)] for size in options.megapixels
        }
        server = stack.enter_context(running_server(folder / "data"))
        browser = stack.enter_context(launched(stack.enter_context(sync_playwright()), chromium))
        runs = [
            add(browser, server, way, size, paths)
            for _ in rounds(options)
            for size, paths in files.items()
            for way in (QUEUE, SINGLY)
        ]
        version = browser.version
    return Report(
        title="Many photographs, from drop to searchable",
        introduction=[
            f"Chromium {version} without a graphics card, a server on the same machine, the bundled model. {count} JPEG"
            f" files of each size, {source()}, given to the page with an empty library that has just become ready:"
            " all in one go, or the next when the one before is entered. Ended when the last was entered, from when on"
            f" it is found. {len(runs) // (2 * len(files))} rounds in turn: median and range.",
        ],
        tables=[by_way(runs, options.megapixels, count), ratios(runs, options.megapixels)],
        machine=machine,
        command=f"python -m tests.benchmarks batch --files {count} --megapixels"
        f" {' '.join(f'{size:g}' for size in options.megapixels)} --rounds {options.rounds}",
        plots=[
            Bars(
                name="pace",
                title="From drop to searchable",
                y_label="photographs a second",
                groups=[f"{size:g} MP" for size in options.megapixels],
                bars={
                    way: [Spread.of([run.pace for run in of(runs, way, size)]).median for size in options.megapixels]
                    for way in (QUEUE, SINGLY)
                },
            )
        ],
    )


@dataclass(frozen=True)
class Run:
    """All files of one size, added in one way."""

    way: str
    megapixels: float
    pace: float
    """Files a second."""
    browser_ms: float
    """Processor time of the browser for a file."""
    server_ms: float
    """Processor time of the server for a file."""
    longest_task_ms: float
    """Of the page's main thread."""


def add(browser: Browser, server: Server, way: str, megapixels: float, paths: Sequence[Path]) -> Run:
    """Add the files to an empty library in a new tab."""
    with browser.new_context(viewport=VIEWPORT) as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.add_init_script(OBSERVE)
        page.goto(server.url)
        page.locator('#engine[data-tried="all"]').wait_for()
        page.evaluate(ADD_INPUT)
        page.set_input_files("#bench", list(paths))
        long_tasks(page)
        times, watched = CPUTime(browser), Watched(server.process.pid)
        of_server = watched.cpu_s()
        seconds = page.evaluate(ADD, len(paths) if way == QUEUE else 1)
        browser_s, server_s = times.spent_s(), watched.cpu_s() - of_server
        longest = max(long_tasks(page), default=0.0)
        check(page, server, len(paths))
    forget_all(server)
    each = 1000 / len(paths)
    return Run(way, megapixels, len(paths) / seconds, browser_s * each, server_s * each, longest)


def check(page: Page, server: Server, count: int) -> None:
    """Refuse figures of files that are not all in the library."""
    with server.api() as api:
        total = api.get("/images").json()["total"]
    if total != count:
        raise ValueError(f"{total} of {count} files were added: {page.locator('#uploads-summary').inner_text()}")


def forget_all(server: Server) -> None:
    with server.api() as api:
        while images := api.get("/images", params={"limit": 100}).json()["images"]:
            for image in images:
                api.delete(f"/images/{image['id']}").raise_for_status()


def of(runs: Sequence[Run], way: str, megapixels: float) -> list[Run]:
    return [run for run in runs if run.way == way and run.megapixels == megapixels]


def by_way(runs: Sequence[Run], sizes: Sequence[float], count: int) -> Table:
    return Table(
        "By way",
        [
            "megapixels",
            "way",
            "photographs/s",
            f"seconds for {count}",
            "browser CPU ms each",
            "server CPU ms each",
            "longest task ms",
        ],
        [
            [
                size,
                way,
                Spread.of([run.pace for run in of(runs, way, size)]),
                Spread.of([count / run.pace for run in of(runs, way, size)]),
                Spread.of([run.browser_ms for run in of(runs, way, size)]),
                Spread.of([run.server_ms for run in of(runs, way, size)]),
                Spread.of([run.longest_task_ms for run in of(runs, way, size)]),
            ]
            for size in sizes
            for way in (QUEUE, SINGLY)
        ],
        ["Two cores have 2,000 ms of processor time in a second: the driver and the system want some of it, too."],
    )


def ratios(runs: Sequence[Run], sizes: Sequence[float]) -> Table:
    return Table(
        "The queue's pace / one by one",
        ["megapixels", "ratio"],
        [
            [
                size,
                Spread.of(
                    [a.pace / b.pace for a, b in zip(of(runs, QUEUE, size), of(runs, SINGLY, size), strict=True)]
                ),
            ]
            for size in sizes
        ],
        ["The goal is 2 or more on two cores."],
    )
