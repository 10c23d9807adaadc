"""
The owner's own mishaps, one after another at random, on a library that clients use meanwhile.

A minute or so with `-m faults`; an hour by `MISHAP_MINUTES=60 python -m tests tests/faults/test_mishaps.py -m faults
-s`. The seed that a run begins with is printed, and set by SEED_OF_FAULTS to draw the same mishaps again.
"""

import asyncio
import hashlib
import os
import random
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from backend import cli
from backend.catalogue.spaces import EmbeddingSpace
from tests.support.api import API
from tests.support.clients import Client, Ledger, complaints, settle, visiting
from tests.support.servers.lookalike import Server, running_server, start_server
from tests.support.small_disk import NoSmallDisk, SmallDisk, small_disk

from .conftest import DIMENSION

pytestmark = [pytest.mark.anyio, pytest.mark.faults]

CLIENTS = 4

MINUTES = 1.5

# Room for an hour's photos and commits.
DISK_BYTES = 2 * 1024**3

# How many photos each client takes between two mishaps, at most.
MOST_WORK = 15


@dataclass
class Home:
    """A data folder on a disk of its own, what clients were told of it, and where things are put aside."""

    data: Path
    aside: Path
    model: Path
    space: EmbeddingSpace
    disk: SmallDisk
    chance: random.Random
    monkeypatch: pytest.MonkeyPatch
    ledger: Ledger = field(default_factory=lambda: Ledger(DIMENSION))
    running: ExitStack = field(default_factory=ExitStack)
    server: Server | None = None
    done: Counter[str] = field(default_factory=Counter)

    @property
    def database(self) -> Path:
        return self.data / "database"

    def start(self) -> Server:
        self.server = self.running.enter_context(running_server(self.data, str(self.model)))
        return self.server

    def stop(self) -> None:
        self.running.close()

    def kill(self) -> None:
        assert self.server
        self.server.process.kill()
        self.stop()

    async def work(self, killed: bool = False) -> None:
        """
        Let clients add, change and delete for a while, and learn what has become of what was not answered.

        Else a sweep of days later would take files whose tickets hold today.

        Args:
            killed: The server is, in the middle of it.
        """
        assert self.server
        async with visiting(self.server.url, self.space) as visitor:
            clients = [Client([visitor], self.ledger, self.chance.randrange(10**6)) for _ in range(CLIENTS)]
            # To an end of their own: a request that is broken off may still be carried out after it was asked about.
            count = None if killed else self.chance.randint(1, MOST_WORK)
            endings = await asyncio.gather(*[client.work(count) for client in clients], return_exceptions=True)
        assert [each for each in endings if each is not None and not isinstance(each, httpx.TransportError)] == []
        if not killed:
            await self.settle()

    async def settle(self) -> None:
        assert self.server
        async with visiting(self.server.url, self.space) as visitor:
            await settle(Client([visitor], self.ledger, self.chance.randrange(10**6)), visitor, self.ledger.stories)

    async def check(self) -> None:
        """Find every photo with the server, as it was told, and settle what was not answered."""
        self.assert_kept()
        await self.settle()
        assert self.server
        async with visiting(self.server.url, self.space) as visitor:
            some = self.chance.sample(self.ledger.stories, min(20, len(self.ledger.stories)))
            assert await complaints(visitor, self.ledger, some) == []

    def assert_kept(self) -> None:
        """Find the original of every photo on the disk, whatever the database says: in the store or in the trash."""
        for story in self.ledger.stories:
            if story.kept:
                bodies = [
                    place / "originals" / str(story.image_id) / "body"
                    for place in (self.data / "objects", self.data / "objects" / "trash", self.aside / "objects")
                ]
                found = [body for body in bodies if body.exists()]
                assert found, f"{story.picture.file_name} is gone"
                assert hashlib.sha256(found[0].read_bytes()).hexdigest() == story.sha256

    def refuses_to_start(self) -> None:
        """Start a server, and expect a sentence in place of it."""
        process = start_server(self.data, str(self.model))
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 2 and "do not belong together" in output, output

    async def command(self, *arguments: str) -> int:
        """Run a command, days later: no grace protects what is there."""
        with self.monkeypatch.context() as patch:
            patch.setenv("LOOKALIKE_DATA", str(self.data))
            for module in ("gc", "upkeep"):
                later = datetime.now(UTC) + timedelta(days=3)
                patch.setattr(f"backend.commands.{module}.utc_now", lambda later=later: later)
            return await asyncio.to_thread(cli.main, list(arguments))


async def kill(home: Home) -> None:
    """kill -9 under load."""
    work = asyncio.create_task(home.work(killed=True))
    await asyncio.sleep(home.chance.uniform(0.1, 2))
    home.kill()
    await work
    home.start()


async def unmounted_database(home: Home) -> None:
    """The database's disk is not mounted: no folder, or an empty one."""
    home.stop()
    home.database.rename(home.aside / "database")
    if home.chance.random() < 0.5:
        home.database.mkdir()
    home.refuses_to_start()
    for arguments in (["gc", "--force"], ["gc"], ["upkeep", "--once"], ["gc", "--empty-trash"]):
        assert await home.command(*arguments) == 2
    home.assert_kept()
    shutil.rmtree(home.database, ignore_errors=True)
    (home.aside / "database").rename(home.database)
    home.start()


async def lost_rows(home: Home) -> None:
    """Somebody removes the folder with the rows, and brings it back."""
    home.stop()
    (rows,) = home.database.glob("images_*")
    rows.rename(home.aside / rows.name)
    home.refuses_to_start()
    assert await home.command("gc", "--force") == 2
    (home.aside / rows.name).rename(rows)
    home.start()


async def lost_store(home: Home) -> None:
    """The store's disk is not mounted."""
    home.stop()
    (home.data / "objects").rename(home.aside / "objects")
    home.refuses_to_start()
    assert await home.command("gc", "--force") == 2
    home.assert_kept()
    shutil.rmtree(home.data / "objects", ignore_errors=True)
    (home.aside / "objects").rename(home.data / "objects")
    home.start()


async def older_database(home: Home) -> None:
    """An older copy of the database is put back, refused, and the right one put back again."""
    home.stop()
    shutil.copytree(home.database, home.aside / "older")
    home.start()
    await home.work()
    home.stop()
    home.database.rename(home.aside / "database")
    shutil.copytree(home.aside / "older", home.database)
    home.refuses_to_start()
    assert await home.command("gc", "--force") == 2
    insists = home.chance.random() < 0.7
    if insists:
        await adopt_older(home)
    shutil.rmtree(home.database)
    shutil.rmtree(home.aside / "older")
    (home.aside / "database").rename(home.database)
    if insists:
        assert await home.command("adopt") == 0
        assert await home.command("gc", "--force") == 0  # What was swept on the older one's word comes back.
    home.start()


async def adopt_older(home: Home) -> None:
    """The owner insists on the older copy, and even forces a sweep: what it does not know goes to the trash."""
    assert await home.command("adopt") == 0
    await home.command("gc")
    assert await home.command("gc", "--force") == 0
    home.assert_kept()


async def full_disk(home: Home) -> None:
    """The disk fills up under the server: nothing can be added, but photos can be deleted."""
    assert home.server
    # Not those that were uploaded twice: the other ticket would rightly bring them back.
    kept = [story for story in home.ledger.stories if story.kept and len(story.uploads) == 1]
    while not (home.database / "reserve").exists():  # noqa: ASYNC110 (upkeep takes it within seconds)
        await asyncio.sleep(0.2)
    home.disk.fill()
    try:
        async with visiting(home.server.url, home.space) as visitor:
            for story in home.chance.sample(kept, min(2, len(kept))):
                story.doomed = True
                answer = await visitor.http.delete(f"{API}/images/{story.image_id}")
                assert answer.status_code == 204, answer.text
                story.gone = True
    finally:
        home.disk.make_room()


async def second_server(home: Home) -> None:
    """Somebody starts a second server on the folder."""
    process = start_server(home.data, str(home.model))
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 2 and "is in use by another server" in output, output


async def orphans_swept(home: Home) -> None:
    """An honest sweep long after, beside the server: what no photo has goes to the trash, and comes back on demand."""
    assert await home.command("gc") in (0, 2)
    home.assert_kept()
    if home.chance.random() < 0.5:
        assert await home.command("gc", "--undo") == 0


MISHAPS: list[Callable[[Home], Awaitable[None]]] = [
    kill,
    unmounted_database,
    lost_rows,
    lost_store,
    older_database,
    full_disk,
    second_server,
    orphans_swept,
]


async def test_mishaps_at_random(
    tmp_path: Path, model: Path, space: EmbeddingSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After any mishaps every photo that was acknowledged, and not deleted, is served, and was never off the disk."""
    minutes = float(os.environ.get("MISHAP_MINUTES") or MINUTES)
    seed = int(os.environ.get("SEED_OF_FAULTS") or random.randrange(10**6))
    print(f"\nSEED_OF_FAULTS={seed}")
    for name in [name for name in os.environ if name.startswith("LOOKALIKE_")]:
        monkeypatch.delenv(name)
    try:
        mounted = small_disk(tmp_path / "disk", DISK_BYTES)
        with mounted as disk:
            (disk.folder / "aside").mkdir()
            home = Home(
                disk.folder / "data", disk.folder / "aside", model, space, disk, random.Random(seed), monkeypatch
            )
            await let_happen(home, until=time.monotonic() + 60 * minutes)
    except NoSmallDisk:
        pytest.skip("NOT TESTED: only root may mount the disk that is to become full")


async def let_happen(home: Home, until: float) -> None:
    try:
        home.start()
        await home.work()
        # Each once, then at random.
        while (undone := [each for each in MISHAPS if not home.done[each.__name__]]) or time.monotonic() < until:
            mishap = home.chance.choice(undone or MISHAPS)
            print(f"{mishap.__name__}: {(mishap.__doc__ or '').strip()}", flush=True)
            await mishap(home)
            home.done[mishap.__name__] += 1
            await home.check()
            await home.work()
            await home.check()
    except subprocess.TimeoutExpired as exc:
        raise AssertionError(f"a server that was to refuse goes on: {exc}") from exc
    finally:
        home.stop()
    print(f"{home.ledger.acknowledged} photos acknowledged, {home.ledger.gone} deleted, none lost; {dict(home.done)}")
