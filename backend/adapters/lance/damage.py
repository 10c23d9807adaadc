"""Tells damaged files from other faults by LanceDB's messages, and drops indexes that are damaged."""

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import lancedb

from backend.catalogue.errors import IndexDamaged

logger = logging.getLogger(__name__)

# What LanceDB 0.40 says of a file that is truncated, missing, zeroed, or has flipped bits: it has no exception of its
# own for damage. Any other message counts as an unreachable store, which must not cost an index. A missing file is
# damage only below the folders of a table: without a table there is nothing to repair.
_SIGNS = re.compile(
    r"[Nn]ot found:?[^,]*/(data|_indices|_deletions)/"
    r"|corrupt file|failed to fill whole buffer|Invalid range|[Mm]agic|Invalid format|file size is too small"
    r"|failed to decode Protobuf|was missing implementation|correct footer|[Uu]naligned|root as message"
    r"|LanceError\(Arrow\)|invalid utf-?8|decompress|[Ll]z4|[Zz]std|Encountered internal error",
    re.IGNORECASE,
)

# How long a check of all indexes counts, in seconds. While a data file is damaged every request gets here, and a check
# reads the indexes: some 100 MB for 300,000 images.
LOOK_AGAIN_S = 10

# Deadline of that check in seconds, as for any call to the database.
PATIENCE_S = 20

DROP_RETRIES = 5

Outcome = TypeVar("Outcome")


def is_damage(error: BaseException) -> bool:
    """Say whether a call failed because of damaged files, and not because nothing answered."""
    if isinstance(error, IndexDamaged):
        return True
    # LanceDB panics on some bytes that it cannot decode; nothing else has made it panic.
    return type(error).__name__ == "RustPanic" or _SIGNS.search(str(error)) is not None


def reason_of(error: BaseException) -> str:
    """Return LanceDB's message in one line, without positions in its source code."""
    return re.sub(r",? /\S+\.rs:\d+:\d+", "", " ".join(str(error).split()))


async def broken_indexes(table: lancedb.AsyncTable) -> dict[str, Exception]:
    """
    Read all indexes; return the errors of those that cannot be read, by name.

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
    """Drop an index: LanceDB scans the rows instead, until upkeep rebuilds it."""
    for attempt in range(DROP_RETRIES):
        await table.checkout_latest()
        if name not in [index.name for index in await table.list_indices()]:
            return  # Another process dropped it.
        try:
            return await table.drop_index(name)
        except Exception:
            if attempt == DROP_RETRIES - 1:
                raise


class Mender:
    """Keeps calls on one table working when an index of it is damaged."""

    def __init__(self, table: lancedb.AsyncTable) -> None:
        self._table = table
        self._looking = asyncio.Lock()
        self._looked_at = float("-inf")
        self._times_mended = 0

    async def __call__(self, step: Callable[[], Awaitable[Outcome]]) -> Outcome:
        """
        Do a step; if it fails on damage, drop the indexes that cannot be read, and do it once more.

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
        """Check the indexes, unless another call just has; return whether to do the step again."""
        async with self._looking:
            if self._times_mended != times_mended:
                return True
            if time.monotonic() - self._looked_at < LOOK_AGAIN_S:
                return False
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await self._mend()
            except Exception as exc:
                # The caller gets the error of its own step.
                logger.warning("the indexes of %s cannot be checked: %s", self._table.name, reason_of(exc))
                return False
            finally:
                self._looked_at = time.monotonic()
            # Even if nothing was damaged: another process may have just dropped the index.
            return True

    async def _mend(self) -> None:
        # The newest version: another process may have dropped the index, and upkeep rebuilt it. This fails if the table
        # is gone, and so keeps a drop from writing into an empty folder.
        await self._table.checkout_latest()
        for name, error in (await broken_indexes(self._table)).items():
            await drop_index(self._table, name)
            self._times_mended += 1
            logger.warning(
                "the index %s of %s is damaged and was dropped; searches scan the rows until upkeep rebuilds it: %s",
                name,
                self._table.name,
                reason_of(error),
            )
