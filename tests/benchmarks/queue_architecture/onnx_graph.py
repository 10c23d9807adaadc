"""
Translates the bundled model from a TF.js graph into ONNX, as whoever runs a search service would do once.

Only what a native service needs: up to the embedding, in float32.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from frontend.models.reference import ReferenceModel, inputs_of, is_same, second
from frontend.models.reference import decode as decode_text
from tests.benchmarks.queue_architecture.native_model import INPUT, read_manifest

OPSET = 18
LIMITS = ("zero", "six")
"""The constants of Relu6."""


def write_onnx(folder: Path, file: Path) -> None:
    """
    Translate the model in a folder.

    ONNX has channels before height and width, so filters are turned, and the input has to be.

    Raises:
        ValueError: The graph has an operation that is not known here.
    """
    space = read_manifest(folder)
    original = ReferenceModel(folder)
    translation = _Translation(original.weights, space.input.side_px)
    for node in original.needed_by([space.embedding_node]):
        translation.add(node)
    shape = ["n", 3, space.input.side_px, space.input.side_px]
    graph = helper.make_graph(
        translation.nodes,
        space.model,
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(space.embedding_node, TensorProto.FLOAT, ["n", space.dimension, 1, 1])],
        translation.constants,
    )
    # The version of the format that came with this version of the operations.
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, file)


class _Translation:
    """Collects ONNX nodes, one TF.js node after the other, each after those that it reads."""

    def __init__(self, weights: Mapping[str, npt.NDArray[Any]], side_px: int) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants = [
            numpy_helper.from_array(np.array(value, np.float32), name)
            for name, value in zip(LIMITS, (0, 6), strict=True)
        ]
        self._weights = weights
        self._sides = {INPUT: side_px}
        """Name of a value -> its height, which is its width too."""
        self._names: dict[str, str] = {}
        """Of a TF.js node -> of its value in ONNX, where that is another."""

    def add(self, node: Mapping[str, Any]) -> None:
        match node["op"]:
            case "Placeholder":
                self._names[node["name"]] = INPUT
            case "_FusedConv2D":
                self._convolution(node, depthwise=False)
            case "FusedDepthwiseConv2dNative":
                self._convolution(node, depthwise=True)
            case "AddV2":
                one, other = self._inputs(node)
                self._add("Add", [one, other], node["name"], self._sides[one])
            case "Mean":
                # Over height and width, which is all that the bundled graph averages over.
                self._add("GlobalAveragePool", self._inputs(node)[:1], node["name"], 1)
            case other:
                raise ValueError(f"{node['name']}: the operation {other} is not known here")

    def _convolution(self, node: Mapping[str, Any], depthwise: bool) -> None:
        x, weights_name, bias_name = self._inputs(node)
        # TensorFlow: (h, w, in, out), or (h, w, channel, 1); ONNX: (out, in, h, w), or (channel, 1, h, w).
        filters = self._weights[weights_name].transpose((2, 3, 0, 1) if depthwise else (3, 2, 0, 1))
        names = [self._constant(weights_name, filters), self._constant(bias_name, self._weights[bias_name])]
        stride, kernel, side = second(node["attr"]["strides"]), filters.shape[2], self._sides[x]
        before, after = _padding(side, kernel, stride) if is_same(node["attr"]) else (0, 0)
        activations = [decode_text(step) for step in node["attr"]["fused_ops"]["list"]["s"]][1:]
        sum_name = f"{node['name']}/sum" if activations else node["name"]
        self._add(
            "Conv",
            [x, *names],
            sum_name,
            (side + before + after - kernel) // stride + 1,
            kernel_shape=[kernel, kernel],
            strides=[stride, stride],
            pads=[before, before, after, after],
            group=len(filters) if depthwise else 1,
        )
        if activations == ["Relu6"]:
            self._add("Clip", [sum_name, *LIMITS], node["name"], self._sides[sum_name])
        elif activations:
            raise ValueError(f"{node['name']}: the activations {activations} are not known here")

    def _constant(self, name: str, values: npt.NDArray[Any]) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _add(self, operation: str, inputs: Sequence[str], output: str, side_px: int, **attributes: Any) -> None:
        self.nodes.append(helper.make_node(operation, list(inputs), [output], name=output, **attributes))
        self._sides[output] = side_px

    def _inputs(self, node: Mapping[str, Any]) -> list[str]:
        return [self._names.get(name, name) for name in inputs_of(node)]


def _padding(side_px: int, kernel: int, stride: int) -> tuple[int, int]:
    """Return what TensorFlow's SAME adds before and after: the odd pixel goes to the bottom and right."""
    total = max((-(-side_px // stride) - 1) * stride + kernel - side_px, 0)
    return total // 2, total - total // 2
