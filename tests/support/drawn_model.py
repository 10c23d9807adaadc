"""
A real TF.js graph model for a clone that has no trained weights: convolutions with fixed random filters.

Random filters tell colours and textures apart, which is all that the drawn pictures ask for. It has the operations of
a folded MobileNet (fused convolutions, a depthwise one, a residual sum, the mean, the classifier), float16 weights and
a manifest with golden vector, so that everything around the model works on it as on the real one.
"""

import base64
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from frontend.embedder.preprocessing import RESIZE_RULE, InputSpec
from frontend.models.describe import describe

SIDE_PX = 96
CHANNELS = 64
CLASSES = 10


def write_drawn_model(folder: Path) -> Path:
    """Write model.json, weights, labels and manifest into a folder, and return that."""
    folder.mkdir(parents=True, exist_ok=True)
    graph = Graph()
    x = graph.input("images", SIDE_PX)
    x = graph.convolution("Conv", x, 3, 3, 32, stride=2)
    x = graph.depthwise("depthwise", x, 3, 32)
    wide = graph.convolution("expand", x, 1, 32, CHANNELS)
    x = graph.add("sum", wide, graph.convolution("project", wide, 1, CHANNELS, CHANNELS, activation=None))
    x = graph.convolution("Conv_1", x, 3, CHANNELS, CHANNELS, stride=2)
    pooled = graph.mean("AvgPool", x)
    logits = graph.squeeze("Logits", graph.convolution("classes", pooled, 1, CHANNELS, CLASSES, activation=None))
    graph.write(folder)
    (folder / "labels.txt").write_text("".join(f"pattern {n}\n" for n in range(CLASSES)))
    manifest = describe(
        folder,
        name="drawn",
        embedding_node=pooled,
        logits_node=logits,
        spec=InputSpec(SIDE_PX, -1.0, 1.0, RESIZE_RULE),
        description="Fixed random filters, for tests.",
        source="Drawn by the tests.",
        licence="Apache-2.0",
    )
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


class Graph:
    """Collects the nodes and weights of a graph model."""

    def __init__(self) -> None:
        self._nodes: list[dict[str, Any]] = []
        self._weights: list[dict[str, Any]] = []
        self._data: list[bytes] = []
        self._random = np.random.default_rng(20)

    def input(self, name: str, side_px: int) -> str:
        shape = {"shape": {"dim": [{"size": str(size)} for size in (-1, side_px, side_px, 3)]}}
        return self._node(name, "Placeholder", [], {"dtype": {"type": "DT_FLOAT"}, "shape": shape})

    def convolution(
        self,
        name: str,
        x: str,
        kernel: int,
        inputs: int,
        outputs: int,
        stride: int = 1,
        activation: str | None = "Relu6",
    ) -> str:
        weights = self._filters(f"{name}/weights", (kernel, kernel, inputs, outputs), kernel * kernel * inputs)
        return self._fused(name, "_FusedConv2D", x, weights, outputs, stride, activation)

    def depthwise(self, name: str, x: str, kernel: int, channels: int) -> str:
        weights = self._filters(f"{name}/weights", (kernel, kernel, channels, 1), kernel * kernel)
        return self._fused(name, "FusedDepthwiseConv2dNative", x, weights, channels, 1, "Relu6")

    def add(self, name: str, a: str, b: str) -> str:
        return self._node(name, "AddV2", [a, b], {"T": {"type": "DT_FLOAT"}})

    def mean(self, name: str, x: str) -> str:
        axes = self._constant(f"{name}/axes", np.array([1, 2], dtype="<i4"))
        attributes = {"T": {"type": "DT_FLOAT"}, "Tidx": {"type": "DT_INT32"}, "keep_dims": {"b": True}}
        return self._node(name, "Mean", [x, axes], attributes)

    def squeeze(self, name: str, x: str) -> str:
        return self._node(name, "Squeeze", [x], {"T": {"type": "DT_FLOAT"}, "squeeze_dims": integers([1, 2])})

    def write(self, folder: Path) -> None:
        """Write model.json and two weight files: a real model comes in shards too."""
        data = b"".join(self._data)
        half = len(data) // 2
        shards = {"group1-shard1of2.bin": data[:half], "group1-shard2of2.bin": data[half:]}
        for name, content in shards.items():
            (folder / name).write_bytes(content)
        document = {
            "format": "graph-model",
            "modelTopology": {"node": self._nodes, "library": {}, "versions": {"producer": 1}},
            "weightsManifest": [{"paths": list(shards), "weights": self._weights}],
        }
        (folder / "model.json").write_text(json.dumps(document))

    def _filters(self, name: str, shape: tuple[int, ...], fan_in: int) -> str:
        values = self._random.normal(0, (2 / fan_in) ** 0.5, shape).astype("<f2")
        return self._constant(name, values, {"quantization": {"dtype": "float16", "original_dtype": "float32"}})

    def _fused(
        self, name: str, operation: str, x: str, weights: str, channels: int, stride: int, activation: str | None
    ) -> str:
        bias = self._constant(f"{name}/bias", self._random.normal(0, 0.1, channels).astype("<f4"))
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
        return self._node(name, operation, [x, weights, bias], attributes)

    def _constant(self, name: str, values: npt.NDArray[Any], extra: dict[str, Any] | None = None) -> str:
        integer = values.dtype.kind == "i"
        entry = {"name": name, "shape": list(values.shape), "dtype": "int32" if integer else "float32"}
        self._weights.append({**entry, **(extra or {})})
        self._data.append(values.tobytes())
        shape = {"dim": [{"size": str(size)} for size in values.shape]}
        kind = "DT_INT32" if integer else "DT_FLOAT"
        return self._node(
            name, "Const", [], {"dtype": {"type": kind}, "value": {"tensor": {"dtype": kind, "tensorShape": shape}}}
        )

    def _node(self, name: str, operation: str, inputs: Sequence[str], attributes: dict[str, Any]) -> str:
        node: dict[str, Any] = {"name": name, "op": operation, "attr": attributes}
        if inputs:
            node["input"] = list(inputs)
        self._nodes.append(node)
        return name


def integers(values: Sequence[int]) -> dict[str, Any]:
    """Write a list of integers as a graph's attribute."""
    return {"list": {"i": [str(value) for value in values]}}


def text(value: str) -> str:
    """Write a string as a graph does: in base64."""
    return base64.b64encode(value.encode()).decode()


if __name__ == "__main__":
    print(write_drawn_model(Path(sys.argv[1]).expanduser()))
