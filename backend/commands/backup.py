"""`lookalike backup`: adds a backup of the library to a depot, or verifies the backups there."""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from backend.backup.checking import check_backups
from backend.backup.depots import Depot
from backend.backup.errors import BackupError, BackupUnusable, PartUnusable
from backend.backup.making import Made, SourceLibrary, make_backup
from backend.backup.manifest import Backup, choose, read_manifest, times
from backend.backup.opening import opened_depot
from backend.backup.progress import teller
from backend.backup.pruning import prune
from backend.catalogue.upkeep import in_bytes
from backend.libraries import opened_library
from backend.settings import Settings
from backend.stores import opened_store

from .errors import CommandFailed


def run(settings: Settings, args: argparse.Namespace) -> int:
    if args.all and not args.check:
        raise CommandFailed("--all needs --check")
    if args.keep is not None and (args.check or args.keep < 1):
        raise CommandFailed("--keep takes a number of at least 1, and cannot be combined with --check")
    try:
        if args.check:
            return asyncio.run(_check(settings, args.depot, args.all))
        return asyncio.run(_back_up(settings, args.depot, args.keep))
    except BackupError as exc:
        raise CommandFailed(str(exc)) from exc


async def _back_up(settings: Settings, address: str, keep: int | None) -> int:
    async with (
        opened_depot(settings, address) as depot,
        opened_store(settings) as store,
        opened_library(settings, store) as opened,
    ):
        note = await opened.library.check()
        source = SourceLibrary(opened.database, store, settings.data / "models", note.library if note else None)
        made = await make_backup(source, depot, teller(sys.stdout))
        print(_describe(made, depot))
        tell_damage(made.damage)
        pruned = keep is None or await _pruned(depot, keep)
    return int(bool(made.damage) or not pruned)


def _describe(made: Made, depot: Depot) -> str:
    backup = made.backup
    new = f"{made.copied:,} files copied, {in_bytes(made.copied_bytes)} written" if made.copied_bytes else "nothing new"
    left_out = f", {len(backup.left_out)} deleted meanwhile and not included" if backup.left_out else ""
    images = f"{backup.images:,} images of {in_bytes(backup.bytes)}"
    return f"Backup {backup.time} in {depot.address}: {images}{left_out}; {new}"


async def _pruned(depot: Depot, keep: int) -> bool:
    try:
        removed = await prune(depot, keep)
    except (BackupUnusable, PartUnusable) as exc:
        print(f"lookalike: no old backup was deleted, because one to be kept cannot be read: {exc}", file=sys.stderr)
        return False
    if removed:
        print(f"{removed} older backups deleted")
    return True


async def _check(settings: Settings, address: str, every: bool) -> int:
    async with opened_depot(settings, address) as depot:
        if every:
            backups, damage = await _all(depot)
        else:
            backups, damage = [await choose(depot, None)], []
        found = await check_backups(depot, backups, teller(sys.stdout))
        for backup in backups:
            if backup.lacking:
                print(f"Backup {backup.time} was made without {', '.join(backup.lacking)}")
        damage += found.damage
        times_checked = ", ".join(backup.time for backup in backups)
        state = f"{len(damage)} missing or damaged" if damage else "all intact"
        print(
            f"Backup {times_checked} in {depot.address}: {found.files:,} files of {in_bytes(found.bytes)} read, {state}"
        )
        tell_damage(damage)
    return int(bool(damage))


async def _all(depot: Depot) -> tuple[list[Backup], list[str]]:
    backups, damage = [], []
    for time in await times(depot):
        try:
            backups.append(await read_manifest(depot, time))
        except (BackupUnusable, PartUnusable) as exc:
            damage.append(str(exc))
    if not backups and not damage:
        await choose(depot, None)  # Which says that there is none.
    return backups, damage


def tell_damage(damage: Sequence[str]) -> None:
    """Print what is damaged, one item a line."""
    for sentence in damage:
        print(f"damaged: {sentence}", file=sys.stderr)
