"""Graphs that are translated into ONNX give what the reference gives."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from frontend.client.model.onnx_graph import INPUT, to_onnx
from frontend.models.graph import integers, text
from frontend.models.reference import ReferenceModel
from tests.support.drawn_model import SIDE_PX, write_drawn_model

WINDOW = {"ksize": integers([1, 3, 3, 1]), "strides": integers([1, 2, 2, 1])}
STRIDES = {"strides": integers([1, 2, 2, 1])}
RANDOM = np.random.default_rng(5)

# Operation, its other inputs, its attributes: all that the reference knows but what is fused.
OPERATIONS: Sequence[tuple[str, Sequence[np.ndarray], Mapping[str, Any]]] = (
    ("Conv2D", [RANDOM.normal(size=(3, 3, 3, 5))], {**STRIDES, "padding": {"s": text("SAME")}}),
    ("Conv2D", [RANDOM.normal(size=(3, 3, 3, 5))], {**STRIDES, "padding": {"s": text("VALID")}}),
    ("DepthwiseConv2dNative", [RANDOM.normal(size=(3, 3, 3, 1))], {**STRIDES, "padding": {"s": text("SAME")}}),
    ("BiasAdd", [RANDOM.normal(size=3)], {}),
    ("FusedBatchNormV3", [RANDOM.uniform(1, 2, 3) for _ in range(4)], {"epsilon": {"f": 0.001}}),
    ("Relu", [], {}),
    ("Relu6", [], {}),
    ("Add", [RANDOM.normal(size=3)], {}),
    ("AddV2", [np.array(2.5)], {}),
    ("Sub", [np.array(1.5)], {}),
    ("Mul", [RANDOM.normal(size=3)], {}),
    ("Pad", [np.array([[0, 0], [0, 1], [2, 0], [0, 0]], np.int32)], {}),
    ("AvgPool", [], {**WINDOW, "padding": {"s": text("SAME")}}),
    ("AvgPool", [], {**WINDOW, "padding": {"s": text("VALID")}}),
    ("Mean", [np.array([1, 2], np.int32)], {"keep_dims": {"b": True}}),
    ("Mean", [np.array([1, 2], np.int32)], {}),
    ("Reshape", [np.array([-1, 3], np.int32)], {}),
    ("Identity", [], {}),
)


def write(folder: Path, nodes: Sequence[dict[str, Any]], weights: Mapping[str, np.ndarray]) -> ReferenceModel:
    """Write a graph whose input is called `images`, and read it again."""
    typed = {
        name: values.astype("<i4" if values.dtype == np.int32 else "<f4", order="C") for name, values in weights.items()
    }
    (folder / "weights.bin").write_bytes(b"".join(values.tobytes() for values in typed.values()))
    entries = [
        {"name": name, "shape": list(values.shape), "dtype": "int32" if values.dtype.kind == "i" else "float32"}
        for name, values in typed.items()
    ]
    placeholder = {"name": "images", "op": "Placeholder"}
    constants = [{"name": name, "op": "Const"} for name in typed]
    document = {
        "modelTopology": {"node": [placeholder, *constants, *nodes]},
        "weightsManifest": [{"paths": ["weights.bin"], "weights": entries}],
    }
    (folder / "model.json").write_text(json.dumps(document))
    return ReferenceModel(folder)


def both(model: ReferenceModel, outputs: Sequence[str], x: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Compute outputs by the reference and by the translation."""
    translated = to_onnx(model, outputs, x.shape[1])
    session = onnxruntime.InferenceSession(translated, providers=["CPUExecutionProvider"])
    found = session.run(list(outputs), {INPUT: x})
    return list(zip(model.execute(x, outputs), [np.asarray(values) for values in found], strict=True))


@pytest.mark.parametrize(("operation", "others", "attributes"), OPERATIONS, ids=[each[0] for each in OPERATIONS])
def test_operation(tmp_path: Path, operation: str, others: Sequence[np.ndarray], attributes: Mapping[str, Any]) -> None:
    """Each operation of the reference has its translation, in the same layout."""
    weights = {f"weight_{number}": values for number, values in enumerate(others)}
    node = {"name": "made", "op": operation, "input": ["images", *weights], "attr": dict(attributes)}
    x = RANDOM.normal(0, 4, (2, 7, 7, 3)).astype(np.float32)

    ((expected, found),) = both(write(tmp_path, [node], weights), ["made"], x)

    assert found.shape == expected.shape
    assert np.allclose(found, expected, atol=1e-4)


def test_squeezing(tmp_path: Path) -> None:
    """Axes of length one are dropped: the named ones, or all."""
    nodes = [
        {"name": "pooled", "op": "Mean", "input": ["images", "axes"], "attr": {"keep_dims": {"b": True}}},
        {"name": "some", "op": "Squeeze", "input": ["pooled"], "attr": {"squeeze_dims": integers([1])}},
        {"name": "all", "op": "Squeeze", "input": ["pooled"]},
    ]
    model = write(tmp_path, nodes, {"axes": np.array([1, 2], np.int32)})
    x = RANDOM.normal(size=(2, 5, 5, 3)).astype(np.float32)

    for expected, found in both(model, ["some", "all"], x):
        assert found.shape == expected.shape
        assert np.allclose(found, expected, atol=1e-5)


def test_a_whole_model(tmp_path: Path) -> None:
    """Fused convolutions, sums and averages, for several pictures at once."""
    x = RANDOM.uniform(-1, 1, (3, SIDE_PX, SIDE_PX, 3)).astype(np.float32)

    for expected, found in both(ReferenceModel(write_drawn_model(tmp_path)), ["AvgPool", "Logits"], x):
        assert np.allclose(found, expected, atol=1e-4)


def test_an_operation_that_is_not_known(tmp_path: Path) -> None:
    """It is named, with its node."""
    model = write(tmp_path, [{"name": "odd", "op": "Elu", "input": ["images"]}], {})

    with pytest.raises(ValueError, match="odd: the operation Elu is not known here"):
        to_onnx(model, ["odd"], 4)
