"""The table that says what words mean: what it keeps, and what a text comes to."""

import json

import numpy as np
import pytest

from frontend.embedder.words import STEPS, read_table, write_table
from tests.support.spaces import BUNDLED

WORDS = {
    "dog": [(1, 1.0), (300, 0.5)],
    "hot dog": [(2, 0.25)],
    "knife": [(3, 2.0), (1, 0.001)],
    "city": [(0, 1.0)],
    "glass": [(299, 1.0)],
    "geese": [(4, 1.0)],
}
DIRECTIONS = np.random.default_rng(1).normal(size=(301, 8)).astype(np.float32)


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def test_what_a_table_keeps() -> None:
    """Weights are kept within a step of a word's largest; the smallest are left out."""
    table = read_table(write_table(WORDS, DIRECTIONS))

    assert table.classes_of("dog") == [(1, 1.0), (300, pytest.approx(0.5, abs=0.5 / STEPS + 1e-6))]
    assert table.classes_of("hot dog") == [(2, 1.0)]
    assert table.classes_of("knife") == [(3, 1.0)]
    assert table.classes_of("glass") == [(299, 1.0)]


def test_directions_lose_little() -> None:
    """Four bits a value are enough for a class's direction."""
    table = read_table(write_table(WORDS, DIRECTIONS))

    lengths = np.linalg.norm(table.directions, axis=1)
    assert lengths == pytest.approx(1, abs=1e-5)
    assert min(cosine(kept, given) for kept, given in zip(table.directions, DIRECTIONS, strict=True)) > 0.97


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("dog", ["dog"]),
        ("Dogs", ["dog"]),
        ("a hot dog, and the dog", ["hot dog", "dog"]),
        ("hot dogs", ["hot dog"]),
        ("knives in cities", ["knife", "city"]),
        ("glasses", ["glass"]),
        ("geese", ["geese"]),
        ("IMG_1234 hound", []),
        ("", []),
    ],
)
def test_words_of_a_text(text: str, known: list[str]) -> None:
    """Phrases come before their words, plurals are led back to singulars, and what is not known is passed over."""
    assert read_table(write_table(WORDS, DIRECTIONS)).known(text) == known


def test_vector_of_words() -> None:
    """A text is the mean of its words, each of which counts the same."""
    table = read_table(write_table(WORDS, DIRECTIONS))
    city, glass = table.vector("city"), table.vector("glass")
    assert city is not None and glass is not None

    both = table.vector("a glass city")

    assert both is not None and both.dtype == np.float32
    assert both == pytest.approx((city + glass) / np.linalg.norm(city + glass), abs=1e-6)
    assert cosine(city, DIRECTIONS[0]) > 0.97


def test_text_without_a_word_of_the_table() -> None:
    """What nobody knows has no vector."""
    assert read_table(write_table(WORDS, DIRECTIONS)).vector("hound") is None


def test_same_table_again() -> None:
    """The same words and directions make the same bytes, in whatever order they come."""
    assert write_table(WORDS, DIRECTIONS) == write_table(dict(reversed(WORDS.items())), DIRECTIONS)


def test_what_is_no_table() -> None:
    """Another file is refused with an error that the worker expects."""
    with pytest.raises(ValueError):
        read_table(b"<!doctype html>")


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("apple", "Granny Smith"),
        ("beaches", "seashore, coast, seacoast, sea-coast"),
        ("flowers", "daisy"),
        ("mountain bikes", "mountain bike, all-terrain bike, off-roader"),
        ("geese", "goose"),
        ("t-shirt", "jersey, T-shirt, tee shirt"),
        ("sneakers", "running shoe"),
        ("crane", "crane"),
    ],
)
def test_bundled_table(text: str, label: str) -> None:
    """The bundled model's table leads words to the classes that show what they mean."""
    manifest = json.loads((BUNDLED / "manifest.json").read_text(encoding="utf-8"))
    labels = (BUNDLED / manifest["output"]["labels"]).read_text(encoding="utf-8").strip().split("\n")
    table = read_table((BUNDLED / manifest["words"]["file"]).read_bytes())

    (word,) = table.known(text)

    best = sorted(table.classes_of(word), key=lambda entry: -entry[1])[:4]
    assert label in [labels[number] for number, _ in best]


def test_bundled_table_and_kinds() -> None:
    """A word for a kind reaches what is of it: dogs are nearer to 'dog' than to 'cat', and the other way round."""
    manifest = json.loads((BUNDLED / "manifest.json").read_text(encoding="utf-8"))
    labels = (BUNDLED / manifest["output"]["labels"]).read_text(encoding="utf-8").strip().split("\n")
    table = read_table((BUNDLED / manifest["words"]["file"]).read_bytes())
    breeds = {"dog": ("beagle", "pug, pug-dog"), "cat": ("tabby, tabby cat", "Siamese cat, Siamese")}
    vectors = {word: table.vector(word) for word in breeds}

    for word, names in breeds.items():
        for name in names:
            direction = table.directions[labels.index(name)]
            scores = {each: float(direction @ vector) for each, vector in vectors.items() if vector is not None}
            assert max(scores, key=lambda each: scores[each]) == word
