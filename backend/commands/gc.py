"""`lookalike gc`: sweeps orphans into the trash, or moves them back."""

import argparse
import asyncio

from backend.catalogue.orphans import Sweep, Sweeper
from backend.catalogue.service import utc_now
from backend.catalogue.upkeep import describe_rest, describe_suspicion, describe_sweep, in_bytes
from backend.catalogue.values import StoredObject
from backend.libraries import graces, opened_library
from backend.settings import Settings
from backend.stores import opened_store

from .errors import CommandFailed


def run(settings: Settings, args: argparse.Namespace) -> int:
    print(asyncio.run(_collect(settings, args)))
    return 0


async def _collect(settings: Settings, args: argparse.Namespace) -> str:
    async with opened_store(settings) as store, opened_library(settings, store) as opened:
        sweeper = Sweeper(store, opened.database, opened.library, graces(settings), utc_now)
        if args.undo:
            return f"{(await sweeper.put_all_back()).put_back} objects were moved back from the trash."
        if args.empty_trash:
            return _describe_emptied(await sweeper.empty_trash())
        if args.dry_run:
            return _describe_trial(await sweeper.look(_print))
        found, done = await sweeper.sweep(args.force)
        if not done:
            raise CommandFailed(describe_suspicion(found))
        return describe_sweep(found, sweeper.graces)


def _print(action: str, stored: StoredObject) -> None:
    print(f"{action}: {stored.key}, {in_bytes(stored.size)}, written {stored.modified:%Y-%m-%d %H:%M} UTC")


def _describe_trial(found: Sweep) -> str:
    refused = f" {describe_suspicion(found)}" * found.suspicious
    return (
        f"{found.trashed} objects of {in_bytes(found.trashed_bytes)} would be moved to the trash; "
        f"{describe_rest(found)}{refused}"
    )


def _describe_emptied(found: Sweep) -> str:
    emptied = f"{found.emptied} objects of {in_bytes(found.emptied_bytes)} were deleted from the trash for good"
    return f"{emptied}, and {found.put_back} moved back, because their images exist."
