"""
The space that a student learns: what both teachers say of a picture, in as many values as the product keeps.

Each teacher's averages become half whitened components (components.py); both are joined with equal weight, and the
first components of these are the space. Cosines there find better than either teacher's: see the model's card.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from frontend.models.components import HALF, Components

VALUES = 512


@dataclass(frozen=True)
class Joined:
    """How averages come into the joined space."""

    projections: tuple[Tensor, Tensor]
    """(1280, values) for each teacher's averages of unit length."""
    turn: Tensor
    """(2 * values, values) for both results, each of unit length."""

    @classmethod
    def of(cls, averages: Sequence[Tensor], values: int = VALUES) -> "Joined":
        """Find it from each teacher's averages (N, 1280) of photographs."""
        first, second = (
            _tensor(Components.of(functional.normalize(some, dim=1).numpy(), centred=False).projection(values, HALF))
            for some in averages
        )
        both = _both(averages, (first, second))
        return cls((first, second), _tensor(Components.of(both.numpy(), centred=False).projection(values, 0.0)))

    def state(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return what a file is to hold of it: `Joined.from_state` reads it again."""
        return (*self.projections, self.turn)

    @classmethod
    def from_state(cls, state: tuple[Tensor, Tensor, Tensor], device: torch.device) -> "Joined":
        first, second, turn = (one.to(device) for one in state)
        return cls((first, second), turn)

    def apply(self, averages: Sequence[Tensor]) -> Tensor:
        """Return vectors (N, values) of unit length for each teacher's averages (N, 1280)."""
        return functional.normalize(_both(averages, self.projections) @ self.turn, dim=1)

    def single(self, teacher: int, averages: Tensor) -> Tensor:
        """Return one teacher's half whitened vectors (N, values) of unit length."""
        return functional.normalize(functional.normalize(averages, dim=1) @ self.projections[teacher], dim=1)


def _both(averages: Sequence[Tensor], projections: Sequence[Tensor]) -> Tensor:
    units = [
        functional.normalize(functional.normalize(some, dim=1) @ projection, dim=1)
        for some, projection in zip(averages, projections, strict=True)
    ]
    return torch.cat(units, 1) / 2**0.5


def _tensor(array: np.ndarray) -> Tensor:
    return torch.from_numpy(array.astype(np.float32))
