"""A list of files and their sizes, in 60 bytes each, so that millions fit into memory."""

from collections.abc import AsyncIterator, Sequence

import numpy as np
import numpy.typing as npt

from backend.catalogue.ports import ObjectStore

# How many names are held as Python objects until they are packed.
PACKED_AT_ONCE = 10_000


class Inventory:
    """Which files existed at one moment."""

    def __init__(self, names: npt.NDArray[np.bytes_], sizes: npt.NDArray[np.int64]) -> None:
        """
        Args:
            names: In order.
            sizes: In bytes, of each.
        """
        self._names = names
        self._sizes = sizes

    @classmethod
    async def of(cls, files: AsyncIterator[tuple[str, int]]) -> "Inventory":
        """Collect names, which are ASCII, and sizes, in any order."""
        packed = [(np.array([], "S1"), np.array([], np.int64))]
        waiting: list[tuple[str, int]] = []
        async for file in files:
            waiting.append(file)
            if len(waiting) == PACKED_AT_ONCE:
                packed.append(_packed(waiting))
                waiting = []
        packed.append(_packed(waiting))
        names, sizes = (np.concatenate(column) for column in zip(*packed, strict=True))
        order = np.argsort(names, kind="stable")
        return cls(names[order], sizes[order])

    @classmethod
    async def of_store(cls, store: ObjectStore) -> "Inventory":
        """Collect the keys and sizes of a store's objects."""
        return await cls.of((stored.key, stored.size) async for stored in store.list())

    def __len__(self) -> int:
        return len(self._names)

    @property
    def names(self) -> list[str]:
        return [name.decode() for name in self._names.tolist()]

    def sizes(self, names: Sequence[str]) -> dict[str, int]:
        """Return the sizes in bytes of those of the files that exist."""
        if not len(self._names) or not names:
            return {}
        wanted = np.array([name.encode() for name in names])
        nearest = np.minimum(np.searchsorted(self._names, wanted), len(self._names) - 1)
        found = np.flatnonzero(self._names[nearest] == wanted)
        return {names[at]: int(self._sizes[nearest[at]]) for at in found.tolist()}


def _packed(files: Sequence[tuple[str, int]]) -> tuple[npt.NDArray[np.bytes_], npt.NDArray[np.int64]]:
    names = np.array([name.encode() for name, _ in files] or [b""], dtype=np.bytes_)[: len(files)]
    return names, np.array([size for _, size in files], dtype=np.int64)
