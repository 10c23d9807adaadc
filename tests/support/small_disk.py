"""A disk of a few megabytes in memory, which can be made full and roomy again."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

SIZE = 16 * 1024 * 1024

TRIES = 20


def files_of(size: int) -> int:
    """Return how many files a disk of this size can have."""
    return size // 1600


class NoSmallDisk(Exception):
    """This process may not mount."""


@dataclass(frozen=True)
class SmallDisk:
    """A mounted disk. Bytes and files are counted separately, and either can run out."""

    folder: Path
    size: int = SIZE
    """In bytes, when it is roomy."""

    def fill(self, room: int = 0) -> None:
        """
        Leave no room for another byte.

        Args:
            room: To be left all the same, in bytes.
        """
        for _ in range(TRIES):
            use = os.statvfs(self.folder)
            # What somebody writes in between makes the disk too small for what is on it, and mount refuses.
            with suppress(subprocess.CalledProcessError):
                self._resize((use.f_blocks - use.f_bfree) * use.f_frsize + room, files_of(self.size))
                return
        raise RuntimeError(f"{self.folder} is written to all the time")

    def fill_with_files(self) -> None:
        """Leave room for bytes, but not for another file."""
        use = os.statvfs(self.folder)
        self._resize(self.size, use.f_files - use.f_ffree)

    def make_room(self) -> None:
        self._resize(self.size, files_of(self.size))

    def _resize(self, size: int, files: int) -> None:
        _run("mount", "-o", f"remount,size={size},nr_inodes={files}", str(self.folder))


@contextmanager
def small_disk(folder: Path, size: int = SIZE) -> Iterator[SmallDisk]:
    """
    Mount a disk at a folder until the block is left.

    Raises:
        NoSmallDisk: This process may not, as it is not root's, or in a container without that right.
    """
    folder.mkdir(parents=True)
    try:
        _run("mount", "-t", "tmpfs", "-o", f"size={size},nr_inodes={files_of(size)}", "tmpfs", str(folder))
    except (OSError, subprocess.CalledProcessError) as exc:
        raise NoSmallDisk(str(exc)) from exc
    try:
        yield SmallDisk(folder, size)
    finally:
        # Lazily: a file that is still open somewhere must not leave the disk behind.
        _run("umount", "--lazy", str(folder))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
