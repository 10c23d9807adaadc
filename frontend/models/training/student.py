"""The network that learns: a MobileNetV2, and the layer that makes the product's vectors of its averages."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrize

from frontend.models.training.network import DIMENSION, MobileNetV2

# Filters whose weights are next to nothing learn as if they had this share of their layer's typical size.
LEAST_SCALE = 0.1


class Student(nn.Module):
    """Pictures (N, 3, S, S) to vectors (N, values) of unit length, logits (N, 1001), and maps at some depths."""

    def __init__(self, network: MobileNetV2, values: int) -> None:
        super().__init__()
        self.network = network
        self.head = nn.Linear(DIMENSION, values, bias=False)

    def forward(
        self, x: Tensor, depths: Sequence[int] = (), kept_parts: int = 0
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        maps, averages = self.network.look(x, depths, kept_parts)
        return functional.normalize(self.head(averages), dim=1), self.network.classifier(averages), maps

    def learn_relatively(self) -> "Student":
        """
        Let each filter's weights be learned as multiples of their size now.

        Folded batch norms left filters that differ a hundredfold; a step that is right for one ruins the other. (At one
        learning rate for all, lookalike_v1 got worse at 1.5e-4.)
        """
        for layer in self._layers():
            sizes = layer.weight.detach().flatten(1).square().mean(1).sqrt()
            sizes = sizes.clamp(min=LEAST_SCALE * sizes.median().item() + 1e-12)
            scale = sizes.reshape(-1, *[1] * (layer.weight.dim() - 1))
            parametrize.register_parametrization(layer, "weight", _Multiple(scale))
        return self

    def plain(self) -> "Student":
        """Let weights be weights again."""
        for layer in self._layers():
            parametrize.remove_parametrizations(layer, "weight")
        return self

    def _layers(self) -> list[nn.Conv2d | nn.Linear]:
        return [layer for layer in self.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]


class _Multiple(nn.Module):
    """Weights as multiples of a size."""

    scale: Tensor

    def __init__(self, scale: Tensor) -> None:
        super().__init__()
        self.register_buffer("scale", scale)

    def forward(self, multiples: Tensor) -> Tensor:
        return multiples * self.scale

    def right_inverse(self, weights: Tensor) -> Tensor:
        return weights / self.scale


def solve(inputs: Tensor, outputs: Tensor, ridge: float = 0.01) -> Tensor:
    """
    Return the weights (C, D) that by least squares turn inputs (N, D) into outputs (N, C).

    Args:
        ridge: Of the mean square of an input's values: what keeps the weights small where few pictures speak.
    """
    x = inputs.double()
    gram = x.T @ x
    ridged = gram + ridge * gram.diagonal().mean() * torch.eye(len(gram), dtype=gram.dtype)
    return torch.linalg.solve(ridged, x.T @ outputs.double()).T.float()
