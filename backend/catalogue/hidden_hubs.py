"""
Hides hubs: upkeep counts them, and searches leave them out unless the query is truly alike to them.

A hidden image stays in lists and on the map, and is found by words and by what is truly alike to it, such as itself or
another copy. Below that similarity, nothing distinguishes it from an image that is near to everything.
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

# Images whose top tens are counted; the second for a library too large to be scanned, where each takes a search of 20
# to 40 ms of CPU time.
SAMPLE = 500
LARGE_SAMPLE = 200

# In a large library, more hubs are looked for near this many of those found, this many times: each count finds some
# thousands, and the next one continues from there.
STARTS = 20
ROUNDS = 3

# How long searches use the cached hubs, in seconds. Then they are refreshed in the background.
KNOWN_S = 5

# Hubs are counted again after the library has changed by this share, and at least this many images, and once a day in
# any case.
GROWTH_SHARE = 0.1
GROWTH = 50
AT_LEAST_S = 86_400

# The share of time that counting may take: 18 s in an hour, however fast a library grows.
TIME_SHARE = 0.005


@dataclass(frozen=True)
class ListedHub:
    """A hub with its image."""

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
        """Search like `ImageIndex.nearest`, but leave out hidden hubs that are not truly alike to the vector."""
        unrelated = (await self._current()).unlike(vector)
        if not unrelated:
            return await self._index.nearest(vector, limit, filters, without)
        # Ask for some more, rather than adding a condition, which costs as much for a few hubs and ten times as much
        # for hundreds.
        count = limit + min(len(unrelated), limit)
        found = await self._index.nearest(vector, count, filters, without)
        shown = [match for match in found if match.image.id not in unrelated]
        if len(shown) >= limit or len(found) < count:
            return shown[:limit]
        return await self._index.nearest(vector, limit, filters, [*without, *sorted(unrelated)])

    async def refresh(self) -> None:
        """
        Read which images are hidden now.

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
            logger.info("hidden hubs will be read later: %s", exc)
        finally:
            self._refreshing = None

    # Upkeep

    async def count_if_due(self) -> str | None:
        """
        Count hubs if the library has changed enough; return one line about the result, None if nothing was done.

        Raises:
            IndexUnavailable: The database cannot answer.
        """
        images = await self._index.count(Filters())
        return await self.count() if self._is_due(images) else None

    async def count(self) -> str | None:
        """
        Count hubs now, unless another process is counting or there are too few images; return one line about it.

        Raises:
            IndexUnavailable: The database cannot answer.
        """
        began = self._now()
        images = await self._index.count(Filters())
        line = None
        async with self._memory.counting() as granted:
            if granted and images >= MIN_IMAGES:
                line = await self._count(images)
        self._counted_images, self._counted_at = images, self._now()
        self._rests_until = self._counted_at + (self._counted_at - began) / TIME_SHARE
        return line

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
        """Return up to `limit` hubs, hidden ones first, by descending share; and how many there are."""
        hubs = sorted(await self._memory.all(), key=lambda hub: (hub.state is HubState.CLEARED, -hub.share, hub.id))
        records = [(hub, await self._index.get(hub.id)) for hub in hubs[:limit]]
        return [ListedHub(hub, image) for hub, image in records if image is not None], len(hubs)

    async def clear(self, image_id: ImageID) -> None:
        """
        Note that an image is an ordinary picture, so that it is shown, and never hidden again.

        Raises:
            ImageNotFound: No image of any space has this id. (One that waits to be re-embedded can be cleared.)
        """
        if not await self._index.registered([image_id]):
            raise ImageNotFound(image_id)
        await self._memory.clear(image_id)
        await self.refresh()

    async def unclear(self, image_id: ImageID) -> None:
        """Undo `clear`: the image is counted like others again. Does nothing if it is not cleared."""
        if await self.is_cleared(image_id):
            await self._memory.forget([image_id])

    async def is_cleared(self, image_id: ImageID) -> bool:
        return any(hub.id == image_id and hub.state is HubState.CLEARED for hub in await self._memory.all())

    async def forget(self, image_id: ImageID) -> None:
        """Forget a deleted image. If that fails, the next count does it, so no error is raised."""
        try:
            if image_id in (await self._current()).noted:
                await self._memory.forget([image_id])
        except Unavailable as exc:
            logger.info("a deleted hub will be forgotten at the next count: %s", exc)


def warning(hidden: int) -> str:
    """Return a sentence for administrators about hidden photos."""
    photos, they = ("1 photo is", "it") if hidden == 1 else (f"{hidden} photos are", "they")
    return (
        f"{photos} hidden from searches because {they} would appear in many unrelated searches;"
        " administrators can review them on the page."
    )


@dataclass(frozen=True)
class _Known:
    """The hidden hubs as cached by this process. Compared by identity, as it holds an array."""

    ids: tuple[ImageID, ...]
    vectors: npt.NDArray[np.float32]
    """(N, D) of unit length."""
    noted: frozenset[ImageID]
    """The hidden and the cleared ones."""

    def unlike(self, vector: Vector) -> frozenset[ImageID]:
        """Return the hidden hubs that are not truly alike to a vector."""
        if not self.ids:
            return frozenset()
        similar = self.vectors @ vector >= ALIKE
        return frozenset(image_id for image_id, alike in zip(self.ids, similar, strict=True) if not alike)


def _hidden(hubs: Sequence[Hub]) -> list[ImageID]:
    return [hub.id for hub in hubs if hub.state is HubState.HIDDEN]
