"""
Reserves a little disk space for deletions, so that a full disk can be emptied.

Deleting needs space: LanceDB commits new files before it removes old ones. The reserve is released when a deletion
finds the disk full, and upkeep takes it again when there is space.
"""

import errno
import os
import shutil
from pathlib import Path

# Enough for some hundred single deletions, each of which writes a dozen files of a few kilobytes; the space that they
# free serves the next ones.
SIZE_BYTES = 4 * 1024 * 1024

# On a small disk, this share of it.
SHARE = 1 / 64

# A disk can also run out of inodes, so the reserve consists of many files.
FILES = 64

# The reserve is taken only when this many times its size is free: others need the space more.
ROOMY = 4


class Reserve:
    """The reserve of the disk under one folder. Its methods block: call them in a thread."""

    def __init__(self, folder: Path | None) -> None:
        """
        Args:
            folder: The reserve's own folder; None for a database in a bucket, which needs no reserve.
        """
        self._folder = folder

    def take(self) -> None:
        """Fill the reserve, if there is space. A disk that refuses is left alone: nothing depends on it now."""
        if self._folder is None or not self._folder.parent.is_dir():
            return
        disk = shutil.disk_usage(self._folder.parent)
        size = round(min(SIZE_BYTES, disk.total * SHARE))
        if disk.free < ROOMY * size:
            return
        try:
            self._folder.mkdir(exist_ok=True)
            for number in range(FILES):
                _allocate(self._folder / f"{number:02}", size // FILES)
        except OSError:
            self.release()

    def release(self) -> bool:
        """Release the reserve; say whether there was any."""
        if self._folder is None or not self._folder.is_dir():
            return False
        shutil.rmtree(self._folder, ignore_errors=True)
        return True


def is_full(error: BaseException | None) -> bool:
    """Say whether a full disk caused an error. LanceDB only reports the number of the system's error."""
    while error is not None:
        if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or "(os error 28)" in str(error):
            return True
        error = error.__cause__
    return False


def _allocate(path: Path, size: int) -> None:
    """Create a file whose blocks are really allocated."""
    if path.exists() and path.stat().st_size == size:
        return
    with path.open("wb") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
        else:
            file.write(bytes(size))
