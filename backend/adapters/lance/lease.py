"""
A lease on a piece of work, kept in a table: one process at a time holds it.

It only saves work: if clocks differ by more than half of `LEASE_S`, two processes may hold it, and one of two
conflicting commits is retried.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import lancedb
import pyarrow as pa

from .rows import PRIMARY_KEY

logger = logging.getLogger(__name__)

# How long a lease lasts, in seconds: that long the work rests if its process crashes. It is renewed after a third.
LEASE_S = 120

LEASE_SCHEMA = pa.schema(
    [
        pa.field("name", pa.string(), nullable=False, metadata=PRIMARY_KEY),
        pa.field("holder", pa.string(), nullable=False),
        # Milliseconds since 1970.
        pa.field("until", pa.int64(), nullable=False),
    ]
)


@asynccontextmanager
async def lease(table: lancedb.AsyncTable, name: str, seconds: float = LEASE_S) -> AsyncIterator[bool]:
    """Acquire the lease, yield whether it was granted, renew it meanwhile, and release it at the end."""
    holder = secrets.token_hex(16)
    if not await _take(table, name, holder, seconds):
        yield False
        return
    renewing = asyncio.create_task(_renew(table, name, holder, seconds))
    try:
        yield True
    finally:
        renewing.cancel()
        try:
            # Not `await renewing`: its CancelledError could not be told from one of ours.
            await asyncio.wait([renewing])
        finally:
            # If this fails, the lease expires.
            with suppress(RuntimeError, OSError):
                await _take(table, name, holder, seconds=0)


async def _take(table: lancedb.AsyncTable, name: str, holder: str, seconds: float) -> bool:
    """Write the holder, unless another's lease is valid. Of two concurrent calls, one fails."""
    now_ms = round(time.time() * 1000)
    row = {"name": name, "holder": holder, "until": now_ms + round(seconds * 1000)}
    free = f"target.until <= {now_ms} OR target.holder = source.holder"
    merge = table.merge_insert("name").when_matched_update_all(where=free).when_not_matched_insert_all()
    done = await merge.execute(pa.Table.from_pylist([row], schema=LEASE_SCHEMA))
    return done.num_inserted_rows + done.num_updated_rows == 1


async def _renew(table: lancedb.AsyncTable, name: str, holder: str, seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds / 3)
        try:
            await _take(table, name, holder, seconds)
        except (RuntimeError, OSError) as exc:
            logger.warning("the lease %s was not renewed: %s", name, exc)
