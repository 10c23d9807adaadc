"""
Re-embedding: browsers compute the current model's vectors for images that earlier models left in other spaces.

The space of the server's model is in use at once: new images go there, and searches find what is there. So a browser
needs only one model, and vectors of two models never mix; the price is that waiting images are not found yet. Keeping
the old space in use meanwhile would need both models in every browser until the last image is done.

`lease` assigns waiting images to one browser for a while. `reembed` writes a row into the space in use; it is
idempotent by image id. `finish` drops the other spaces once nothing waits there. Rows are copied, never moved: until
then a server with the earlier model still finds everything it had.

The state in memory only saves work. Servers that share a library each have their own, so two browsers may do the same
image; one row is written then.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from .errors import ImageNotFound, TicketRevoked
from .hidden_hubs import HiddenHubs
from .hubs import HubGate
from .ports import ImageIndex, OtherSpaces
from .service import relabelled
from .values import ImageID, ImageRecord, Label, OtherSpace, Vector

# How long a browser's lease on an image lasts, in seconds. A picture takes a second at most, and a browser leases a
# dozen; one that vanishes delays the end by no more than this.
LEASE_S = 60

# How long a list of waiting images is used, in seconds: comparing the spaces of a million images takes a second. Our
# own writes are removed from it at once, and others' do no harm. A guess.
COMPARISON_S = 30

# How many unreadable images are listed; the others follow when these are dealt with.
LISTED = 50


Noted = TypeVar("Noted")


@dataclass(frozen=True)
class Unreadable:
    """An image that a browser could not read, and why. It keeps waiting."""

    image: ImageRecord
    reason: str


@dataclass(frozen=True)
class Progress:
    """The progress of a re-embedding."""

    sources: Sequence[OtherSpace]
    total: int
    """Number of images in the other spaces."""
    left: int
    """Number of images that wait, including the unreadable ones."""
    unreadable: int
    examples: Sequence[Unreadable]
    """The first LISTED of them, oldest first."""


class Reembedding:
    """The waiting images, and the leases on them."""

    def __init__(
        self,
        index: ImageIndex,
        others: OtherSpaces,
        gate: HubGate,
        hubs: HiddenHubs,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Args:
            now: Seconds of any clock that only goes forward.
        """
        self._index = index
        self._others = others
        self._gate = gate
        self._hubs = hubs
        self._now = now
        self._waiting: dict[ImageID, None] = {}
        self._compared_at = float("-inf")
        self._leased: dict[ImageID, float] = {}
        self._unreadable: dict[ImageID, str] = {}

    async def progress(self) -> Progress:
        """Compare the spaces now."""
        comparison = await self._others.compare()
        self._note(comparison.waiting)
        unreadable = sorted(self._unreadable)
        listed: Sequence[ImageRecord] = await self._others.records(unreadable[:LISTED]) if unreadable else ()
        examples = [Unreadable(image, self._unreadable[image.id]) for image in listed]
        return Progress(comparison.sources, comparison.total, len(comparison.waiting), len(unreadable), examples)

    async def lease(self, limit: int) -> Sequence[ImageRecord]:
        """Lease up to `limit` waiting images to the caller for LEASE_S, oldest first."""
        if self._now() - self._compared_at > COMPARISON_S or not self._free():
            self._note((await self._others.compare()).waiting)
        # Taken before anything is awaited, so that no other request gets the same images.
        taken = self._free()[:limit]
        until = self._now() + LEASE_S
        self._leased |= dict.fromkeys(taken, until)
        return await self._others.records(taken) if taken else []

    def give_back(self, image_ids: Sequence[ImageID]) -> None:
        """End leases before their time."""
        for image_id in image_ids:
            self._leased.pop(image_id, None)

    async def reembed(self, image_id: ImageID, vector: Vector, labels: Sequence[Label]) -> tuple[ImageRecord, bool]:
        """
        Copy an image of another space into the one in use, with this model's vector and labels.

        Returns:
            The image in the space in use, and whether this call wrote it.

        Raises:
            ImageNotFound: No other space has it, or it was deleted.
            HubVector: The vector is near too many unrelated images, and no administrator has cleared the image.
        """
        found = await self._others.records([image_id])
        if not found:
            raise ImageNotFound(image_id)
        if not await self._hubs.is_cleared(image_id):
            self._gate.check(vector)
        try:
            record, made = await self._index.add(relabelled(found[0], labels), vector)
        except TicketRevoked:
            raise ImageNotFound(image_id) from None
        self._settle(image_id)
        return record, made

    async def report(self, image_id: ImageID, reason: str) -> None:
        """
        Note that a browser could not read an image, so that it is not leased again. It keeps waiting.

        Raises:
            ImageNotFound: No other space has it, or it was deleted.
        """
        if not await self._others.records([image_id]):
            raise ImageNotFound(image_id)
        self._unreadable[image_id] = reason
        self._leased.pop(image_id, None)

    def forget_reports(self) -> None:
        """Lease unreadable images again: another browser may be able to read them."""
        self._unreadable.clear()

    async def finish(self) -> None:
        """
        Drop the other spaces.

        Raises:
            ReembeddingUnfinished: Images still wait.
        """
        await self._others.retire()
        self._note([])

    def _free(self) -> list[ImageID]:
        now = self._now()
        return [
            image_id
            for image_id in self._waiting
            if image_id not in self._unreadable and self._leased.get(image_id, now) <= now
        ]

    def _note(self, waiting: Sequence[ImageID]) -> None:
        self._waiting = dict.fromkeys(waiting)
        self._compared_at = self._now()
        self._leased = _those_in(self._waiting, self._leased)
        self._unreadable = _those_in(self._waiting, self._unreadable)

    def _settle(self, image_id: ImageID) -> None:
        self._waiting.pop(image_id, None)
        self._leased.pop(image_id, None)
        self._unreadable.pop(image_id, None)


def _those_in(waiting: Mapping[ImageID, None], noted: Mapping[ImageID, Noted]) -> dict[ImageID, Noted]:
    return {image_id: value for image_id, value in noted.items() if image_id in waiting}
