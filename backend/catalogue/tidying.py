"""
Finds duplicates in the whole library, and lists them in groups that people can tidy up.

Upkeep compares each image once, when it is new, with its nearest neighbours, and remembers of which it is a version.
That takes as long for each image in a large library as in a small one. Groups are made of what is remembered whenever
somebody asks after a change; see duplicate_groups.py for what belongs together.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .duplicate_groups import Group, ListedGroup, Pair, Size, grouped, listed, pairs
from .duplicates import judged
from .hub_survey import vectors_of
from .ports import DuplicateMemory, ImageIndex
from .values import Filters, ImageID, Measures, Sort

# Neighbours of each image that are looked at. The index finds them by one bit of each value, and so finds 85 % of the
# 50 that are really nearest, among 100,000 drawn vectors; all that are as near as duplicates are.
NEIGHBOURS = 100

# How far the index's similarities may be from the true ones, which are computed where that can decide. Of 100,000
# vectors with 512 values the error was below 0.06 for nine tenths, and is smaller for those that are near.
INEXACT = 0.1

# Images that are compared at once: some 50 ms of work in a library of 100,000, which a search may have to wait for.
BATCH = 64


@dataclass(frozen=True)
class DuplicateCounts:
    """How far the comparing is, and what came of it."""

    groups: int
    checked: int
    """Images that have been compared with the others."""
    waiting: int
    """Images that have not."""
    spare: int
    """Images in groups that are not their keepers."""
    saves_bytes: int
    """Size of the originals of these."""


@dataclass(frozen=True)
class DuplicatePage:
    """Part of the list of groups."""

    groups: Sequence[ListedGroup]
    next: ImageID | None
    """Pass it as `after` to get the next page; None on the last."""
    counts: DuplicateCounts


class Tidying:
    """The duplicates of one index."""

    def __init__(self, index: ImageIndex, memory: DuplicateMemory, now: Callable[[], float] = time.monotonic) -> None:
        """
        Args:
            now: Seconds of any clock that only goes forward.
        """
        self._index = index
        self._memory = memory
        self._now = now
        self._known = _Known(("", ""), [], [], [], 0, 0, 0)
        self._looking = asyncio.Lock()

    # For people

    async def page(self, limit: int, after: ImageID | None) -> DuplicatePage:
        """
        List groups, that with the newest image first.

        Args:
            after: `next` of the page before. It holds whatever has come or gone since.
        """
        known = await self._look()
        follow = [group for group in known.groups if after is None or group.newest < after]
        shown = follow[:limit]
        ids = [image_id for group in shown for image_id in group.ids]
        found = await self._index.page(len(ids), Sort.OLDEST, None, Filters(ids=tuple(ids))) if ids else ()
        groups = listed(shown, {image.id: image for image in found})
        return DuplicatePage(groups, shown[-1].newest if len(follow) > limit else None, known.counts)

    async def counts(self) -> DuplicateCounts:
        """Count groups, and images that have and have not been compared."""
        return (await self._look()).counts

    async def set_apart(self, image_ids: Sequence[ImageID]) -> None:
        """Note for every pair of these images that they are no duplicates, whatever they look like."""
        await self._memory.set_apart(pairs(image_ids))

    async def undo_set_apart(self, image_ids: Sequence[ImageID]) -> None:
        """Forget that for every pair of these images."""
        await self._memory.undo_set_apart(pairs(image_ids))

    # Upkeep

    async def compare(self, for_s: float) -> str | None:
        """
        Compare images that are new, newest first, unless another process does.

        It rests after each batch as long as that took, so that no request waits.

        Args:
            for_s: How many seconds to go on at most. What is left then still waits.

        Returns:
            One line about the groups if there are more or less of them now.

        Raises:
            IndexUnavailable: The database cannot answer.
        """
        ends = self._now() + for_s
        # Asked every few seconds, so with no more than one look at the database as long as nothing changes.
        if self._known.is_done and self._known.moment[0] == (await self._index.state()).marker:
            return None
        before = await self._look()
        if before.is_done:
            return None
        async with self._memory.comparing() as granted:
            if not granted:
                return None
            known = await self._look()  # Another process may have just done it.
            await self._forget(known.gone)
            await self._memory.note(await self._compared(known.waiting, ends))
        counts = (await self._look()).counts
        if counts.groups == before.counts.groups:
            return None
        return f"Duplicates: {counts.groups} groups ({counts.checked} images compared, {counts.waiting} wait)."

    async def _compared(self, image_ids: Sequence[ImageID], ends: float) -> Mapping[ImageID, Collection[ImageID]]:
        """Return what the first of these images are versions of: as many as there is time for, and at least some."""
        found: dict[ImageID, Collection[ImageID]] = {}
        for start in range(0, len(image_ids), BATCH):
            began = self._now()
            found |= await self._versions_of(image_ids[start : start + BATCH])
            took = self._now() - began
            if self._now() + took >= ends:
                break
            await asyncio.sleep(took)
        return found

    async def _versions_of(self, image_ids: Sequence[ImageID]) -> Mapping[ImageID, Collection[ImageID]]:
        """Return what each of these images is a version of; nothing for those that cannot be read."""
        near = await self._index.neighbours(image_ids, NEIGHBOURS)
        found: dict[ImageID, list[ImageID]] = {image_id: [] for image_id in image_ids}
        # A greater similarity never speaks against it, so the exact one matters only for these.
        places: list[int] = np.flatnonzero(judged(near.cosines + INEXACT, near.bits)).tolist()
        candidates = [(near.ones[place], near.others[place]) for place in places]
        cosines = np.array(await self._cosines(candidates))
        for (one, other), are in zip(candidates, judged(cosines, near.bits[places]), strict=True):
            if are:
                found[one].append(other)
        return found

    async def _cosines(self, image_pairs: Sequence[Pair]) -> Sequence[float]:
        """Return the exact similarity of each pair, -1 if one of them is gone."""
        wanted = dict.fromkeys(image_id for both in image_pairs for image_id in both)
        unit = dict(zip(*await vectors_of(self._index, list(wanted)), strict=True))
        return [float(unit[one] @ unit[other]) if one in unit and other in unit else -1.0 for one, other in image_pairs]

    async def _forget(self, image_ids: Sequence[ImageID]) -> None:
        """
        Forget images that are gone.

        This process may not see yet what another has just added. That is only compared once more, but what people said
        of it must stay, and does as long as any space has it.
        """
        if image_ids:
            there = await self._index.registered(image_ids)
            await self._memory.forget_apart([image_id for image_id in image_ids if image_id not in there])
            await self._memory.forget(image_ids)

    # What both need

    async def _look(self) -> "_Known":
        """Return what is known now, from memory if nothing has changed."""
        async with self._looking:  # One reading serves all who ask meanwhile.
            # Before the rest, so that what is newer than these is read once more, and never taken for older.
            state, version = await asyncio.gather(self._index.state(), self._memory.version())
            if (state.marker, version) != self._known.moment:
                measures, versions, apart = await asyncio.gather(
                    self._index.measures(), self._memory.versions(), self._memory.apart()
                )
                self._known = await asyncio.to_thread(_known, (state.marker, version), measures, versions, apart)
            return self._known


@dataclass(frozen=True)
class _Known:
    """What is known at one moment."""

    moment: tuple[str, str]
    """Marker of the library, and version of the memory."""
    groups: Sequence[Group]
    waiting: Sequence[ImageID]
    """Images that have not been compared, newest first."""
    gone: Sequence[ImageID]
    """Images that have been compared, and do not exist any more."""
    images: int
    spare: int
    """Images in groups that are not their keepers."""
    saves_bytes: int

    @property
    def is_done(self) -> bool:
        """Whether there is nothing to compare or to forget."""
        return not self.waiting and not self.gone

    @property
    def counts(self) -> DuplicateCounts:
        checked = self.images - len(self.waiting)
        return DuplicateCounts(len(self.groups), checked, len(self.waiting), self.spare, self.saves_bytes)


def _known(
    moment: tuple[str, str],
    measures: Measures,
    versions: Mapping[ImageID, Collection[ImageID]],
    apart: frozenset[Pair],
) -> _Known:
    exist = set(measures.ids)
    linked = {image_id: others for image_id, others in versions.items() if others}
    named = set(linked).union(*linked.values())
    sizes = {
        image_id: Size(int(measures.pixels[place]), int(measures.sizes[place]))
        for place, image_id in enumerate(measures.ids)
        if image_id in named
    }
    waiting = sorted(exist.difference(versions), reverse=True)
    gone = sorted(versions.keys() - exist)
    groups = grouped(linked, sizes, apart)
    spare = [sizes[image_id].file_bytes for group in groups for image_id in group.ids[1:]]
    return _Known(moment, groups, waiting, gone, len(exist), len(spare), sum(spare))
