"""
Uploads, registrations, deletions, deaths and sweeps in any order: no image loses an object, and nothing else stays.

The store and the database are the real ones; the order is Hypothesis's, step by step (see tests/support/director.py).
"""

import asyncio
import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.adapters.folder.store import FolderStore
from backend.adapters.lance.database import LanceDatabase
from backend.adapters.lance.hubs import LanceHubs
from backend.adapters.lance.index import LanceIndex
from backend.adapters.lance.other_spaces import LanceOtherSpaces
from backend.catalogue.errors import ImageNotFound, ObjectRefused, TicketError, UploadIncomplete
from backend.catalogue.graces import MARGIN_S
from backend.catalogue.hidden_hubs import HiddenHubs
from backend.catalogue.hubs import HubGate
from backend.catalogue.object_keys import original_key, thumbnail_key
from backend.catalogue.orphans import sweep
from backend.catalogue.ports import HubMemory, ImageIndex, OtherSpaces
from backend.catalogue.service import Catalogue, Limits
from backend.catalogue.tickets import TicketOffice
from backend.catalogue.values import Declaration, Description, ImageID, ImageRecord, SignedRequest
from tests.support.director import Actor, at_gate, step_by_step
from tests.support.records import Clock, facts
from tests.support.spaces import small_space, vector
from tests.support.stored import key_of, send

TICKET_S = 3600
GRACE_S = TICKET_S + MARGIN_S

SPACE = small_space()

JPEG = b"\xff\xd8\xff"

# What may happen next, the commonest several times. The number that comes with it says to which or by how much.
EVENTS = ("upload", *["step"] * 8, "finish", "delete", "sweep", *["clean"] * 2, *["wait"] * 2, "die")
WAITS_S = (600, 3000, TICKET_S, GRACE_S)

Script = list[tuple[str, int]]

# Long ones: an image takes some ten steps from its upload to its row.
SCRIPTS = st.lists(st.tuples(st.sampled_from(EVENTS), st.integers(0, 3)), min_size=30, max_size=100)

# As many steps as an upload has, and one more.
STEPS = 7

_worlds = itertools.count()


@dataclass
class World:
    """A catalogue on a store of its own, and what goes on in it."""

    root: Path
    index: ImageIndex
    others: OtherSpaces
    hubs: HubMemory
    clock: Clock = field(default_factory=Clock)
    number: int = field(default_factory=lambda: next(_worlds))
    granted: list[ImageID] = field(default_factory=list)
    told: set[ImageID] = field(default_factory=set)
    """Images of which some client knows that they are registered."""
    deleted: set[ImageID] = field(default_factory=set)
    """Images whose deletion has begun at least."""
    registering: dict[Actor, datetime] = field(default_factory=dict)
    """Requests to register that are under way, and since when."""
    actors: list[Actor] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = FolderStore(self.root, "/store", b"s" * 32, 600, self.clock)
        self.catalogue = Catalogue(
            SPACE,
            step_by_step(self.index),
            self.others,
            step_by_step(self.store),
            TicketOffice(b"t" * 32),
            Limits(10_000, TICKET_S, keeps_coordinates=False),
            HubGate(self.index),
            HiddenHubs(self.index, self.hubs),
            self.clock,
        )

    @property
    def acknowledged(self) -> list[ImageID]:
        return sorted(self.told - self.deleted)

    async def happen(self, event: str, number: int) -> None:
        self.actors = [actor for actor in self.actors if not actor.done]
        if event == "upload":
            self.actors.append(Actor(self.upload(number)))
        elif event == "delete" and self.acknowledged:
            self.actors.append(Actor(self.delete(self.acknowledged[number % len(self.acknowledged)])))
        elif event == "sweep":
            store, index = step_by_step(self.store), step_by_step(self.index)
            self.actors.append(Actor(sweep(store, index, GRACE_S, self.clock)))
        elif event == "clean":
            await sweep(self.store, self.index, GRACE_S, self.clock)
        elif event == "wait":
            await self.wait(WAITS_S[number])
        elif self.actors and event in ("step", "finish", "die"):
            await getattr(self.actors[number % len(self.actors)], event)()

    async def upload(self, picture: int) -> None:
        """Do what a client does; pictures of one number are the same file. It repeats what it did every other time."""
        original = JPEG + f"original {picture} of world {self.number}".encode()
        declaration = Declaration(facts(original), facts(JPEG), "a.jpg")
        upload = await self.catalogue.begin_upload(declaration)
        if isinstance(upload, ImageRecord):
            return
        self.granted.append(upload.id)
        try:
            await at_gate(self.put(upload.original, original))
            await at_gate(self.put(upload.thumbnail, JPEG))
            for _ in range(1 + picture % 2):
                await self.register(upload.id, upload.ticket, picture)
        except (TicketError, UploadIncomplete, ObjectRefused):
            return  # Too late, or another client was first and this one's objects are gone.

    async def register(self, image_id: ImageID, ticket: str, picture: int) -> None:
        actor = Actor.current()
        self.registering[actor] = self.clock.now
        try:
            record, _ = await self.catalogue.register(
                image_id, ticket, vector(10 * self.number + picture), Description(1, 1, "title", (), ())
            )
            self.told.add(record.id)
        finally:
            del self.registering[actor]

    async def delete(self, image_id: ImageID) -> None:
        self.deleted.add(image_id)
        try:
            await self.catalogue.delete(image_id)
        except ImageNotFound:
            return

    async def put(self, request: SignedRequest, body: bytes) -> None:
        await send(self.store, request, body)
        written = self.clock.now.timestamp()
        os.utime(
            self.root / key_of(request) / "body", (written, written)
        )  # The disk goes by another clock than the world.

    async def wait(self, seconds: float) -> None:
        """Let time pass. No request outlives its time-outs, which MARGIN_S holds many times over."""
        for actor, since in list(self.registering.items()):
            if self.clock.now + timedelta(seconds=seconds) >= since + timedelta(seconds=MARGIN_S):
                await actor.die()
        self.clock.advance(seconds)

    async def rows(self) -> frozenset[ImageID]:
        return await self.index.registered(self.granted)

    async def objects(self) -> set[str]:
        return {stored.key async for stored in self.store.list()}

    async def check(self) -> None:
        rows, objects = await self.rows(), await self.objects()
        assert rows.issuperset(self.acknowledged), "a registered image is gone"
        assert both_objects(rows) <= objects, "a row lost an object"

    async def end(self) -> None:
        """Let everything come to its end, and time pass until all that is no image's must be gone."""
        for actor in self.actors:
            await actor.die()
        self.clock.advance(GRACE_S + 1)
        await sweep(self.store, self.index, GRACE_S, self.clock)
        await self.check()
        assert await self.objects() == both_objects(await self.rows()), "something of no image is left"


def both_objects(image_ids: frozenset[ImageID]) -> set[str]:
    return {key(image_id) for image_id in image_ids for key in (original_key, thumbnail_key)}


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def spaces(
    runner: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[ImageIndex, OtherSpaces, HubMemory]]:
    """One database for all worlds: their images differ, so they do not see each other."""

    async def opened(stack: AsyncExitStack) -> tuple[ImageIndex, OtherSpaces, HubMemory]:
        database = await stack.enter_async_context(LanceDatabase.open(tmp_path_factory.mktemp("database")))
        index = await stack.enter_async_context(LanceIndex.open(database, SPACE))
        return index, LanceOtherSpaces(database, SPACE.id), LanceHubs(database, SPACE.id)

    stack = AsyncExitStack()
    yield runner.run(opened(stack))
    runner.run(stack.aclose())


@pytest.fixture(scope="module")
def play(
    runner: asyncio.Runner, spaces: tuple[ImageIndex, OtherSpaces, HubMemory], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Script], None]:
    """Let a script happen in a new world."""

    async def happen(script: Script) -> None:
        world = World(tmp_path_factory.mktemp("world"), *spaces)
        await world.store.prepare()
        for event, number in script:
            await world.happen(event, number)
            await world.check()
        await world.end()
        await spaces[0].do_upkeep()  # Else a hundred worlds' commits would make each call slower than the last.

    return lambda script: runner.run(happen(script))


@pytest.mark.parametrize("early", range(STEPS))
def test_slow_upload(play: Callable[[Script], None], early: int) -> None:
    """A sweep between any two steps of an upload that takes as long as it may removes nothing that an image has."""
    for late in range(STEPS - early):
        long, short = WAITS_S.index(3000), WAITS_S.index(600)
        slow = [("upload", 0), *[("step", 0)] * early, ("wait", long), *[("step", 0)] * late, ("wait", short)]
        play([*slow, ("clean", 0), ("finish", 0)])


@pytest.mark.parametrize("steps", range(4))
def test_death_in_a_deletion(play: Callable[[Script], None], steps: int) -> None:
    """Wherever a deletion dies, what is left is a whole image or nothing."""
    play([("upload", 0), ("finish", 0), ("delete", 0), *[("step", 0)] * steps, ("die", 0), ("wait", 3), ("clean", 0)])


@given(script=SCRIPTS)
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
def test_any_order(play: Callable[[Script], None], script: Script) -> None:
    """After any interleaving every registered image has both its objects, and after the grace nothing else is left."""
    play(script)


@pytest.mark.faults
@given(script=SCRIPTS)
@settings(max_examples=500, suppress_health_check=[HealthCheck.too_slow])
def test_any_order_at_length(play: Callable[[Script], None], script: Script) -> None:
    """The same, for longer than one likes to wait every time."""
    play(script)
