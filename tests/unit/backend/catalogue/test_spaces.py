"""Embedding spaces: what decides the id."""

from typing import Any

import pytest

from backend.catalogue.spaces import InputSpec, Words
from backend.setup.manifests import space_of
from tests.support.spaces import MISSING, changed_manifest, manifest, small_space, to_base64, vector


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
    assert space_of(changed_manifest(path, value), "here").id != small_space().id


def test_table_of_words_makes_no_other_space() -> None:
    """What words mean changes no vector: a model may get a table, or another one, and its library stays."""
    with_words = changed_manifest("words", {"file": "words.npz", "weakest_cosine": 0.2})
    with_words["files"]["words.npz"] = {"size": 1, "sha256": "f" * 64}

    space = space_of(with_words, "here")

    assert space.words == Words("words.npz", 0.2)
    assert space.id == small_space().id
    assert space.describing == ("labels.txt", "words.npz")


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
        ("calibration/unrelated_cosine/photo/50", 0.2),
        ("golden/vector", to_base64(vector(5))),
        ("files/labels.txt/sha256", "d" * 64),
        ("files/model.json/size", 21),
        ("output/logits_node", "other"),
        ("input/low", -1),
    ],
)
def test_what_leaves_the_space_as_it_is(path: str, value: Any) -> None:
    """What only describes the vectors, or says the same in other words, leaves the id alone."""
    assert space_of(changed_manifest(path, value), "here").id == small_space().id


def test_order_of_names_does_not_matter() -> None:
    """The id is of the values, not of how they were written down."""
    reordered = {name: value for name, value in reversed(manifest().items())}
    reordered["files"] = dict(reversed(reordered["files"].items()))

    assert space_of(reordered, "here").id == small_space().id
