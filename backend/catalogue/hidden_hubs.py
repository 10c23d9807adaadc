"""
Hides hubs: upkeep counts them, and searches leave them out unless they are for the very thing that a hub shows.

A hidden image stays in lists and in the map, is found by words, and by what is truly alike to it, such as itself or
another copy: from there on it has to do with the query, and below it nothing tells it from what is near to everything.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from .errors import ImageNotFound, Unavailable
from .hub_survey import ALIKE, WHOLE, survey, vectors_of, with_those_near
from .hubs import MIN_IMAGES, hubs_in
from .ports import HubMemory, ImageIndex
from .values import Filters, Hub, HubState, ImageID, ImageRecord, Match, Vector

logger = logging.getLogger(__name__)

# Images whose first tens are counted, and of a library that is too large to be gone through as a whole: there each
# takes a search, of 20 to 40 ms of processor.
SAMPLE = 500
LARGE_SAMPLE = 200

# From how many of the hubs that were found in a large library others are looked for beside them, and how often: some
# thousands come to light at each count, and each count goes on from there.
STARTS = 20
ROUNDS = 3

# For how many seconds a search trusts what it knows of hubs; then they are read anew, and the search does not wait.
KNOWN_S = 5

# Counted again after a library has changed by this part, by no fewer images, and once a day in any case.
GROWTH_SHARE = 0.1
GROWTH = 50
AT_LEAST_S = 86_400

# The part of the time that counting may take: 18 s in an hour, however quickly a library grows.
TIME_SHARE = 0.005


@dataclass(frozen=True)
class ListedHub:
    """A hub, and the image that it is."""

    hub: Hub
    image: ImageRecord


class HiddenHubs:
    """The hubs of one index."""

    def __init__(
        self,
        index: ImageIndex,
        memory: HubMemory,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Args:
            now: Seconds of any clock that only goes forward.
        """
        self._index = index
        self._memory = memory
        self._now = now
        self._known = _Known((), np.zeros((0, 0), dtype=np.float32), frozenset())
        self._known_at: float | None = None
        self._refreshing: asyncio.Task[None] | None = None
        self._counted_images = 0
        self._counted_at: float | None = None
        self._rests_until = float("-inf")

    # Searching

    async def nearest(
        self, vector: Vector, limit: int, filters: Filters, without: Sequence[ImageID] = ()
    ) -> Sequence[Match]:
        """Search as `ImageIndex.nearest` does, and leave out hubs that have nothing to do with the vector."""
        unrelated = (await self._current()).unlike(vector)
        if not unrelated:
            return await self._index.nearest(vector, limit, filters, without)
        # Some more than is asked for, rather than by a condition, which costs as much for a few and ten times as much
        # for hundreds.
        count = limit + min(len(unrelated), limit)
        found = await self._index.nearest(vector, count, filters, without)
        shown = [match for match in found if match.image.id not in unrelated]
        if len(shown) >= limit or len(found) < count:
            return shown[:limit]
        return await self._index.nearest(vector, limit, filters, [*without, *sorted(unrelated)])

    async def refresh(self) -> None:
        """
        Read what is hidden now.

        Raises:
            IndexUnavailable: The database cannot answer.
        """
        hubs = await self._memory.all()
        noted = frozenset(hub.id for hub in hubs)
        hidden = _hidden(hubs)
        if set(hidden) == set(self._known.ids):
            self._known = replace(self._known, noted=noted)
        else:
            ids, vectors = await vectors_of(self._index, hidden)
            self._known = _Known(tuple(ids), vectors, noted)
        self._known_at = self._now()

    async def _current(self) -> "_Known":
        if self._known_at is None:
            await self.refresh()
        elif self._now() - self._known_at > KNOWN_S and self._refreshing is None:
            self._refreshing = asyncio.create_task(self._refresh_meanwhile())
        return self._known

    async def _refresh_meanwhile(self) -> None:
        try:
            await self.refresh()
        except Unavailable as exc:
            logger.info("what is hidden is read another time: %s", exc)
        finally:
            self._refreshing = None

    # Upkeep

    async def count_if_due(self) -> str | None:
        """
        Count hubs if the library has changed enough since; say in one line what was found, None if nothing was done.

        Raises:
            IndexUnavailable: The database cannot answer.
        """
        images = await self._index.count(Filters())
        return await self.count() if self._is_due(images) else None

    async def count(self) -> str | None:
        """
        Count hubs now, unless another process is at it or there are too few images; say in one line what was found.

        Raises:
            IndexUnavailable: The database cannot answer.
        """
        began = self._now()
        images = await self._index.count(Filters())
        told = None
        async with self._memory.counting() as granted:
            if granted and images >= MIN_IMAGES:
                told = await self._count(images)
        self._counted_images, self._counted_at = images, self._now()
        self._rests_until = self._counted_at + (self._counted_at - began) / TIME_SHARE
        return told

    async def _count(self, images: int) -> str:
        known = await self._memory.all()
        hidden = _hidden(known)
        seen = await survey(self._index, SAMPLE if images <= WHOLE else LARGE_SAMPLE, hidden)
        cleared = {hub.id for hub in known if hub.state is HubState.CLEARED}
        hubs = hubs_in(seen, hidden)
        for _ in range(ROUNDS if images > WHOLE and hubs else 0):
            starts = random.sample(sorted(hubs), min(len(hubs), STARTS))
            seen = await with_those_near(self._index, seen, starts)
            hubs = hubs_in(seen, hidden)
        found = {image_id: share for image_id, share in hubs.items() if image_id not in cleared}
        await self._memory.hide(found)
        await self._memory.forget(sorted(cleared - await self._index.registered(sorted(cleared))))
        await self.refresh()
        return f"Hubs: {len(found)} of {images} images are hidden from searches."

    def _is_due(self, images: int) -> bool:
        if images < MIN_IMAGES or self._now() < self._rests_until:
            return False
        if self._counted_at is None or self._now() - self._counted_at > AT_LEAST_S:
            return True
        changed = abs(images - self._counted_images)
        return changed >= max(GROWTH, GROWTH_SHARE * self._counted_images)

    # Administration

    async def listed(self, limit: int) -> tuple[Sequence[ListedHub], int]:
        """Return up to `limit` hubs, the hidden first, of them those in most first tens; and how many there are."""
        hubs = sorted(await self._memory.all(), key=lambda hub: (hub.state is HubState.CLEARED, -hub.share, hub.id))
        records = [(hub, await self._index.get(hub.id)) for hub in hubs[:limit]]
        return [ListedHub(hub, image) for hub, image in records if image is not None], len(hubs)

    async def clear(self, image_id: ImageID) -> None:
        """
        Note that an image is a picture like others, so that it is shown, and never hidden again.

        Raises:
            ImageNotFound: No image has this id, in no space: one that waits to be re-embedded can be cleared before.
        """
        if not await self._index.registered([image_id]):
            raise ImageNotFound(image_id)
        await self._memory.clear(image_id)
        await self.refresh()

    async def unclear(self, image_id: ImageID) -> None:
        """Take that back: the image is counted as others are. Nothing is done for one that was not cleared."""
        if await self.is_cleared(image_id):
            await self._memory.forget([image_id])

    async def is_cleared(self, image_id: ImageID) -> bool:
        return any(hub.id == image_id and hub.state is HubState.CLEARED for hub in await self._memory.all())

    async def forget(self, image_id: ImageID) -> None:
        """Forget an image that was deleted. If that fails the next count does it, so that nobody is told."""
        try:
            if image_id in (await self._current()).noted:
                await self._memory.forget([image_id])
        except Unavailable as exc:
            logger.info("a deleted hub is forgotten at the next count: %s", exc)


def warning(hidden: int) -> str:
    """Say in a sentence for administrators that so many photos are hidden."""
    photos, they = ("1 photo is", "it") if hidden == 1 else (f"{hidden} photos are", "they")
    return (
        f"{photos} hidden from searches because {they} would be among the results of searches that {they} have nothing"
        " to do with; the page lists them for administrators, to show or delete them."
    )


@dataclass(frozen=True)
class _Known:
    """What is hidden, as far as this process knows. Compared by identity: it holds an array."""

    ids: tuple[ImageID, ...]
    vectors: npt.NDArray[np.float32]
    """(N, D) of unit length."""
    noted: frozenset[ImageID]
    """Those, and what was cleared."""

    def unlike(self, vector: Vector) -> frozenset[ImageID]:
        """Return those that are not truly alike to a vector."""
        if not self.ids:
            return frozenset()
        similar = self.vectors @ vector >= ALIKE
        return frozenset(image_id for image_id, alike in zip(self.ids, similar, strict=True) if not alike)


def _hidden(hubs: Sequence[Hub]) -> list[ImageID]:
    return [hub.id for hub in hubs if hub.state is HubState.HIDDEN]
