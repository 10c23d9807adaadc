"""Reports the progress of a long command every few seconds."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TextIO

from backend.catalogue.upkeep import in_bytes

# Often enough to see movement, seldom enough to be readable. A guess.
EVERY_S = 5

Tell = Callable[[str], None]


@dataclass
class Progress:
    """The progress of one step."""

    tell: Tell
    step: str
    """Such as `Copying`."""
    total: int
    """Number of images."""
    bytes: int = 0
    _told: float = field(default_factory=time.monotonic)

    def reach(self, images: int) -> None:
        """Note that so many images are done."""
        if time.monotonic() - self._told >= EVERY_S:
            self._told = time.monotonic()
            self.tell(f"{self.step}: {images:,} of {self.total:,} images, {in_bytes(self.bytes)}")


def teller(stream: TextIO) -> Tell:
    """Report to a terminal; a file gets results only."""
    return partial(print, file=stream, flush=True) if stream.isatty() else silent


def silent(_: str) -> None:
    """Tell nobody."""
