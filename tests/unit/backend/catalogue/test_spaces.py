"""Embedding spaces: what decides the id, and what a manifest may say."""

import copy
from typing import Any

import pytest

from backend.catalogue.errors import InvalidManifest
from backend.catalogue.spaces import EmbeddingSpace, InputSpec
from tests.support.spaces import manifest, small_space, to_base64, vector

MISSING = object()


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return the manifest with one value replaced, added or, for MISSING, left out. Parts are joined by `/`."""
    whole = copy.deepcopy(manifest())
    *parents, name = path.split("/")
    inner = whole
    for parent in parents:
        inner = inner[parent]
    if value is MISSING:
        del inner[name]
    else:
        inner[name] = value
    return whole


def test_what_a_space_knows() -> None:
    """The space has the manifest's values, and hands out the manifest as it was."""
    space = small_space()

    assert (space.model, space.dimension, space.labels) == ("small", 8, "labels.txt")
    assert space.input == InputSpec(224, -1.0, 1.0, "squeeze-bilinear-antialias")
    assert space.files["model.json"].size == 20
    assert space.manifest == manifest()


def test_id_stays_the_same_for_ever() -> None:
    """The id is part of table names and addresses: if this fails, existing catalogues will look empty."""
    assert small_space().id == "8dd8b6c25fcf71ed"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("files/model.json/sha256", "d" * 64),
        ("files/group1-shard2of2.bin", {"size": 1, "sha256": "e" * 64}),
        ("files/group1-shard1of1.bin", MISSING),
        ("input/side_px", 192),
        ("input/low", 0),
        ("input/high", 255),
        ("output/embedding_node", "other"),
    ],
)
def test_what_makes_another_space(path: str, value: Any) -> None:
    """Whatever changes the vectors changes the id."""
    assert EmbeddingSpace.from_manifest(changed(path, value)).id != small_space().id


def test_dimension_makes_another_space() -> None:
    """Vectors of another length are of another space."""
    assert small_space(16).id != small_space(8).id


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("model", "other"),
        ("description", "other"),
        ("source", "other"),
        ("licence", "MIT"),
        ("calibration", None),
        ("calibration/unrelated_cosine/p50", 0.2),
        ("golden/vector", to_base64(vector(5))),
        ("files/labels.txt/sha256", "d" * 64),
        ("files/model.json/size", 21),
        ("output/logits_node", "other"),
        ("input/low", -1),
    ],
)
def test_what_leaves_the_space_as_it_is(path: str, value: Any) -> None:
    """What only describes the vectors, or says the same in other words, leaves the id alone."""
    assert EmbeddingSpace.from_manifest(changed(path, value)).id == small_space().id


def test_order_of_names_does_not_matter() -> None:
    """The id is of the values, not of how they were written down."""
    reordered = {name: value for name, value in reversed(manifest().items())}
    reordered["files"] = dict(reversed(reordered["files"].items()))

    assert EmbeddingSpace.from_manifest(reordered).id == small_space().id


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        ("dimension", MISSING, "manifest"),
        ("surprise", 1, "manifest"),
        ("model", "", "model"),
        ("licence", None, "licence"),
        ("files", {}, "files"),
        ("files", [], "files"),
        ("files", {"../model.json": {"size": 1, "sha256": "a" * 64}}, "files"),
        ("files/.hidden", {"size": 1, "sha256": "a" * 64}, "files"),
        ("files/a\\b", {"size": 1, "sha256": "a" * 64}, "files"),
        ("files/model.json/size", 0, "files.model.json.size"),
        ("files/model.json/size", True, "files.model.json.size"),
        ("files/model.json/sha256", "A" * 64, "files.model.json.sha256"),
        ("files/model.json/url", "https://example.org", "files.model.json"),
        ("input/side_px", 224.0, "input.side_px"),
        ("input/low", float("nan"), "input.low"),
        ("input/high", -1.0, "input.high"),
        ("input/high", "1", "input.high"),
        ("input/resize", "nearest", "input.resize"),
        ("input/mean", [0, 0, 0], "input"),
        ("output/labels", "none.txt", "output.labels"),
        ("output/embedding_node", 5, "output.embedding_node"),
        ("pooling", "mean", "pooling"),
        ("postprocessing", [], "postprocessing"),
        ("dimension", -1, "dimension"),
        ("calibration", {}, "calibration"),
        ("calibration/pairs", 0, "calibration.pairs"),
        ("calibration/unrelated_cosine/p95", "high", "calibration.unrelated_cosine.p95"),
        ("golden", None, "golden"),
        ("golden/input", "noise", "golden.input"),
        ("golden/vector", "no base64", "golden.vector"),
        ("golden/vector", to_base64(vector(0) * 2), "golden.vector"),
        ("golden/vector", to_base64(vector(0, 9)), "golden.vector"),
    ],
)
def test_manifest_that_cannot_be_used(path: str, value: Any, where: str) -> None:
    """The error says where the wrong value stood."""
    with pytest.raises(InvalidManifest) as caught:
        EmbeddingSpace.from_manifest(changed(path, value))

    assert caught.value.where == where
    assert where in str(caught.value)
