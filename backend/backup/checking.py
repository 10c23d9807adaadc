"""Verifies backups: reads all their files, and lists what is missing or damaged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from backend.catalogue.values import ObjectFacts, ObjectKey

from .chunks import unpack_listing
from .depots import Depot, part, whole_part
from .errors import PartUnusable
from .manifest import Backup, listing_file, object_file
from .parallel import in_parallel
from .progress import Progress, Tell, silent


@dataclass
class Checked:
    """The result of a check."""

    files: int = 0
    bytes: int = 0
    damage: list[str] = field(default_factory=list)
    """A sentence for each file that is missing or damaged."""


async def check_backups(depot: Depot, backups: Sequence[Backup], tell: Tell = silent) -> Checked:
    """
    Read every file of the backups once, and verify its checksum.

    Raises:
        DepotUnavailable: The depot cannot be read.
    """
    listings = {listing_file(chunk): chunk for backup in backups for chunk in backup.listings}
    checking = _Checking(depot, Progress(tell, "Checking", sum(chunk.images for chunk in listings.values())))
    others = {name: its_part.facts for backup in backups for name, its_part in backup.parts.items()}
    await checking.read({name: facts for name, facts in others.items() if name not in listings})
    seen: set[ObjectKey] = set()
    images = 0
    for name, chunk in listings.items():
        objects = await checking.listing(name, chunk.facts)
        await checking.read({object_file(key): facts for key, facts in objects.items() if key not in seen})
        if len(backups) > 1:
            seen |= objects.keys()
        images += chunk.images
        checking.progress.reach(images)
    return checking.found


@dataclass
class _Checking:
    depot: Depot
    progress: Progress
    found: Checked = field(default_factory=Checked)

    async def read(self, files: Mapping[str, ObjectFacts]) -> None:
        await in_parallel(lambda file: self._one(*file), files.items())

    async def listing(self, name: str, facts: ObjectFacts) -> dict[ObjectKey, ObjectFacts]:
        """Read a listing, and return what it names."""
        try:
            content = await whole_part(self.depot, name, facts)
        except PartUnusable as exc:
            self.found.damage.append(str(exc))
            return {}
        self._count(facts)
        return {key: its_facts for one in unpack_listing(content) for key, its_facts in one.objects.items()}

    async def _one(self, name: str, facts: ObjectFacts) -> None:
        try:
            async for _ in part(self.depot, name, facts):
                pass
        except PartUnusable as exc:
            self.found.damage.append(str(exc))
        else:
            self._count(facts)

    def _count(self, facts: ObjectFacts) -> None:
        self.found.files += 1
        self.found.bytes += facts.size
        self.progress.bytes += facts.size
