"""Runs Python in npm's Pyodide under Node.js, for work that needs the browser's Python."""

import shutil
import subprocess
from collections.abc import Collection
from pathlib import Path

from . import byte_code
from .errors import NpmError, SetupError

# The only JavaScript; the work is done in Python.
RUN = "import { loadPyodide } from 'pyodide'; (await loadPyodide()).runPython(process.argv[1])"

PROGRAM = """
import pyodide_js
pyodide_js.mountNodeFS("/archives", {folder!r})
compile_archives(Path("/archives"), {left_out!r})
"""


def compile_archives(frontend: Path, folder: Path, left_out: Collection[str]) -> None:
    """
    Compile the modules in each archive of a folder: see `byte_code`.

    Raises:
        NpmError: Node.js is missing.
        SetupError: The compilation failed.
    """
    node = shutil.which("node")
    if node is None:
        raise NpmError("node was not found: install Node.js 20 or later (https://nodejs.org), and run this again.")
    program = Path(byte_code.__file__).read_text(encoding="utf-8")
    program += PROGRAM.format(folder=str(folder.resolve()), left_out=tuple(left_out))
    command = [node, "--input-type=module", "--eval", RUN, program]
    done = subprocess.run(command, cwd=frontend, capture_output=True, text=True, encoding="utf-8", errors="replace")
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise SetupError(f"Python's modules could not be compiled for the browser: {lines[-1]}")
