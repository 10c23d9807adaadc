"""
Make the table of words of a model: python -m frontend.models.words.build MODEL --wordnet FOLDER --minilm FOLDER

It writes words.npz beside the model's manifest and enters it there; see README.md beside this file.
"""

import argparse
import hashlib
import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from frontend.embedder.words import Weights, write_table
from frontend.models.nodes import CLASSIFIER, PROJECTION, SCOPE
from frontend.models.reference import ReferenceModel

from . import wordnet
from .classes import synsets_of
from .minilm import MiniLM
from .vocabulary import choose, parts_of, with_plurals
from .weights import Kinship, similar, similarities, unit
from .wordnet import WordNet

Array = npt.NDArray[np.float32]

NAME = "words.npz"

# How many classes a word keeps. Measured with words for 26 sets of photographs: with 8, 16, 24 the mean average
# precision is 0.32, 0.35, 0.36. Words above many classes keep more: there are few such words, and each class counts.
MOST_CLASSES = 12
MOST_BROAD = 64

# Classes that count less than this share of a word's first one are left out: they are a third of the table's bytes.
LEAST_SHARE = 0.15

# Words without relatives among the classes stay out unless some class is as similar as this: what is below is similar
# to everything a little, such as `interview`. Of rare words, which hardly anybody types, more is asked. By looking
# through the words on both sides.
LEAST_COSINE = 0.28
LEAST_COSINE_RARE = 0.45

# Where a class lies in the space is its weights in the classifier, along the directions that the space keeps, each of
# which is divided by the fourth root of its variance there. This undoes the half of that again. Measured with words for
# 26 sets of photographs and for goods and clothes: not undone 0.42 and 0.536, undone by half 0.45 and 0.528, wholly
# 0.48 and 0.509; squared instead 0.36 and 0.527.
UNDONE = 0.5

# The cosine to the vector of words that 99 of 100 photographs of something else stay below:
# python -m tests.benchmarks words
WEAKEST = 0.18


def build(folder: Path, net: WordNet, model: MiniLM, kept: Path | None = None) -> bytes:
    """
    Return the table of the model in a folder.

    Args:
        kept: File for the vectors of words, which take some ten minutes; a later run takes them from there.
    """
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    labels = (folder / manifest["output"]["labels"]).read_text(encoding="utf-8").strip().split("\n")
    synsets = synsets_of(labels, net)
    numbers = list(synsets)
    words = choose(net, list(synsets.values()), model.vocabulary)
    cosines = _cosines(words, [net.synsets[offset] for offset in synsets.values()], model, kept)
    kinship = Kinship(net, list(synsets.values()))
    table = {
        word: weights
        for word, row in zip(words, cosines, strict=True)
        if (weights := _weights(kinship.of(word), row, _least(word, model.vocabulary), numbers))
    }
    table |= {plural: table[one] for plural, one in with_plurals(table, net).items()}
    return write_table(table, directions(folder))


def directions(folder: Path) -> Array:
    """Return where the model's classes lie in its space: (C, D) of unit length."""
    weights = ReferenceModel(folder).weights
    classifier, projection = weights[f"{SCOPE}/{CLASSIFIER}/weights"][0, 0], weights[f"{PROJECTION}/weights"][0, 0]
    lengths = np.linalg.norm(projection, axis=0)
    # What all classes have in common, and what all directions have, tells none from another.
    found = unit((classifier - classifier.mean(axis=1, keepdims=True)).T @ projection / lengths ** (1 + UNDONE))
    return unit(found - found.mean(axis=0))


def enter(folder: Path, table: bytes) -> None:
    """Write the table beside the manifest, and into it."""
    (folder / NAME).write_bytes(table)
    path = folder / "manifest.json"
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    manifest["files"][NAME] = {"size": len(table), "sha256": hashlib.sha256(table).hexdigest()}
    manifest["words"] = {"file": NAME, "weakest_cosine": WEAKEST}
    path.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def _cosines(words: Sequence[str], classes: Sequence[wordnet.Synset], model: MiniLM, kept: Path | None) -> Array:
    held: dict[str, Array] = {}
    if kept and kept.exists():
        with np.load(kept) as archive:
            held = dict(zip(archive["words"].tolist(), archive["cosines"].astype(np.float32), strict=True))
    missing = [word for word in words if word not in held]
    held |= dict(zip(missing, similarities(missing, classes, model), strict=True))
    cosines = np.stack([held[word] for word in words])
    if kept and missing:
        np.savez(kept, words=np.array(words), cosines=cosines.astype(np.float16))
    return cosines


def _least(word: str, common: Collection[str]) -> float:
    return LEAST_COSINE if all(part in common for part in parts_of(word)) else LEAST_COSINE_RARE


def _weights(related: Array, cosines: Array, least: float, numbers: Sequence[int]) -> Weights:
    """Return the weights of a word's classes: by kinship and similarity to equal parts; empty if there is neither."""
    if not related.any() and cosines.max() < least:
        return []
    total = related + similar(cosines)
    most = min(max(MOST_CLASSES, np.count_nonzero(related)), MOST_BROAD)
    best = np.argsort(-total, kind="stable")[:most]
    return [(numbers[at], float(total[at])) for at in best if total[at] > LEAST_SHARE * total[best[0]]]


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the table of words of a model, and enter it in its manifest.")
    parser.add_argument("folder", type=Path, help="holds model.json, its weights, labels and manifest")
    parser.add_argument("--wordnet", type=Path, required=True, help="holds data.noun and the other files of WordNet")
    parser.add_argument("--minilm", type=Path, required=True, help="holds model.safetensors of all-MiniLM-L6-v2")
    parser.add_argument("--keep", type=Path, help="file for the similarities of words, from which a later run goes on")
    options = parser.parse_args()
    table = build(options.folder, wordnet.read(options.wordnet), MiniLM(options.minilm), options.keep)
    enter(options.folder, table)
    print(f"{NAME}: {len(table):,} bytes")


if __name__ == "__main__":
    main()
