"""How long the page takes to start and what it loads: cold and warm, from this machine and over a slow link."""

import argparse
import asyncio
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import numpy as np
from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright

from backend.setup.manifests import space_of
from backend.setup.prepare import FRONTEND
from tests.__main__ import executable
from tests.benchmarks.browser import add_round_options, launched, rounds, with_profile
from tests.benchmarks.pictures import write_picture
from tests.benchmarks.plots import Bars
from tests.benchmarks.report import Machine, Report, Spread, Table
from tests.support.api import Picture, Visitor
from tests.support.servers.lookalike import Server, running_server
from tests.support.servers.slow_link import Link, running_link
from tests.support.shared import SHARED
from tests.support.spaces import normalised

SLOW = Link(bits_per_s=20e6, round_trip_s=0.040)
PICTURES = 12
"""In the library, so that there is something to be shown."""

# Notes when something is to be seen for the first time, in ms since the navigation began.
WATCH = """
window.marks = {};
window.stages = [];
new MutationObserver(() => {
    const now = performance.now();
    if (!marks.library && document.querySelector("#images .card")) marks.library = now;
    const engine = document.getElementById("engine");
    const text = engine?.textContent === "Ready" ? "Ready" : engine?.dataset.stage;
    if (text && stages.at(-1)?.[0] !== text) {
        stages.push([text, now]);
        if (text === "Ready") marks.ready = now;
    }
}).observe(document, { subtree: true, childList: true, characterData: true, attributeFilter: ["data-stage"] });
"""
# What a page or a worker asked the network for. Times are of the navigation's clock.
ENTRIES = """
(origin) => performance.getEntriesByType("resource").map((entry) => ({
    url: entry.name,
    bytes: entry.transferSize,
    began: entry.startTime + performance.timeOrigin - origin,
    ended: entry.responseEnd + performance.timeOrigin - origin,
}))
"""
NAVIGATION = """
() => ({
    origin: performance.timeOrigin,
    bytes: performance.getEntriesByType("navigation")[0].transferSize,
    painted: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null,
    usable: marks.library, ready: marks.ready, stages: stages,
})
"""
KINDS = {
    "Python's WebAssembly": ("pyodide.asm.wasm",),
    "Python's standard library": ("python_stdlib.zip",),
    "Python's loader": ("pyodide.mjs", "pyodide.asm.mjs", "pyodide-lock.json"),
    "numpy": ("numpy-",),
    "Pillow": ("pillow-",),
    "TensorFlow.js": ("/tfjs/",),
    "the model": ("/model/",),
    "MicroPython": ("/micropython/",),
    "PyScript": ("/pyscript/",),
    "our Python and style": ("/app/",),
    "the API and thumbnails": ("/api/", "/store/"),
}
"""Kind of part -> what its addresses contain. The first that fits counts."""

REST_MS = 3000
"""How long a cold visit lasts on when it is ready, so that the browser can put away what it compiled. A guess."""
PATIENCE_MS = 120_000

FULL_SIZE = SHARED / "models" / "mobilenet_v2_1.0_224"
FULL_SIZE_MANIFEST = FRONTEND / "models" / "mobilenet_v2_1.0_224_coral" / "manifest.json"


def add_options(parser: argparse.ArgumentParser) -> None:
    add_round_options(parser, 3)
    parser.add_argument("--links", nargs="+", choices=["loopback", "slow"], default=["loopback", "slow"])
    parser.add_argument("--full", action="store_true", help="with the trained full-size model, too, where there is one")


def run(options: argparse.Namespace) -> Report:
    machine, chromium = Machine.here(), executable()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        servers: dict[str, Server] = {}
        for model, source in models(folder, options.full).items():
            servers[model] = stack.enter_context(running_server(folder / f"data of {model}", source))
            asyncio.run(fill(servers[model], folder))
        playwright = stack.enter_context(sync_playwright())
        with launched(playwright, chromium) as browser:
            version = browser.version
        visits = [
            visit
            for number in rounds(options)
            for model, server in servers.items()
            for link in options.links
            for visit in cold_and_warm(playwright, chromium, server, model, link, folder / f"{number} {model} {link}")
        ]
    first = next(iter(servers))
    return Report(
        title="The start of the page",
        introduction=[
            f"Chromium {version} without a graphics card; {PICTURES} pictures in the library. *loopback*: the server on"
            f" the same machine. *slow*: over a link of {SLOW.bits_per_s / 1e6:.0f} Mbit/s for all connections together"
            f" and {SLOW.round_trip_s * 1000:.0f} ms there and back, imitated between browser and server, without TCP's"
            " slow start. *cold*: a new browser with a new profile; *warm*: another tab in the same browser"
            f" {REST_MS / 1000:.0f} s after the cold one was ready."
            f" {len(of(visits, first, options.links[0], 'cold'))} rounds: median and range.",
            "*usable*: the library's first pictures are in the page, by the same Python that answers clicks on them."
            " *ready*: pictures can be searched with. Both since the navigation began.",
        ],
        tables=[
            summary(visits),
            *[parts(visits, first, link) for link in options.links],
            *[stages(visits, first, link) for link in options.links],
        ],
        machine=machine,
        command=f"python -m tests.benchmarks start_up --rounds {options.rounds} --links {' '.join(options.links)}"
        + " --full" * options.full,
        plots=[
            Bars(
                name="times",
                title="From the navigation on, with the bundled model",
                y_label="seconds",
                groups=[f"{link}, {cache}" for link in options.links for cache in CACHES],
                bars={
                    what: [median(visits, first, link, cache, what) for link in options.links for cache in CACHES]
                    for what in ("usable", "ready")
                },
            )
        ],
    )


CACHES = ("cold", "warm")


@dataclass(frozen=True)
class Visit:
    """One load of the page."""

    model: str
    link: str
    cache: str
    painted: float | None
    """Seconds since the navigation, as the next two."""
    usable: float
    ready: float
    parts: Mapping[str, "Part"]
    """Kind -> what of it was loaded."""
    stages: Mapping[str, float]
    """What the page said it did -> for how many seconds."""

    @property
    def megabytes(self) -> float:
        return sum(part.bytes for part in self.parts.values()) / 1e6


@dataclass(frozen=True)
class Part:
    """What came over the network of one kind."""

    bytes: int
    requests: int
    began: float
    """Of the first request, in seconds since the navigation."""
    ended: float
    """Of the last answer."""


def models(folder: Path, full: bool) -> dict[str, str | None]:
    """Return name -> folder of the models to measure with; None is the bundled one."""
    found: dict[str, str | None] = {"lookalike_v1": None}
    if full and FULL_SIZE.is_dir():
        described = folder / "model"
        shutil.copytree(FULL_SIZE, described, copy_function=shutil.copyfile)
        described.chmod(0o755)
        shutil.copyfile(FULL_SIZE_MANIFEST, described / "manifest.json")
        found["mobilenet_v2_1.0_224_coral"] = str(described)
    return found


async def fill(server: Server, folder: Path) -> None:
    """Put pictures with thumbnails into the library. Their vectors are random: nothing is searched for here."""
    async with httpx.AsyncClient(base_url=server.url) as http:
        described = (await http.get("/api/v1/space")).json()
        visitor = Visitor(http, space_of(described["manifest"], "the test"))
        for seed in range(PICTURES):
            original = write_picture(folder, 0.1, "JPEG", seed).path.read_bytes()
            thumbnail = write_picture(folder, 0.1, "WebP", seed).path.read_bytes()
            values = np.random.default_rng(seed).normal(size=described["dimension"])
            await visitor.add(Picture(original, thumbnail, normalised(values), f"IMG_{seed}.jpg"))


def cold_and_warm(
    playwright: Playwright, chromium: str, server: Server, model: str, link: str, profile: Path
) -> list[Visit]:
    """Visit the page in a new browser, and once more."""
    with ExitStack() as stack:
        url = server.url
        if link == "slow":
            port = urlsplit(server.url).port
            assert port
            url = f"http://127.0.0.1:{stack.enter_context(running_link(port, SLOW)).port}"
        context = stack.enter_context(with_profile(playwright, chromium, profile))
        context.add_init_script(WATCH)
        return [visit(context, url, model, link, cache) for cache in CACHES]


def visit(context: BrowserContext, url: str, model: str, link: str, cache: str) -> Visit:
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(url)
    page.wait_for_function("marks.ready && marks.library")
    seen = page.evaluate(NAVIGATION)
    entries = loaded(page, seen["origin"])
    page.wait_for_timeout(REST_MS)
    page.close()
    return Visit(
        model=model,
        link=link,
        cache=cache,
        painted=seen["painted"] and seen["painted"] / 1000,
        usable=seen["usable"] / 1000,
        ready=seen["ready"] / 1000,
        parts={"the page": Part(seen["bytes"], 1, 0.0, 0.0), **by_kind(entries)},
        stages=durations(seen["stages"]),
    )


def loaded(page: Page, origin: float) -> list[dict[str, Any]]:
    """List what the page and its workers asked for, each with bytes (0 from the cache) and times."""
    entries = page.evaluate(ENTRIES, origin)
    for worker in page.workers:
        entries += worker.evaluate(ENTRIES, origin)
    return [entry for entry in entries if not entry["url"].startswith(("blob:", "data:"))]


def by_kind(entries: Sequence[dict[str, Any]]) -> dict[str, Part]:
    kinds: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        kinds.setdefault(kind_of(urlsplit(entry["url"]).path), []).append(entry)
    return {
        kind: Part(
            bytes=sum(entry["bytes"] for entry in same),
            requests=sum(entry["bytes"] > 0 for entry in same),
            began=min(entry["began"] for entry in same) / 1000,
            ended=max(entry["ended"] for entry in same) / 1000,
        )
        for kind, same in kinds.items()
    }


def kind_of(path: str) -> str:
    return next((kind for kind, contents in KINDS.items() if any(part in path for part in contents)), "other")


def durations(stages: Sequence[tuple[str, float]]) -> dict[str, float]:
    """Say for how many seconds each stage went on, up to the last one."""
    return {
        name if at else "Before the page's Python": (stages[at + 1][1] - (began if at else 0)) / 1000
        for at, (name, began) in enumerate(stages[:-1])
    }


def of(visits: Sequence[Visit], model: str, link: str, cache: str) -> list[Visit]:
    return [visit for visit in visits if (visit.model, visit.link, visit.cache) == (model, link, cache)]


def median(visits: Sequence[Visit], model: str, link: str, cache: str, what: str) -> float:
    return Spread.of([getattr(visit, what) for visit in of(visits, model, link, cache)]).median


def settings(visits: Sequence[Visit]) -> list[tuple[str, str, str]]:
    return list(dict.fromkeys((visit.model, visit.link, visit.cache) for visit in visits))


def summary(visits: Sequence[Visit]) -> Table:
    def row(model: str, link: str, cache: str) -> list[Any]:
        same = of(visits, model, link, cache)
        painted = [visit.painted for visit in same if visit.painted is not None]
        return [
            model,
            link,
            cache,
            Spread.of(painted) if painted else None,
            Spread.of([visit.usable for visit in same]),
            Spread.of([visit.ready for visit in same]),
            Spread.of([visit.megabytes for visit in same]),
        ]

    return Table(
        "Times and bytes",
        ["model", "link", "cache", "first paint s", "usable s", "ready s", "MB over the network"],
        [row(*setting) for setting in settings(visits)],
        ["The goals: usable in 1 s, ready in 3 s when warm, 14 MB or less."],
    )


def parts(visits: Sequence[Visit], model: str, link: str) -> Table:
    cold = of(visits, model, link, "cold")
    kinds = sorted({kind for visit in cold for kind in visit.parts}, key=lambda kind: -bytes_of(cold, kind))
    return Table(
        f"What was loaded, cold, {link}, with {model}",
        ["part", "MB", "requests", "first asked for s", "last arrived s"],
        [
            [
                kind,
                bytes_of(cold, kind) / 1e6,
                max(visit.parts[kind].requests for visit in cold if kind in visit.parts),
                Spread.of([visit.parts[kind].began for visit in cold if kind in visit.parts]),
                Spread.of([visit.parts[kind].ended for visit in cold if kind in visit.parts]),
            ]
            for kind in kinds
        ],
        [
            "Bytes with headers, as the browser counts them. What several ask for is loaded once; the others find it in"
            " the cache."
        ],
    )


def bytes_of(visits: Sequence[Visit], kind: str) -> float:
    return Spread.of([visit.parts[kind].bytes for visit in visits if kind in visit.parts]).median


def stages(visits: Sequence[Visit], model: str, link: str) -> Table:
    names = list(dict.fromkeys(name for visit in visits for name in visit.stages))
    return Table(
        f"What the page waited for, {link}, with {model}, s",
        ["stage", *CACHES],
        [
            [
                name,
                *[
                    Spread.of([visit.stages.get(name, 0.0) for visit in of(visits, model, link, cache)])
                    for cache in CACHES
                ],
            ]
            for name in names
        ],
        ["The stages as the page names them, one after the other, from the navigation until it is ready."],
    )
