"""
Run a TF.js graph model in numpy: the independent reference that golden vectors come from.

Only the operations that a folded MobileNet has; slow (a second a picture) and plain, so that it can be read against
TensorFlow's documentation. It is used to describe models and in tests, never in the browser.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
"""Activations are (N, H, W, C) float32, weights as TensorFlow lays them out."""


class ReferenceModel:
    """A graph model read from a folder with model.json and its weight files."""

    def __init__(self, folder: Path) -> None:
        document = json.loads((folder / "model.json").read_text())
        self._nodes = {node["name"]: node for node in document["modelTopology"]["node"]}
        self._weights = read_weights(folder, document["weightsManifest"])

    def execute(self, model_input: Array, outputs: Sequence[str]) -> list[Array]:
        """
        Compute the named nodes for an input of (N, S, S, 3) float32.

        Raises:
            ValueError: The graph has an operation that is not written here.
        """
        values: dict[str, Any] = dict(self._weights)
        for name in self._nodes:  # The converter writes nodes in an order in which they can be computed.
            if name not in values:
                values[name] = self._compute(self._nodes[name], values, model_input)
        return [values[name] for name in outputs]

    def _compute(self, node: Mapping[str, Any], values: Mapping[str, Any], model_input: Array) -> Array:
        if node["op"] == "Placeholder":
            return model_input
        if node["op"] not in OPERATIONS:
            raise ValueError(f"{node['name']}: the operation {node['op']} is not known to the reference")
        inputs = [values[name.split(":")[0]] for name in node["input"]]
        return OPERATIONS[node["op"]](inputs, node["attr"])


def read_weights(folder: Path, manifest: Sequence[Mapping[str, Any]]) -> dict[str, npt.NDArray[Any]]:
    """Read and dequantise the weights. Source: tfjs-core 4.22, io/io_utils.ts, decodeWeights."""
    weights: dict[str, npt.NDArray[Any]] = {}
    for group in manifest:
        data = b"".join((folder / path).read_bytes() for path in group["paths"])
        at = 0
        for entry in group["weights"]:
            quantization = entry.get("quantization", {})
            stored = np.dtype(quantization.get("dtype", entry["dtype"])).newbyteorder("<")
            count = int(np.prod(entry["shape"], dtype=np.int64))
            values = np.frombuffer(data, stored, count, at).reshape(entry["shape"])
            at += count * stored.itemsize
            if "scale" in quantization:
                values = values.astype(np.float32) * np.float32(quantization["scale"]) + np.float32(quantization["min"])
            weights[entry["name"]] = values if entry["dtype"] == "int32" else values.astype(np.float32)
    return weights


def pad_same(x: Array, kernel: int, stride: int) -> Array:
    """Pad height and width as TensorFlow's SAME does: the odd pixel goes to the bottom and right."""
    pads = []
    for length in x.shape[1:3]:
        total = max((-(-length // stride) - 1) * stride + kernel - length, 0)
        pads.append((total // 2, total - total // 2))
    return np.pad(x, ((0, 0), *pads, (0, 0)))


def windows(x: Array, kernel: int, stride: int) -> Array:
    """Return views of every kernel position: (N, H', W', C, kernel, kernel)."""
    view = np.lib.stride_tricks.sliding_window_view(x, (kernel, kernel), axis=(1, 2))
    return view[:, ::stride, ::stride]


def conv2d(x: Array, filters: Array, stride: int, same: bool) -> Array:
    """Convolve with filters of (h, w, C, M)."""
    kernel = filters.shape[0]
    if kernel == 1:
        return x[:, ::stride, ::stride] @ filters[0, 0]
    padded = pad_same(x, kernel, stride) if same else x
    return np.einsum("nhwcij,ijcm->nhwm", windows(padded, kernel, stride), filters, optimize=True)


def depthwise(x: Array, filters: Array, stride: int, same: bool) -> Array:
    """Convolve each channel with its own filter of (h, w, C, 1)."""
    kernel = filters.shape[0]
    padded = pad_same(x, kernel, stride) if same else x
    return np.einsum("nhwcij,ijc->nhwc", windows(padded, kernel, stride), filters[..., 0], optimize=True)


def fused(convolve: Callable[[Array, Array, int, bool], Array]) -> Callable[[list[Array], Mapping[str, Any]], Array]:
    """Make the fused operation of a convolution: convolution, bias, activation."""

    def operation(inputs: list[Array], attributes: Mapping[str, Any]) -> Array:
        x, filters, bias = inputs
        result = convolve(x, filters, int(attributes["strides"]["list"]["i"][1]), text(attributes["padding"]) == "SAME")
        result = result + bias
        for name in map(decode, attributes["fused_ops"]["list"]["s"]):
            result = ACTIVATIONS[name](result)
        return result.astype(np.float32)

    return operation


def mean(inputs: list[Array], attributes: Mapping[str, Any]) -> Array:
    """Average over the axes that the second input names."""
    axes = tuple(int(axis) for axis in np.ravel(inputs[1]))
    return (
        inputs[0]
        .mean(axis=axes, keepdims=bool(attributes.get("keep_dims", {}).get("b")), dtype=np.float64)
        .astype(np.float32)
    )


def squeeze(inputs: list[Array], attributes: Mapping[str, Any]) -> Array:
    """Drop the named axes of length one."""
    return inputs[0].squeeze(tuple(int(axis) for axis in attributes["squeeze_dims"]["list"]["i"]))


def text(attribute: Mapping[str, str]) -> str:
    """Read a string attribute."""
    return decode(attribute["s"])


def decode(value: str) -> str:
    """Strings in a graph are base64."""
    return base64.b64decode(value).decode("ascii")


ACTIVATIONS: Mapping[str, Callable[[Array], Array]] = {
    "BiasAdd": lambda x: x,
    "Relu": lambda x: np.maximum(x, 0),
    "Relu6": lambda x: np.clip(x, 0, 6),
}

OPERATIONS: Mapping[str, Callable[[list[Array], Mapping[str, Any]], Array]] = {
    "_FusedConv2D": fused(conv2d),
    "FusedDepthwiseConv2dNative": fused(depthwise),
    "AddV2": lambda inputs, _: inputs[0] + inputs[1],
    "Mean": mean,
    "Squeeze": squeeze,
}
