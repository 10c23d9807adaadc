"""`lookalike doctor`: looks at everything that a server needs, and says what to do about what is not right."""

import argparse
import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict

from backend.settings import Settings

from . import checks
from .checks import Check, Level


def run(settings: Settings, args: argparse.Namespace) -> int:
    found = asyncio.run(examine(settings))
    print(_as_json(found) if args.json else _as_lines(found))
    return int(any(check.level is Level.FAILURE for check in found))


async def examine(settings: Settings) -> Sequence[Check]:
    """Check one thing after the other, from what everything else needs to what only some need."""
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
    lines = [f"{check.level:{width}}  {check.name}: {check.sentence}" for check in found]
    failures, warnings = (sum(check.level is level for check in found) for level in (Level.FAILURE, Level.WARNING))
    return "\n".join([*lines, f"{failures} failures, {warnings} warnings"])


def _as_json(found: Sequence[Check]) -> str:
    return json.dumps([asdict(check) for check in found], indent=1, ensure_ascii=False)
