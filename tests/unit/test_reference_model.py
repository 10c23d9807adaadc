"""The numpy reference against TensorFlow's definitions, worked out by hand."""

import json
from pathlib import Path

import numpy as np
import pytest

from frontend.models.reference import ReferenceModel, conv2d, depthwise, pad_same, read_weights
from tests.support.drawn_model import SIDE_PX, write_drawn_model


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
        ReferenceModel(folder).execute(np.zeros((1, SIDE_PX, SIDE_PX, 3), dtype=np.float32), ["Logits"])
