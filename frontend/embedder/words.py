"""
Words by meaning: a table says which classes of the model words have to do with, and where these lie in its space.

    bytes of the table -> read_table -> WordTable;  WordTable.vector("red car") -> Vector, or None

Pure numpy. The table is made by frontend/models/words, which describes how; this module owns its format: the archive of
arrays that `numpy.savez_compressed` writes, see `write_table`.
"""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from frontend.embedder.space import Vector

Weights = Sequence[tuple[int, float]]
"""Classes with their weights, above 0."""

STEPS: Final = 15
"""Weights are kept in steps of a fifteenth of a word's largest, which is 1."""

DIRECTION_STEPS: Final = 7
"""Values of directions are kept in so many steps on each side of 0: four bits, which find as well as all 32."""

LONGEST_PHRASE: Final = 3
"""In words."""

_LETTERS = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")

_PLURALS: Final = (("ies", "y"), ("ves", "f"), ("ves", "fe"), ("es", ""), ("s", ""))
"""Endings of plurals, and what stands in their place. Other plurals are words of their own in the table."""


@dataclass(frozen=True)
class WordTable:
    """The table, ready to be asked. Compared by identity: it holds arrays."""

    weights: Mapping[str, tuple[int, int]]
    """Word in lower case -> where its classes are, from and to."""
    classes: npt.NDArray[np.intp]
    shares: npt.NDArray[np.float32]
    """The weight of each of `classes`."""
    directions: npt.NDArray[np.float32]
    """(C, D): where the classes lie, at unit length."""

    def known(self, text: str) -> list[str]:
        """Return the words and phrases of a text that the table has, in order, each as it is written there."""
        words = [word.lower() for word in _LETTERS.findall(text)]
        found: list[str] = []
        start = 0
        while start < len(words):
            longest = min(LONGEST_PHRASE, len(words) - start)
            phrases = [" ".join(words[start : start + length]) for length in range(longest, 0, -1)]
            word = next((word for word in map(self._in_table, phrases) if word), "")
            if word:
                found.append(word)
            start += word.count(" ") + 1
        return found

    def classes_of(self, word: str) -> Weights:
        """Return the classes of a word of the table with their weights."""
        held = slice(*self.weights[word])
        return list(zip(self.classes[held].tolist(), self.shares[held].tolist(), strict=True))

    def vector(self, text: str) -> Vector | None:
        """Return the mean direction of a text's words, at unit length; None if the table knows none of them."""
        words = self.known(text)
        if not words:
            return None
        total = np.sum([self._direction(word) for word in words], axis=0)
        length = float(np.linalg.norm(total))
        return Vector((total / length).astype(np.float32)) if length > 1e-6 else None

    def _direction(self, word: str) -> npt.NDArray[np.float32]:
        held = slice(*self.weights[word])
        return _unit(self.shares[held] @ self.directions[self.classes[held]])

    def _in_table(self, phrase: str) -> str:
        if phrase in self.weights:
            return phrase
        singulars = [phrase[: -len(many)] + one for many, one in _PLURALS if phrase.endswith(many)]
        return next((singular for singular in singulars if singular in self.weights), "")


def write_table(words: Mapping[str, Weights], directions: npt.NDArray[np.float32]) -> bytes:
    """
    Write a table; the same one always in the same way.

    Args:
        words: Word in lower case -> its classes.
        directions: (C, D), of any length.
    """
    ordered = sorted(words)
    gaps: list[int] = []
    steps: list[int] = []
    counts: list[int] = []
    for word in ordered:
        largest = max(weight for _, weight in words[word])
        kept = [(number, round(weight / largest * STEPS)) for number, weight in sorted(words[word])]
        kept = [(number, step) for number, step in kept if step]
        counts.append(len(kept))
        gaps += np.diff([0, *(number for number, _ in kept)]).tolist()
        steps += [step for _, step in kept]
    scale = np.abs(directions).max(axis=1, keepdims=True) / DIRECTION_STEPS
    nibbles = (np.rint(directions / scale) + DIRECTION_STEPS).astype(np.uint8)
    archive = io.BytesIO()
    np.savez_compressed(
        archive,
        words=np.frombuffer("\n".join(ordered).encode(), dtype=np.uint8),
        counts=np.array(counts, dtype=np.uint8),
        # The two bytes of numbers apart, as the upper ones are nearly all 0.
        gaps=np.array(gaps, dtype="<u2").view(np.uint8).reshape(-1, 2).T,
        shares=_packed(np.array(steps, dtype=np.uint8)),
        directions=_packed(nibbles.ravel()),
        dimension=np.array(directions.shape[1]),
    )
    return archive.getvalue()


def read_table(data: bytes) -> WordTable:
    """
    Read a table.

    Raises:
        ValueError: It is none.
        KeyError: It is another archive.
    """
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        words = archive["words"].tobytes().decode().split("\n")
        ends = np.cumsum(archive["counts"], dtype=np.intp)
        gaps = np.ascontiguousarray(archive["gaps"].T).view("<u2").ravel().astype(np.intp)
        shares = _unpacked(archive["shares"])[: len(gaps)].astype(np.float32) / np.float32(STEPS)
        nibbles = _unpacked(archive["directions"]).reshape(-1, int(archive["dimension"]))
    starts = np.concatenate([[0], ends[:-1]])
    # Each word's numbers are sums of its own gaps: the sum of all before it is taken off.
    sums = np.concatenate([[0], np.cumsum(gaps)])
    classes = sums[1:] - np.repeat(sums[starts], ends - starts)
    bounds = zip(starts.tolist(), ends.tolist(), strict=True)
    directions = _unit(nibbles.astype(np.float32) - DIRECTION_STEPS)
    return WordTable(dict(zip(words, bounds, strict=True)), classes, shares, directions)


def _packed(nibbles: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Put two values of four bits into each byte."""
    even = np.append(nibbles, np.uint8(0)) if len(nibbles) % 2 else nibbles
    return (even[::2] << 4 | even[1::2]).astype(np.uint8)


def _unpacked(packed: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return np.stack([packed >> 4, packed & 15], axis=1).ravel().astype(np.uint8)


def _unit(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return values / np.maximum(np.linalg.norm(values, axis=-1, keepdims=True), np.float32(1e-9))
