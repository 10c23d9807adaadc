"""Picture files of any size for benchmarks: real photographs where there are some, drawings else, always the same."""

import argparse
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from tests.support.drawings import GROUPS, draw
from tests.support.shared import LABELLED

# The usual shape of a camera's picture.
ASPECT = 4 / 3

TILE_PX = 1000
"""Longest side of one photograph in a mosaic. Those at hand are smaller: larger ones would be all blur."""

GRAIN = 5.0
# Standard deviation, of 255: what enlarging takes away. With it JPEG takes some 0.3 bytes a pixel, nearly as cameras'.

FORMATS = {
    "JPEG": {"quality": 90},
    "PNG": {"compress_level": 1},  # The files are some tenth larger than at 6, and made in a third of the time.
    "WebP": {"quality": 85, "method": 1},
    "AVIF": {"quality": 60, "speed": 9},
}
"""Format -> how Pillow writes it."""


def add_folder_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that `kept_in` reads."""
    parser.add_argument("--pictures", type=Path, help="folder where the pictures are kept for the next time")


def kept_in(options: argparse.Namespace, folder: Path) -> Path:
    """Return the folder where pictures are kept, which is made if it is not there: that of the options, or this one."""
    kept: Path = options.pictures or folder
    kept.mkdir(exist_ok=True)
    return kept


@dataclass(frozen=True)
class Made:
    """A picture file that was made for a benchmark."""

    path: Path
    format: str
    megapixels: float
    size: int
    """In bytes."""

    def __str__(self) -> str:
        return f"{self.megapixels:g} MP {self.format}"


def sources() -> Sequence[Path] | None:
    """Return the photographs that there are; None where there are none."""
    return sorted(LABELLED.parent.glob("photos/**/*.jpg")) if LABELLED.is_file() else None


def source() -> str:
    """Say where the pictures come from."""
    return "mosaics of enlarged photographs with grain" if sources() else "mosaics of drawings with grain"


def write_picture(folder: Path, megapixels: float, kind: str, seed: int = 0) -> Made:
    """Write a picture; one that is there already stays."""
    path = folder / f"{megapixels:g}MP_{seed:04d}.{kind.lower()}"
    if not path.exists():
        out = io.BytesIO()
        mosaic(megapixels, seed).save(out, kind, **FORMATS[kind])
        path.write_bytes(out.getvalue())
    return Made(path, kind, megapixels, path.stat().st_size)


def mosaic(megapixels: float, seed: int) -> Image.Image:
    """Lay enlarged photographs beside one another until the size is reached, and put grain on them."""
    width = round((megapixels * 1e6 * ASPECT) ** 0.5)
    height = round(width / ASPECT)
    across = -(-width // TILE_PX)
    tile = (-(-width // across), -(-height // across))
    random = np.random.default_rng(seed)
    canvas = Image.new("RGB", (width, height))
    for at in range(across * across):
        photograph = one_of(seed + at).resize(tile, Image.Resampling.BICUBIC)
        canvas.paste(photograph, (at % across * tile[0], at // across * tile[1]))
    # The same grain in each block: enough for the codecs, and quick to make.
    block = np.rint(random.normal(0, GRAIN, (512, 512, 3))).astype(np.int16)
    pixels = np.asarray(canvas).astype(np.int16)
    for top in range(0, height, 512):
        rows = pixels[top : top + 512]
        rows += np.tile(block, (1, -(-width // 512), 1))[: len(rows), :width]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def one_of(number: int) -> Image.Image:
    """Return one of the photographs, or drawings, that mosaics are made of."""
    files = sources()
    if files:
        # Far from one another in the list, which is in the order of what they show.
        with Image.open(files[number * 37 % len(files)]) as image:
            return image.convert("RGB")
    return draw(GROUPS[number % len(GROUPS)], number // len(GROUPS))
