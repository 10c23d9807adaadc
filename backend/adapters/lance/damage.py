"""Tells damaged files from other faults by what LanceDB says of them, and does without an index that is broken."""

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import lancedb

from backend.catalogue.errors import IndexDamaged

logger = logging.getLogger(__name__)

# What LanceDB 0.40 says when a file is cut, gone, overwritten with zeros, or has flipped bits: it has no exception of
# its own for that. Whatever is not said here counts as a store that cannot be reached, which must cost no index. A
# file that is not found is damage only below the folders of a table: without a table there is nothing to mend.
_SIGNS = re.compile(
    r"[Nn]ot found:?[^,]*/(data|_indices|_deletions)/"
    r"|corrupt file|failed to fill whole buffer|Invalid range|[Mm]agic|Invalid format|file size is too small"
    r"|failed to decode Protobuf|was missing implementation|correct footer|[Uu]naligned|root as message"
    r"|LanceError\(Arrow\)|invalid utf-?8|decompress|[Ll]z4|[Zz]std|Encountered internal error",
    re.IGNORECASE,
)

# For how many seconds a look at all indexes holds. While a data file is damaged every request comes by here, and a look
# reads the indexes; 300,000 images have some 100 MB of them.
LOOK_AGAIN_S = 10

# For how many seconds somebody waits for that look. As long as for any answer of the database.
PATIENCE_S = 20

DROP_RETRIES = 5

Outcome = TypeVar("Outcome")


def is_damage(error: BaseException) -> bool:
    """Say whether a call failed because a file is not what was written, and not because nobody answered."""
    if isinstance(error, IndexDamaged):
        return True
    # LanceDB panics over some bytes that it cannot decode; nothing else has made it panic.
    return type(error).__name__ == "RustPanic" or _SIGNS.search(str(error)) is not None


def reason_of(error: BaseException) -> str:
    """Return what LanceDB says in one line, without the places in its own sources."""
    return re.sub(r",? /\S+\.rs:\d+:\d+", "", " ".join(str(error).split()))


async def broken_indexes(table: lancedb.AsyncTable) -> dict[str, Exception]:
    """
    Read all indexes; return what is wrong with those that cannot be read, by their names.

    Raises:
        Exception: The database cannot be reached.
    """
    broken: dict[str, Exception] = {}
    for index in await table.list_indices():
        try:
            await table.prewarm_index(index.name)
        except Exception as exc:
            if not is_damage(exc):
                raise
            broken[index.name] = exc
    return broken


async def drop_index(table: lancedb.AsyncTable, name: str) -> None:
    """Do without an index: LanceDB looks through the rows instead. Upkeep makes it anew."""
    for attempt in range(DROP_RETRIES):
        await table.checkout_latest()
        if name not in [index.name for index in await table.list_indices()]:
            return  # Another process met the same index.
        try:
            return await table.drop_index(name)
        except Exception:
            if attempt == DROP_RETRIES - 1:
                raise


class Mender:
    """Lets calls on one table go on when an index of it is broken."""

    def __init__(self, table: lancedb.AsyncTable) -> None:
        self._table = table
        self._looking = asyncio.Lock()
        self._looked_at = float("-inf")
        self._times_mended = 0

    async def __call__(self, step: Callable[[], Awaitable[Outcome]]) -> Outcome:
        """
        Do a step; if it meets damage, drop the indexes that cannot be read and do it once more.

        Raises:
            Exception: What the step raised, also the second time: the rows themselves are damaged.
        """
        before = self._times_mended
        try:
            return await step()
        except Exception as exc:
            if not is_damage(exc) or not await self._has_looked(before):
                raise
        return await step()

    async def _has_looked(self, times_mended: int) -> bool:
        """Look at the indexes, unless another call has; return whether there is reason to do the step again."""
        async with self._looking:
            if self._times_mended != times_mended:
                return True
            if time.monotonic() - self._looked_at < LOOK_AGAIN_S:
                return False
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await self._mend()
            except Exception as exc:
                # The caller is told what its own step met.
                logger.warning("the indexes of %s cannot be looked at: %s", self._table.name, reason_of(exc))
                return False
            finally:
                self._looked_at = time.monotonic()
            # Also where nothing was broken: another process may have dropped the index a moment ago.
            return True

    async def _mend(self) -> None:
        # The newest state: another process may have dropped the index, and upkeep made it anew. This fails where the
        # table is gone, and so keeps a drop from writing into an empty folder.
        await self._table.checkout_latest()
        for name, error in (await broken_indexes(self._table)).items():
            await drop_index(self._table, name)
            self._times_mended += 1
            logger.warning(
                "the index %s of %s is damaged and was dropped; searches look through the rows until upkeep has made it"
                " anew: %s",
                name,
                self._table.name,
                reason_of(error),
            )
