"""A headless Chromium for benchmarks: how it is started, what its processes hold, and what kept its pages busy."""

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, ViewportSize

from tests.benchmarks.processes import Watched

ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
VIEWPORT: ViewportSize = {"width": 1280, "height": 900}

# Long tasks are those of more than 50 ms. Source: W3C Long Tasks API, 1.
OBSERVE = """
window.longTasks = [];
new PerformanceObserver(list => {
    for (const entry of list.getEntries()) window.longTasks.push(entry.duration);
}).observe({ type: "longtask", buffered: true });
"""


def add_round_options(parser: argparse.ArgumentParser, rounds: int) -> None:
    parser.add_argument("--rounds", type=int, default=rounds, help="of all contenders in turn (%(default)s)")
    parser.add_argument("--limit-s", type=int, default=3600, help="after which no further round begins (%(default)s)")


def rounds(options: argparse.Namespace) -> Iterator[int]:
    """Count the rounds, the first of which always takes place; fewer than are asked for if they take too long."""
    began = time.monotonic()
    for number in range(options.rounds):
        if number and time.monotonic() - began > options.limit_s:
            return
        yield number


@contextmanager
def launched(playwright: Playwright, chromium: str) -> Iterator[Browser]:
    """Start a Chromium without a graphics card."""
    browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
    try:
        yield browser
    finally:
        browser.close()


@contextmanager
def with_profile(playwright: Playwright, chromium: str, folder: Path) -> Iterator[BrowserContext]:
    """Start a Chromium that keeps its caches in a folder, as a visitor's does: others keep compiled code nowhere."""
    context = playwright.chromium.launch_persistent_context(
        folder, executable_path=chromium, args=ARGUMENTS, viewport=VIEWPORT
    )
    try:
        yield context
    finally:
        context.close()


class Memory:
    """Resident memory of a browser's processes that show pages or draw for them, in MB."""

    def __init__(self, browser: Browser) -> None:
        self._session = browser.new_browser_cdp_session()

    def reset(self) -> None:
        """Begin to look for the peak anew, from what is held now."""
        self._watched().forget_peak()

    def now_mb(self) -> float:
        """What is resident."""
        return self._watched().resident() / 1e6

    def peak_mb(self) -> float:
        """Sum of what was resident at most in each since `reset`; they need not have been at it at the same moment."""
        return self._watched().peak() / 1e6

    def _watched(self) -> Watched:
        processes = self._session.send("SystemInfo.getProcessInfo")["processInfo"]
        return Watched(*[process["id"] for process in processes if process["type"] in ("renderer", "GPU")])


class CPUTime:
    """Processor time of all processes of a browser, from now on."""

    def __init__(self, browser: Browser) -> None:
        self._session = browser.new_browser_cdp_session()
        self._before_s = self._now_s()

    def spent_s(self) -> float:
        """How much it was since this was made. Processes that have ended meanwhile are left out."""
        now = self._now_s()
        return sum(time - self._before_s.get(process, 0.0) for process, time in now.items())

    def _now_s(self) -> dict[int, float]:
        processes = self._session.send("SystemInfo.getProcessInfo")["processInfo"]
        return {process["id"]: process["cpuTime"] for process in processes}


def long_tasks(page: Page) -> list[float]:
    """Take the durations, in ms, of the long tasks of a page with OBSERVE since the last call."""
    # Entries are delivered in a task of their own.
    return page.evaluate("() => new Promise(done => setTimeout(() => done(window.longTasks.splice(0)), 100))")
