"""
Run a TF.js graph model in numpy: the independent reference that golden vectors come from.

Only the operations that MobileNets have, folded or not; slow (a second a picture) and plain, so that it can be read
against TensorFlow's documentation. It is used to describe models and in tests, never in the browser.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from frontend.embedder.space import Vector

Array = npt.NDArray[np.float32]
"""Activations are (N, H, W, C) float32, weights as TensorFlow lays them out."""

Operation = Callable[[list[Array], Mapping[str, Any]], Array]
"""Inputs and attributes of a node -> its value."""

Convolve = Callable[[Array, Array, int, bool], Array]
"""Activations, filters, stride, whether the padding is SAME -> activations."""


class ReferenceModel:
    """A graph model read from a folder with model.json and its weight files."""

    def __init__(self, folder: Path) -> None:
        document = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        self._nodes = {node["name"]: node for node in document["modelTopology"]["node"]}
        self._signature = document.get("signature", {})
        self.weights = read_weights(folder, document["weightsManifest"])
        """Name -> values, as TensorFlow lays them out."""

    def execute(self, model_input: Array, outputs: Sequence[str]) -> list[Array]:
        """
        Compute the named nodes, and no more than they need, for an input of (N, S, S, 3) float32.

        Raises:
            ValueError: They need an operation that is not written here, or a node that is not there.
        """
        values: dict[str, Any] = dict(self.weights)
        for node in self.needed_by(outputs):
            values[node["name"]] = self._compute(node, values, model_input)
        return [values[name] for name in outputs]

    def needed_by(self, outputs: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        """
        Return the nodes that the outputs need, each after those that it reads, without the weights.

        Raises:
            ValueError: One of them is not there.
        """
        inputs: dict[str, list[str]] = {}
        wanted = list(outputs)
        while wanted:
            name = wanted.pop()
            if name not in inputs:
                inputs[name] = [] if name in self.weights else inputs_of(self._node(name))
                wanted += inputs[name]
        return [self._node(name) for name in TopologicalSorter(inputs).static_order() if name not in self.weights]

    def only_output(self) -> str:
        """
        Name the node whose value TF.js' `predict` returns: that of the signature, or the one that no other reads.

        Raises:
            ValueError: There are several.
        """
        named = [output["name"].split(":")[0] for output in self._signature.get("outputs", {}).values()]
        read = {name for node in self._nodes.values() for name in inputs_of(node)}
        outputs = named or [name for name in self._nodes if name not in read and name not in self.weights]
        if len(outputs) != 1:
            raise ValueError(f"the graph has {len(outputs)} outputs: {', '.join(outputs)}; one has to be named")
        return outputs[0]

    def _node(self, name: str) -> Mapping[str, Any]:
        if name not in self._nodes:
            raise ValueError(f"the graph has no node {name}")
        return self._nodes[name]

    def _compute(self, node: Mapping[str, Any], values: Mapping[str, Any], model_input: Array) -> Array:
        if node["op"] == "Placeholder":
            return model_input
        if node["op"] not in OPERATIONS:
            raise ValueError(f"{node['name']}: the operation {node['op']} is not known to the reference")
        return OPERATIONS[node["op"]]([values[name] for name in inputs_of(node)], node.get("attr", {}))


def inputs_of(node: Mapping[str, Any]) -> list[str]:
    """Name the nodes that a node reads: `name`, or `name:0` for the first of several values; `^name` is not read."""
    return [name.split(":")[0] for name in node.get("input", []) if not name.startswith("^")]


def unit_vector(embedding: Array) -> Vector:
    """Scale an embedding node's output to unit length, whatever its shape."""
    values = embedding.reshape(-1)
    return Vector((values / np.linalg.norm(values)).astype(np.float32))


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
        if at != len(data):
            raise ValueError(f"{', '.join(group['paths'])}: {len(data)} bytes, of which the weights are {at}")
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


def plain(convolve: Convolve) -> Operation:
    """Make the operation of a convolution alone."""

    def operation(inputs: list[Array], attributes: Mapping[str, Any]) -> Array:
        x, filters = inputs
        return convolve(x, filters, second(attributes["strides"]), is_same(attributes)).astype(np.float32)

    return operation


def fused(convolve: Convolve) -> Operation:
    """Make the fused operation of a convolution: convolution, bias, activation."""

    def operation(inputs: list[Array], attributes: Mapping[str, Any]) -> Array:
        x, filters, bias = inputs
        result = plain(convolve)([x, filters], attributes) + bias
        for name in map(decode, attributes["fused_ops"]["list"]["s"]):
            result = ACTIVATIONS[name](result)
        return result.astype(np.float32)

    return operation


def batch_norm(inputs: list[Array], attributes: Mapping[str, Any]) -> Array:
    """Normalise by the mean and variance of training; 0.0001 is TensorFlow's default of epsilon."""
    x, scale, offset, mean, variance = inputs
    epsilon = attributes.get("epsilon", {}).get("f", 0.0001)
    return ((x - mean) * (scale / np.sqrt(variance + epsilon)) + offset).astype(np.float32)


def average_pool(inputs: list[Array], attributes: Mapping[str, Any]) -> Array:
    """Average over windows; what SAME pads does not count."""
    x = inputs[0]
    kernel, stride = second(attributes["ksize"]), second(attributes["strides"])
    total, count = (
        windows(pad_same(values, kernel, stride) if is_same(attributes) else values, kernel, stride).sum(axis=(4, 5))
        for values in (x, np.ones_like(x))
    )
    return (total / count).astype(np.float32)


def pad(inputs: list[Array], attributes: Mapping[str, Any]) -> Array:
    """Add zeros before and after each axis, as many as the second input, (4, 2) int32, says."""
    return np.pad(inputs[0], inputs[1].astype(int))


def mean(inputs: list[Array], attributes: Mapping[str, Any]) -> Array:
    """Average over the axes that the second input names."""
    axes = tuple(int(axis) for axis in np.ravel(inputs[1]))
    return (
        inputs[0]
        .mean(axis=axes, keepdims=bool(attributes.get("keep_dims", {}).get("b")), dtype=np.float64)
        .astype(np.float32)
    )


def squeeze(inputs: list[Array], attributes: Mapping[str, Any]) -> Array:
    """Drop the named axes of length one, or all of them if none is named."""
    axes = attributes.get("squeeze_dims", {}).get("list", {}).get("i", [])
    return inputs[0].squeeze(tuple(int(axis) for axis in axes) or None)


def second(attribute: Mapping[str, Any]) -> int:
    """Read the height of a window or stride, which is its width too: [1, height, width, 1]."""
    return int(attribute["list"]["i"][1])


def is_same(attributes: Mapping[str, Any]) -> bool:
    """Tell whether a window may reach over the edge."""
    return text(attributes["padding"]) == "SAME"


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

OPERATIONS: Mapping[str, Operation] = {
    "_FusedConv2D": fused(conv2d),
    "FusedDepthwiseConv2dNative": fused(depthwise),
    "Conv2D": plain(conv2d),
    "DepthwiseConv2dNative": plain(depthwise),
    "BiasAdd": lambda inputs, _: inputs[0] + inputs[1],
    "FusedBatchNorm": batch_norm,
    "FusedBatchNormV3": batch_norm,
    "Relu": lambda inputs, _: ACTIVATIONS["Relu"](inputs[0]),
    "Relu6": lambda inputs, _: ACTIVATIONS["Relu6"](inputs[0]),
    "Add": lambda inputs, _: inputs[0] + inputs[1],
    "AddV2": lambda inputs, _: inputs[0] + inputs[1],
    "Sub": lambda inputs, _: inputs[0] - inputs[1],
    "Mul": lambda inputs, _: inputs[0] * inputs[1],
    "Pad": pad,
    "AvgPool": average_pool,
    "Mean": mean,
    "Reshape": lambda inputs, _: inputs[0].reshape(inputs[1].astype(int)),
    "Squeeze": squeeze,
    "Identity": lambda inputs, _: inputs[0],
}
