"""
Write a TF.js graph model, operation by operation: model.json and its weight files.

Names are those of TensorFlow's own MobileNets: a layer `Conv` has `Conv/weights` and `Conv/biases`, and its result is
the node `Conv/Relu6`, or `Conv/BiasAdd` where nothing follows the sum.
"""

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
"""Filters as TensorFlow lays them out: (h, w, in, out), or (h, w, channel, 1) of filters that see one channel."""

# As TensorFlow's converter does, so that a browser fetches the parts beside each other.
SHARD_BYTES = 4 * 1024 * 1024


class Graph:
    """Collects nodes and weights. Each method adds an operation and returns the name of its result."""

    def __init__(self) -> None:
        self._nodes: list[dict[str, Any]] = []
        self._weights: list[dict[str, Any]] = []
        self._data: list[bytes] = []
        self._inputs: dict[str, list[int]] = {}

    def input(self, name: str, side_px: int) -> str:
        """Take (N, S, S, 3) float32."""
        self._inputs[name] = [-1, side_px, side_px, 3]
        return self._node(
            name, "Placeholder", [], {"dtype": {"type": "DT_FLOAT"}, "shape": {"shape": _shape(self._inputs[name])}}
        )

    def convolution(
        self,
        name: str,
        x: str,
        filters: Array,
        biases: Array,
        *,
        stride: int = 1,
        activation: str | None = "Relu6",
        bits: int = 16,
    ) -> str:
        """Convolve with filters (h, w, in, out), kept in 16 or 8 bits a value, and add biases (out,)."""
        weights = self._filters(f"{name}/weights", filters, bits)
        return self._fused(name, "_FusedConv2D", x, weights, biases, stride, activation)

    def depthwise(self, name: str, x: str, filters: Array, biases: Array, *, stride: int = 1) -> str:
        """Convolve each channel with its own filter of (h, w, channel, 1), and add biases (channel,)."""
        weights = self._filters(f"{name}/depthwise_weights", filters, 16)
        return self._fused(name, "FusedDepthwiseConv2dNative", x, weights, biases, stride, "Relu6")

    def add(self, name: str, a: str, b: str) -> str:
        return self._node(name, "AddV2", [a, b], {"T": {"type": "DT_FLOAT"}})

    def mean(self, name: str, x: str) -> str:
        """Average over height and width, which stay as 1."""
        axes = self._constant(f"{name}/reduction_indices", np.array([1, 2], "<i4"), {})
        attributes = {"T": {"type": "DT_FLOAT"}, "Tidx": {"type": "DT_INT32"}, "keep_dims": {"b": True}}
        return self._node(name, "Mean", [x, axes], attributes)

    def squeeze(self, name: str, x: str) -> str:
        """Drop height and width of 1."""
        return self._node(name, "Squeeze", [x], {"T": {"type": "DT_FLOAT"}, "squeeze_dims": integers([1, 2])})

    def write(self, folder: Path, outputs: Sequence[str], shard_bytes: int = SHARD_BYTES) -> None:
        """Write model.json and as many weight files as it takes."""
        data = b"".join(self._data)
        parts = [data[at : at + shard_bytes] for at in range(0, len(data), shard_bytes)]
        shards = {f"group1-shard{n}of{len(parts)}.bin": part for n, part in enumerate(parts, 1)}
        for name, content in shards.items():
            (folder / name).write_bytes(content)
        document = {
            "format": "graph-model",
            "signature": {
                "inputs": {name: _tensor(name, shape) for name, shape in self._inputs.items()},
                "outputs": {name: _tensor(name) for name in outputs},
            },
            "modelTopology": {"node": self._nodes, "library": {}, "versions": {"producer": 1}},
            "weightsManifest": [{"paths": list(shards), "weights": self._weights}],
        }
        (folder / "model.json").write_text(json.dumps(document))

    def _fused(
        self, name: str, operation: str, x: str, weights: str, biases: Array, stride: int, activation: str | None
    ) -> str:
        bias = self._constant(f"{name}/biases", biases.astype("<f4"), {})
        steps = ["BiasAdd", activation] if activation else ["BiasAdd"]
        attributes = {
            "T": {"type": "DT_FLOAT"},
            "strides": integers([1, stride, stride, 1]),
            "dilations": integers([1, 1, 1, 1]),
            "padding": {"s": text("SAME")},
            "data_format": {"s": text("NHWC")},
            "fused_ops": {"list": {"s": [text(step) for step in steps]}},
            "num_args": {"i": "1"},
            "epsilon": {"f": 0.0},
        }
        return self._node(f"{name}/{steps[-1]}", operation, [x, weights, bias], attributes)

    def _filters(self, name: str, filters: Array, bits: int) -> str:
        if bits == 16:
            return self._constant(name, filters.astype("<f2"), {"dtype": "float16", "original_dtype": "float32"})
        low, scale = float(filters.min()), float(np.ptp(filters)) / 255 or 1.0
        stored = np.round((filters - low) / scale).astype(np.uint8)
        return self._constant(name, stored, {"dtype": "uint8", "min": low, "scale": scale, "original_dtype": "float32"})

    def _constant(self, name: str, values: npt.NDArray[Any], quantization: dict[str, Any]) -> str:
        integer = values.dtype == np.dtype("<i4")
        entry = {"name": name, "shape": list(values.shape), "dtype": "int32" if integer else "float32"}
        self._weights.append({**entry, "quantization": quantization} if quantization else entry)
        self._data.append(values.tobytes())
        kind = "DT_INT32" if integer else "DT_FLOAT"
        value = {"tensor": {"dtype": kind, "tensorShape": _shape(values.shape)}}
        return self._node(name, "Const", [], {"dtype": {"type": kind}, "value": value})

    def _node(self, name: str, operation: str, inputs: Sequence[str], attributes: dict[str, Any]) -> str:
        node: dict[str, Any] = {"name": name, "op": operation, "attr": attributes}
        if inputs:
            node["input"] = list(inputs)
        self._nodes.append(node)
        return name


def _tensor(name: str, shape: Sequence[int] | None = None) -> dict[str, Any]:
    tensor: dict[str, Any] = {"name": f"{name}:0", "dtype": "DT_FLOAT"}
    return {**tensor, "tensorShape": _shape(shape)} if shape else tensor


def _shape(sizes: Sequence[int]) -> dict[str, Any]:
    return {"dim": [{"size": str(size)} for size in sizes]}


def integers(values: Sequence[int]) -> dict[str, Any]:
    """Write a list of integers as a graph's attribute."""
    return {"list": {"i": [str(value) for value in values]}}


def text(value: str) -> str:
    """Write a string as a graph does: in base64."""
    return base64.b64encode(value.encode()).decode()
