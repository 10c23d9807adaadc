"""The installed command, as people run it in a terminal."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    """What it printed as its result."""
    said: str
    """What it said beside that."""


def lookalike(*arguments: str, variables: Mapping[str, str] | None = None, code: int | None = 0) -> Ran:
    """
    Run `lookalike` to its end.

    Args:
        code: How it has to end; None for any way.
    """
    with started(arguments, variables) as process:
        out, said = process.communicate(timeout=300)
    assert code is None or process.returncode == code, f"{process.returncode}: {out}{said}"
    return Ran(process.returncode, out, said)


def started(arguments: Sequence[str], variables: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """Start `lookalike` and wait for nothing."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LOOKALIKE_")}
    command = [str(Path(sys.executable).with_name("lookalike")), *arguments]
    environ = {**inherited, "COLUMNS": "200", **(variables or {})}
    return subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
