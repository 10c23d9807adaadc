"""Reading files and folders piece by piece."""

import asyncio
import os
import threading
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import pytest

from backend.adapters.disk import piecewise
from backend.adapters.disk.piecewise import entries_of, pieces_of
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

DESCRIPTORS = Path("/proc/self/fd")


def descriptors(path: Path) -> list[Path]:
    """Return this process's open descriptors of a file or folder."""
    return [link for link in DESCRIPTORS.iterdir() if link.exists() and link.resolve() == path]


@pytest.mark.parametrize("size", [0, 1, 6, 7, 12])
async def test_pieces(size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are a file's bytes, whether or not a piece ends where the file does."""
    monkeypatch.setattr(piecewise, "PIECE_BYTES", 6)
    path = tmp_path / "file"
    path.write_bytes(bytes(range(size)))

    pieces = [piece async for piece in pieces_of(path)]

    assert b"".join(pieces) == bytes(range(size))
    assert all(len(piece) == 6 for piece in pieces[:-1])


@pytest.mark.skipif(not DESCRIPTORS.exists(), reason="open descriptors are seen on Linux only")
@pytest.mark.parametrize(("opener", "read"), [("os.scandir", entries_of), ("Path.open", pieces_of)])
async def test_cancelled_while_opening(
    opener: str, read: Callable[[Path], AsyncGenerator[Any, None]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is cancelled while a thread opens a file or folder leaves nothing open."""
    path = tmp_path if read is entries_of else tmp_path / "file"
    (tmp_path / "file").write_bytes(bytes(piecewise.PIECE_BYTES + 1))
    opening, go_on = threading.Event(), threading.Event()
    owner, name = (os, "scandir") if opener == "os.scandir" else (Path, "open")
    really_open = getattr(owner, name)

    def slowly_open(*args: Any) -> Any:
        opening.set()
        go_on.wait()
        return really_open(*args)

    monkeypatch.setattr(owner, name, slowly_open)
    reader = asyncio.ensure_future(anext(read(path)))
    await until(opening.is_set)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    monkeypatch.undo()
    go_on.set()
    await asyncio.get_running_loop().shutdown_default_executor()

    assert descriptors(path) == []
