"""`lookalike gc`: removes the objects that no image has, now."""

import argparse
import asyncio

from backend.catalogue.housekeeping import describe_sweep, in_bytes
from backend.catalogue.orphans import Sweep, careful_sweep, sweep
from backend.catalogue.service import utc_now
from backend.databases import opened_database
from backend.settings import Settings
from backend.stores import opened_store

from .errors import CommandFailed


def run(settings: Settings, args: argparse.Namespace) -> int:
    print(asyncio.run(_collect(settings, args.dry_run, args.force)))
    return 0


async def _collect(settings: Settings, dry_run: bool, force: bool) -> str:
    async with opened_store(settings) as store, opened_database(settings) as database:
        grace_s = settings.orphan_grace_s
        if dry_run:
            return _describe_trial(await sweep(store, database, grace_s, utc_now, dry_run=True))
        if force:
            return describe_sweep(await sweep(store, database, grace_s, utc_now))
        found, removed = await careful_sweep(store, database, grace_s, utc_now)
        if not removed:
            raise CommandFailed(
                f"{found.removed} objects of the store belong to no image of this database, and only {found.kept} do."
                " Nothing was removed. If this is the right database (LOOKALIKE_DATA, LOOKALIKE_DATABASE), run it again"
                " with --force"
            )
        return describe_sweep(found)


def _describe_trial(found: Sweep) -> str:
    return (
        f"{found.removed} objects of {in_bytes(found.removed_bytes)} would be removed; {found.kept} belong to images,"
        f" {found.young} are too young to tell, {found.foreign} are not Lookalike's."
    )
