"""Registering images: one commit for those that arrive together, against one commit each."""

import argparse
import asyncio
import itertools
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, cast

import httpx

from backend.adapters.lance.conditions import LARGEST_BATCH
from backend.adapters.lance.database import LanceDatabase
from backend.adapters.lance.index import LanceIndex
from backend.app import create_app
from backend.catalogue.service import Catalogue
from backend.catalogue.spaces import EmbeddingSpace
from backend.settings import Settings
from backend.web.static import Site
from tests.benchmarks import data
from tests.benchmarks.library import fill
from tests.benchmarks.report import Machine, Report, Spread, Table
from tests.support.api import ORIGIN, Picture, Visitor
from tests.support.records import record
from tests.support.spaces import small_space, vector

CONTENDERS: Mapping[str, int] = {"together": LARGEST_BATCH, "one each": 1}
"""Name -> how many additions may share a commit."""

WAYS = ("index", "API")

DATA = "data"
"""The data folder, within another."""

Register = Callable[[int], Awaitable[None]]
"""Registers the image of this number, and returns when it is acknowledged."""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--each", type=int, default=10, help="registrations of each client (%(default)s)")
    parser.add_argument(
        "--rows", type=int, nargs="+", default=[0, 10_000, 100_000], help="there before, for the growth"
    )
    parser.add_argument("--rounds", type=int, default=3)


def run(options: argparse.Namespace) -> Report:
    machine = Machine.here()
    return Report(
        title="Registrations",
        introduction=[
            f"Images of {options.dimension} values, registered by clients that each wait for the answer before the"
            f" next, {options.each} times; {options.rounds} rounds, the contenders in turn, each in a new folder:"
            " median and range. Both contenders are the same code, with batches of up to"
            f" {LARGEST_BATCH} and of 1. Acknowledged means committed: the process may be killed, while a power"
            " failure may cost what the system has not yet written, as LanceDB does not ask it to.",
            "API: through the whole application but the sockets, with its HEADs of the embedded store; the files were"
            " uploaded before. Client and server share the cores.",
            "Growth: through the API into libraries that were filled before (drawn vectors, data.py) and whose indexes"
            " the product's own upkeep made; from 1,000 images on each vector is held against those that are there.",
        ],
        tables=[*(asyncio.run(_compare(way, options)) for way in WAYS), asyncio.run(_grow(options))],
        machine=machine,
        command=f"python -m tests.benchmarks register --dimension {options.dimension} --each {options.each}"
        f" --clients {' '.join(map(str, options.clients))} --rows {' '.join(map(str, options.rows))}"
        f" --rounds {options.rounds}",
    )


async def _compare(way: str, options: argparse.Namespace) -> Table:
    space = small_space(options.dimension)
    rates = {(clients, name): list[float]() for clients in options.clients for name in CONTENDERS}
    for _, (clients, name) in itertools.product(range(options.rounds), rates):
        count = clients * options.each
        opening = _index if way == "index" else _api
        with tempfile.TemporaryDirectory() as folder:
            async with opening(Path(folder), space, CONTENDERS[name], count) as register:
                rates[clients, name].append(count / await _take(register, clients, options.each))
    return Table(
        title=f"Registrations per second, through the {way}",
        columns=["clients", *CONTENDERS, "times"],
        rows=[
            [
                clients,
                *(Spread.of(rates[clients, name]) for name in CONTENDERS),
                Spread.of([a / b for a, b in zip(*(rates[clients, name] for name in CONTENDERS), strict=True)]),
            ]
            for clients in options.clients
        ],
    )


async def _grow(options: argparse.Namespace) -> Table:
    space, loads = small_space(options.dimension), (min(options.clients), max(options.clients))
    rates = {(rows, clients): list[float]() for rows in options.rows for clients in loads}
    vectors = data.draw(max(options.rows), options.dimension)
    with ExitStack() as stack:
        folders = {rows: Path(stack.enter_context(tempfile.TemporaryDirectory())) for rows in options.rows if rows}
        for rows, folder in folders.items():
            await fill(folder / DATA, space, vectors[:rows])
        first = 0
        for _, (rows, clients) in itertools.product(range(options.rounds), rates):
            count = clients * options.each
            with tempfile.TemporaryDirectory() as empty:
                folder = folders.get(rows, Path(empty))
                async with _api(folder, space, LARGEST_BATCH, 1 + count, first) as register:
                    await register(first)  # The first one chooses what vectors are held against.
                    rates[rows, clients].append(count / await _take(register, clients, options.each, first + 1))
            first += 1 + count
    return Table(
        title="Registrations per second through the API, by how many images are there",
        columns=["images", *(f"{clients} clients" if clients > 1 else "1 client" for clients in loads)],
        rows=[[f"{rows:,}", *(Spread.of(rates[rows, clients]) for clients in loads)] for rows in options.rows],
    )


async def _take(register: Register, clients: int, each: int, first: int = 0) -> float:
    """Return in how many seconds all clients are done."""

    async def client(number: int) -> None:
        for one in range(first + number * each, first + (number + 1) * each):
            await register(one)

    began = time.perf_counter()
    await asyncio.gather(*map(client, range(clients)))
    return time.perf_counter() - began


@asynccontextmanager
async def _index(folder: Path, space: EmbeddingSpace, batch: int, count: int) -> AsyncIterator[Register]:
    rows = [(record(number), vector(number, space.dimension)) for number in range(count)]
    async with (
        LanceDatabase.open(folder) as database,
        LanceIndex.open(database, space, largest_batch=batch) as index,
    ):

        async def register(number: int) -> None:
            image, made = await index.add(*rows[number])
            assert made and image == rows[number][0]

        yield register


@asynccontextmanager
async def _api(folder: Path, space: EmbeddingSpace, batch: int, count: int, first: int = 0) -> AsyncIterator[Register]:
    settings = Settings(data=folder / DATA)
    app = create_app(settings, space, Site(folder, folder))
    # In one event loop with the index that takes the place of the application's own.
    async with (
        app.lifespan(),
        LanceDatabase.open(settings.data / "database") as database,
        LanceIndex.open(database, space, largest_batch=batch) as index,
        httpx.AsyncClient(transport=httpx.ASGITransport(cast(Any, app)), base_url=ORIGIN) as http,
    ):
        app.state.catalogue = _with_index(app.state.catalogue, index)
        visitor = Visitor(http, space)
        numbers = range(first, first + count)
        pictures = {number: Picture.of(number, vector(number, space.dimension)) for number in numbers}
        uploads = {number: await visitor.uploaded(picture) for number, picture in pictures.items()}

        async def register(number: int) -> None:
            answer = await visitor.register(uploads[number], pictures[number])
            assert answer.status_code == 201, answer.text

        yield register


def _with_index(catalogue: Catalogue, index: LanceIndex) -> Catalogue:
    catalogue._index = index
    return catalogue
