"""Compression ahead of time, so that the server only has to pick a file."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import brotli

# Measured on what is served (2 cores): 9 takes 3 s in all and leaves 3.10 of the 9.60 MB of Pyodide's WebAssembly;
# 10 takes 20 s and leaves 2.79, 11 takes 37 s and leaves 2.74.
QUALITY = 9

# A second copy of what hardly shrinks (the wheels, the standard library) costs the browser more than it saves.
WORTHWHILE = 0.95


def compress_folder(folder: Path) -> None:
    """Put `NAME.br` beside each file under `folder` that brotli makes clearly smaller."""
    files = sorted((path for path in folder.rglob("*") if path.is_file()), key=_size, reverse=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # brotli works outside the interpreter's lock
        for _ in pool.map(_compress, files):
            pass


def wire_size(path: Path) -> int:
    """Bytes that a browser on localhost or https receives for a file of a compressed folder."""
    compressed = _compressed(path)
    return _size(compressed if compressed.exists() else path)


def _compress(path: Path) -> None:
    content = path.read_bytes()
    smaller = brotli.compress(content, quality=QUALITY)
    if len(smaller) < WORTHWHILE * len(content):
        _compressed(path).write_bytes(smaller)


def _compressed(path: Path) -> Path:
    return path.with_name(f"{path.name}.br")


def _size(path: Path) -> int:
    return path.stat().st_size
