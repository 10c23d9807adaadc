"""
Re-embedding: browsers make the vectors of the model in use for images that an earlier one left in other spaces.

The space of the server's model is in use from its start: what is added goes there, and searches find what is there
already. That needs but one model in each browser, and vectors of two models never meet; the price is that what waits
is not found until its turn has come. Keeping the old space in use meanwhile would need both models in every browser
that searches, and adds, until the last image is done.

`lease` hands out images that wait, to one browser for a while; `renew` writes the row of the space in use, which is
idempotent by the image's id; `finish` drops the other spaces once nothing waits there. Rows are copied, never moved:
until then a server with the earlier model finds all that it had, and in turn lists as waiting what was added since.

What is kept here in memory only saves work. Where several servers share a library each has its own, so that two
browsers may do the same image; then one row is written.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .errors import ImageNotFound, TicketRevoked
from .hidden_hubs import HiddenHubs
from .hubs import HubGate
from .ports import ImageIndex, OtherSpaces
from .service import relabelled
from .values import ImageID, ImageRecord, Label, Source, Vector

# For how many seconds an image is one browser's. A picture takes a second at most, and a browser has a dozen; one
# that vanished holds up the end for no longer than this.
LEASE_S = 60

# For how many seconds a list of what waits will do, as comparing the spaces of a million images takes a second. What is
# written here is taken from it at once, what others write does no harm. A guess.
SURVEY_S = 30

# How many images that could not be read are listed; the others come when these are dealt with.
LISTED = 50


@dataclass(frozen=True)
class Unreadable:
    """An image that a browser could not read, and why; it waits all the same."""

    image: ImageRecord
    reason: str


@dataclass(frozen=True)
class Progress:
    """How far a re-embedding is."""

    sources: Sequence[Source]
    total: int
    """Number of images in the other spaces."""
    left: int
    """Those that wait, the unreadable among them."""
    unreadable: int
    examples: Sequence[Unreadable]
    """The first LISTED of them, oldest first."""


class Reembedding:
    """The images that wait, and which browser has which."""

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
        self._surveyed_at = float("-inf")
        self._leased: dict[ImageID, float] = {}
        self._unreadable: dict[ImageID, str] = {}

    async def progress(self) -> Progress:
        """Compare the spaces as they are now."""
        survey = await self._others.survey()
        self._note(survey.waiting)
        unreadable = sorted(self._unreadable)
        listed = await self._others.records(unreadable[:LISTED]) if unreadable else []
        examples = [Unreadable(image, self._unreadable[image.id]) for image in listed]
        return Progress(survey.sources, survey.total, len(survey.waiting), len(unreadable), examples)

    async def lease(self, limit: int) -> Sequence[ImageRecord]:
        """Return up to `limit` images that wait and nobody has, oldest first; for LEASE_S they are the caller's."""
        if self._now() - self._surveyed_at > SURVEY_S or not self._free():
            self._note((await self._others.survey()).waiting)
        # Taken before anything is waited for, so that no other request gets the same.
        taken = self._free()[:limit]
        until = self._now() + LEASE_S
        self._leased |= dict.fromkeys(taken, until)
        return await self._others.records(taken) if taken else []

    def give_back(self, image_ids: Sequence[ImageID]) -> None:
        """End leases before their time."""
        for image_id in image_ids:
            self._leased.pop(image_id, None)

    async def renew(self, image_id: ImageID, vector: Vector, labels: Sequence[Label]) -> tuple[ImageRecord, bool]:
        """
        Write an image of another space into the one in use, with a vector and labels of its model.

        Returns:
            The image as it is in the space in use, and whether this call wrote it.

        Raises:
            ImageNotFound: No other space has it, or it was deleted.
            HubVector: The vector would be among the nearest of too many images, and no administrator has cleared it.
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
        Note that a browser could not read an image, so that no other is given it. It goes on waiting.

        Raises:
            ImageNotFound: No other space has it, or it was deleted.
        """
        if not await self._others.records([image_id]):
            raise ImageNotFound(image_id)
        self._unreadable[image_id] = reason
        self._leased.pop(image_id, None)

    def forget_reports(self) -> None:
        """Give out again what could not be read: another browser may be able to."""
        self._unreadable.clear()

    async def finish(self) -> None:
        """
        Drop the other spaces.

        Raises:
            ReembeddingUnfinished: There are images left.
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
        self._surveyed_at = self._now()
        self._leased = _those_in(self._waiting, self._leased)
        self._unreadable = _those_in(self._waiting, self._unreadable)

    def _settle(self, image_id: ImageID) -> None:
        self._waiting.pop(image_id, None)
        self._leased.pop(image_id, None)
        self._unreadable.pop(image_id, None)


def _those_in(waiting: Mapping[ImageID, None], noted: Mapping[ImageID, object]) -> dict:
    return {image_id: value for image_id, value in noted.items() if image_id in waiting}
