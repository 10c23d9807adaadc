"""`lookalike import`: adds the pictures of folders, and says which could not be used."""

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from frontend.client.async_client import AsyncClient
from frontend.client.commands.running import DONE, INCOMPLETE, PATIENCE_S, run_with_client
from frontend.client.errors import NothingToAdd
from frontend.client.importing.folders import Found, FoundFile, find
from frontend.client.importing.importer import Importer, Options, Outcome
from frontend.client.importing.table import match, read_table
from frontend.page.wording.titles_and_tags import split_tags


def run(args: argparse.Namespace) -> int:
    """Import, and return the exit code: 0, 1 if a file could not be used, 2 if nothing could be done."""
    return run_with_client(args, PATIENCE_S, lambda client: import_folders(client, args))


async def import_folders(client: AsyncClient, args: argparse.Namespace) -> int:
    """
    Import what the options name.

    Raises:
        NothingToAdd, RecordsInvalid: As their names say; nothing was added.
        LookalikeError: What concerns all files.
    """
    paths = [Path(name) for name in args.folders]
    for path in paths:
        if not path.exists():
            raise NothingToAdd(f"{path} does not exist.")
    found = find(paths)
    if not found.files:
        raise NothingToAdd(f"There are no pictures in {', '.join(map(str, paths))}.")
    descriptions = match(read_table(args.data), found.files, args.data) if args.data else {}
    options = Options(split_tags(args.tags or ""), args.tag_folders, descriptions, args.dry_run)
    with Report(len(found.files), args.dry_run) as report:
        await Importer(client, options, report.note).run(found.files)
    report.conclude(found, args.verbose)
    return INCOMPLETE if report.unusable else DONE


class Report:
    """Shows how far an import is, and what came of it."""

    def __init__(self, total: int, dry_run: bool) -> None:
        self.unusable: list[tuple[FoundFile, str]] = []
        """What could not be used, and why."""
        self._notes: list[tuple[FoundFile, str]] = []
        self._counts: Counter[Outcome] = Counter()
        self._console = Console(stderr=True, highlight=False)
        self._verb = "Would add" if dry_run else "Added"
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task: TaskID = self._progress.add_task("Adding", total=total, rate="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()
        if kind is not None and self._counts:
            self._console.print(f"Until then: {self._summary()}. Run the command again to go on.")

    def note(self, file: FoundFile, outcome: Outcome, why: str) -> None:
        """Note what has become of a file."""
        self._counts[outcome] += 1
        if outcome is Outcome.UNUSABLE:
            self.unusable.append((file, why))
        elif why:
            self._notes.append((file, why))
        speed = self._progress.tasks[self._task].speed
        self._progress.update(self._task, advance=1, rate=f"{speed:.1f} a second" if speed else "")

    def conclude(self, found: Found, verbose: bool) -> None:
        """Say what came of it, with the files that need somebody."""
        self._list(self._notes, "yellow")
        self._list(self.unusable, "red")
        if verbose:
            for name in found.left_out:
                self._console.print(f"left out: {escape(name)}")
        left_out = len(found.left_out)
        beside = f"; {left_out:,} other {'file' if left_out == 1 else 'files'} left out" if left_out else ""
        self._console.print(f"{self._summary()}{beside}.")

    def _list(self, files: Sequence[tuple[FoundFile, str]], style: str) -> None:
        for file, why in sorted(files, key=lambda each: each[0].relative):
            self._console.print(f"{escape(file.relative)}: [{style}]{escape(why)}[/]")

    def _summary(self) -> str:
        parts = [f"{self._verb} {self._counts[Outcome.ADDED]:,}"]
        parts += [
            f"{self._counts[outcome]:,} {outcome}"
            for outcome in (Outcome.KNOWN, Outcome.CHANGED, Outcome.UNUSABLE)
            if self._counts[outcome]
        ]
        return ", ".join(parts)
