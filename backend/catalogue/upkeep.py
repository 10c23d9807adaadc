"""Upkeep of a library: updates indexes, counts hubs, finds duplicates, removes old versions and orphans."""

import asyncio
import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .errors import CatalogueError, LibraryMismatch
from .graces import Graces
from .hidden_hubs import HiddenHubs
from .library import OpenLibrary
from .orphans import Sweep, Sweeper
from .ports import ImageIndex
from .tidying import Tidying
from .values import Filters, UpkeepReport

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Schedule:
    """When each piece of upkeep is due, in seconds unless noted otherwise."""

    first_s: float = 5
    """Delay after the start: the first page does not wait, and a fragmented library (every commit leaves a file; with
    600 files a search takes 90 ms, joined 8) is soon in order again."""
    look_s: float = 5
    """How often to check whether the library has grown: by a count, which costs next to nothing."""
    growth: int = 32
    """By how many images the library may change before upkeep is due. Each commit leaves a file, and every query opens
    all of them. Of 200 images looked up, added and compared one by one, each took 163 and 191 ms of CPU time without
    upkeep; with upkeep after every 64 images 104 and 108, after 32 81 and 85, after 16 79 and 68, upkeep included (two
    alternating runs on a busy machine)."""
    growth_share: float = 1 / 400
    """The same as a share of the library, for large ones, whose upkeep costs more: every eighth time the vector index
    is rebuilt, which takes 5 s for 20,000 images."""
    most_growth: int = 256
    """The upper limit: by the figures above, so many single commits add some 35 ms to a search."""
    upkeep_s: float = 600
    """When upkeep is due even without growth: changed titles leave files too, and deleted rows must leave the disk."""
    sweep_s: float = 3600
    """How often to sweep orphans. Their grace is a day, so an hour more or less does not matter; listing a store with a
    million images takes 2,000 requests."""
    share: float = 0.2
    """The share of time that upkeep may take: a long run is followed by a proportionally long pause, so that a bulk
    import into a large library does not rebuild its indexes endlessly."""
    retry_s: float = 60
    """Delay after a failure. A store or database that is down stays down for minutes, and the log should not fill
    up."""

    def due(self, images: int) -> int:
        """Return by how many images a library of this size may change before upkeep is due."""
        return max(self.growth, min(round(images * self.growth_share), self.most_growth))


class LibraryUpkeep:
    """Does the upkeep of one space and its store, one task at a time."""

    def __init__(
        self,
        index: ImageIndex,
        library: OpenLibrary,
        sweeper: Sweeper | None,
        hubs: HiddenHubs,
        tidying: Tidying,
        schedule: Schedule | None = None,
        tell: Callable[[str], None] = logger.info,
    ) -> None:
        """
        Args:
            library: Marked when the index has changed, so that an older copy can be recognised.
            sweeper: None where another process or space sweeps orphans.
            tell: Called with one line about what was done.
        """
        self._index = index
        self._library = library
        self._sweeper = sweeper
        self._hubs = hubs
        self._tidying = tidying
        self._schedule = schedule or Schedule()
        self._tell = tell
        self._upkeep_done = _Done()
        self._swept = _Done()
        self._images = 0
        self._warnings: dict[str, str] = {}

    @property
    def warnings(self) -> Sequence[str]:
        """Problems that the operator must act on; empty if all is well."""
        return list(self._warnings.values())

    async def run(self) -> None:
        """
        Run until cancelled. Failures are logged and retried later.

        It can be cancelled at any point: whoever runs next resumes the work.
        """
        rest_s = self._schedule.first_s
        while True:
            await asyncio.sleep(rest_s)
            rest_s = await self.round()

    async def do_upkeep(self) -> UpkeepReport:
        """
        Do the upkeep of the index now, and mark the library.

        Raises:
            LibraryMismatch: The database was swapped for another; it is not marked.
        """
        upkeep = await self._index.do_upkeep()
        self._images = upkeep.images
        self._upkeep_done.now()
        self._tell(describe_upkeep(upkeep))
        await self._library.mark()
        self._warn("library", None)
        return upkeep

    async def count_hubs(self) -> None:
        """Count the hubs now."""
        if line := await self._hubs.count():
            self._tell(line)

    async def find_duplicates(self, for_s: float = math.inf) -> None:
        """Compare images that are new with the others, for as long as this or until all are."""
        if line := await self._tidying.compare(for_s):
            self._tell(line)

    async def sweep(self) -> bool:
        """
        Sweep orphans now. Returns False if there are suspiciously many: then nothing is moved.

        Raises:
            LibraryMismatch: The database was swapped for another; nothing was moved.
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
        """
        Do what is due, whatever goes wrong; return how many seconds to rest.

        Images are compared while the other work rests, so that neither waits for the other.
        """
        began = time.monotonic()
        try:
            if await self._needs_upkeep():
                await self.do_upkeep()
            if line := await self._hubs.count_if_due():
                self._tell(line)
            if self._swept.ago_s() >= self._schedule.sweep_s:
                await self.sweep()
            rests_until = self._rests_until(began)
            await self.find_duplicates(rests_until - time.monotonic())
        except LibraryMismatch as exc:
            self._warn("library", str(exc))
            return self._schedule.retry_s
        except CatalogueError as exc:
            logger.warning("upkeep failed and is retried in %g s: %s", self._schedule.retry_s, exc, exc_info=exc)
            return self._schedule.retry_s
        except Exception:
            # A bug of ours or of a library: nobody else would report it, and upkeep must go on.
            logger.exception("upkeep failed and is retried in %g s", self._schedule.retry_s)
            return self._schedule.retry_s
        return max(0.0, rests_until - time.monotonic())

    def _rests_until(self, began: float) -> float:
        """Return until when to rest after work that has just ended."""
        now = time.monotonic()
        return now + max(self._schedule.look_s, (now - began) * (1 / self._schedule.share - 1))

    def _warn(self, about: str, sentence: str | None) -> None:
        """Set or clear a warning. Each is logged once, although every sweep finds it again."""
        if sentence is None:
            self._warnings.pop(about, None)
        elif self._warnings.get(about) != sentence:
            self._warnings[about] = sentence
            logger.error("%s", sentence)

    async def _needs_upkeep(self) -> bool:
        if self._upkeep_done.ago_s() >= self._schedule.upkeep_s:
            return True
        if abs(await self._index.count(Filters()) - self._images) >= self._schedule.due(self._images):
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


def describe_upkeep(upkeep: UpkeepReport) -> str:
    """Describe in one line what upkeep did."""
    if upkeep.skipped:
        return f"Upkeep: skipped, because another process is at it ({upkeep.images} images)."
    index = f"{upkeep.vector_index} index, {upkeep.unindexed} not in it" if upkeep.vector_index else "no index yet"
    return f"Upkeep: done ({upkeep.images} images, {index})."


def describe_sweep(found: Sweep, graces: Graces) -> str:
    """Describe in one line what a sweep did and what it left."""
    days = graces.trash_s / (24 * 3600)
    done = [
        f"{found.trashed} objects of {in_bytes(found.trashed_bytes)} moved to the trash for {days:g} days"
        " (`lookalike gc --undo` puts them back)",
        f"{found.removed} of deleted images removed" * bool(found.removed),
        f"{found.put_back} put back, because their images exist again" * bool(found.put_back),
        f"{found.emptied} of {in_bytes(found.emptied_bytes)} removed from the trash" * bool(found.emptied),
    ]
    return f"Orphans: {', '.join(filter(None, done))}; {describe_rest(found)}"


def describe_rest(found: Sweep) -> str:
    """Describe what a sweep leaves alone."""
    return (
        f"{found.kept} belong to images, {found.young} are too recent to tell, {found.foreign} are not Lookalike's,"
        f" {found.waiting} are in the trash."
    )


def describe_suspicion(found: Sweep) -> str:
    """Explain why a sweep was not carried out."""
    return (
        f"{found.trashed} stored files belong to no image of this database, and only {found.kept} do; none was moved."
        " If this is the right database (LOOKALIKE_DATA, LOOKALIKE_DATABASE), `lookalike gc --force` moves them to the"
        " trash; if not, put the right one back or restore a backup."
    )


def in_bytes(size: int) -> str:
    """Format a size for people, in powers of 1000."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size} bytes"
