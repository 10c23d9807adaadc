"""How the library's grid bears a hundred thousand pictures: frames while it scrolls, far jumps, memory."""

import argparse
import asyncio
import json
import os
import random
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import CDPSession, Page, sync_playwright

from tests.__main__ import executable
from tests.benchmarks import data
from tests.benchmarks.adding import heap_mb
from tests.benchmarks.browser import OBSERVE, VIEWPORT, launched
from tests.benchmarks.library import fill
from tests.benchmarks.library_records import record_of
from tests.benchmarks.report import Machine, Report, Spread, Table
from tests.support.api import declared
from tests.support.drawings import draw, jpeg
from tests.support.servers.lookalike import running_server
from tests.support.spaces import bundled_space

WHEEL_PX = 120
"""What a notch of a mouse wheel scrolls, in Chromium on most systems."""

NOTCHES_PER_S = 20
"""A fast hand."""

LINKS = 50_000
"""How many names one file gets; ext4 allows 65,000."""

# Notes the times of all frames, the most cells there were, and whether one that was seen was blank.
WATCH = """
() => {
    const images = document.getElementById("images");
    const seen = window.seen = { frames: [], cells: 0, blankFrames: 0, going: true };
    window.longTasks.length = 0;
    const step = moment => {
        seen.frames.push(moment);
        seen.cells = Math.max(seen.cells, images.querySelectorAll(".card, .blank").length);
        seen.blankFrames += [...images.querySelectorAll(".blank")].some(blank => {
            const box = blank.getBoundingClientRect();
            return box.bottom > 0 && box.top < innerHeight;
        });
        if (seen.going) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
}
"""
SEEN = "() => { window.seen.going = false; return { ...window.seen, longTasks: window.longTasks }; }"

# Jumps to a share of the way and returns after how many milliseconds every cell that is seen is a card.
JUMP = """
share => new Promise(done => {
    const images = document.getElementById("images");
    const began = performance.now();
    scrollTo(0, images.offsetTop + share * (images.offsetHeight - innerHeight));
    const look = () => {
        const seen = [...images.querySelectorAll(".card, .blank")].filter(cell => {
            const box = cell.getBoundingClientRect();
            return box.bottom > 0 && box.top < innerHeight;
        });
        if (seen.length && seen.every(cell => cell.matches(".card"))) done(performance.now() - began);
        else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
})
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 100_000])
    parser.add_argument("--seconds", type=int, default=10, help="for how long the wheel is turned (%(default)s)")
    parser.add_argument("--jumps", type=int, default=20)


def run(options: argparse.Namespace) -> Report:
    machine, chromium = Machine.here(), executable()
    with ExitStack() as stack:
        folders = [Path(stack.enter_context(tempfile.TemporaryDirectory())) for _ in options.rows]
        for folder, rows in zip(folders, options.rows, strict=True):
            write_library(folder, rows)  # Before Playwright, which has a loop of its own.
        browser = stack.enter_context(launched(stack.enter_context(sync_playwright()), chromium))
        measured = []
        for folder, rows in zip(folders, options.rows, strict=True):
            with running_server(folder) as server:
                page = browser.new_page(viewport=VIEWPORT)
                page.add_init_script(OBSERVE)
                measured.append(measure(page, server.url, rows, options))
                page.close()
        version = browser.version
    names = list(measured[0])
    return Report(
        title="The library's grid",
        introduction=[
            f"Chromium {version} without a graphics card, 1280 × 900 pixels, a server on the same machine, which has an"
            " index of its vectors. All thumbnails are the same drawing, each under an address of its own."
            f" A wheel turns {NOTCHES_PER_S} notches of {WHEEL_PX} pixels a second for {options.seconds} s, then the"
            f" grid is set to {options.jumps} places drawn at random, one after the other.",
        ],
        tables=[
            Table(
                "Sizes of a library",
                ["what", *(f"{rows:,} pictures" for rows in options.rows)],
                [[name, *(result[name] for result in measured)] for name in names],
                [
                    "First cards: from the call of the address. A frame is what the browser draws at once, 60 times a"
                    " second at best. Blank: a cell in sight had no picture yet. Long tasks: of more than 50 ms in the"
                    " main thread, while the wheel turned."
                ],
            )
        ],
        machine=machine,
        command=f"python -m tests.benchmarks grid --rows {' '.join(map(str, options.rows))}",
    )


def write_library(folder: Path, rows: int) -> None:
    """Write a data folder with so many images, and a thumbnail for each."""
    space = bundled_space()
    asyncio.run(fill(folder, space, data.draw(rows, space.dimension)))
    body = jpeg(draw("dots", 0, 384, 288))
    facts = {name: declared(body, "image/jpeg")[name] for name in ("size", "content_type", "sha256")}
    thumbnails = folder / "objects" / "thumbnails"
    first = thumbnails
    for row in range(rows):
        place = thumbnails / record_of(row).id
        place.mkdir(parents=True)
        if row % LINKS == 0:
            first = place
            (place / "body").write_bytes(body)
            (place / "facts.json").write_text(json.dumps(facts), encoding="utf-8")
        else:
            for name in ("body", "facts.json"):
                os.link(first / name, place / name)


def measure(page: Page, url: str, rows: int, options: argparse.Namespace) -> dict[str, Any]:
    """Look through one library; returns what is measured -> value."""
    browser = page.context.new_cdp_session(page)
    page.goto(url)
    page.locator("#images .card").first.wait_for()
    first_ms = page.evaluate("performance.now()")
    page.locator("#library-summary").get_by_text(f"{rows:,} photos").wait_for()
    page.locator("#engine").get_by_text("Ready").wait_for(timeout=120_000)  # Its start is measured elsewhere.
    before = heap_mb(browser, collect=True)
    turned = turn_the_wheel(page, browser, options.seconds)
    drawn = random.Random(1)
    jumps = [page.evaluate(JUMP, drawn.random()) for _ in range(options.jumps)]
    frames = np.diff(turned["frames"])
    return {
        "first cards after, ms": first_ms,
        "frames a second": 1000 / float(frames.mean()),
        "frame, median, ms": float(np.percentile(frames, 50)),
        "frame, 95 of 100, ms": float(np.percentile(frames, 95)),
        "frame, longest, ms": float(frames.max()),
        "frames with a blank, of 100": 100 * turned["blankFrames"] / len(turned["frames"]),
        "long tasks": len(turned["longTasks"]),
        "longest task, ms": max(turned["longTasks"], default=0),
        "cells in the document at most": turned["cells"],
        "cards after a jump, ms": Spread.of(jumps),
        "JS heap before, MB": before,
        "JS heap after, MB": heap_mb(browser, collect=True),
    }


def turn_the_wheel(page: Page, browser: CDPSession, seconds: int) -> dict[str, Any]:
    """Scroll as a hand does, and return what the page saw meanwhile."""
    page.mouse.move(640, 450)
    page.evaluate(WATCH)
    wheel = {"type": "mouseWheel", "x": 640, "y": 450, "deltaX": 0, "deltaY": WHEEL_PX}
    for _ in range(seconds * NOTCHES_PER_S):
        browser.send("Input.dispatchMouseEvent", wheel)
        page.wait_for_timeout(1000 / NOTCHES_PER_S)
    return page.evaluate(SEEN)
