"""
Keeps a little room of a disk for deletions, so that a full disk can be emptied.

To delete is to write: LanceDB commits new files before old ones go. The reserve is given up when a deletion finds the
disk full, and taken again by upkeep when there is room.
"""

import errno
import os
import shutil
from pathlib import Path

# Room for some hundred deletions one by one, each of which writes a dozen files of a few kilobytes; what they free is
# there for the next ones.
SIZE_BYTES = 4 * 1024 * 1024

# On a small disk, this part of it.
SHARE = 1 / 64

# A disk also runs out of files, so that the room is kept as many.
FILES = 64

# The reserve is taken when so many times its size are free: others need room more than it does.
ROOMY = 4


class Reserve:
    """The reserve of the disk under one folder. Its methods block: call them in a thread."""

    def __init__(self, folder: Path | None) -> None:
        """
        Args:
            folder: To be the reserve's own; None for a database in a bucket, which needs none.
        """
        self._folder = folder

    def take(self) -> None:
        """Make the reserve whole, if there is room. A disk that refuses is left alone: nothing hangs on it now."""
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
        """Give the room back; say whether there was any."""
        if self._folder is None or not self._folder.is_dir():
            return False
        shutil.rmtree(self._folder, ignore_errors=True)
        return True


def is_full(error: BaseException | None) -> bool:
    """Say whether an error comes of a disk without room. LanceDB tells it by the number of the system's error alone."""
    while error is not None:
        if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or "(os error 28)" in str(error):
            return True
        error = error.__cause__
    return False


def _allocate(path: Path, size: int) -> None:
    """Make a file that has its blocks, not only their promise."""
    if path.exists() and path.stat().st_size == size:
        return
    with path.open("wb") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
        else:
            file.write(bytes(size))
