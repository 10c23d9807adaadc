"""Somebody else who writes the same table as hard as possible, so that commits meet all the time."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from backend.app import create_app
from backend.catalogue.spaces import EmbeddingSpace
from backend.settings import Settings
from backend.web.static import Site
from tests.support.clients import Client, Ledger, complaints, visiting
from tests.support.network import serving
from tests.support.paths import ROOT

from .conftest import DIMENSION

pytestmark = pytest.mark.anyio


CLIENTS = 6

# It rewrites every row, joins files, and makes an index anew: each meets additions, changes and deletions in another
# way. What it does changes nothing that can be seen.
WRITE_HARD = """
import asyncio, sys, threading
import lancedb
from lancedb.index import BTree

async def main(folder, name):
    table = await (await lancedb.connect_async(folder)).open_table(name)
    done, lost, stopped = 0, 0, threading.Event()
    threading.Thread(target=lambda: (sys.stdin.readline(), stopped.set()), daemon=True).start()
    print("ready", flush=True)
    steps = [
        lambda: table.update(updates_sql={"size": "size"}),
        lambda: table.optimize(),
        lambda: table.create_index("sha256", config=BTree()),
    ]
    while not stopped.is_set():
        for step in steps:
            try:
                await table.checkout_latest()
                await step()
                done += 1
            except RuntimeError as exc:
                assert "conflict" in str(exc) or "oo many concurrent" in str(exc), exc
                lost += 1
    print(done, lost, flush=True)

asyncio.run(main(sys.argv[1], sys.argv[2]))
"""


@asynccontextmanager
async def hard_writer(folder: Path, table: str) -> AsyncIterator[Process]:
    """Run another process that writes the table until it is sent a line."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WRITE_HARD, str(folder), table), stdin=PIPE, stdout=PIPE, cwd=ROOT
    )
    try:
        assert process.stdout
        assert await process.stdout.readline() == b"ready\n"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.parametrize("each", [5, pytest.param(150, marks=pytest.mark.faults)])
async def test_somebody_else_who_writes(settings: Settings, space: EmbeddingSpace, site: Site, each: int) -> None:
    """Whoever loses a race tries again, or is told to; nothing acknowledged is lost, and nothing is there twice."""
    ledger = Ledger(DIMENSION)
    with serving(create_app(settings, space, site)) as address:
        async with visiting(f"http://{address}", space) as visitor:
            clients = [Client([visitor], ledger, seed) for seed in range(CLIENTS)]
            async with hard_writer(settings.data / "database", f"images_{space.id}") as other:
                await asyncio.gather(*[client.work(each) for client in clients])
                output, _ = await other.communicate(b"\n")
            done, lost = map(int, output.split())
            print(
                f"\n{ledger.acknowledged} images acknowledged, {ledger.gone} deleted, beside {done} commits of another"
                f" process, which lost {lost} races; {sum(client.refused for client in clients)} answers were 503"
            )

            assert (other.returncode, ledger.acknowledged) == (0, CLIENTS * each)
            assert done > 0
            assert await complaints(visitor, ledger, ledger.stories) == []
