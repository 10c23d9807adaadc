"""Checks that the store holds what the records say."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from .errors import ObjectMissing, StoreUnavailable
from .object_keys import ORIGINALS, image_of, original_key, thumbnail_key
from .ports import ObjectStore
from .values import ImageID, ImageRecord, ObjectFacts, ObjectKey

# Concurrent requests. A guess: as many as a bucket answers without delay.
AT_ONCE = 32

# After so many failures in a row of one kind, the store counts as unreachable rather than its objects as damaged.
UNREACHABLE_AFTER = 20


@dataclass(frozen=True)
class ObjectFault:
    """An object that does not match its image's record."""

    image: ImageRecord
    part: str
    """`original` or `thumbnail`."""
    fault: str
    """`missing`, `different` (size, type or checksum), or `unreadable`."""


class ObjectChecker:
    """Checks the objects of images, and collects the faults."""

    def __init__(self, store: ObjectStore, checksums: bool) -> None:
        """
        Args:
            checksums: Read every object, instead of only asking the store about it.
        """
        self._store = store
        self._checksums = checksums
        self._limit = asyncio.Semaphore(AT_ONCE)
        self._failures = {"original": 0, "thumbnail": 0}
        self.faults: list[ObjectFault] = []
        self.objects = 0
        self.bytes_read = 0

    async def check(self, images: Sequence[ImageRecord]) -> None:
        """
        Check both objects of each image.

        Raises:
            StoreUnavailable: The store cannot be reached.
        """
        parts = [(image, part) for image in images for part in ("original", "thumbnail")]
        outcomes = await asyncio.gather(*[self._fault(image, part) for image, part in parts])
        self.objects += len(parts)
        self.faults += [
            ObjectFault(image, part, fault)
            for (image, part), fault in zip(parts, outcomes, strict=True)
            if fault is not None
        ]

    async def _fault(self, image: ImageRecord, part: str) -> str | None:
        key = original_key(image.id) if part == "original" else thumbnail_key(image.id)
        async with self._limit:
            try:
                found = await self._store.head(key)
                fault = _fault_in(found, image.original if part == "original" else None)
                if fault is None and found is not None and self._checksums:
                    fault = await self._fault_in_content(key, found)
            except StoreUnavailable:
                self._failures[part] += 1
                if self._failures[part] >= UNREACHABLE_AFTER:
                    raise
                return "unreadable"
        self._failures[part] = 0
        return fault

    async def _fault_in_content(self, key: ObjectKey, facts: ObjectFacts) -> str | None:
        digest, size = hashlib.sha256(), 0
        try:
            async for piece in self._store.read(key):
                digest.update(piece)
                size += len(piece)
        except ObjectMissing:
            return "missing"
        self.bytes_read += size
        return None if (size, digest.hexdigest()) == (facts.size, facts.sha256) else "different"


def _fault_in(found: ObjectFacts | None, expected: ObjectFacts | None) -> str | None:
    """Compare facts. A record has none of the thumbnail, so that one must only exist and not be empty."""
    if found is None:
        return "missing"
    if expected is None:
        return None if found.size else "different"
    return None if found == expected else "different"


async def stored_originals(store: ObjectStore) -> AsyncIterator[ImageID]:
    """Iterate over the ids of images whose originals the store holds."""
    async for stored in store.list(ORIGINALS):
        yield image_of(stored.key)
