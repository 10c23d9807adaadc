"""The search service over HTTP: `lookalike serve` against other engines behind the same routes."""

import argparse
import asyncio
import base64
import itertools
import json
import multiprocessing
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tests.benchmarks import data
from tests.benchmarks.library import fill
from tests.benchmarks.library_records import TENTH
from tests.benchmarks.plots import Bars, Lines, Plot
from tests.benchmarks.processes import Watched
from tests.benchmarks.report import Cell, Machine, Report, Spread, Table
from tests.benchmarks.search_engines import ENGINES, Built, build, installed
from tests.benchmarks.search_load import Generator, Load, Outcome, started
from tests.benchmarks.search_profile import sampled
from tests.benchmarks.tables import recall
from tests.support.servers.lookalike import free_port, running_server
from tests.support.spaces import bundled_space

MIB = 2**20
OURS = "Lookalike"
FILTERS = ("no filter", "a tag of a tenth")
LIMIT = 10

# The goals: p99 in ms at recall@10 of at least 0.95, by rows.
GOALS_MS = {10_000: 20, 100_000: 30, 1_000_000: 50}

# Qdrant says that its local mode is not for more than 20,000 points. Graphs of a million vectors take hours to make on
# two cores; Milvus Lite makes them in Python besides.
LARGEST = {"Qdrant, local mode": 20_000, "Milvus Lite": 100_000, "hnswlib": 200_000}

# The server's own upkeep begins five seconds after its start (`Schedule.first_s`).
SETTLE_S = 8

# For so long at most each contender is asked what it finds.
RECALL_S = 4

# Loads are left out in which even one search of each client would take more than this many times a turn.
PATIENCE = 4

# Each turn begins at another place of the queries, this part of them further on: what one turn has brought into
# memory, the next does not ask for again at once.
STRIDE = 0.39

# Longer than any engine here takes to open.
START_S = 300


@dataclass(frozen=True)
class Corpus:
    """What all contenders hold and are asked."""

    folder: Path
    """vectors.npy, queries.npy and the number of rows lie here for the other processes."""
    rows: int
    queries: data.Vectors
    exact: Mapping[bool, npt.NDArray[np.int64]]
    """Whether only every tenth row counts -> the nearest rows."""

    def vectors(self) -> npt.NDArray[np.float32]:
        return np.load(self.folder / "vectors.npy", mmap_mode="r")

    def bodies(self, tenth: bool) -> list[bytes]:
        """Return the requests."""
        filters = {"tags_any": [TENTH]} if tenth else {}
        space = bundled_space().id
        texts = [base64.b64encode(query.astype("<f4").tobytes()).decode() for query in self.queries]
        return [
            json.dumps({"space": space, "vector": text, "limit": LIMIT, "filters": filters}).encode() for text in texts
        ]


@dataclass
class Contender:
    """A running server, and what was measured of it."""

    name: str
    port: int
    watched: Watched
    built: Built | None
    """None for ours, whose settings are its own."""
    recalls: dict[bool, float] = field(default_factory=dict)
    alone_ms: dict[bool, float] = field(default_factory=dict)
    """Median of searches with one client, when recall was measured."""
    turns: dict[tuple[int, bool], list["Turn"]] = field(default_factory=dict)


@dataclass(frozen=True)
class Turn:
    """What one load gave, and what it took."""

    outcome: Outcome
    cpu_s: float
    """Of the server."""
    resident: int
    proportional: int
    peak: int

    @property
    def cpu_ms(self) -> float:
        """Processor time of the server for each request."""
        return self.cpu_s * 1000 / len(self.outcome.latencies_ms)

    @property
    def load_share(self) -> float:
        """The load generator's part of all processor time."""
        return self.outcome.cpu_s / max(self.outcome.cpu_s + self.cpu_s, 1e-9)


@dataclass(frozen=True)
class Size:
    """All that was measured at one number of rows."""

    rows: int
    contenders: Sequence[Contender]
    fill_s: float
    profiles: Mapping[int, Mapping[str, float]]
    """Clients -> what of a request's processor time goes where, in ms."""
    samples: Mapping[int, Mapping[str, float]]
    """Clients -> the same of the Python thread alone, as shares."""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000])
    parser.add_argument("--full", action="store_true", help="the same as --rows 10000 100000 1000000")
    parser.add_argument("--contenders", nargs="*", choices=ENGINES, default=list(ENGINES), help="beside ours")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 64])
    parser.add_argument("--queries", type=int, default=2000, help="different ones (%(default)s)")
    parser.add_argument("--seconds", type=float, default=1.5, help="that a turn lasts (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each contender's turn comes (%(default)s)")
    parser.add_argument("--recall", type=float, default=0.95, help="that a setting must reach to be used (%(default)s)")
    parser.add_argument("--settle", type=float, default=SETTLE_S, help="seconds before the first load (%(default)s)")


def run(options: argparse.Namespace) -> Report:
    machine = Machine.here()
    versions = {name: installed(name) for name in options.contenders}
    sizes = []
    for rows in [10_000, 100_000, 1_000_000] if options.full else options.rows:
        sizes.append(_measure(rows, options, [name for name, number in versions.items() if number]))
        print(*(table.to_markdown() for table in _tables_of(sizes[-1])), sep="\n", flush=True)
    absent = [name for name, number in versions.items() if not number]
    return Report(
        title="Search service",
        introduction=[
            "Searches by HTTP on the loopback interface, 10 nearest of vectors drawn as data.py says"
            f" ({bundled_space().dimension:,} values), {options.queries} different ones that are not in the library."
            " Ours is `lookalike serve` as people start it, upkeep included, with a library whose indexes that upkeep"
            " made; nothing of it is tuned for this."
            " The others stand behind the product's own routes (the same checks of a request, the same answers with"
            " signed addresses), in one process as ours is. They hold the records as bytes in memory beside the"
            " vectors, or as payload; of their settings the first is used that finds"
            f" {options.recall} of the exact neighbours.",
            f"Loads take turns between contenders, {options.rounds} rounds of {options.seconds:g} s; figures are the"
            " median of the rounds and, in brackets, their range. The load generator is a process of its own on the"
            " same cores: its share of all processor time stands in the tables. CPU is the server's, all threads.",
            "With a filter: a tag that a tenth of the rows carry, at random. RSS is the server's memory under load, PSS"
            " counts pages that others share in part (mapped files). "
            + ", ".join(f"{name} {number}" for name, number in versions.items() if number)
            + ("" if not absent else f". Not installed: {', '.join(absent)}")
            + ".",
        ],
        tables=[_goals(sizes), *(table for size in sizes for table in _tables_of(size))],
        machine=machine,
        command=_command(options),
        plots=_plots(sizes),
    )


def _measure(rows: int, options: argparse.Namespace, names: Sequence[str]) -> Size:
    names = [name for name in names if rows <= LARGEST.get(name, rows)]
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        corpus = _corpus(Path(folder), rows, options.queries)
        began = time.perf_counter()
        asyncio.run(fill(corpus.folder / "ours", bundled_space(), corpus.vectors()))
        fill_s = time.perf_counter() - began
        built = {name: _built(name, number, corpus, options.recall) for number, name in enumerate(names)}
        generator = stack.enter_context(started())
        contenders = [stack.enter_context(_ours(corpus))]
        contenders += [stack.enter_context(_other(name, *built[name])) for name in names]
        time.sleep(options.settle)
        for contender, tenth in itertools.product(contenders, (False, True)):
            outcome = generator.take(Load(contender.port, corpus.bodies(tenth), seconds=RECALL_S, once=True))
            contender.recalls[tenth] = recall(outcome.found, corpus.exact[tenth])
            contender.alone_ms[tenth] = outcome.percentile(50)
        kinds: list[tuple[int, bool]] = list(itertools.product(options.clients, (False, True)))
        for turn, (clients, tenth) in enumerate(options.rounds * kinds):
            first = turn * len(corpus.queries) * STRIDE
            for contender in contenders:
                quick = clients * contender.alone_ms[tenth] <= PATIENCE * options.seconds * 1000
                if quick or contender.name == OURS:
                    load = Load(contender.port, corpus.bodies(tenth), clients, options.seconds, int(first))
                    contender.turns.setdefault((clients, tenth), []).append(_take(contender, generator, load))
        loads = {
            clients: Load(contenders[0].port, corpus.bodies(False), clients, options.seconds)
            for clients in options.clients
        }
        profiles = {clients: _threads(contenders[0], generator, load) for clients, load in loads.items()}
        samples = {clients: _sampled(contenders[0], generator, load) for clients, load in loads.items()}
    return Size(rows, contenders, fill_s, profiles, samples)


def _corpus(folder: Path, rows: int, queries: int) -> Corpus:
    drawn = data.draw(rows + queries, bundled_space().dimension)
    asked, vectors = data.Vectors(drawn[:queries]), data.Vectors(drawn[queries:])
    np.save(folder / "vectors.npy", vectors)
    np.save(folder / "queries.npy", asked)
    (folder / "rows").write_text(str(rows))
    tenth = data.nearest(asked, data.Vectors(vectors[::10]), LIMIT) * 10
    return Corpus(folder, rows, asked, {False: data.nearest(asked, vectors, LIMIT), True: tenth})


def _built(name: str, number: int, corpus: Corpus, least: float) -> tuple[Path, Built]:
    folder = corpus.folder / f"engine{number}"
    # In a process that ends with it, so that its memory is its own.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return folder, pool.apply(build, (name, folder, corpus.queries, corpus.exact, least))


@contextmanager
def _ours(corpus: Corpus) -> Iterator[Contender]:
    with running_server(corpus.folder / "ours") as server:
        yield Contender(OURS, int(server.url.rpartition(":")[2]), Watched(server.process.pid), None)


@contextmanager
def _other(name: str, folder: Path, built: Built) -> Iterator[Contender]:
    port = free_port()
    command = [sys.executable, "-m", "tests.benchmarks.search_servers", name, str(folder), str(port)]
    process = subprocess.Popen(command)
    try:
        _wait_for(port, process)
        yield Contender(name, port, Watched(process.pid), built)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(10 * START_S):
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"the server on port {port} did not start")


def _take(contender: Contender, generator: Generator, load: Load) -> Turn:
    contender.watched.forget_peak()
    before = contender.watched.cpu_s()
    outcome = generator.take(load)
    watched = contender.watched
    cpu_s = watched.cpu_s() - before
    return Turn(outcome, cpu_s, watched.resident(), watched.proportional(), watched.peak())


def _threads(contender: Contender, generator: Generator, load: Load) -> Mapping[str, float]:
    """Return the processor time for each request, by the server's threads, in ms."""
    before = contender.watched.cpu_s_of_threads()
    outcome = generator.take(load)
    spent = {name: cpu_s - before.get(name, 0.0) for name, cpu_s in contender.watched.cpu_s_of_threads().items()}
    spent = {name: cpu_s * 1000 / len(outcome.latencies_ms) for name, cpu_s in spent.items() if cpu_s}
    return dict(sorted(spent.items(), key=lambda one: -one[1]))


def _sampled(contender: Contender, generator: Generator, load: Load) -> Mapping[str, float]:
    """Return where the server's Python thread was found at work, as shares."""
    generator.begin(replace(load, seconds=load.seconds + 2))
    try:
        return sampled(contender.watched.pid, load.seconds)
    finally:
        generator.end()


def _goals(sizes: Sequence[Size]) -> Table:
    rows = []
    for size in sizes:
        ours, goal = size.contenders[0], GOALS_MS.get(size.rows)
        for tenth in (False, True):
            p99 = {clients: _p99(ours.turns[clients, tenth]) for clients, _ in ours.turns}
            rows.append(
                [
                    f"{size.rows:,}",
                    FILTERS[tenth],
                    ours.recalls[tenth],
                    goal,
                    *p99.values(),
                    *("-" if goal is None else "yes" if one.median <= goal else "no" for one in p99.values()),
                ]
            )
    clients = list(dict.fromkeys(clients for clients, _ in sizes[0].contenders[0].turns))
    return Table(
        "Ours against the goal",
        [
            "rows",
            "filter",
            "recall@10",
            "goal, p99 ms",
            *(f"p99 ms, {_named(number)}" for number in clients),
            *(f"met with {_named(number)}" for number in clients),
        ],
        rows,
        [
            "The goal is for one search at a time: with many clients each waits for the others, and p99 is at least"
            " their number, divided by the searches that the machine does in a second."
        ],
    )


def _named(clients: int) -> str:
    return "1 client" if clients == 1 else f"{clients} clients"


def _tables_of(size: Size) -> list[Table]:
    heading = f"{size.rows:,} vectors"
    tables = [
        _comparison(f"{heading}, {'a tag of a tenth' if tenth else 'no filter'}", size, tenth)
        for tenth in (False, True)
    ]
    tables.append(_memory(heading, size))
    for name, unit, profiles in (
        ("where the processor time goes, by the server's threads", "ms a request", size.profiles),
        ("what its Python thread is at", "share of samples", size.samples),
    ):
        if any(profiles.values()):
            tables.append(_profile(f"{heading}: {name}", unit, profiles))
    return tables


def _comparison(title: str, size: Size, tenth: bool) -> Table:
    ours = size.contenders[0]
    rows: list[list[Cell]] = []
    for (clients, filtered), contender in itertools.product(ours.turns, size.contenders):
        if filtered is tenth and (clients, tenth) in contender.turns:
            turns, base = contender.turns[clients, tenth], ours.turns[clients, tenth]
            rows.append(
                [
                    clients,
                    contender.name,
                    _setting(contender, tenth),
                    contender.recalls[tenth],
                    *(Spread.of([turn.outcome.percentile(percent) for turn in turns]) for percent in (50, 95, 99)),
                    Spread.of(_rates(turns)),
                    Spread.of([turn.cpu_ms for turn in turns]),
                    Spread.of([turn.load_share for turn in turns]),
                    _ratio(
                        [turn.outcome.percentile(99) for turn in base], [turn.outcome.percentile(99) for turn in turns]
                    ),
                    _ratio([turn.outcome.per_second for turn in turns], [turn.outcome.per_second for turn in base]),
                ]
            )
    size_of_answer = ours.turns[next(iter(ours.turns))][0].outcome.answer_bytes
    return Table(
        title,
        [
            "clients",
            "engine",
            "setting",
            "recall@10",
            "p50 ms",
            "p95 ms",
            "p99 ms",
            "searches/s",
            "server CPU ms",
            "share of the load generator",
            "our p99 / theirs",
            "their searches/s / ours",
        ],
        rows,
        [
            f"An answer has {size_of_answer:,.0f} bytes. Ratios above 1: we lose. What is so slow that each client"
            " would get no more than an answer was not loaded with many."
        ],
    )


def _setting(contender: Contender, tenth: bool) -> str:
    if contender.built is None:
        return "its own"
    setting = contender.built.filtered if tenth else contender.built.plain
    return ENGINES[contender.name].how.format(setting)


def _ratio(above: Sequence[float], below: Sequence[float]) -> Spread:
    return Spread.of([one / other for one, other in zip(above, below, strict=True)])


def _memory(heading: str, size: Size) -> Table:
    rows: list[list[Cell]] = []
    for contender in size.contenders:
        built, turns = contender.built, list(itertools.chain.from_iterable(contender.turns.values()))
        rows.append(
            [
                contender.name,
                size.fill_s if built is None else built.seconds,
                None if built is None else built.size / MIB,
                round(max(turn.resident for turn in turns) / MIB),
                round(max(turn.proportional for turn in turns) / MIB),
                round(max(turn.peak for turn in turns) / MIB),
            ]
        )
    return Table(
        f"{heading}: memory and making",
        ["engine", "made in s", "on disk MiB", "RSS MiB", "PSS MiB", "peak MiB"],
        rows,
        ["Ours is made with all rows, their data and the indexes of these; the others with vectors, or with payload."],
    )


def _profile(title: str, unit: str, profiles: Mapping[int, Mapping[str, float]]) -> Table:
    names = list(dict.fromkeys(name for profile in profiles.values() for name in profile))
    return Table(
        title,
        ["", *(f"{unit}, {_named(clients)}" for clients in profiles)],
        [[name, *(profile.get(name) for profile in profiles.values())] for name in names],
    )


def _p99(turns: Sequence[Turn]) -> Spread:
    return Spread.of(_p99s(turns))


def _p99s(turns: Sequence[Turn]) -> list[float]:
    return [turn.outcome.percentile(99) for turn in turns]


def _rates(turns: Sequence[Turn]) -> list[float]:
    return [turn.outcome.per_second for turn in turns]


def _plots(sizes: Sequence[Size]) -> list[Plot]:
    names = list(dict.fromkeys(contender.name for size in sizes for contender in size.contenders))
    plots: list[Plot] = []
    clients = list(dict.fromkeys(number for number, _ in sizes[0].contenders[0].turns))
    for number in clients:
        lines: dict[str, Sequence[tuple[float, float]]] = {
            name: [
                (size.rows, _p99(contender.turns[number, False]).median)
                for size in sizes
                for contender in size.contenders
                if contender.name == name and (number, False) in contender.turns
            ]
            for name in names
        }
        if number == clients[0]:
            lines["the goal"] = list(GOALS_MS.items())
        title = f"p99 of a search, {_named(number)}, no filter"
        plots.append(Lines(f"p99_{number}", title, "rows", "ms", lines, log_x=True, log_y=True))
    last = sizes[-1]
    heights: dict[str, Sequence[float | None]] = {
        contender.name: [
            Spread.of(_rates(turns)).median if (turns := contender.turns.get((clients[-1], tenth))) else None
            for tenth in (False, True)
        ]
        for contender in last.contenders
    }
    title = f"Searches a second, {_named(clients[-1])}, {last.rows:,} vectors"
    plots.append(Bars("rate", title, "1/s", FILTERS, heights))
    return plots


def _command(options: argparse.Namespace) -> str:
    rows = "--full" if options.full else f"--rows {' '.join(map(str, options.rows))}"
    command = (
        f"python -m tests.benchmarks search_service {rows} --seconds {options.seconds:g} --rounds {options.rounds}"
    )
    if list(options.contenders) != list(ENGINES):
        command += " --contenders " + " ".join(f"'{name}'" for name in options.contenders)
    return command
