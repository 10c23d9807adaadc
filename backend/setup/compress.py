"""Compression ahead of time, so that the server only has to pick a file."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import brotli

# Measured on what is served (2 cores): 9 takes 10 s in all, and 10 takes 40, once; of the 26.9 MB of Pyodide's
# WebAssembly, standard library and wheels it leaves 7.3 instead of 8.0, which every first visit waits for.
QUALITY = 10

# A second copy of what hardly shrinks costs the browser more than it saves.
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
