"""`lookalike restore`: restores a backup into an empty library, or into the one it was made from."""

import argparse
import asyncio
import sys

from backend.backup.errors import BackupError
from backend.backup.identity import LibraryIdentity
from backend.backup.manifest import Backup, choose
from backend.backup.opening import opened_depot
from backend.backup.progress import teller
from backend.backup.restoring import Restored, TargetLibrary, restore_backup
from backend.catalogue.errors import LibraryMismatch
from backend.catalogue.library import Library
from backend.catalogue.upkeep import in_bytes
from backend.databases import opened_database
from backend.settings import Settings
from backend.stores import opened_store, prepare_store

from .backup import tell_damage
from .errors import CommandFailed
from .lock import locked


def run(settings: Settings, args: argparse.Namespace) -> int:
    if args.checksums and not args.missing:
        raise CommandFailed("--checksums needs --missing")
    try:
        # No server may run: it would take a half restored library for a whole one.
        with locked(settings):
            return asyncio.run(_restore(settings, args.depot, args.backup, args.missing, args.checksums))
    except BackupError as exc:
        raise CommandFailed(str(exc)) from exc


async def _restore(settings: Settings, address: str, time: str | None, missing: bool, reread: bool) -> int:
    async with opened_depot(settings, address) as depot:
        backup = await choose(depot, time)
        async with opened_store(settings) as store, opened_database(settings) as database:
            await prepare_store(store)
            target = TargetLibrary(database, store, settings.data / "models", LibraryIdentity(database, store))
            done = await restore_backup(depot, backup, target, missing, reread, teller(sys.stdout))
            print(_describe(backup, done))
            if done.strangers:
                await _tell_of_strangers(Library(database, store), done.strangers)
    tell_damage(done.damage)
    return int(bool(done.damage))


def _describe(backup: Backup, done: Restored) -> str:
    parts = [
        f"Backup {backup.time} restored: {done.images:,} rows and {done.objects:,} files of {in_bytes(done.bytes)}"
        " were written"
    ]
    if done.deleted:
        parts.append(f"{len(done.deleted):,} images stay deleted, because they were deleted from this library recently")
    if done.twins:
        parts.append(
            f"{len(done.twins):,} images were skipped, because the library has the same photos under other ids"
        )
    return "\n".join(parts)


async def _tell_of_strangers(library: Library, strangers: int) -> None:
    """Explain what to decide if the store has photos that the restored database cannot know."""
    try:
        await library.check()
    except LibraryMismatch:
        print(
            f"{strangers:,} files in the store belong to no image, among them photos that were added after the"
            " backup. Copy them elsewhere to add them again, then run `lookalike adopt`"
        )
