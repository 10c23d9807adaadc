"""`lookalike watch`: imports what is in a folder, and from then on what appears in it."""

import argparse
import asyncio
from collections.abc import Sequence
from pathlib import Path

from watchfiles import Change, awatch

from frontend.client.async_client import AsyncClient
from frontend.client.commands.add_folders import Report
from frontend.client.commands.running import PATIENCE_S, run_with_client
from frontend.client.errors import NothingToAdd, ServerBusy, ServerUnreachable
from frontend.client.importing.folders import Found, find, look_again
from frontend.client.importing.importer import Importer, Options
from frontend.page.wording.titles_and_tags import split_tags

SETTLED_MS = 1500
"""How long nothing must have changed: a file that is being copied is not whole. A guess."""

LOOK_MS = 500
"""How soon it is noticed that the folder is being watched."""


def run(args: argparse.Namespace) -> int:
    """Watch until Ctrl-C."""
    return run_with_client(args, PATIENCE_S, lambda client: watch(client, args))


async def watch(client: AsyncClient, args: argparse.Namespace) -> int:
    """
    Import what is there, then what comes.

    Raises:
        NothingToAdd: There is no such folder.
        LookalikeError: What concerns all files, unless the server is only away.
    """
    folder = Path(args.folder)
    if not folder.is_dir():  # noqa: ASYNC240 - nothing else waits yet.
        raise NothingToAdd(f"{folder} is not a folder.")
    options = Options(split_tags(args.tags or ""), args.tag_folders)
    found = await asyncio.to_thread(find, [folder])
    await import_found(client, options, found)
    seen = {file.path for file in found.files}
    is_first = True
    async for changes in awatch(
        folder, step=SETTLED_MS, force_polling=args.poll, rust_timeout=LOOK_MS, yield_on_timeout=True
    ):
        if is_first:  # Now it is being watched. What came while the others were being added nobody has told.
            is_first = False
            late = await asyncio.to_thread(find, [folder])
            await import_found(client, options, Found([file for file in late.files if file.path not in seen]))
            print(f"Watching {folder} until Ctrl-C.", flush=True)
        paths = sorted({Path(path) for change, path in changes if change is not Change.deleted})
        await import_found(client, options, await asyncio.to_thread(appeared, paths, folder))
    return 0


def appeared(paths: Sequence[Path], folder: Path) -> Found:
    """Return the pictures among files of a folder that have come or changed."""
    files = [look_again(path, folder.absolute()) for path in paths if path.is_file()]
    return Found([file for file in files if file is not None])


async def import_found(client: AsyncClient, options: Options, found: Found) -> None:
    """Import files; while the server is away, again and again."""
    while found.files:
        try:
            with Report(len(found.files), dry_run=False) as report:
                await Importer(client, options, report.note).run(found.files)
        except (ServerUnreachable, ServerBusy) as exc:
            print(f"lookalike: {exc} Trying again.", flush=True)
        else:
            report.conclude(found, verbose=False)
            return
