"""The numpy reference against TensorFlow's definitions, worked out by hand."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from frontend.embedder.model_input import InputSpec
from frontend.models.describe import describe
from frontend.models.graph import integers, text
from frontend.models.reference import OPERATIONS, ReferenceModel, conv2d, depthwise, pad_same, read_weights
from tests.support.drawn_model import SIDE_PX, write_drawn_model

WINDOW_OF_3 = {"ksize": integers([1, 3, 3, 1]), "strides": integers([1, 2, 2, 1])}


@pytest.mark.parametrize(
    ("length", "kernel", "stride", "padded"), [(224, 3, 2, 225), (7, 3, 1, 9), (5, 3, 2, 7), (4, 1, 2, 4)]
)
def test_same_padding(length: int, kernel: int, stride: int, padded: int) -> None:
    """As much as makes ceil(length / stride) outputs; the odd pixel goes to the end."""
    x = pad_same(np.ones((1, length, length, 1), dtype=np.float32), kernel, stride)
    assert x.shape == (1, padded, padded, 1)
    if (padded - length) % 2:
        assert (x[0, 0, 0, 0], x[0, -1, -1, 0]) == (1, 0)


def test_convolutions_by_hand() -> None:
    """A filter of ones adds up the neighbourhood; a depthwise one keeps the channels apart."""
    x = np.arange(32, dtype=np.float32).reshape(1, 4, 4, 2)
    total = conv2d(x, np.ones((3, 3, 2, 1), dtype=np.float32), stride=2, same=True)
    assert total[0, 0, 0, 0] == x[0, 0:3, 0:3].sum()
    assert total[0, 1, 1, 0] == x[0, 2:4, 2:4].sum()
    apart = depthwise(x, np.ones((3, 3, 2, 1), dtype=np.float32), stride=1, same=False)
    assert apart[0, 0, 0].tolist() == [x[0, 0:3, 0:3, 0].sum(), x[0, 0:3, 0:3, 1].sum()]


def computed(operation: str, *inputs: Any, **attributes: Any) -> list[Any]:
    """Compute one operation, and return its value as lists of numbers."""
    return OPERATIONS[operation]([np.asarray(values, dtype=np.float32) for values in inputs], attributes).tolist()


def test_plain_operations_by_hand() -> None:
    """What stands around the convolutions of a model that is not folded."""
    x = np.array([[[[1, -2], [3, 8]]]])
    assert computed("Mul", x, 2) == [[[[2, -4], [6, 16]]]]
    assert computed("Sub", x, 1) == [[[[0, -3], [2, 7]]]]
    assert computed("BiasAdd", x, [10, 20]) == [[[[11, 18], [13, 28]]]]
    assert computed("Relu6", x) == [[[[1, 0], [3, 6]]]]
    assert computed("Reshape", x, [-1, 4]) == [[1, -2, 3, 8]]
    assert computed("Squeeze", x) == [[1, -2], [3, 8]]
    assert computed("Pad", [[1]], [[0, 1], [1, 0]]) == [[0, 1], [0, 0]]


def test_batch_normalisation_by_hand() -> None:
    """Scaled by the deviation of training, not by that of the picture; epsilon keeps it from being zero."""
    (channels,) = computed("FusedBatchNormV3", [[5, 5]], [2, 1], [1, 0], [3, 5], [3, 0], epsilon={"f": 1.0})
    assert channels == [3.0, 0.0]


def test_averages_by_hand() -> None:
    """A window at the edge is divided by the values in it, not by those that the padding adds."""
    x = np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1)
    same = computed("AvgPool", x, **WINDOW_OF_3, padding={"s": text("SAME")})
    assert np.ravel(same).tolist() == [5.0, 6.5, 11.0, 12.5]
    valid = computed("AvgPool", x, **WINDOW_OF_3, padding={"s": text("VALID")})
    assert np.ravel(valid).tolist() == [5.0]


def test_a_model_that_is_not_folded(tmp_path: Path) -> None:
    """Convolution, bias and activation as nodes of their own give what the fused ones give, in any order."""
    folder = write_drawn_model(tmp_path)
    document = json.loads((folder / "model.json").read_text())
    nodes = [part for node in document["modelTopology"]["node"] for part in reversed(apart(node))]
    document["modelTopology"]["node"] = nodes
    expected = ReferenceModel(folder).execute(waves(), ["AvgPool"])
    (folder / "model.json").write_text(json.dumps(document))
    assert np.allclose(ReferenceModel(folder).execute(waves(), ["AvgPool"]), expected, atol=1e-5)


def apart(node: dict[str, Any]) -> list[dict[str, Any]]:
    """Write a fused node as those that it was made of."""
    single = {"_FusedConv2D": "Conv2D", "FusedDepthwiseConv2dNative": "DepthwiseConv2dNative"}
    if node["op"] not in single:
        return [node]
    name, (x, filters, bias) = node["name"], node["input"]
    activated = text("Relu6") in node["attr"]["fused_ops"]["list"]["s"]
    return [
        {"name": f"{name}/c", "op": single[node["op"]], "input": [x, filters], "attr": node["attr"]},
        {"name": f"{name}/b", "op": "BiasAdd", "input": [f"{name}/c:0", bias, "^images"], "attr": {}},
        {"name": name, "op": "Relu6" if activated else "Identity", "input": [f"{name}/b"]},
    ]


def waves() -> np.ndarray:
    return np.sin(np.arange(SIDE_PX * SIDE_PX * 3, dtype=np.float32)).reshape(1, SIDE_PX, SIDE_PX, 3)


def test_the_output_of_a_graph(tmp_path: Path) -> None:
    """It is what the signature says, or else what no node reads; where there are two, they are named."""
    folder = write_drawn_model(tmp_path)
    assert ReferenceModel(folder).only_output() == "Logits"

    document = json.loads((folder / "model.json").read_text())
    del document["signature"]
    (folder / "model.json").write_text(json.dumps(document))
    assert ReferenceModel(folder).only_output() == "Logits"

    document["modelTopology"]["node"].append({"name": "copy", "op": "Identity", "input": ["AvgPool"]})
    (folder / "model.json").write_text(json.dumps(document))
    with pytest.raises(ValueError, match="the graph has 2 outputs: Logits, copy; one has to be named"):
        ReferenceModel(folder).only_output()

    (folder / "model.json").write_text(json.dumps({**document, "signature": {"outputs": {"y": {"name": "copy:0"}}}}))
    assert ReferenceModel(folder).only_output() == "copy"


def test_labels_of_another_model(tmp_path: Path) -> None:
    """A list of labels that is too short for the logits is refused: the names would be wrong."""
    folder = write_drawn_model(tmp_path)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "labels.txt").write_text("cat\ndog\n")
    with pytest.raises(ValueError, match=r"labels\.txt has 2 lines, but Logits gives 10 values"):
        describe(
            folder,
            name="drawn",
            embedding_node="AvgPool",
            spec=InputSpec(**manifest["input"]),
            description="d",
            source="s",
            licence="l",
        )


def test_weights_that_are_too_many(tmp_path: Path) -> None:
    """A file that holds more than model.json lists belongs to another model."""
    (tmp_path / "w.bin").write_bytes(bytes(9))
    entries = [{"name": "a", "shape": [2], "dtype": "float32"}]
    with pytest.raises(ValueError, match=r"w\.bin: 9 bytes, of which the weights are 8"):
        read_weights(tmp_path, [{"paths": ["w.bin"], "weights": entries}])


def test_weights_are_dequantised(tmp_path: Path) -> None:
    """Eight bits with scale and minimum, half floats and plain floats follow each other in one file."""
    data = bytes([0, 255]) + np.array([0.5], "<f2").tobytes() + np.array([2.0], "<f4").tobytes()
    (tmp_path / "w.bin").write_bytes(data)
    entries = [
        {"name": "a", "shape": [2], "dtype": "float32", "quantization": {"dtype": "uint8", "scale": 0.1, "min": -1.0}},
        {"name": "b", "shape": [], "dtype": "float32", "quantization": {"dtype": "float16"}},
        {"name": "c", "shape": [1], "dtype": "float32"},
    ]
    weights = read_weights(tmp_path, [{"paths": ["w.bin"], "weights": entries}])
    assert weights["a"].tolist() == pytest.approx([-1.0, 24.5])
    assert (weights["b"].item(), weights["c"].item()) == (0.5, 2.0)


def test_an_unknown_operation_is_named(tmp_path: Path) -> None:
    """A graph that the reference cannot compute is refused, with the node's name."""
    folder = write_drawn_model(tmp_path)
    document = json.loads((folder / "model.json").read_text())
    next(node for node in document["modelTopology"]["node"] if node["op"] == "AddV2")["op"] = "Elu"
    (folder / "model.json").write_text(json.dumps(document))
    with pytest.raises(ValueError, match="sum: the operation Elu is not known"):
        ReferenceModel(folder).execute(waves(), ["Logits"])
