"""
The bundled model on the server: its TF.js graph as ONNX, run by ONNX Runtime.

    build_onnx (once) -> NativeModel: bytes of a picture -> decode -> to_model_input -> vector

The preprocessing is the embedder's own, and the golden test too: so the vectors are those of the browsers.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from frontend.embedder.model_input import golden_input, scale_to_range
from frontend.embedder.preprocessing import Picture, decode, to_model_input
from frontend.embedder.space import GOLDEN_COSINE, Space, Vector, read_space, to_vector
from frontend.models.reference import decode as decode_text
from frontend.models.reference import inputs_of, is_same, read_weights, second

OPSET = 18
INPUT = "input_nchw"
LIMITS = ("zero", "six")
"""The constants of Relu6."""


class NativeModel:
    """A model folder in ONNX Runtime. Its methods may be called in several threads at once."""

    def __init__(self, folder: Path, threads: int) -> None:
        """
        Args:
            threads: How many work on one picture.

        Raises:
            ValueError: The vector of the golden test is another than that of the manifest.
        """
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        self.space = read_space(folder.name, manifest)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(
            build_onnx(folder, self.space).SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        golden = scale_to_range(golden_input(self.space.golden_input, self.space.input.side_px), self.space.input)
        self.golden_cosine = float(self._run(golden) @ self.space.golden_vector)
        if not self.golden_cosine >= GOLDEN_COSINE:
            raise ValueError(f"the vectors are wrong: cosine {self.golden_cosine:.4f} to the golden one")

    def decode(self, data: bytes) -> Picture:
        """
        Read the bytes of a picture.

        Raises:
            PictureError: They are none.
        """
        return decode(data, self.space.input.side_px)

    def vector(self, picture: Picture) -> Vector:
        return self._run(to_model_input(picture.pixels, self.space.input))

    def _run(self, model_input: npt.NDArray[np.float32]) -> Vector:
        (embedding,) = self._session.run(None, {INPUT: np.ascontiguousarray(model_input.transpose(0, 3, 1, 2))})
        return to_vector(np.asarray(embedding), self.space)


def build_onnx(folder: Path, space: Space) -> onnx.ModelProto:
    """
    Translate the bundled graph up to its embedding, in float32.

    ONNX has channels before height and width, so filters are turned, and the input has to be.

    Raises:
        ValueError: The graph has an operation that is not known here.
    """
    document = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    translation = _Translation(read_weights(folder, document["weightsManifest"]), space.input.side_px)
    for node in document["modelTopology"]["node"]:
        translation.add(node)
        if node["name"] == space.embedding_node:
            break
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
    return model


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
            case "Const":
                pass  # Read where it is used.
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
