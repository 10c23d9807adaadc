"""
A server that is killed under load, at any moment, and started again on the same data folder.

Three rounds with the other tests; fifty by `python -m tests tests/faults/test_kill.py -m faults -s`, in some ten
minutes. The seed that a run begins with is printed, and set by SEED_OF_FAULTS to draw the same moments again.
"""

import asyncio
import hashlib
import os
import random
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from backend.adapters.folder.store import FolderStore
from backend.catalogue.service import utc_now
from backend.catalogue.spaces import EmbeddingSpace
from backend.catalogue.values import ObjectKey
from tests.support.clients import Client, Ledger, complaints, settle, visiting
from tests.support.servers.lookalike import Server, running_server, start_server

from .conftest import DIMENSION

pytestmark = pytest.mark.anyio

CLIENTS = 6

# A server begins its upkeep after five seconds, so that a long run meets it, too.
LONGEST_LIFE_S = 9.0
SHORT_LIFE_S = 1.5

# Of the starts, so many are killed as well: a library must also outlive being opened.
KILLED_STARTS = 0.2


@dataclass(frozen=True)
class Round:
    """What came of one life of the server."""

    lived_s: float
    acknowledged: int
    undecided: int
    """Registrations and deletions whose answer did not come."""


@pytest.mark.parametrize(
    ("rounds", "longest_life_s"),
    [(3, SHORT_LIFE_S), pytest.param(50, LONGEST_LIFE_S, marks=pytest.mark.faults)],
)
async def test_server_that_is_killed(
    tmp_path: Path, model: Path, space: EmbeddingSpace, rounds: int, longest_life_s: float
) -> None:
    """
    Whatever was acknowledged is there after kill -9, whole and once; nothing that was deleted comes back.

    What was not acknowledged is there whole or not at all, and can be repeated.
    """
    seed = int(os.environ.get("SEED_OF_FAULTS") or random.randrange(10**6))
    print(f"\nSEED_OF_FAULTS={seed}")
    chance = random.Random(seed)
    ledger = Ledger(DIMENSION)
    data = tmp_path / "data"

    with ExitStack() as running:
        server = running.enter_context(running_server(data, str(model)))
        for number in range(rounds):
            first = len(ledger.stories)
            lived = await live(server, space, ledger, chance, longest_life_s)
            running.close()
            assert await torn_objects(data) == []
            if chance.random() < KILLED_STARTS:
                kill_while_starting(data, model, chance)
            server = running.enter_context(running_server(data, str(model)))
            await check(server, space, ledger, first, chance)
            print(f"round {number + 1}: {lived}", flush=True)
        await check(server, space, ledger, 0, chance)
    print(f"{rounds} rounds: {ledger.acknowledged} images acknowledged, {ledger.gone} of them deleted, none lost")
    assert ledger.acknowledged >= rounds


async def live(
    server: Server, space: EmbeddingSpace, ledger: Ledger, chance: random.Random, longest_life_s: float
) -> Round:
    """Let clients work, and kill the server in the middle of it."""
    before, moment_s = ledger.acknowledged, chance.uniform(0.05, longest_life_s)
    async with visiting(server.url, space) as visitor:
        clients = [Client([visitor], ledger, chance.randrange(10**6)) for _ in range(CLIENTS)]
        working = [asyncio.create_task(client.work()) for client in clients]
        ended, _ = await asyncio.wait(working, timeout=moment_s, return_when=asyncio.FIRST_COMPLETED)
        server.process.kill()
        endings = await asyncio.gather(*working, return_exceptions=True)
    unexpected = [ending for ending in endings if not isinstance(ending, httpx.TransportError)]
    assert (len(ended), unexpected) == (0, [])
    return Round(moment_s, ledger.acknowledged - before, sum(story.undecided for story in ledger.stories))


def kill_while_starting(data: Path, model: Path, chance: random.Random) -> None:
    process = start_server(data, str(model))
    assert process.stdout is not None
    with process.stdout:
        try:
            # Most of a start is Python loading its modules; the database is opened within the last second of two.
            process.wait(timeout=chance.uniform(0.5, 4))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def check(server: Server, space: EmbeddingSpace, ledger: Ledger, first: int, chance: random.Random) -> None:
    """Find everything as it was told, do what clients do after a failure, and find everything again."""
    stories = ledger.stories[first:]
    async with visiting(server.url, space) as visitor:
        assert await complaints(visitor, ledger, stories) == []
        await settle(Client([visitor], ledger, chance.randrange(10**6)), visitor, stories)
        assert await complaints(visitor, ledger, [story for story in stories if story.tried]) == []
    assert [story for story in ledger.stories if story.undecided] == []


async def torn_objects(data: Path) -> list[ObjectKey]:
    """Return the keys in the embedded store whose bytes are not those that are said to lie there."""
    store = FolderStore(data / "objects", "/store", b"", 600, utc_now)
    torn = []
    async for stored in store.list():
        facts = await store.head(stored.key)
        body = b"".join([piece async for piece in store.read(stored.key)])
        if facts is None or (facts.size, facts.sha256) != (len(body), hashlib.sha256(body).hexdigest()):
            torn.append(stored.key)
    return torn
