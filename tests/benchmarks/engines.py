"""Chromium, Firefox and WebKit: back ends, times, and whether they make the same of the same photographs."""

import argparse
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from playwright.sync_api import sync_playwright

from tests.__main__ import executable
from tests.benchmarks.browser import with_profile
from tests.benchmarks.report import Machine, Report, Spread, Table
from tests.support import engines
from tests.support.engine_visit import EngineVisit
from tests.support.page import Visit
from tests.support.parity import DECODED_BY_BROWSER, Kept, bundled_reader, kept_by, made_by_client, twenty
from tests.support.servers.lookalike import Server, running_server
from tests.support.shared import labelled

CHROMIUM = "Chromium"
CLIENT = "CPython"


class Tab(Protocol):
    """What both kinds of visit offer."""

    def open(self) -> "Tab": ...

    def ready(self) -> "Tab": ...

    def add(self, files: Sequence[Path]) -> "Tab": ...

    def search(self, file: Path) -> list[str]: ...

    def embedder(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Seen:
    """What one engine did."""

    version: str
    trials: Sequence[Mapping[str, Any]]
    first_s: float
    """From the first visit's beginning until photos can be searched."""
    later_s: float
    """Likewise of the second."""
    added_s: float
    """Twenty pictures, from choosing them until all can be found."""
    searches_s: Sequence[float]
    """From choosing a picture to its results."""
    kept: Mapping[Path, Kept]


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--searches", type=int, default=5, help="in each engine (%(default)s)")


def run(options: argparse.Namespace) -> Report:
    machine = Machine.here()
    with tempfile.TemporaryDirectory() as folder:
        pictures = twenty(Path(folder))
        seen = {}
        for name in (CHROMIUM, *map(str, engines.ENGINES)):
            with (
                tempfile.TemporaryDirectory() as data,
                running_server(Path(data)) as server,
                started(name, server, Path(data)) as found,
            ):
                if found:
                    seen[name] = look(*found, server, pictures, options.searches)
        kept = {name: one.kept for name, one in seen.items()}
        kept[CLIENT] = made_by_client(bundled_reader(), pictures)
    kind = "photographs" if labelled() else "drawn pictures"
    return Report(
        title="Three engines",
        introduction=[
            "Each engine with a new profile and a server of its own, without a graphics card, on the bundled model."
            " Firefox headless, WebKit (WebKitGTK) in a display in memory. Each start is measured once.",
            f"The pictures: twenty {kind}, nine as JPEG, three each as PNG, WebP and HEIC, two as AVIF. The client runs"
            " the same Python in CPython, and the model with ONNX Runtime.",
        ],
        tables=[times(seen), back_ends(seen), parity(kept, pictures)],
        machine=machine,
        command=f"python -m tests.benchmarks engines --searches {options.searches}",
    )


@contextmanager
def started(name: str, server: Server, folder: Path) -> Iterator[tuple[Tab, str] | None]:
    """Start an engine, and return a tab and the engine's version; None where it is not installed."""
    if name == CHROMIUM:
        chromium = executable()
        with sync_playwright() as playwright, with_profile(playwright, chromium, folder / "profile") as context:
            assert context.browser is not None
            yield Visit(context.new_page(), server.url), context.browser.version
        return
    engine = next(engine for engine in engines.ENGINES if engine.name == name)
    if engine.missing():
        print(f"{name} is left out: there is no {', '.join(engine.missing())}")
        yield None
        return
    with engines.running(engine) as running:
        yield EngineVisit(running, server.url), running.version


def look(tab: Tab, version: str, server: Server, pictures: Sequence[Path], searches: int) -> Seen:
    """Visit the page twice, add the pictures, and search."""
    first_s = timed(lambda: tab.open().ready())
    later_s = timed(lambda: tab.open().ready())
    while len((inside := tab.embedder())["trials"]) < 3:
        time.sleep(0.2)
    added_s = timed(lambda: tab.add(pictures))
    searches_s = [timed(lambda at=at: tab.search(pictures[at])) for at in range(searches)]
    return Seen(version, inside["trials"], first_s, later_s, added_s, searches_s, kept_by(server, pictures))


def timed(step: Any) -> float:
    """Return how long it took, in seconds."""
    began = time.perf_counter()
    step()
    return time.perf_counter() - began


def times(seen: Mapping[str, Seen]) -> Table:
    rows = [
        [name, one.version, one.first_s, one.later_s, one.added_s, Spread.of(one.searches_s)]
        for name, one in seen.items()
    ]
    return Table("Times, s", ["engine", "version", "first start", "later start", "20 pictures added", "a search"], rows)


def back_ends(seen: Mapping[str, Seen]) -> Table:
    rows = [
        [name, trial["backend"], trial.get("cosine"), trial.get("run_ms"), trial["reason"]]
        for name, one in seen.items()
        for trial in one.trials
    ]
    return Table("Back ends of TF.js", ["engine", "back end", "cosine", "ms a picture", "what its trial showed"], rows)


def parity(kept: Mapping[str, Mapping[Path, Kept]], pictures: Sequence[Path]) -> Table:
    """Compare what was kept with what Chromium's page has made of it."""
    rows = []
    for name, made in kept.items():
        for title, chosen in (
            ("our decoders", [path for path in pictures if path.suffix[1:] not in DECODED_BY_BROWSER]),
            ("the browser's", [path for path in pictures if path.suffix[1:] in DECODED_BY_BROWSER]),
        ):
            pairs = [(made[path], kept[CHROMIUM][path]) for path in chosen]
            rows.append(
                [
                    name,
                    title,
                    len(pairs),
                    sum(one.same_bits(two) for one, two in pairs),
                    f"{min(one.cosine(two) for one, two in pairs):.6f}",
                    sum(one.told["perceptual_hash"] == two.told["perceptual_hash"] for one, two in pairs),
                    sum(one.thumbnail == two.thumbnail for one, two in pairs),
                    sum(one.told["labels"] == two.told["labels"] for one, two in pairs),
                ]
            )
    return Table(
        "The same as in Chromium",
        ["made by", "decoded by", "pictures", "vectors", "least cosine", "hashes", "thumbnails", "labels"],
        rows,
        ["Of how many pictures it is the same to the bit: vectors as they are stored, in float16."],
    )
