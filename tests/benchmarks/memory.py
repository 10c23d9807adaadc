"""What a tab takes of a phone's memory: a picture that only the browser decodes, and many photographs."""

import argparse
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.__main__ import executable
from tests.benchmarks.batch import ADD, ADD_INPUT, PATIENCE_MS, forget_all
from tests.benchmarks.browser import VIEWPORT, add_round_options, launched, rounds
from tests.benchmarks.pictures import add_folder_option, kept_in, source, write_picture
from tests.benchmarks.processes import Watched, watched_memory
from tests.benchmarks.report import Machine, Report, Spread, Table
from tests.support.page import PYTHON_BYTES
from tests.support.servers.lookalike import Server, running_server

# How often the memory is read: what is held for a shorter time hurts nobody.
EVERY_S = 0.03

# Lets the page believe that it is out of sight, as it is on a phone that shows something else.
HIDE = "() => Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' })"

# How long the tab is left alone: a new worker is there by then.
ALONE_S = 25

GOAL_MB = 500


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--megapixels", type=float, nargs="+", default=[12, 48, 80], help="default: 12 48 80")
    parser.add_argument("--formats", nargs="+", default=["JPEG", "WebP", "AVIF"], help="default: JPEG WebP AVIF")
    parser.add_argument("--photographs", type=int, default=30, help="added in one go (%(default)s)")
    parser.add_argument("--each", type=float, default=12, help="megapixels of each of them (%(default)s)")
    parser.add_argument("--alone-s", type=float, default=ALONE_S, help="how long the tab is left alone (%(default)s)")
    add_round_options(parser, 3)
    add_folder_option(parser)


def run(options: argparse.Namespace) -> Report:
    machine, chromium = Machine.here(), executable()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        kept = kept_in(options, folder)
        cases = [
            Case(str(picture), (picture.path,))
            for size in options.megapixels
            for kind in options.formats
            for picture in [write_picture(kept, size, kind)]
        ]
        photographs = [write_picture(kept, options.each, "JPEG", seed).path for seed in range(options.photographs)]
        cases.append(Case(f"{options.photographs} photographs of {options.each:g} MP", tuple(photographs)))
        server = stack.enter_context(running_server(folder / "data"))
        browser = stack.enter_context(launched(stack.enter_context(sync_playwright()), chromium))
        context = browser.new_context(viewport=VIEWPORT)
        open_page(context, server).close()  # So that all files are in the browser's cache.
        runs = [take(case, browser, context, server, options.alone_s) for _ in rounds(options) for case in cases]
        version = browser.version
    return Report(
        title="The memory of a tab",
        introduction=[
            f"Chromium {version} without a graphics card, the bundled model, the page's files in the browser's cache."
            f" {len(runs) // len(cases)} rounds, in each every case in a new tab: median and range.",
            "What the tab's process holds, with its share of what it holds together with others (PSS), read every"
            f" {EVERY_S * 1000:.0f} ms. *Left alone*: {options.alone_s:g} s after the last file, in a tab that nobody"
            f" sees. The pictures: {source()}, of 4:3; JPEG at quality 90, WebP at 85,"
            " AVIF at 60.",
            f"The goal: at most {GOAL_MB} MB for 48 megapixels and for 30 photographs, and given back afterwards.",
        ],
        tables=[of_tab(runs, cases), of_python(runs, cases)],
        machine=machine,
        command=f"python -m tests.benchmarks memory --megapixels {' '.join(f'{size:g}' for size in options.megapixels)}"
        f" --formats {' '.join(options.formats)} --photographs {options.photographs} --each {options.each:g}"
        f" --rounds {options.rounds}",
    )


@dataclass(frozen=True)
class Case:
    """What is added in one go."""

    name: str
    files: Sequence[Path]


@dataclass(frozen=True)
class Run:
    """What a tab held in which this was added, in MB."""

    case: Case
    ready: float
    peak: float
    after: float
    alone: float
    python_after: float
    """Of the interpreter, which is part of `after`."""
    python_alone: float
    seconds: float
    """From drop to searchable."""


def open_page(context: BrowserContext, server: Server) -> Page:
    """Open the page in a tab and wait until all is ready."""
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(server.url)
    page.locator('#engine[data-tried="all"]').wait_for()
    return page


def take(case: Case, browser: Browser, context: BrowserContext, server: Server, alone_s: float) -> Run:
    """Add the files of a case in a new tab, and leave it alone then."""
    forget_all(server)
    page = open_page(context, server)
    page.evaluate(ADD_INPUT)
    page.set_input_files("#bench", list(case.files))
    tab = tab_of(browser)
    ready = tab.proportional()
    with watched_memory(tab, EVERY_S) as memory:
        seconds = page.evaluate(ADD, len(case.files))
    with server.api() as api:
        if (total := api.get("/images").json()["total"]) != len(case.files):
            raise ValueError(f"{total} of {len(case.files)} files were added.")
    after, python_after = tab.proportional(), page.evaluate(PYTHON_BYTES)
    page.evaluate(HIDE)
    page.wait_for_timeout(alone_s * 1000)
    alone, python_alone = tab.proportional(), page.evaluate(PYTHON_BYTES)
    page.close()
    return Run(
        case,
        ready=ready / 1e6,
        peak=memory.peak / 1e6,
        after=after / 1e6,
        alone=alone / 1e6,
        python_after=python_after / 1e6,
        python_alone=python_alone / 1e6,
        seconds=seconds,
    )


def tab_of(browser: Browser) -> Watched:
    """Return the process of the tab that was opened last: of those that show pages it holds most."""
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    shown = [Watched(process["id"]) for process in processes if process["type"] == "renderer"]
    return max(shown, key=Watched.proportional)


def of_tab(runs: Sequence[Run], cases: Sequence[Case]) -> Table:
    """List what the tab held."""
    return Table(
        "The tab, MB",
        ["what is added", "ready", "at most", "at most, beyond ready", "just after", "left alone", "s"],
        [
            [
                case.name,
                Spread.of([run.ready for run in of(runs, case)]),
                Spread.of([run.peak for run in of(runs, case)]),
                Spread.of([run.peak - run.ready for run in of(runs, case)]),
                Spread.of([run.after for run in of(runs, case)]),
                Spread.of([run.alone for run in of(runs, case)]),
                Spread.of([run.seconds for run in of(runs, case)]),
            ]
            for case in cases
        ],
    )


def of_python(runs: Sequence[Run], cases: Sequence[Case]) -> Table:
    """List what the interpreter in the worker had taken."""
    return Table(
        "The interpreter's part of it, MB",
        ["what is added", "just after", "left alone"],
        [
            [
                case.name,
                Spread.of([run.python_after for run in of(runs, case)]),
                Spread.of([run.python_alone for run in of(runs, case)]),
            ]
            for case in cases
        ],
        ["An interpreter gives nothing back; another one in its place does."],
    )


def of(runs: Sequence[Run], case: Case) -> list[Run]:
    return [run for run in runs if run.case is case]
