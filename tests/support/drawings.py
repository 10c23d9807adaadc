"""Pictures that the tests draw themselves: groups that a person would tell apart, members that differ within them."""

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

GROUPS = ("stripes", "dots", "checks", "rings")
MEMBERS = 6

Groups = Mapping[str, list[Path]]
"""Pictures that look alike, by the name of their group: drawn ones or photographs."""


def draw(group: str, member: int, width: int = 320, height: int = 240) -> Image.Image:
    """Draw a member of a group: its pattern and colours, moved and scaled a little, in a light of its own."""
    random = np.random.default_rng([GROUPS.index(group), member])
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    scale = random.uniform(0.9, 1.1)
    x, y = (x + random.uniform(0, 40)) * scale, (y + random.uniform(0, 40)) * scale
    mask, paper, ink = {
        "stripes": (np.sin(x / 4) > 0, (250, 240, 220), (170, 20, 30)),
        "dots": (np.hypot(x % 40 - 20, y % 40 - 20) < 13, (30, 60, 160), (240, 220, 60)),
        "checks": ((x // 30 + y // 30) % 2 == 0, (20, 90, 50), (230, 235, 230)),
        "rings": (np.sin(np.hypot(x - 160, y - 120) / 9) > 0, (60, 20, 70), (240, 150, 60)),
    }[group]
    pixels = np.where(mask[..., np.newaxis], np.array(ink), np.array(paper))
    # From another side for each, as no two photographs of a thing have the same: else they would be versions of one.
    down, across = np.mgrid[0 : 1 : 1j * height, 0 : 1 : 1j * width]
    side = (across - 0.5) * np.cos(member) + (down - 0.5) * np.sin(member)
    light = 0.65 - 0.35 * np.sin(6 * side)
    lit = pixels * light[..., np.newaxis] + random.normal(0, 8, pixels.shape)
    return Image.fromarray(np.clip(lit, 0, 255).astype(np.uint8))


def jpeg(image: Image.Image) -> bytes:
    """Return an image as the bytes of a JPEG file."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()


def write_groups(folder: Path) -> dict[str, list[Path]]:
    """Draw all groups into a folder; returns the files of each."""
    groups: dict[str, list[Path]] = {}
    for group in GROUPS:
        for member in range(MEMBERS):
            path = folder / f"{group}_{member}.jpg"
            path.write_bytes(jpeg(draw(group, member)))
            groups.setdefault(group, []).append(path)
    return groups


def noise(width: int, height: int) -> npt.NDArray[np.uint8]:
    """Return (H, W, 3) uint8 that no codec makes small; the same at every call."""
    return np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=np.uint8)
