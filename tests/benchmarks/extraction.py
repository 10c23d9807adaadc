"""From a file to its vector in the browser: the page's embedder against the ways that TF.js' tutorials show."""

import argparse
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, Route, sync_playwright

from tests.__main__ import executable
from tests.benchmarks.browser import (
    OBSERVE,
    VIEWPORT,
    Memory,
    add_round_options,
    launched,
    long_tasks,
    rounds,
)
from tests.benchmarks.model_speed import BUNDLED, manifest
from tests.benchmarks.pictures import FORMATS, Made, add_folder_option, kept_in, source, write_picture
from tests.benchmarks.plots import Bars
from tests.benchmarks.report import Machine, Report, Spread, Table
from tests.support.servers.lookalike import Server, running_server

# Runs in the page's own interpreter, and so calls the worker as the page does. The page's embedder is nobody's to ask
# for, so that this makes another one in front of the same worker; the numbers of their pictures must differ.
OURS = """
import asyncio
from pyscript import window
from pyscript.ffi import to_js
from frontend.page.model.embedder import Embedder

embedder = Embedder()
embedder._last_number = 1000000

async def vector_of(file, with_upload):
    now = window.performance.now
    began = now()
    picture = await embedder._open(file, False, False)
    opened = packaged = now()
    if with_upload:
        await embedder.package(picture)
        packaged = now()
    made = await embedder.embed(picture)
    embedded = now()
    await embedder.close(picture)
    return to_js({
        "read": opened - began - picture["decode_ms"],
        "decode": picture["decode_ms"],
        "thumbnail and fingerprint": packaged - opened,
        "resize, tensor, model": made["embed_ms"],
        "total": now() - began,
    })

async def begin():
    await embedder._worker.begin()
    embedder._ready.set()
    window.vectorOf = vector_of

asyncio.create_task(begin())
"""
CALL_OURS = "async ([at, upload]) => vectorOf(document.getElementById('bench').files[at], upload)"

# The plain-JavaScript ways, the same in a page and in a worker. Browsers may put decoding off until a picture is drawn,
# which fromPixels does: then that part of it counts as "tensor".
THEIRS = """
globalThis.started = (async ({ tfjs, model, nodes, side }) => {
    for (const name of ["tf-core", "tf-converter", "tf-backend-wasm"]) await import(`${tfjs}/${name}.min.js`);
    tf.wasm.setWasmPaths(tfjs + "/");
    await tf.setBackend("wasm");
    const graph = await tf.loadGraphModel(model);
    async function run(decode, resize, file) {
        const began = performance.now();
        const source = await decode(file);
        const decoded = performance.now();
        const pixels = tf.browser.fromPixels(source);
        source.close?.();
        const tensored = performance.now();
        const small = resize(pixels);
        pixels.dispose();
        const input = tf.tidy(() => tf.expandDims(tf.div(tf.cast(small, "float32"), 255), 0));
        small.dispose();
        await input.data();
        const resized = performance.now();
        const output = graph.execute(input, nodes[0]);
        const values = await output.data();
        input.dispose();
        output.dispose();
        const ended = performance.now();
        return {
            "decode": decoded - began, "tensor": tensored - decoded, "resize": resized - tensored,
            "model": ended - resized, "total": ended - began, "values": values.length,
        };
    }
    async function image(file) {
        const element = new Image();
        element.src = URL.createObjectURL(file);
        try {
            await element.decode();
        } finally {
            URL.revokeObjectURL(element.src);
        }
        return element;
    }
    const ways = {
        nearest: (file) => run(image, (x) => tf.image.resizeNearestNeighbor(x, [side, side]), file),
        bilinear: (file) => run((f) => createImageBitmap(f), (x) => tf.image.resizeBilinear(x, [side, side]), file),
        browser: (file) => run(
            (f) => createImageBitmap(f, { resizeWidth: side, resizeHeight: side, resizeQuality: "medium" }),
            (x) => x.clone(), file),
    };
    return ways;
})(globalThis.options);
"""
START_MAIN = """
async ([source, options]) => {
    Object.assign(globalThis, { options });
    (0, eval)(source);
    globalThis.ways = await started;
}
"""
CALL_MAIN = "async ([at, way]) => ways[way](document.getElementById('bench').files[at])"
START_WORKER = """
async ([source, options]) => {
    const setUp = `globalThis.options = ${JSON.stringify(options)};`;
    const answer = `
        onmessage = async ({ data: [file, way] }) => {
            try { postMessage({ result: await (await started)[way](file) }); }
            catch (error) { postMessage({ error: String(error) }); }
        };
        started.then(() => postMessage({ result: "ready" }), (error) => postMessage({ error: String(error) }));`;
    const worker = new Worker(URL.createObjectURL(new Blob([setUp, source, answer])));
    const next = () => new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => data.error ? reject(new Error(data.error)) : resolve(data.result);
        worker.onerror = (event) => reject(new Error(event.message));
    });
    globalThis.ask = (file, way) => { const answer = next(); worker.postMessage([file, way]); return answer; };
    await next();
}
"""
CALL_WORKER = """
async ([at, way]) => {
    const began = performance.now();
    const result = await ask(document.getElementById("bench").files[at], way);
    return { ...result, total: performance.now() - began };
}
"""
ADD_INPUT = """
() => {
    const input = Object.assign(document.createElement("input"), { type: "file", id: "bench", multiple: true });
    input.style = "position: fixed";
    document.body.append(input);
}
"""

STAGES = ("read", "decode", "thumbnail and fingerprint", "tensor", "resize", "model", "resize, tensor, model")
PATIENCE_MS = 120_000


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--megapixels", type=float, nargs="+", default=None, help="default: 0.1 3 12")
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=["JPEG", "PNG", "WebP"])
    add_round_options(parser, 3)
    add_folder_option(parser)
    parser.add_argument("--full", action="store_true", help="48 megapixels, too")


def run(options: argparse.Namespace) -> Report:
    machine, chromium = Machine.here(), executable()
    sizes = options.megapixels or ([0.1, 3, 12, 48] if options.full else [0.1, 3, 12])
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        kept = kept_in(options, folder)
        pictures = [write_picture(kept, size, kind) for size in sizes for kind in options.formats]
        server = stack.enter_context(running_server(folder / "data"))
        playwright = stack.enter_context(sync_playwright())
        browsers = {place: stack.enter_context(launched(playwright, chromium)) for place in ("page", "main", "worker")}
        version = browsers["page"].version
        pages = {place: open_page(place, browser, server, pictures) for place, browser in browsers.items()}
        memories = {place: Memory(browser) for place, browser in browsers.items()}
        for contender in CONTENDERS:  # The warm-up.
            take(contender, pages[contender.place], memories[contender.place], 0, pictures[0])
        idle = {place: memory.now_mb() for place, memory in memories.items()}
        runs = [
            take(contender, pages[contender.place], memories[contender.place], at, picture)
            for _ in rounds(options)
            for at, picture in enumerate(pictures)
            for contender in CONTENDERS
        ]
    return Report(
        title="From a file to its vector in the browser",
        introduction=[
            f"Chromium {version} without a graphics card, TF.js on WASM, the bundled model for everybody; a Chromium of"
            " its own for the page, one for the main thread's JavaScript, one for the worker's."
            f" {len(runs) // (len(pictures) * len(CONTENDERS))} rounds, in each all contenders with each file in turn,"
            " after a warm-up: median and range.",
            f"The pictures: {source()}, of 4:3; JPEG at quality 90, WebP at 85.",
            *[f"*{contender.name}*: {contender.what}" for contender in CONTENDERS],
        ],
        tables=[
            totals(runs, pictures),
            ratios(runs, pictures),
            *[stages(runs, pictures, contender) for contender in CONTENDERS],
            busy(runs, pictures),
            memory_of(runs, pictures, idle),
        ],
        machine=machine,
        command=f"python -m tests.benchmarks extraction --megapixels {' '.join(f'{size:g}' for size in sizes)}"
        f" --formats {' '.join(options.formats)} --rounds {options.rounds}",
        plots=[
            Bars(
                name=kind.lower(),
                title=f"From a {kind} file to its vector",
                y_label="ms",
                groups=[f"{picture.megapixels:g} MP" for picture in pictures if picture.format == kind],
                bars={
                    contender.name: [
                        median_of(runs, contender, picture) for picture in pictures if picture.format == kind
                    ]
                    for contender in CONTENDERS
                },
                log_y=True,
            )
            for kind in options.formats
        ],
    )


@dataclass(frozen=True)
class Contender:
    """A way from a file to its vector."""

    name: str
    place: str
    """Where it runs, see `open_page`."""
    way: str
    what: str
    """For the report."""


OURS_SEARCH = Contender(
    "ours",
    "page",
    "search",
    "what the page does with a file that is searched with, from its MicroPython through the worker and back:"
    " antialiased shrinking in Pillow, colours to sRGB, orientation, vector and labels.",
)
OURS_UPLOAD = Contender(
    "ours, for an upload", "page", "upload", "the same, and the thumbnail and the SHA-256 and MD5 of the file."
)
NEAREST = Contender(
    "fromPixels, nearest",
    "main",
    "nearest",
    "an `<img>`, `tf.browser.fromPixels`, `resizeNearestNeighbor`, divided by 255, `execute` for the embedding alone,"
    " all in the main thread, as the usual snippet has it.",
)
BILINEAR = Contender(
    "bitmap, bilinear", "main", "bilinear", "the same with `createImageBitmap` and `resizeBilinear`, without antialias."
)
BILINEAR_WORKER = Contender("bitmap, bilinear, in a worker", "worker", "bilinear", "the same in a worker.")
BROWSER = Contender(
    "bitmap of the browser's resizing, in a worker",
    "worker",
    "browser",
    "`createImageBitmap` with `resizeWidth` and `resizeQuality: medium`, so that no large tensor is made: what somebody"
    " writes who knows about it. Vectors differ from one browser to the next.",
)
CONTENDERS = (OURS_SEARCH, OURS_UPLOAD, NEAREST, BILINEAR, BILINEAR_WORKER, BROWSER)
THEIR_WAYS = (NEAREST, BILINEAR, BILINEAR_WORKER, BROWSER)


@dataclass(frozen=True)
class Run:
    """What one contender did with one file."""

    contender: Contender
    picture: Made
    stages: Mapping[str, float]
    """Name -> ms; empty where it failed."""
    longest_task_ms: float
    """Of the main thread; 0 where none took more than 50 ms."""
    peak_mb: float
    """What was resident at most."""


def open_page(place: str, browser: Browser, server: Server, pictures: Sequence[Made]) -> Page:
    """Open a page in which contenders can be called, and give it the files."""
    page = browser.new_page(viewport=VIEWPORT)
    page.set_default_timeout(PATIENCE_MS)
    page.add_init_script(OBSERVE)
    if place == "page":
        page.goto(server.url)
        page.locator('#engine[data-tried="all"]').wait_for()
        page.evaluate(
            "text => document.body.append(Object.assign(document.createElement('script'),"
            " { type: 'mpy', textContent: text }))",
            OURS,
        )
        page.wait_for_function("() => Boolean(globalThis.vectorOf)")
    else:
        spec = manifest(BUNDLED)
        with server.api() as api:
            model_url = server.url + api.get("/space").json()["model_url"]
        options = {
            "tfjs": f"{server.url}{server.runtime()}/tfjs",
            "model": f"{model_url}model.json",
            "nodes": [spec["output"]["embedding_node"]],
            "side": spec["input"]["side_px"],
        }
        page.route(f"{server.url}/plain", plain)
        page.goto(f"{server.url}/plain")
        page.evaluate(START_MAIN if place == "main" else START_WORKER, [THEIRS, options])
    page.evaluate(ADD_INPUT)
    page.set_input_files("#bench", [picture.path for picture in pictures])
    return page


def plain(route: Route) -> None:
    """Answer with an empty page, isolated from other origins as the page is, so that the model may use threads."""
    headers = {"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"}
    route.fulfill(body="<!doctype html>", content_type="text/html", headers=headers)


def take(contender: Contender, page: Page, memory: Memory, at: int, picture: Made) -> Run:
    """Let a contender do a file once."""
    long_tasks(page)
    memory.reset()
    try:
        if contender.place == "page":
            stages = page.evaluate(CALL_OURS, [at, contender is OURS_UPLOAD])
        else:
            stages = page.evaluate(CALL_MAIN if contender.place == "main" else CALL_WORKER, [at, contender.way])
    except Error as exc:  # Tensors of 48 megapixels do not fit into WebAssembly's memory.
        print(f"{contender.name}, {picture}: {exc.message.splitlines()[0]}")
        stages = {}
    return Run(contender, picture, stages, max(long_tasks(page), default=0.0), memory.peak_mb())


def of(runs: Sequence[Run], contender: Contender, picture: Made) -> list[Run]:
    return [run for run in runs if run.contender is contender and run.picture is picture]


def spread(runs: Sequence[Run], stage: str) -> Spread | None:
    """Return what a stage took, in ms; None where it is not told, or where the contender failed."""
    values = [run.stages[stage] for run in runs if stage in run.stages]
    return Spread.of(values) if values and len(values) == len(runs) else None


def median_of(runs: Sequence[Run], contender: Contender, picture: Made) -> float | None:
    total = spread(of(runs, contender, picture), "total")
    return total and total.median


def sized(picture: Made) -> str:
    return f"{picture}, {picture.size / 1e6:.3g} MB"


def totals(runs: Sequence[Run], pictures: Sequence[Made]) -> Table:
    return Table(
        "Time, ms",
        ["file", *[contender.name for contender in CONTENDERS]],
        [
            [sized(picture), *[spread(of(runs, contender, picture), "total") for contender in CONTENDERS]]
            for picture in pictures
        ],
        ["A dash: it failed."],
    )


def ratios(runs: Sequence[Run], pictures: Sequence[Made]) -> Table:
    """Compare a search of ours with each of their ways, round by round."""

    def ratio(picture: Made, theirs: Contender) -> Spread | None:
        pairs = zip(of(runs, OURS_SEARCH, picture), of(runs, theirs, picture), strict=True)
        values = [a.stages["total"] / b.stages["total"] for a, b in pairs if a.stages and b.stages]
        return Spread.of(values) if values else None

    return Table(
        "Ours / theirs",
        ["file", *[contender.name for contender in THEIR_WAYS]],
        [[str(picture), *[ratio(picture, theirs) for theirs in THEIR_WAYS]] for picture in pictures],
        ["The goal is 1 or less. Each round's own ratio: median and range."],
    )


def stages(runs: Sequence[Run], pictures: Sequence[Made], contender: Contender) -> Table:
    """List a contender's stages; what the total has beside them are calls between threads."""
    names = [name for name in STAGES if any(name in run.stages for run in runs if run.contender is contender)]
    return Table(
        f"Stages of {contender.name}, ms",
        ["file", *names, "total"],
        [
            [str(picture), *[spread(of(runs, contender, picture), name) for name in [*names, "total"]]]
            for picture in pictures
        ],
    )


def busy(runs: Sequence[Run], pictures: Sequence[Made]) -> Table:
    def longest(contender: Contender, picture: Made) -> float | None:
        done = [run for run in of(runs, contender, picture) if run.stages]
        return statistics.median(run.longest_task_ms for run in done) if done else None

    return Table(
        "Longest task of the main thread, ms",
        ["file", *[contender.name for contender in CONTENDERS]],
        [[str(picture), *[longest(contender, picture) for contender in CONTENDERS]] for picture in pictures],
        ["Median of the rounds; 0 where no task took more than 50 ms, which is the goal."],
    )


def memory_of(runs: Sequence[Run], pictures: Sequence[Made], idle: Mapping[str, float]) -> Table:
    def beyond(contender: Contender, picture: Made) -> float | None:
        first = of(runs, contender, picture)[0]
        return max(first.peak_mb - idle[contender.place], 0.0) if first.stages else None

    return Table(
        "Peak memory, MB beyond idle",
        ["file", *[contender.name for contender in CONTENDERS]],
        [
            ["idle", *[idle[contender.place] for contender in CONTENDERS]],
            *[[str(picture), *[beyond(contender, picture) for contender in CONTENDERS]] for picture in pictures],
        ],
        [
            "Resident memory of the browser's renderers and graphics process at most during the first round, in which"
            " the pictures become larger. Contenders of one browser follow one another, so that one finds what the one"
            " before it has not given back yet: the first of each browser (ours; fromPixels, nearest; bitmap, bilinear,"
            " in a worker) tells most."
        ],
    )
