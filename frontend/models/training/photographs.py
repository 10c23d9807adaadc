"""
The photographs to learn from: decoded once into memory, then cropped and altered anew for every use.

Nothing here knows what a photograph shows. Shards are tar files of JPEGs, named SOURCE/NUMBER.jpg.
"""

import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

# The side at which photographs are kept, in pixels: what most models take, and more than the shards' 192 have.
KEPT_SIDE_PX = 224

# One in so many is held out of training, to judge by.
HELD_OUT = 16

# A crop keeps at least this share of a side. Less would show the teacher what no one would search with. A guess.
LEAST_SIDE = 0.6


@dataclass(frozen=True)
class Photographs:
    """(N, S, S, 3) uint8 each, squeezed into the square as the product does it."""

    training: Tensor
    held_out: Tensor


def load(folder: Path, leave_out: tuple[str, ...] = ()) -> Photographs:
    """
    Decode all shards of a folder.

    Args:
        leave_out: Sources that are not used, as they are too small or too soft.
    """
    pictures = [picture for path in sorted(folder.glob("*.tar")) for picture in _pictures(path, leave_out)]
    if len(pictures) < HELD_OUT:
        raise ValueError(f"{folder} has {len(pictures)} photographs in its tar files: too few to learn from")
    every = torch.from_numpy(np.stack(pictures))
    is_held_out = torch.arange(len(every)) % HELD_OUT == 0
    return Photographs(every[~is_held_out], every[is_held_out])


def to_inputs(pictures: Tensor, side_px: int, device: torch.device) -> Tensor:
    """Turn pictures (N, S, S, 3) uint8 into whole model inputs (N, 3, side, side) within -1 and 1."""
    x = pictures.to(device).permute(0, 3, 1, 2).float() / 127.5 - 1
    return _resized(x, side_px).contiguous(memory_format=torch.channels_last)


def altered(pictures: Tensor, side_px: int, device: torch.device, random: torch.Generator) -> Tensor:
    """
    Turn pictures into model inputs that no two calls give alike: a crop, mirrored or not, in another light.

    The same tensor goes to teacher and student: what the teacher says of *this* crop is what is to be learned.
    """
    x = pictures.to(device).permute(0, 3, 1, 2).float() / 127.5 - 1
    x = torch.cat([_crop(one, side_px, random) for one in x.split(1)])
    x = x * _between(0.7, 1.3, len(x), random).to(device) + _between(-0.2, 0.2, len(x), random).to(device)
    return x.clamp(-1, 1).contiguous(memory_format=torch.channels_last)


def mixed(inputs: Tensor, random: torch.Generator) -> Tensor:
    """Blend every other input with its neighbour, which makes more pictures than there are."""
    share = torch.where(torch.arange(len(inputs)) % 2 == 0, 1.0, torch.rand(len(inputs), generator=random))
    share = share.reshape(-1, 1, 1, 1).to(inputs.device)
    return (share * inputs + (1 - share) * inputs.roll(1, 0)).contiguous(memory_format=torch.channels_last)


def _pictures(shard: Path, leave_out: tuple[str, ...]) -> Iterator[np.ndarray]:
    with tarfile.open(shard) as archive:
        for member in archive:
            if member.isfile() and member.name.split("/")[0] not in leave_out:
                data = archive.extractfile(member)
                assert data is not None
                picture = Image.open(io.BytesIO(data.read())).convert("RGB")
                yield np.asarray(picture.resize((KEPT_SIDE_PX, KEPT_SIDE_PX), Image.Resampling.BILINEAR))


def _crop(x: Tensor, side_px: int, random: torch.Generator) -> Tensor:
    sides, corners = torch.rand(2, generator=random), torch.rand(2, generator=random)
    height, width = (max(1, round(x.shape[2] * (LEAST_SIDE + (1 - LEAST_SIDE) * float(one)))) for one in sides)
    top, left = int(corners[0] * (x.shape[2] - height + 1)), int(corners[1] * (x.shape[3] - width + 1))
    x = _resized(x[:, :, top : top + height, left : left + width], side_px)
    return x.flip(3) if torch.rand((), generator=random) < 0.5 else x


def _resized(x: Tensor, side_px: int) -> Tensor:
    if x.shape[2:] == (side_px, side_px):
        return x
    return functional.interpolate(x, (side_px, side_px), mode="bilinear", antialias=True)


def _between(low: float, high: float, count: int, random: torch.Generator) -> Tensor:
    return low + (high - low) * torch.rand(count, 1, 1, 1, generator=random)
