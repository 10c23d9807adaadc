"""The work that nobody waits for: indexes brought up to date, hubs counted, old versions and orphans removed."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .errors import CatalogueError, LibraryMismatch
from .graces import Graces
from .hidden_hubs import HiddenHubs
from .library import OpenLibrary
from .orphans import Sweep, Sweeper
from .ports import ImageIndex
from .values import Filters, Upkeep

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rhythm:
    """When which work is due, in seconds but where it says otherwise."""

    first_s: float = 5
    """After the start. Nobody is kept waiting for the first page, and yet a library that is in pieces (every commit
    leaves one; after 600 a search takes 90 ms, joined 8) is in order again before much is searched."""
    look_s: float = 5
    """How often it is asked whether the library has grown: by a count, which costs next to nothing."""
    growth: int = 32
    """By how many images it may grow or shrink before upkeep is due. Each commit leaves a piece, and every question to
    the database opens all of them. Of 200 images that are looked for, added and compared one by one each took 163 and
    191 ms of processor time without upkeep, 104 and 108 with it after each 64, 81 and 85 after 32, 79 and 68 after 16,
    upkeep included (two runs in turn on a busy machine)."""
    growth_share: float = 1 / 400
    """The same as a part of the library, for large ones, whose upkeep costs more: after eight of them the vector index
    is made anew, which takes 5 s for 20,000 images."""
    most_growth: int = 256
    """The same at most: committed one by one so many would add some 35 ms to a search, by the figures above."""
    maintain_s: float = 600
    """When upkeep is due also without growth: changed titles leave pieces too, and what was deleted is to be gone."""
    sweep_s: float = 3600
    """How often orphans are looked for. The grace is a day, so an hour more or less is nothing; a store with a million
    images is listed by 2,000 requests."""
    share: float = 0.2
    """The part of the time that this work may take: after a long piece of it comes a pause that is long in proportion,
    so that a bulk import into a large library does not rebuild it without end."""
    retry_s: float = 60
    """After a failure. A store or a database that is down is down for minutes, and the log should not fill up."""

    def due(self, images: int) -> int:
        """Return by how many images a library of so many may grow or shrink before upkeep is due."""
        return max(self.growth, min(round(images * self.growth_share), self.most_growth))


class Housekeeper:
    """Keeps one index and its store in order, one thing at a time."""

    def __init__(
        self,
        index: ImageIndex,
        library: OpenLibrary,
        sweeper: Sweeper | None,
        hubs: HiddenHubs,
        rhythm: Rhythm | None = None,
        tell: Callable[[str], None] = logger.info,
    ) -> None:
        """
        Args:
            library: Marked when the index has changed, so that an older copy of it is known for one.
            sweeper: None where another looks for orphans.
            tell: Where to say in one line what was done.
        """
        self._index = index
        self._library = library
        self._sweeper = sweeper
        self._hubs = hubs
        self._rhythm = rhythm or Rhythm()
        self._tell = tell
        self._maintained = _Done()
        self._swept = _Done()
        self._images = 0
        self._warnings: dict[str, str] = {}

    @property
    def warnings(self) -> Sequence[str]:
        """What whoever runs the server must know and do something about; nothing if all is well."""
        return list(self._warnings.values())

    async def run(self) -> None:
        """
        Work until cancelled. Whatever goes wrong is logged and tried again later.

        To be cancelled anywhere: each piece of work can be broken off, and is taken up again by whoever comes next.
        """
        rest_s = self._rhythm.first_s
        while True:
            await asyncio.sleep(rest_s)
            rest_s = await self.round()

    async def maintain(self) -> Upkeep:
        """
        Do the upkeep of the index now, and mark the library.

        Raises:
            LibraryMismatch: The database was exchanged; it is not marked.
        """
        upkeep = await self._index.maintain()
        self._images = upkeep.images
        self._maintained.now()
        self._tell(describe_upkeep(upkeep))
        await self._library.mark()
        self._warn("library", None)
        return upkeep

    async def count_hubs(self) -> None:
        """Count the hubs of the index now."""
        if told := await self._hubs.count():
            self._tell(told)

    async def sweep(self) -> bool:
        """
        Look for orphans now; move them to the trash and return True, unless there are suspiciously many.

        Raises:
            LibraryMismatch: The database was exchanged; nothing was moved.
        """
        if self._sweeper is None:
            return True
        found, done = await self._sweeper.sweep()
        self._swept.now()
        self._warn("orphans", None if done else describe_suspicion(found))
        if done and (found.trashed or found.removed or found.put_back or found.emptied):
            self._tell(describe_sweep(found, self._sweeper.graces))
        return done

    async def round(self) -> float:
        """Do what is due, whatever goes wrong; return for how many seconds to rest."""
        began = time.monotonic()
        try:
            if await self._needs_upkeep():
                await self.maintain()
            if told := await self._hubs.count_if_due():
                self._tell(told)
            if self._swept.ago_s() >= self._rhythm.sweep_s:
                await self.sweep()
        except LibraryMismatch as exc:
            self._warn("library", str(exc))
            return self._rhythm.retry_s
        except CatalogueError as exc:
            logger.warning("upkeep failed, and is tried again in %g s: %s", self._rhythm.retry_s, exc, exc_info=exc)
            return self._rhythm.retry_s
        except Exception:
            # A mistake of ours or of a library: nobody else would say so, and the work must go on.
            logger.exception("upkeep failed, and is tried again in %g s", self._rhythm.retry_s)
            return self._rhythm.retry_s
        took_s = time.monotonic() - began
        return max(self._rhythm.look_s, took_s * (1 / self._rhythm.share - 1))

    def _warn(self, about: str, sentence: str | None) -> None:
        """Keep a warning, or take it back; log each only once, as the same is found every hour."""
        if sentence is None:
            self._warnings.pop(about, None)
        elif self._warnings.get(about) != sentence:
            self._warnings[about] = sentence
            logger.error("%s", sentence)

    async def _needs_upkeep(self) -> bool:
        if self._maintained.ago_s() >= self._rhythm.maintain_s:
            return True
        if abs(await self._index.count(Filters()) - self._images) >= self._rhythm.due(self._images):
            return True
        return await self._index.lacks_indexes()


class _Done:
    """When something was done last."""

    def __init__(self) -> None:
        self._moment = float("-inf")

    def now(self) -> None:
        self._moment = time.monotonic()

    def ago_s(self) -> float:
        return time.monotonic() - self._moment


def describe_upkeep(upkeep: Upkeep) -> str:
    """Say in one line what the upkeep of an index did."""
    if upkeep.skipped:
        return f"Upkeep: nothing done, as another process is at it ({upkeep.images} images)."
    index = f"{upkeep.vector_index} index, {upkeep.unindexed} not in it" if upkeep.vector_index else "no index yet"
    return f"Upkeep: done ({upkeep.images} images, {index})."


def describe_sweep(found: Sweep, graces: Graces) -> str:
    """Say in one line what a sweep did and what it left."""
    days = graces.trash_s / (24 * 3600)
    done = [
        f"{found.trashed} objects of {in_bytes(found.trashed_bytes)} moved to the trash for {days:g} days"
        " (`lookalike gc --undo` puts them back)",
        f"{found.removed} of deleted images removed" * bool(found.removed),
        f"{found.put_back} put back, as their images are known again" * bool(found.put_back),
        f"{found.emptied} of {in_bytes(found.emptied_bytes)} removed from the trash" * bool(found.emptied),
    ]
    return f"Orphans: {', '.join(filter(None, done))}; {describe_rest(found)}"


def describe_rest(found: Sweep) -> str:
    """Say what a sweep leaves alone."""
    return (
        f"{found.kept} belong to images, {found.young} are too young to tell, {found.foreign} are not Lookalike's,"
        f" {found.waiting} are in the trash."
    )


def describe_suspicion(found: Sweep) -> str:
    """Say why a sweep was not carried out."""
    return (
        f"{found.trashed} stored files belong to no image of this database, and only {found.kept} do. None was moved."
        " If this is the right database (LOOKALIKE_DATA, LOOKALIKE_DATABASE), `lookalike gc --force` moves them to the"
        " trash; if not, put the right one back or restore a backup."
    )


def in_bytes(size: int) -> str:
    """Write a size for people, in the units of 1000 that disks are sold by."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size} bytes"
