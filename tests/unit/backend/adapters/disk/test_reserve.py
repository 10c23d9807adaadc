"""Room that is kept for deletions."""

import errno
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from backend.adapters.disk import reserve
from backend.adapters.disk.reserve import FILES, SIZE_BYTES, Reserve, is_full
from backend.catalogue.errors import IndexUnavailable


def occupied(folder: Path) -> int:
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def test_taken_and_given_back(tmp_path: Path) -> None:
    """The reserve occupies the disk, as bytes and as files, until it is given back; taken again, it is whole."""
    room = Reserve(tmp_path / "reserve")
    assert not room.release()

    for _ in range(2):
        room.take()
        assert occupied(tmp_path) >= SIZE_BYTES and len(list(tmp_path.rglob("*"))) == FILES + 1
        next((tmp_path / "reserve").iterdir()).unlink()
    assert room.release()
    assert list(tmp_path.iterdir()) == []


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.mark.parametrize(
    ("total", "free", "taken"), [(10**12, 10**12, True), (10**12, 2 * SIZE_BYTES, False), (0, 0, False)]
)
def test_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, total: int, free: int, taken: bool) -> None:
    """Where there is little room nothing is taken of it."""
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(total, total - free, free))

    Reserve(tmp_path / "reserve").take()

    assert (occupied(tmp_path) > 0) == taken


def test_disk_that_becomes_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fills up meanwhile is left with what it had."""

    def refuse(path: Path, size: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(reserve, "_allocate", refuse)
    Reserve(tmp_path / "reserve").take()
    assert list(tmp_path.iterdir()) == []


def test_bucket() -> None:
    """A database in a bucket has no disk."""
    room = Reserve(None)
    room.take()
    assert not room.release()


def test_what_a_full_disk_says() -> None:
    """It is known by the system's number, also beneath other errors, and from LanceDB by its sentence."""
    full = IndexUnavailable("The database cannot answer at the moment.")
    full.__cause__ = RuntimeError("lance error: LanceError(IO): No space left on device (os error 28), writer.rs:258:9")
    assert is_full(full) and is_full(OSError(errno.ENOSPC, "")) and is_full(OSError(errno.EDQUOT, ""))
    assert not is_full(OSError(errno.EIO, "")) and not is_full(RuntimeError("(os error 2)")) and not is_full(None)
