"""`lookalike upkeep`: does the upkeep of every space, for servers with LOOKALIKE_UPKEEP=no."""

import argparse
import asyncio
import logging
import signal
from contextlib import AsyncExitStack, suppress
from functools import partial

from backend.adapters.lance.duplicates import LanceDuplicates
from backend.adapters.lance.hubs import LanceHubs
from backend.adapters.lance.index import LanceIndex
from backend.catalogue.errors import Unavailable
from backend.catalogue.hidden_hubs import HiddenHubs
from backend.catalogue.orphans import Sweeper
from backend.catalogue.ports import ObjectStore
from backend.catalogue.service import utc_now
from backend.catalogue.tidying import Tidying
from backend.catalogue.upkeep import LibraryUpkeep, Schedule
from backend.catalogue.values import SpaceID
from backend.libraries import Opened, graces, opened_library
from backend.settings import Settings
from backend.stores import opened_store

logger = logging.getLogger(__name__)


def run(settings: Settings, args: argparse.Namespace) -> int:
    with suppress(asyncio.CancelledError, KeyboardInterrupt):  # the ways to stop it; everything is closed by then
        return asyncio.run(_once(settings) if args.once else _until_stopped(settings))
    return 0


async def _once(settings: Settings) -> int:
    async with (
        opened_store(settings) as store,
        opened_library(settings, store) as opened,
        _Spaces(settings, store, opened) as spaces,
    ):
        return 0 if await spaces.do_everything() else 1


async def _until_stopped(settings: Settings) -> int:
    task = asyncio.current_task()
    assert task is not None
    # Containers are stopped with SIGTERM. Cancelling releases the lease, so that the next process need not wait for it.
    with suppress(NotImplementedError):  # on Windows
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with (
        opened_store(settings) as store,
        opened_library(settings, store) as opened,
        _Spaces(settings, store, opened) as spaces,
    ):
        rest_s = 0.0
        while True:
            await asyncio.sleep(rest_s)
            rest_s = await spaces.do_what_is_due()


class _Spaces(AsyncExitStack):
    """The upkeep of each space. The first one also sweeps the store, which all spaces share."""

    def __init__(self, settings: Settings, store: ObjectStore, opened: Opened) -> None:
        super().__init__()
        self._database = opened.database
        self._library = opened.library
        self._sweeper = Sweeper(store, opened.database, opened.library, graces(settings), utc_now)
        self._upkeeps: dict[SpaceID, LibraryUpkeep] = {}

    async def do_everything(self) -> bool:
        """Do all upkeep once; say whether the orphans were swept."""
        await self._find_spaces()
        for upkeep in self._upkeeps.values():
            await upkeep.do_upkeep()
            await upkeep.count_hubs()
            await upkeep.find_duplicates()
        return all([await upkeep.sweep() for upkeep in list(self._upkeeps.values())[:1]])

    async def do_what_is_due(self) -> float:
        """Do what is due in any space; return how many seconds to rest."""
        try:
            await self._find_spaces()
        except Unavailable as exc:
            logger.warning("the database cannot be read; this is retried: %s", exc)
            return Schedule.retry_s
        rests = [await upkeep.round() for upkeep in self._upkeeps.values()]
        return max(rests, default=Schedule.look_s)

    async def _find_spaces(self) -> None:
        """Open new spaces: a server with another model may start one at any time."""
        for space in sorted(await self._database.spaces()):
            if space not in self._upkeeps:
                index = await self.enter_async_context(LanceIndex.existing(self._database, space))
                sweeper = None if self._upkeeps else self._sweeper
                hubs = HiddenHubs(index, LanceHubs(self._database, space))
                tell = partial(_tell, space)
                tidying = Tidying(index, LanceDuplicates(self._database, space))
                self._upkeeps[space] = LibraryUpkeep(index, self._library, sweeper, hubs, tidying, tell=tell)


def _tell(space: SpaceID, text: str) -> None:
    print(f"{utc_now():%Y-%m-%dT%H:%M:%SZ} {space} {text}", flush=True)
