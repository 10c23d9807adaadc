"""What all commands do alike: the client from the options, errors as one sentence, and the exit code."""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from typing import Any, Final

from frontend.client.async_client import AsyncClient
from frontend.client.errors import KeyRefused, LookalikeError

DONE: Final = 0
INCOMPLETE: Final = 1
"""Something was left out, or nothing was found."""
FAILED: Final = 2

SERVER_VARIABLE: Final = "LOOKALIKE_SERVER"
KEY_VARIABLE: Final = "LOOKALIKE_KEY"
"""A key on a command line would be seen by everybody on the machine."""

DEFAULT_SERVER: Final = "http://127.0.0.1:8000"

PATIENCE_S: Final = 600.0
"""How long a command goes on trying: a server may be installed anew meanwhile."""


def run_with_client(
    args: argparse.Namespace, patience_s: float, command: Callable[[AsyncClient], Coroutine[Any, Any, int]]
) -> int:
    """Run a command with a client for the server that the options or the environment name; returns the exit code."""

    async def with_client() -> int:
        url = args.server or os.environ.get(SERVER_VARIABLE) or DEFAULT_SERVER
        async with AsyncClient(url, os.environ.get(KEY_VARIABLE), patience_s=patience_s) as client:
            return await command(client)

    try:
        return asyncio.run(with_client())
    except KeyRefused as exc:
        return failed(f"{exc} Set {KEY_VARIABLE} to a key of the server.")
    except LookalikeError as exc:
        return failed(str(exc))


def failed(sentence: str) -> int:
    """Tell why a command failed, and return its exit code."""
    print(f"lookalike: {sentence}", file=sys.stderr)
    return FAILED
