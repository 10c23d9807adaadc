"""
Translates a TF.js graph model into ONNX, for the runtimes that machines without a browser have.

The operations are those of `frontend.models.reference`, which they are read against. Values keep TensorFlow's layout,
channels last; around each operation for which ONNX has channels before height and width they are turned there and back.
ONNX Runtime takes out the turns that cancel each other.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from frontend.models.reference import ReferenceModel, inputs_of, is_same, second
from frontend.models.reference import decode as decode_text

INPUT: Final = "model_input"
"""Name of the graph's input: (N, S, S, 3) float32, as `frontend.embedder.model_input` makes it."""

OPSET: Final = 18
FORMAT: Final = 8
"""The version of the file format that came with this version of the operations."""

CHANNELS_FIRST: Final = [0, 3, 1, 2]
CHANNELS_LAST: Final = [0, 2, 3, 1]

DEFAULT_EPSILON: Final = 0.0001
"""TensorFlow's, where a batch normalisation names none."""


def to_onnx(model: ReferenceModel, outputs: Sequence[str], side_px: int) -> bytes:
    """
    Translate what the named nodes need.

    Raises:
        ValueError: The graph lacks a node, or has an operation that is not known here.
    """
    translation = _Translation(model.weights)
    for node in model.needed_by(outputs):
        translation.add(node)
    graph = helper.make_graph(
        translation.nodes,
        "model",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["n", side_px, side_px, 3])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        translation.constants,
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=FORMAT)
    return made.SerializeToString()


class _Translation:
    """Collects ONNX nodes, one TF.js node after the other, each after those that it reads."""

    def __init__(self, weights: Mapping[str, npt.NDArray[Any]]) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._weights = weights
        self._placeholder = ""

    def add(self, node: Mapping[str, Any]) -> None:
        """Translate a node; its value has the node's name."""
        name, operation, attributes = node["name"], node["op"], node.get("attr", {})
        inputs = [INPUT if each == self._placeholder else each for each in inputs_of(node)]
        match operation:
            case "Placeholder":
                self._placeholder = name
            case "_FusedConv2D" | "FusedDepthwiseConv2dNative":
                steps = [decode_text(step) for step in attributes["fused_ops"]["list"]["s"]]
                self._fused(operation, inputs, name, attributes, steps)
            case "Conv2D" | "DepthwiseConv2dNative":
                self._convolution(operation, inputs, name, attributes)
            case "FusedBatchNorm" | "FusedBatchNormV3":
                epsilon = attributes.get("epsilon", {}).get("f", DEFAULT_EPSILON)
                inputs = [inputs[0], *map(self._constant, inputs[1:])]
                self._turned("BatchNormalization", inputs, name, epsilon=epsilon)
            case "AvgPool":
                self._turned("AveragePool", inputs, name, **_window(attributes, "ksize"))
            case "Relu" | "Identity":
                self._add(operation, self._all(inputs), name)
            case "Relu6":
                self._add("Clip", [*self._all(inputs), *self._limits(name)], name)
            case "Add" | "AddV2" | "BiasAdd" | "Sub" | "Mul":
                kind = operation if operation in ("Sub", "Mul") else "Add"
                self._add(kind, self._all(inputs), name)
            case "Pad":
                pads = self._weights[inputs[1]].astype(np.int64).T.reshape(-1)
                self._add("Pad", [inputs[0], self._new_constant(f"{name}/pads", pads)], name)
            case "Mean":
                axes = np.ravel(self._weights[inputs[1]]).astype(np.int64)
                keeps = int(bool(attributes.get("keep_dims", {}).get("b")))
                self._add("ReduceMean", [inputs[0], self._new_constant(f"{name}/axes", axes)], name, keepdims=keeps)
            case "Reshape":
                shape = self._weights[inputs[1]].astype(np.int64)
                self._add("Reshape", [inputs[0], self._new_constant(f"{name}/shape", shape)], name)
            case "Squeeze":
                axes = np.array(attributes.get("squeeze_dims", {}).get("list", {}).get("i", []), np.int64)
                named = [self._new_constant(f"{name}/axes", axes)] if axes.size else []
                self._add("Squeeze", [inputs[0], *named], name)
            case _:
                raise ValueError(f"{name}: the operation {operation} is not known here")

    def _fused(
        self, operation: str, inputs: Sequence[str], name: str, attributes: Mapping[str, Any], steps: Sequence[str]
    ) -> None:
        """Translate a convolution with its bias and activation; the runtime joins them again."""
        x, filters, bias = inputs
        made = f"{name}/convolution"
        self._convolution(operation, [x, filters, bias], name if steps == ["BiasAdd"] else made, attributes)
        match steps:
            case ["BiasAdd"]:
                pass
            case ["BiasAdd", "Relu6"]:
                self._add("Clip", [made, *self._limits(name)], name)
            case ["BiasAdd", "Relu"]:
                self._add("Relu", [made], name)
            case _:
                raise ValueError(f"{name}: the steps {', '.join(steps)} after a convolution are not known here")

    def _convolution(self, operation: str, inputs: Sequence[str], name: str, attributes: Mapping[str, Any]) -> None:
        x, filters_name, *bias = inputs
        filters = self._weights[filters_name]
        depthwise = "epthwise" in operation
        # TensorFlow: (h, w, in, out), or (h, w, channel, 1); ONNX: (out, in, h, w), or (channel, 1, h, w).
        turned = np.ascontiguousarray(filters.transpose((2, 3, 0, 1) if depthwise else (3, 2, 0, 1)))
        constants = [self._new_constant(f"{name}/filters", turned), *map(self._constant, bias)]
        stride = second(attributes["strides"])
        self._turned(
            "Conv",
            [x, *constants],
            name,
            auto_pad=_padding(attributes),
            strides=[stride, stride],
            group=turned.shape[0] if depthwise else 1,
        )

    def _turned(self, operation: str, inputs: Sequence[str], name: str, **attributes: Any) -> None:
        """Add an operation whose first input, and output, ONNX wants with channels before height and width."""
        self._add("Transpose", [self._any(inputs[0])], f"{name}/there", perm=CHANNELS_FIRST)
        self._add(operation, [f"{name}/there", *inputs[1:]], f"{name}/turned", **attributes)
        self._add("Transpose", [f"{name}/turned"], name, perm=CHANNELS_LAST)

    def _add(self, operation: str, inputs: Sequence[str], output: str, **attributes: Any) -> None:
        self.nodes.append(helper.make_node(operation, list(inputs), [output], name=output, **attributes))

    def _limits(self, name: str) -> list[str]:
        """Return the limits of Relu6."""
        return [self._new_constant(f"{name}/{limit}", np.array(limit, np.float32)) for limit in (0, 6)]

    def _all(self, names: Sequence[str]) -> list[str]:
        return [self._any(name) for name in names]

    def _any(self, name: str) -> str:
        return self._constant(name) if name in self._weights else name

    def _constant(self, name: str) -> str:
        """Return the name of a weight, which is among the constants from now on."""
        if not any(constant.name == name for constant in self.constants):
            self._new_constant(name, self._weights[name])
        return name

    def _new_constant(self, name: str, values: npt.NDArray[Any]) -> str:
        self.constants.append(numpy_helper.from_array(values, name))
        return name


def _window(attributes: Mapping[str, Any], size: str) -> dict[str, Any]:
    kernel, stride = second(attributes[size]), second(attributes["strides"])
    return {"kernel_shape": [kernel, kernel], "strides": [stride, stride], "auto_pad": _padding(attributes)}


def _padding(attributes: Mapping[str, Any]) -> str:
    # The odd pixel goes to the bottom and right, as with TensorFlow's SAME.
    return "SAME_UPPER" if is_same(attributes) else "VALID"
