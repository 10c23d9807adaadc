"""MobileNetV2 in PyTorch from and to a TF.js graph model."""

import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from frontend.models.graph import Array, Graph
from frontend.models.nodes import AVERAGE_NODE, CLASSIFIER, LOGITS_NODE, PROJECTION, SCOPE
from frontend.models.reference import read_weights
from frontend.models.training.network import MobileNetV2

# Channels of the last block at width 1: table 2 of the paper.
LAST_CHANNELS = 320


def read(folder: Path) -> MobileNetV2:
    """
    Read a graph model of any width.

    Raises:
        KeyError: It is no MobileNetV2: a weight is missing.
    """
    arrays = read_weights(folder, json.loads((folder / "model.json").read_text())["weightsManifest"])
    weights = {name.removeprefix(f"{SCOPE}/"): torch.from_numpy(array.copy()) for name, array in arrays.items()}
    network = MobileNetV2(width=weights["Conv_1/weights"].shape[2] / LAST_CHANNELS)
    with torch.no_grad():
        for name, convolution in network.convolutions():
            if name.endswith("/depthwise"):
                _set(
                    convolution.conv,
                    weights[f"{name}/depthwise_weights"].permute(2, 3, 0, 1),
                    weights[f"{name}/biases"],
                )
            else:
                _set(convolution.conv, weights[f"{name}/weights"].permute(3, 2, 0, 1), weights[f"{name}/biases"])
        _set(network.classifier, weights[f"{CLASSIFIER}/weights"][0, 0].T, weights[f"{CLASSIFIER}/biases"])
    return network.eval().requires_grad_(False)


def write(network: MobileNetV2, folder: Path, side_px: int, projection: Array | None = None) -> str:
    """
    Write model.json and weights: float16, and 8 bits for the classifier, which only names what is seen.

    Args:
        projection: (1280, values) to be multiplied with the average, kept in 8 bits, which is enough: the vectors find
            as well as with it in float32 (mean average precision within 0.0002).

    Returns:
        The node that gives the embedding.
    """
    folder.mkdir(parents=True, exist_ok=True)
    graph = Graph()
    layers = {name: (_array(convolution.conv), convolution) for name, convolution in network.convolutions()}

    def convolve(name: str, x: str) -> str:
        (weights, biases), layer = layers[name]
        if name.endswith("/depthwise"):
            return graph.depthwise(f"{SCOPE}/{name}", x, weights.transpose(2, 3, 0, 1), biases, stride=layer.stride)
        activation = None if layer.is_linear else "Relu6"
        filters = weights.transpose(2, 3, 1, 0)
        return graph.convolution(f"{SCOPE}/{name}", x, filters, biases, stride=layer.stride, activation=activation)

    x = convolve("Conv", graph.input("images", side_px))
    for scope, block in network.blocks():
        result = x if block.expand is None else convolve(f"{scope}/expand", x)
        result = convolve(f"{scope}/project", convolve(f"{scope}/depthwise", result))
        x = graph.add(f"{SCOPE}/{scope}/add", x, result) if block.is_residual else result
    average = embedding = graph.mean(AVERAGE_NODE, convolve("Conv_1", x))
    weights, biases = _array(network.classifier)
    x = graph.convolution(f"{SCOPE}/{CLASSIFIER}", average, weights.T[None, None], biases, activation=None, bits=8)
    logits = graph.squeeze(LOGITS_NODE, x)
    if projection is not None:
        no_biases = np.zeros(projection.shape[1], dtype=np.float32)
        filters = projection[None, None]
        embedding = graph.convolution(PROJECTION, average, filters, no_biases, activation=None, bits=8)
    graph.write(folder, [logits])
    return embedding


def _set(layer: nn.Conv2d | nn.Linear, weights: Tensor, biases: Tensor) -> None:
    assert layer.bias is not None
    layer.weight.copy_(weights)
    layer.bias.copy_(biases)


def _array(layer: nn.Conv2d | nn.Linear) -> tuple[Array, Array]:
    assert layer.bias is not None
    weights, biases = (
        values.detach().float().cpu().numpy().astype(np.float32) for values in (layer.weight, layer.bias)
    )
    return weights, biases
