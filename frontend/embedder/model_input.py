"""
What the model is shown: the contract of its input, and the picture of the golden test.

Pure numpy, without Pillow: the server describes models by it too.
"""

from dataclasses import dataclass
from typing import Final, NewType

import numpy as np
import numpy.typing as npt

Pixels = NewType("Pixels", npt.NDArray[np.uint8])
"""(H, W, 3) uint8, upright sRGB, channels last, 0 to 255. H and W at least 1."""

ModelInput = NewType("ModelInput", npt.NDArray[np.float32])
"""(1, S, S, 3) float32, RGB, channels last, C-contiguous, within [spec.low, spec.high]."""

RESIZE_RULE: Final = "squeeze-bilinear-antialias"


@dataclass(frozen=True)
class InputSpec:
    """What the model wants to be shown; part of the embedding space's manifest (`input`)."""

    side_px: int
    """The model's square, in pixels."""
    low: float
    """The value that stands for 0."""
    high: float
    """The value that stands for 255."""
    resize: str
    """How a picture becomes the square. Vectors made by different rules do not compare."""

    def __post_init__(self) -> None:
        if self.resize != RESIZE_RULE:
            raise ValueError(f"manifest, input.resize: {self.resize!r} is not known here; expected {RESIZE_RULE!r}")
        if self.side_px < 1:
            raise ValueError(f"manifest, input.side_px: {self.side_px} is not a length")


def scale_to_range(square: Pixels, spec: InputSpec) -> ModelInput:
    """Scale a picture that has the model's size to the model's range."""
    # A table instead of arithmetic on the array: rounding cannot then differ between processors.
    scale = np.array([spec.low + (spec.high - spec.low) * value / 255 for value in range(256)], dtype=np.float32)
    return ModelInput(scale[square][np.newaxis])


def golden_input(name: str, side_px: int) -> Pixels:
    """
    Draw the picture that a manifest's golden test shows to the model.

    Integers only, so that it is the same on every machine: three triangle waves of different lengths and directions.

    Raises:
        ValueError: The manifest names a picture that is not known here.
    """
    if name != "waves":
        raise ValueError(f"manifest, golden.input: {name!r} is not known here; expected 'waves'")
    y, x = np.mgrid[0:side_px, 0:side_px]
    phases = np.stack([3 * x + y, 5 * y + 2 * x, 7 * x + 11 * y], axis=-1)
    return Pixels(np.abs(phases % 510 - 255).astype(np.uint8))
