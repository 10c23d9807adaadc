"""
The photographs to learn from: decoded once into a file, from which each is read when it is its turn.

Nothing here knows what a photograph shows. Shards are tar files of JPEGs, named SOURCE/NUMBER.jpg.
"""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from frontend.models import shards

# Pictures of 100 pixels, which are soft at any input size in use.
TOO_SOFT = ("intel100",)

# One in so many is held out of training, to judge by. (The same as lookalike_v1 was judged by, in the shards it had.)
HELD_OUT = 16

PIXELS = "photographs.u8"
SIZES = "photographs.npy"


class Photographs:
    """
    Decoded photographs in a folder, at the size they came in.

    They are read rather than mapped: mapped, these gigabytes would be counted as this process's memory.
    """

    def __init__(self, folder: Path) -> None:
        """
        Raises:
            FileNotFoundError: They have not been decoded.
        """
        self._sizes: npt.NDArray[np.int64] = np.load(folder / SIZES)
        self._file = os.open(folder / PIXELS, os.O_RDONLY)
        self._ends = np.cumsum(self._sizes.prod(axis=1) * 3)
        every = np.arange(len(self._sizes))
        self.held_out = every[every % HELD_OUT == 0]
        self.training = every[every % HELD_OUT != 0]

    def __len__(self) -> int:
        return len(self._sizes)

    def __getitem__(self, number: int) -> Image.Image:
        width, height = map(int, self._sizes[number])
        data = os.pread(self._file, width * height * 3, int(self._ends[number]) - width * height * 3)
        return Image.frombuffer("RGB", (width, height), data)


def decode(source: Path, folder: Path, leave_out: tuple[str, ...] = TOO_SOFT) -> None:
    """
    Decode all shards of a folder into another, unless that was done.

    Args:
        leave_out: Sources that are not used, as they are too small or too soft.

    Raises:
        ValueError: There are too few photographs to hold some out.
    """
    if (folder / SIZES).exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    sizes = []
    with (folder / PIXELS).open("wb") as file:
        for picture in _pictures(source, leave_out):
            sizes.append(picture.size)
            file.write(picture.tobytes())
    if len(sizes) < HELD_OUT:
        raise ValueError(f"{source} has {len(sizes)} photographs in its tar files: too few to learn from")
    np.save(folder / SIZES, np.array(sizes, dtype=np.int64))


def _pictures(folder: Path, leave_out: tuple[str, ...]) -> Iterator[Image.Image]:
    for source, data in shards.read(folder):
        if source not in leave_out:
            yield Image.open(io.BytesIO(data)).convert("RGB")
