"""
MobileNetV2 in PyTorch, with TensorFlow's padding and its batch norms folded.

Source: Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks (arXiv 1801.04381), table 2.
"""

from collections.abc import Iterator, Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

# Expansion, channels, repetitions and stride of the first of each group of blocks: table 2 of the paper.
GROUPS = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
STEM_CHANNELS = 32
DIMENSION = 1280
CLASSES = 1001
"""ImageNet's thousand after a background class, as in TensorFlow's models."""


class Convolution(nn.Sequential):
    """Convolution as TensorFlow's SAME pads it, and ReLU6 unless it is linear."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1, linear: bool = False
    ) -> None:
        padding = kernel // 2 if stride == 1 else 0
        conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups)
        super().__init__(conv, nn.Identity() if linear else nn.ReLU6())
        self.stride = stride
        nn.init.kaiming_normal_(conv.weight, mode="fan_in", nonlinearity="linear" if linear else "relu")
        nn.init.zeros_(cast(Tensor, conv.bias))

    def forward(self, input: Tensor) -> Tensor:  # nn.Sequential's name
        # With a stride of 2 the odd pixel goes to the right and bottom, where sides are even, as a MobileNet's all are.
        return super().forward(functional.pad(input, (0, 1, 0, 1)) if self.stride == 2 else input)

    @property
    def is_linear(self) -> bool:
        return isinstance(self[1], nn.Identity)

    @property
    def conv(self) -> nn.Conv2d:
        return cast(nn.Conv2d, self[0])


class Block(nn.Module):
    """An inverted residual: expand, filter each channel, project; added to its input where the shapes agree."""

    def __init__(self, inputs: int, outputs: int, expansion: int, stride: int) -> None:
        super().__init__()
        wide = inputs * expansion
        self.expand = Convolution(inputs, wide, 1) if expansion > 1 else None
        self.depthwise = Convolution(wide, wide, 3, stride, groups=wide)
        self.project = Convolution(wide, outputs, 1, linear=True)
        self.is_residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        wide = x if self.expand is None else self.expand(x)
        result = self.project(self.depthwise(wide))
        return x + result if self.is_residual else result


class MobileNetV2(nn.Module):
    """
    Pictures (N, 3, S, S) float32 within -1 and 1 to averages (N, 1280) and logits (N, 1001).

    Args:
        width: Factor of the channels, the paper's alpha; the average keeps its 1280 values.
    """

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        channels = _scaled(STEM_CHANNELS, width)
        parts: list[nn.Module] = [Convolution(3, channels, 3, 2)]
        for expansion, outputs, repetitions, stride in GROUPS:
            for at in range(repetitions):
                parts.append(Block(channels, _scaled(outputs, width), expansion, stride if at == 0 else 1))
                channels = _scaled(outputs, width)
        parts.append(Convolution(channels, DIMENSION, 1))
        self.parts = nn.ModuleList(parts)
        """The stem, the blocks and the last convolution, in the order in which a picture passes them."""
        self.classifier = nn.Linear(DIMENSION, CLASSES)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        _, average = self.look(x)
        return average, self.classifier(average)

    def look(self, x: Tensor, depths: Sequence[int] = (), kept_parts: int = 0) -> tuple[list[Tensor], Tensor]:
        """
        Return the maps that the parts numbered `depths` give, and the averages.

        Args:
            kept_parts: How many parts nothing is learned in: their gradients are not computed.
        """
        maps = []
        for at, part in enumerate(self.parts):
            with torch.set_grad_enabled(torch.is_grad_enabled() and at >= kept_parts):
                x = part(x)
            if at in depths:
                maps.append(x)
        return maps, x.mean((2, 3))

    @property
    def device(self) -> torch.device:
        return self.classifier.weight.device

    def blocks(self) -> Iterator[tuple[str, Block]]:
        """Name the blocks as TensorFlow's models do."""
        for at, block in enumerate(self.parts[1:-1]):
            yield "expanded_conv" if at == 0 else f"expanded_conv_{at}", cast(Block, block)

    def convolutions(self) -> Iterator[tuple[str, Convolution]]:
        """Name the convolutions likewise, in the order of the graph."""
        yield "Conv", cast(Convolution, self.parts[0])
        for scope, block in self.blocks():
            for step in ("expand", "depthwise", "project"):
                if (convolution := getattr(block, step)) is not None:
                    yield f"{scope}/{step}", convolution
        yield "Conv_1", cast(Convolution, self.parts[-1])


def _scaled(channels: int, width: float) -> int:
    """Round to the nearest multiple of eight that is not below nine tenths. Source: the authors' _make_divisible."""
    rounded = max(8, int(channels * width + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels * width else rounded
