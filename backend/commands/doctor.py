"""`lookalike doctor`: checks everything that a server needs, and says what to fix."""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict

from backend.settings import Settings

from . import checks
from .checks import Check, Level
from .deep_checks import Options, deep
from .errors import CommandFailed

# Images that a check names for people; JSON lists all.
NAMED = 20


def run(settings: Settings, args: argparse.Namespace) -> int:
    if not args.deep and (args.checksums or args.drop_damaged):
        raise CommandFailed("--checksums and --drop-damaged need --deep")
    found = asyncio.run(_everything(settings, args))
    print(_as_json(found) if args.json else _as_lines(found))
    return int(any(check.level is Level.FAILURE for check in found))


async def _everything(settings: Settings, args: argparse.Namespace) -> Sequence[Check]:
    found = await examine(settings)
    if not args.deep:
        return found
    options = Options(args.checksums, args.drop_damaged)
    with _progress() as tell:
        return [*found, *await deep(settings, options, tell)]


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Show progress on a terminal, in a line that is erased at the end."""
    if not sys.stderr.isatty():
        yield lambda text: None
        return
    try:
        yield lambda text: print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
    finally:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


async def examine(settings: Settings) -> Sequence[Check]:
    """Run all checks, the most basic ones first."""
    return [
        checks.python(),
        checks.packages(),
        checks.access(settings),
        checks.secret(settings),
        *checks.data_folder(settings.data),
        checks.model(settings),
        *checks.browser_parts(),
        *await checks.database(settings),
        *await checks.store(settings),
        await checks.library(settings),
        await checks.port(settings),
    ]


def _as_lines(found: Sequence[Check]) -> str:
    width = max(len(check.level) for check in found)
    lines = [line for check in found for line in _lines(check, width)]
    failures, warnings = (sum(check.level is level for check in found) for level in (Level.FAILURE, Level.WARNING))
    return "\n".join([*lines, f"{failures} failures, {warnings} warnings"])


def _lines(check: Check, width: int) -> list[str]:
    named = [
        f"{'':{width}}    {image.id or 'id unknown'}  {image.name or ''}".rstrip() for image in check.images[:NAMED]
    ]
    more = len(check.images) - len(named)
    rest = [f"{'':{width}}    and {more} more; `--json` lists all"] if more else []
    return [f"{check.level:{width}}  {check.name}: {check.sentence}", *named, *rest]


def _as_json(found: Sequence[Check]) -> str:
    return json.dumps([asdict(check) for check in found], indent=1, ensure_ascii=False)
