"""
What of a photograph is shown: a crop that its number decides, and changes of light and sharpness that chance decides.

Teachers are shown the crop as it is, once; the student is shown it altered, and is to say what they said.
"""

import io

import numpy as np
import torch
from PIL import Image, ImageEnhance, ImageFilter
from torch import Tensor

# What teachers take, and the product gives the student.
SIDE_PX = 224

# Crops of a photograph that teachers are asked about; the first is the whole.
CROPS = 20

# A crop keeps at least this share of the area, and its shape differs by at most this factor from the photograph's.
LEAST_AREA = 0.25
SHAPE = 4 / 3

# How often each change is made, and how far it goes. Guesses: what a photograph meets when it is sent around.
LIGHT = 0.6
SOFTENED = 0.15
COMPRESSED = 0.3
FARTHEST = 0.35
QUALITY = (25, 90)


def crop(picture: Image.Image, photograph: int, number: int, side_px: int) -> Image.Image:
    """
    Squeeze a crop into a square with the product's filter, mirrored or not: always the same for the same numbers.

    Crop 0 is the whole photograph as it is.
    """
    if number == 0:
        return picture.resize((side_px, side_px), Image.Resampling.BILINEAR)
    chance = np.random.default_rng((photograph, number))
    area, shape = chance.uniform(LEAST_AREA, 1), np.exp(chance.uniform(-1, 1) * np.log(SHAPE) / 2)
    width, height = (min(1.0, side) for side in (np.sqrt(area) * shape, np.sqrt(area) / shape))
    left, top = chance.uniform(0, 1 - width), chance.uniform(0, 1 - height)
    box = (left * picture.width, top * picture.height, (left + width) * picture.width, (top + height) * picture.height)
    shown = picture.resize((side_px, side_px), Image.Resampling.BILINEAR, box)
    return shown.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if chance.random() < 0.5 else shown


def altered(shown: Image.Image, chance: np.random.Generator) -> Image.Image:
    """Change light and sharpness a little, or not, as happens to photographs on their way."""
    if chance.random() < LIGHT:
        for change in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
            shown = change(shown).enhance(1 + FARTHEST * chance.uniform(-1, 1))
    if chance.random() < SOFTENED:
        shown = shown.filter(ImageFilter.GaussianBlur(chance.uniform(0.3, 1.5)))
    if chance.random() < COMPRESSED:
        written = io.BytesIO()
        shown.save(written, "JPEG", quality=int(chance.integers(*QUALITY)))
        shown = Image.open(written)
    return shown


def to_inputs(shown: list[Image.Image]) -> Tensor:
    """Turn squares into model inputs (N, 3, S, S) float32 within -1 and 1, channels last in memory."""
    pixels = torch.from_numpy(np.stack([np.asarray(one) for one in shown]))
    return pixels.float().div_(127.5).sub_(1).permute(0, 3, 1, 2)
