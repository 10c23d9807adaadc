"""Ours against the usual architecture of an image search, with a queue and a model on the server."""

import argparse
import asyncio
import itertools
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import uvloop

from tests.benchmarks.adding import photographs
from tests.benchmarks.architecture_contenders import (
    Contender,
    Lookalike,
    Picture,
    WithQueue,
    as_of_a_camera,
    fetch_thumbnails,
    stand_in_ms,
)
from tests.benchmarks.plots import Bars, Lines, Plot
from tests.benchmarks.processes import Watched, watched_memory
from tests.benchmarks.queue_architecture.deployment import missing
from tests.benchmarks.queue_architecture.native_model import NativeModel, write_onnx
from tests.benchmarks.queue_architecture.settings import MODEL
from tests.benchmarks.report import Machine, Report, Spread, Table
from tests.benchmarks.visitors import Visitor, visitor
from tests.support.drawings import GROUPS, draw, jpeg
from tests.support.servers.tcp_proxy import TCPProxy, running_proxy

POLL_S = 0.1
"""How often it is asked after a load whether all can be found: seldom enough to cost the server next to nothing."""
CLOSE_POLL_S = 0.005
"""How often after a single upload."""
QUIET_S = 0.3
"""After which without a byte the server's programs are done with what was uploaded."""
LAST = 4
"""How many of those that were acknowledged last are waited for, as their order may be another in the index."""
SAMPLE = 10
"""How many of the others are looked for as well, when the time is taken: all would take longer than the load."""
PATIENCE_S = 120
"""After which what was uploaded counts as lost."""

CAMERA_DIFFERENT = 4
"""How many different pictures of a camera there are, as making one takes a second."""

NUMBERS = ("each", "burst", "bursts", "alone", "camera", "traffic", "pictures", "rounds")
"""Options that take a number."""

UPLOAD, SEARCH, WITH_THUMBNAILS = "upload", "search", "search and its thumbnails"
SMALL, CAMERA = "small", "camera"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--each", type=int, default=24, help="uploads or searches of a load, of one client half")
    parser.add_argument("--burst", type=int, default=200, help="uploads at once (%(default)s)")
    parser.add_argument("--bursts", type=int, default=2, help="how often, at the end (%(default)s)")
    parser.add_argument("--alone", type=int, default=8, help="uploads and searches one by one, nothing else going on")
    parser.add_argument("--camera", type=int, default=8, help="uploads or searches with pictures of 12 megapixels")
    parser.add_argument(
        "--traffic", type=int, default=6, help="uploads and searches of which bytes are counted, 0: none"
    )
    parser.add_argument("--pictures", type=int, default=30, help="different ones; the files are copies of these")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--full", action="store_true", help="five times as much in each load, and five rounds")


@dataclass(frozen=True)
class Load:
    """Clients that each wait for the answer before they ask again."""

    what: str
    pictures: str
    clients: int
    count: int
    """In all."""

    def __str__(self) -> str:
        pictures = "" if self.pictures == SMALL else ", camera"
        return f"{self.what}{pictures}, {self.clients} client{'s' * (self.clients > 1)}"


@dataclass(frozen=True)
class Outcome:
    """What a load gave."""

    latencies_s: Sequence[float]
    """Until the answer."""
    elapsed_s: float
    """Until the last answer."""
    complete_s: float
    """Until the last that was uploaded could be found."""
    server_cpu_s: float
    """Until then, of all processes."""
    client_cpu_s: float
    peak: int
    """Most bytes of memory of all processes."""
    refused: int
    """Requests that the server was too busy for, and that were made again."""

    @property
    def per_second(self) -> float:
        return len(self.latencies_s) / self.elapsed_s

    @property
    def complete_per_second(self) -> float:
        return len(self.latencies_s) / self.complete_s

    @property
    def server_ms(self) -> float:
        return self.server_cpu_s * 1000 / len(self.latencies_s)

    @property
    def client_ms(self) -> float:
        return self.client_cpu_s * 1000 / len(self.latencies_s)

    @property
    def p50_ms(self) -> float:
        return statistics.median(self.latencies_s) * 1000


@dataclass
class Library:
    """What was uploaded to a contender, to know what a search should find."""

    numbers: dict[str, int] = field(default_factory=dict[str, int])
    """Id -> number of the picture."""

    def check(self, picture: Picture, matches: Sequence[tuple[str, str]]) -> None:
        best = matches[0][0] if matches else None
        if best is None or self.numbers[best] != picture.number:
            raise AssertionError(f"picture {picture.number} was uploaded, and its best match is another")


class Pictures:
    """Gives out files, each a copy of its own."""

    def __init__(self, kinds: Mapping[str, Sequence[Picture]]) -> None:
        self.kinds = kinds
        self._numbers = itertools.count(1)

    def take(self, kind: str, count: int) -> Sequence[Picture]:
        """Take new copies, of different pictures in turn."""
        different = itertools.cycle(self.kinds[kind])
        return [picture.copy(next(self._numbers)) for picture in itertools.islice(different, count)]


def run(options: argparse.Namespace) -> Report:
    if lacking := missing():
        raise SystemExit(f"architectures: the usual architecture cannot be built here without {lacking}")
    if options.full:
        options.each, options.rounds = 5 * options.each, 5
    machine = Machine.here()
    with tempfile.TemporaryDirectory() as folder:
        model_file = Path(folder) / "model.onnx"
        write_onnx(MODEL, model_file)
        model = NativeModel(MODEL, model_file, threads=1)
        pictures = make_pictures(options, model)
        with running(model, model_file) as contenders:
            measured = uvloop.run(Measurement(contenders, pictures, options).take())
        traffic = count_traffic(model, model_file, pictures, options.traffic) if options.traffic else None
    return Report(
        title="Architectures",
        introduction=introduction(options, pictures),
        tables=[
            *load_tables(measured),
            alone_table(measured),
            requests_table(measured),
            burst_table(measured),
            *([traffic_table(traffic)] if traffic else []),
            processes_table(measured),
            stand_in_table(pictures, model),
        ],
        machine=machine,
        command=f"python -m tests.benchmarks architectures --clients {' '.join(map(str, options.clients))} "
        + " ".join(f"--{name} {getattr(options, name)}" for name in NUMBERS),
        plots=plots(measured),
    )


def make_pictures(options: argparse.Namespace, model: NativeModel) -> Pictures:
    originals = small_originals(options.pictures)
    enlarged = originals[: min(options.camera, CAMERA_DIFFERENT)]
    kinds = {SMALL: originals, CAMERA: [as_of_a_camera(original, number) for number, original in enumerate(enlarged)]}
    return Pictures(
        {
            kind: [Picture.of(number, original, model) for number, original in enumerate(files)]
            for kind, files in kinds.items()
            if files
        }
    )


def small_originals(count: int) -> Sequence[bytes]:
    """Return different pictures: photographs where there are enough, else drawings."""
    found = photographs()
    if len(found) >= count:
        return [found[at * len(found) // count] for at in range(count)]
    return [jpeg(draw(group, member)) for member in range(-(-count // len(GROUPS))) for group in GROUPS][:count]


@contextmanager
def running(
    model: NativeModel, model_file: Path, through: Callable[[str, int], int] = lambda name, port: port
) -> "Iterator[Sequence[Contender]]":
    """Start both, each with an empty library."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for name in ("ours", "theirs"):
            (folder / name).mkdir()
        yield [
            stack.enter_context(Lookalike.running(folder / "ours", model, through)),
            stack.enter_context(WithQueue.running(folder / "theirs", model_file, through)),
        ]


# Measuring


class Measurement:
    """Puts the loads on the contenders in turn. To be read after `take`."""

    def __init__(self, contenders: Sequence[Contender], pictures: Pictures, options: argparse.Namespace) -> None:
        self.contenders = contenders
        self.loads = loads(options)
        self.burst = Load(UPLOAD, SMALL, options.burst, options.burst)
        self.outcomes: dict[tuple[Load, str], list[Outcome]] = {}
        """Load and contender -> an outcome of each round."""
        self.alone: dict[tuple[str, str], list[float]] = {}
        """What and contender -> milliseconds of each."""
        self.requests: dict[str, Mapping[str, Mapping[str, Sequence[float]]]] = {}
        """Contender -> what was done alone -> kind of request -> seconds of each."""
        self.idle: dict[str, int] = {}
        """Contender -> bytes of memory before anything was asked of it."""
        self.processes: dict[str, Sequence[tuple[str, int]]] = {}
        """Contender -> its programs, and how many processes each is."""
        self.repeated = options.alone
        self.images_alone = 0
        """How many images each library held before what was done alone."""
        self._pictures = pictures
        self._options = options
        self._libraries = {contender.name: Library() for contender in contenders}

    async def take(self) -> "Measurement":
        for contender in self.contenders:
            self.idle[contender.name] = Watched(*contender.processes.values()).proportional()
            await self._warm_up(contender)
        for load in self.loads * self._options.rounds:
            await self._load_both(load)
        await self._all_alone()
        for load in [self.burst] * self._options.bursts:
            await self._load_both(load)
        for contender in self.contenders:
            named = contender.processes.items()
            self.processes[contender.name] = [(name, Watched(process).count()) for name, process in named]
        return self

    async def _load_both(self, load: Load) -> None:
        for contender in self.contenders:
            outcome = await self._load(contender, load)
            self.outcomes.setdefault((load, contender.name), []).append(outcome)

    async def _all_alone(self) -> None:
        self.images_alone = len(self._libraries[self.contenders[0].name].numbers)
        with ExitStack() as stack:
            callers = [_Callers.of(contender, stack) for contender in self.contenders]
            for _ in range(self.repeated):
                for contender, its in zip(self.contenders, callers, strict=True):
                    await self._one_alone(contender, its)
            for contender, its in zip(self.contenders, callers, strict=True):
                self.requests[contender.name] = {"upload": its.upload.times_s, "search": its.search.times_s}

    async def _warm_up(self, contender: Contender) -> None:
        """Upload one copy of each picture, so that every search finds something, and search once."""
        for kind in self._pictures.kinds:
            count = len(self._pictures.kinds[kind])
            await self._load(contender, Load(UPLOAD, kind, 1, count))
            await self._load(contender, Load(WITH_THUMBNAILS, kind, 1, min(count, 5)))

    async def _load(self, contender: Contender, load: Load) -> Outcome:
        pictures = iter(self._pictures.take(load.pictures, load.count))
        uploaded: list[tuple[str, Picture]] = []
        latencies: list[float] = []
        refused_before = contender.refused
        library, processes = self._libraries[contender.name], Watched(*contender.processes.values())

        async def client() -> None:
            with visitor(contender.url) as its:
                for picture in pictures:
                    began = time.perf_counter()
                    if load.what == UPLOAD:
                        uploaded.append((await contender.upload(its, picture), picture))
                    else:
                        matches = await contender.search(its, picture)
                        if load.what == WITH_THUMBNAILS:
                            await fetch_thumbnails(its, matches)
                        library.check(picture, matches)
                    latencies.append(time.perf_counter() - began)

        with watched_memory(processes) as seen:
            began, cpu_before, own_before = time.perf_counter(), processes.cpu_s(), time.process_time()
            await asyncio.gather(*(client() for _ in range(load.clients)))
            elapsed, own = time.perf_counter() - began, time.process_time() - own_before
            with visitor(contender.url) as its:
                await wait_until_searchable(contender, its, uploaded[-min(load.clients, LAST) :], POLL_S)
                complete, cpu_after = time.perf_counter() - began, processes.cpu_s()
                await wait_until_searchable(contender, its, uploaded[:: max(1, len(uploaded) // SAMPLE)], POLL_S)
        library.numbers.update((image_id, picture.number) for image_id, picture in uploaded)
        return Outcome(
            latencies_s=latencies,
            elapsed_s=elapsed,
            complete_s=complete if uploaded else elapsed,
            server_cpu_s=cpu_after - cpu_before,
            client_cpu_s=own,
            peak=seen.peak,
            refused=contender.refused - refused_before,
        )

    async def _one_alone(self, contender: Contender, its: "_Callers") -> None:
        """Upload and search, each step when the one before is over; once more with the visitor's own work."""
        picture, other = self._pictures.take(SMALL, 2)
        clock = _Clock(self.alone, contender.name)
        image_id = await contender.upload(its.upload, picture)
        clock.note("upload, acknowledged")
        await wait_until_searchable(contender, its.others, [(image_id, picture)], CLOSE_POLL_S)
        clock.note("upload, searchable")

        clock.start()
        matches = await contender.search(its.search, picture)
        clock.note("search")
        await fetch_thumbnails(its.search, matches)
        clock.note("search, thumbnails there")

        clock.start()
        other_id = await contender.upload_file(its.others, other.original)
        clock.note("upload and visitor's work, acknowledged")
        await wait_until_searchable(contender, its.others, [(other_id, other)], CLOSE_POLL_S)
        clock.note("upload and visitor's work, searchable")

        clock.start()
        await contender.search_file(its.others, picture.original)
        clock.note("search and visitor's work")
        self._libraries[contender.name].numbers |= {image_id: picture.number, other_id: other.number}


@dataclass(frozen=True)
class _Callers:
    """Visitors of one contender, apart so that their requests can be told apart."""

    upload: Visitor
    search: Visitor
    others: Visitor

    @classmethod
    def of(cls, contender: Contender, stack: ExitStack) -> "_Callers":
        return cls(*(stack.enter_context(visitor(contender.url)) for _ in range(3)))


class _Clock:
    """Notes how long something took since it was started."""

    def __init__(self, notes: dict[tuple[str, str], list[float]], contender: str) -> None:
        self._notes = notes
        self._contender = contender
        self.start()

    def start(self) -> None:
        self._began = time.perf_counter()

    def note(self, what: str) -> None:
        spent = (time.perf_counter() - self._began) * 1000
        self._notes.setdefault((what, self._contender), []).append(spent)


async def wait_until_searchable(
    contender: Contender, its: Visitor, uploaded: Sequence[tuple[str, Picture]], poll_s: float
) -> None:
    patience = time.monotonic() + PATIENCE_S
    for image_id, picture in reversed(uploaded):
        while not await contender.is_searchable(its, image_id, picture):
            if time.monotonic() > patience:
                raise TimeoutError(f"{contender.name}: what was uploaded cannot be found after {PATIENCE_S} s")
            await asyncio.sleep(poll_s)


def loads(options: argparse.Namespace) -> list[Load]:
    some = sorted(options.clients)[len(options.clients) // 2]
    counts = {
        clients: max(2 * clients, options.each) if clients > 1 else options.each // 2 for clients in options.clients
    }
    return [
        *(Load(what, SMALL, clients, count) for what in (UPLOAD, SEARCH) for clients, count in counts.items()),
        Load(WITH_THUMBNAILS, SMALL, some, counts[some]),
        *(Load(what, CAMERA, some, options.camera) for what in (UPLOAD, SEARCH) if options.camera),
    ]


@dataclass(frozen=True)
class Traffic:
    """Bytes of payload of one operation, on average."""

    visitors: float
    """Between visitors and the server."""
    store: float
    """Of these, to and from the store, which may be another server."""
    inside: float
    """Between the server's own programs."""


def count_traffic(
    model: NativeModel, model_file: Path, pictures: Pictures, count: int
) -> Mapping[tuple[str, str], Traffic]:
    """Count in deployments of their own, with a proxy before each program. What and contender -> traffic."""
    proxies: list[TCPProxy] = []
    with ExitStack() as stack:

        def through(name: str, port: int) -> int:
            proxies.append(stack.enter_context(running_proxy(port)))
            return proxies[-1].port

        contenders = stack.enter_context(running(model, model_file, through))
        return uvloop.run(_count_traffic(contenders, pictures, proxies, count))


async def _count_traffic(
    contenders: Sequence[Contender], pictures: Pictures, proxies: Sequence[TCPProxy], count: int
) -> Mapping[tuple[str, str], Traffic]:
    traffic = {}
    for contender in contenders:
        for kind, what in itertools.product(pictures.kinds, (UPLOAD, SEARCH, WITH_THUMBNAILS)):
            before = sum(proxy.passed for proxy in proxies)
            with visitor(contender.url) as its:
                some = pictures.take(kind, count)
                for picture in some:
                    if what == UPLOAD:
                        await contender.upload(its, picture)
                    else:
                        matches = await contender.search(its, picture)
                        if what == WITH_THUMBNAILS:
                            await fetch_thumbnails(its, matches)
                seen, store = its.traffic.total(), its.traffic["store"]
                # The queue's work goes on after the answer.
                passed = await _when_quiet(lambda: sum(proxy.passed for proxy in proxies)) - before
            traffic[f"{what}, {kind}", contender.name] = Traffic(
                seen / count, store / count, max(0, passed - seen) / count
            )
    return traffic


async def _when_quiet(count: Callable[[], int]) -> int:
    """Return what is counted when it has stayed the same for a while."""
    before = -1
    while before != (now := count()):
        before = now
        await asyncio.sleep(QUIET_S)
    return now


# The report


def introduction(options: argparse.Namespace, pictures: Pictures) -> Sequence[str]:
    versions = ", ".join(
        f"{name} {version(name)}" for name in ("litestar", "uvicorn", "onnxruntime", "asyncpg", "redis")
    )
    sizes = ", ".join(
        f"{kind}: {statistics.mean(len(picture.original) for picture in of_kind) / 1000:,.0f} kB on average"
        for kind, of_kind in pictures.kinds.items()
    )
    source = "photographs" if len(photographs()) >= options.pictures else "drawings"
    return [
        "Lookalike: `lookalike serve`, one process; it has the store too. With a queue: the API server takes the"
        " picture, stores it, writes a row into PostgreSQL and a message into a Redis stream; the search service takes"
        " the message, downloads the picture from the API server, makes thumbnail and vector (ONNX Runtime, the same"
        " weights and preprocessing, the golden test passed), uploads the thumbnail and writes to LanceDB. A search"
        " sends the picture to the API server, and from there to the search service. Both are Litestar on uvicorn, one"
        " process each; both have pictures and rows on the disk before they acknowledge.",
        "Client and servers share the machine. Vectors, thumbnails and fingerprints, which the visitor's browser"
        " computes for Lookalike, were computed before the loads, as that is no work of the server; what it takes is in"
        " the last table, and in the rows with the visitor's work. An upload to Lookalike is what the page does: POST"
        " /uploads, PUT original and thumbnail, a search for a twin, PUT /images/{id}. To the other it is one request.",
        f"Pictures: {source}; {sizes}; the larger are the smaller, enlarged to 12 megapixels. The files are copies of"
        f" {options.pictures} pictures with other last bytes. Every search was checked: a copy is the best match."
        f" {options.rounds} rounds, the contenders in turn: median and range. Ratios are Lookalike / with a queue, of"
        f" each round. {versions}.",
    ]


def load_tables(measured: Measurement) -> Sequence[Table]:
    return [
        _load_table(
            measured,
            "Processor time of the server for each operation, ms",
            lambda outcome: outcome.server_ms,
            [
                "User and system time of all processes, until everything that was uploaded could be found."
                " Less is better.",
            ],
        ),
        _load_table(
            measured,
            "Operations per second",
            lambda outcome: outcome.complete_per_second,
            ["Uploads count when they can be found, searches when they are answered. More is better."],
        ),
        _load_table(
            measured,
            "Uploads acknowledged and searches answered per second",
            lambda outcome: outcome.per_second,
            ["Behind the queue, uploads pile up meanwhile. More is better."],
        ),
        _load_table(
            measured,
            "Median time until the answer, ms",
            lambda outcome: outcome.p50_ms,
            [
                "An upload's answer: with a queue it is stored and not yet searchable. Less is better.",
            ],
        ),
        _load_table(
            measured,
            "Processor time of the client for each operation, ms",
            lambda outcome: outcome.client_ms,
            ["Of the benchmark's own process, which takes it from the same two cores; to judge the throughput by."],
        ),
    ]


def _load_table(measured: Measurement, title: str, value: Callable[[Outcome], float], notes: Sequence[str]) -> Table:
    return Table(
        title=title,
        columns=["load", *_names(measured), "ratio"],
        rows=[[str(load), *_compared(measured, load, value)] for load in measured.loads],
        notes=notes,
    )


def _compared(measured: Measurement, load: Load, value: Callable[[Outcome], float]) -> Sequence[Spread]:
    ours, theirs = ([value(outcome) for outcome in measured.outcomes[load, name]] for name in _names(measured))
    return [Spread.of(ours), Spread.of(theirs), _ratios(ours, theirs)]


def alone_table(measured: Measurement) -> Table:
    ours, theirs = _names(measured)
    return Table(
        title="One at a time, nothing else going on, ms",
        columns=["what", ours, theirs, "ratio"],
        rows=[
            [
                what,
                Spread.of(measured.alone[what, ours]),
                Spread.of(measured.alone[what, theirs]),
                _ratios(measured.alone[what, ours], measured.alone[what, theirs]),
            ]
            for what in dict.fromkeys(what for what, _ in measured.alone)
        ],
        notes=[
            "The visitor's work of Lookalike is done natively on the same machine, as a stand-in for the browser: the"
            " model while the file is sent, as in the page. With a queue the visitor has none."
            f" {measured.images_alone} images in each library before.",
        ],
    )


def requests_table(measured: Measurement) -> Table:
    return Table(
        title="The requests of these, without the visitor's work, ms",
        columns=["architecture", "of", "request", "how many each", "until its answer"],
        rows=[
            [
                name,
                what,
                kind,
                f"{len(times_s) / measured.repeated:.3g}",
                Spread.of([seconds * 1000 for seconds in times_s]),
            ]
            for name, requests in measured.requests.items()
            for what, kinds in requests.items()
            for kind, times_s in kinds.items()
        ],
    )


def burst_table(measured: Measurement) -> Table:
    values: Mapping[str, Callable[[Outcome], float]] = {
        "until all are acknowledged, s": lambda outcome: outcome.elapsed_s,
        "until all are searchable, s": lambda outcome: outcome.complete_s,
        "median time until acknowledged, s": lambda outcome: outcome.p50_ms / 1000,
        "server's processor time, s": lambda outcome: outcome.server_cpu_s,
        "memory at most, MB": lambda outcome: outcome.peak / 1e6,
    }
    refused = [
        Spread.of([float(outcome.refused) for outcome in measured.outcomes[measured.burst, name]])
        for name in _names(measured)
    ]
    return Table(
        title=f"{measured.burst.count} uploads at once",
        columns=["what", *_names(measured), "ratio"],
        rows=[
            *([what, *_compared(measured, measured.burst, value)] for what, value in values.items()),
            ["requests answered with 503, and made again", *refused, None],
        ],
    )


def traffic_table(traffic: Mapping[tuple[str, str], Traffic]) -> Table:
    return Table(
        title="Bytes for each operation, kB",
        columns=["operation", "architecture", "with visitors", "of these the store's", "inside the server", "all"],
        rows=[
            [what, name, one.visitors / 1000, one.store / 1000, one.inside / 1000, (one.visitors + one.inside) / 1000]
            for (what, name), one in sorted(traffic.items(), key=lambda item: item[0][0])
        ],
        notes=[
            "Payload of TCP in both directions, heads of HTTP included, counted by proxies before all programs in a run"
            " of its own. The store's part does not touch the server where Lookalike's store is a bucket."
            " Inside: between API server, search service, PostgreSQL and Redis.",
        ],
    )


def processes_table(measured: Measurement) -> Table:
    def programs(name: str) -> str:
        return ", ".join(
            f"{program} ({count})" if count > 1 else program for program, count in measured.processes[name]
        )

    peaks = {
        name: max(
            outcome.peak
            for (_, contender), outcomes in measured.outcomes.items()
            for outcome in outcomes
            if contender == name
        )
        for name in _names(measured)
    }
    rows = [
        [
            name,
            len(measured.processes[name]),
            sum(count for _, count in measured.processes[name]),
            programs(name),
            measured.idle[name] / 1e6,
            peaks[name] / 1e6,
        ]
        for name in _names(measured)
    ]
    return Table(
        title="Processes and memory",
        columns=["architecture", "programs", "processes", "which", "memory at the start, MB", "at most, MB"],
        rows=rows,
        notes=["Memory of all processes together (PSS); at most: in any of the loads."],
    )


def stand_in_table(pictures: Pictures, model: NativeModel) -> Table:
    steps = {
        kind: stand_in_ms([picture.original for picture in of_kind], model) for kind, of_kind in pictures.kinds.items()
    }
    return Table(
        title="What Lookalike leaves to the visitor's browser, natively, ms a picture",
        columns=["step", *steps],
        rows=[[step, *(Spread.of(times[step]) for times in steps.values())] for step in next(iter(steps.values()))],
        notes=[
            "CPython, Pillow and ONNX Runtime with one thread, in place of Pyodide and TF.js." + _browser_time(),
        ],
    )


def _browser_time() -> str:
    """Quote what the model takes in a browser, from the last report of `model_speed`."""
    file = Path(__file__).parent / "results" / "model_speed.json"
    rows = json.loads(file.read_text(encoding="utf-8"))["tables"][0]["rows"]
    own = next(row for row in rows if row["model"] == MODEL.name)
    return f" In Chromium the model alone takes {own['ms a picture']['median']:.0f} ms by the report model_speed."


def plots(measured: Measurement) -> Sequence[Plot]:
    names = _names(measured)

    def median(load: Load, name: str, value: Callable[[Outcome], float]) -> float:
        return statistics.median(value(outcome) for outcome in measured.outcomes[load, name])

    throughput: dict[str, Sequence[tuple[float, float]]] = {
        f"{name}: {what}": [
            (load.clients, median(load, name, lambda outcome: outcome.complete_per_second))
            for load in measured.loads
            if load.what == what and load.pictures == SMALL
        ]
        for name in names
        for what in (UPLOAD, SEARCH)
    }
    clients = next(load.clients for load in measured.loads if load.what == WITH_THUMBNAILS)
    shown = [load for load in measured.loads if load.clients == clients]
    return [
        Lines("throughput", "Operations per second, until searchable", "clients", "per second", throughput),
        Bars(
            "cpu",
            f"Processor time of the server, {clients} clients",
            "ms for each operation",
            [f"{load.what}\n({load.pictures})".replace(" and its ", "\nand its ") for load in shown],
            {name: [median(load, name, lambda outcome: outcome.server_ms) for load in shown] for name in names},
        ),
        Bars(
            "burst",
            f"{measured.burst.count} uploads at once",
            "seconds",
            ["acknowledged", "searchable"],
            {
                name: [
                    median(measured.burst, name, lambda outcome: outcome.elapsed_s),
                    median(measured.burst, name, lambda outcome: outcome.complete_s),
                ]
                for name in names
            },
        ),
    ]


def _names(measured: Measurement) -> Sequence[str]:
    return [contender.name for contender in measured.contenders]


def _ratios(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    return Spread.of([one / other for one, other in zip(ours, theirs, strict=True)])
