"""How long models take for a picture in TF.js, in a real Chromium: the bundled one, and others beside it."""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Page, Route, sync_playwright

from backend.setup.prepare import FRONTEND
from backend.setup.report import TerminalReport
from backend.setup.site import build_site
from tests.__main__ import executable
from tests.benchmarks.report import Machine, Report, Spread, Table

BUNDLED = FRONTEND / "models" / "lookalike_v1"

# WASM, as without a graphics card; isolated from other origins, as the page is, so that it may use threads.
ORIGIN = "http://localhost"
HEADERS = {"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"}
LOAD = """
async (names) => {
    for (const name of ["tf-core", "tf-converter", "tf-backend-wasm"]) await import(`/tfjs/${name}.min.js`);
    tf.wasm.setWasmPaths(location.origin + "/tfjs/");
    await tf.setBackend("wasm");
    globalThis.models = [];
    for (const name of names) models.push(await tf.loadGraphModel(`/${name}/model.json`));
}
"""
RUN = """
async ([at, side, nodes, count]) => {
    const input = tf.randomUniform([1, side, side, 3], -1, 1, "float32", 0);
    const times = [];
    for (let run = 0; run < count; run++) {
        const began = performance.now();
        const outputs = models[at].execute(input, nodes);
        for (const output of outputs) { await output.data(); output.dispose(); }
        times.push(performance.now() - began);
    }
    input.dispose();
    return times;
}
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("models", type=Path, nargs="*", help="folders with manifest, beside the bundled model's")
    parser.add_argument("--pictures", type=int, default=20, help="of each model in a turn (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5)


def run(options: argparse.Namespace) -> Report:
    machine = Machine.here()
    folders = {f"model{n}": folder for n, folder in enumerate([BUNDLED, *options.models])}
    (tfjs,) = build_site(FRONTEND, TerminalReport()).glob("runtime/*/tfjs")
    chromium = executable()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        version, page = browser.version, browser.new_page()
        serve(page, {"tfjs": tfjs, **folders})
        page.goto(ORIGIN)
        page.evaluate(LOAD, list(folders))
        rounds = [take_turn(page, list(folders.values()), options.pictures) for _ in range(options.rounds + 1)][1:]
    bundled, *_ = columns = list(zip(*rounds, strict=True))
    rows = [
        [
            manifest(folder)["model"],
            manifest(folder)["input"]["side_px"],
            sum(file["size"] for file in manifest(folder)["files"].values()) / 1e6,
            Spread.of(times),
            Spread.of([one / first for one, first in zip(times, bundled, strict=True)]),
        ]
        for folder, times in zip(folders.values(), columns, strict=True)
    ]
    return Report(
        title="Models in the browser",
        introduction=[
            f"Chromium {version}, WASM, a picture at a time; {options.pictures} in a turn, of which the median counts;"
            f" {options.rounds} rounds in turn after one that does not count: median and range."
        ],
        tables=[
            Table("By model", ["model", "side px", "MB", "ms a picture", "times the bundled one's"], rows),
        ],
        machine=machine,
        command=f"python -m tests.benchmarks model_speed MODEL… --pictures {options.pictures}"
        f" --rounds {options.rounds}",
    )


def serve(page: Page, folders: Mapping[str, Path]) -> None:
    """Answer the page's requests from folders, and an empty page for everything else."""

    def answer(route: Route) -> None:
        folder, _, name = route.request.url.removeprefix(f"{ORIGIN}/").partition("/")
        if folder in folders:
            route.fulfill(path=folders[folder] / name, headers=HEADERS)
        else:
            route.fulfill(body="<!doctype html>", content_type="text/html", headers=HEADERS)

    page.route("**", answer)


def take_turn(page: Page, folders: list[Path], pictures: int) -> list[float]:
    """Return the median time of each model, in ms."""
    medians = []
    for at, folder in enumerate(folders):
        spec = manifest(folder)
        nodes = [spec["output"]["embedding_node"], spec["output"]["logits_node"]]
        medians.append(Spread.of(page.evaluate(RUN, [at, spec["input"]["side_px"], nodes, pictures])).median)
    return medians


def manifest(folder: Path) -> dict:
    """What the model says of itself. The manifests of models from elsewhere are the project's own."""
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
