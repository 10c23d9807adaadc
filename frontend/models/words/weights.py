"""
What words have to do with the classes of a model: by WordNet's hypernyms, and by the similarity of meanings.

    Kinship(net, classes).of(word), similarities(words, classes) -> (classes,) float32, at unit length or zero
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from .minilm import MiniLM
from .wordnet import Synset, WordNet

Array = npt.NDArray[np.float32]

# Words above so many classes say nothing: an artifact, an object, an entity. An animal is above 398 of ImageNet's.
MOST_BELOW = 450

# What is no class and above none is seen in what it is a kind of, up to so many steps above, each counting half, unless
# that is above more classes than this: a croissant is a bread.
STEPS_UP = 2
MOST_BESIDE = 40

# Numbers of the lexicographers' files that are not looked for above: what persons have in common is not to be seen.
PERSON = 18

# How many classes count by similarity. Measured with words for 26 sets of photographs: mean average precision is 0.33,
# 0.35, 0.36 with 20, 40, 80; with words for goods and clothes 0.50, 0.48, 0.44.
MOST_SIMILAR = 40


class Kinship:
    """Classes by hypernyms."""

    def __init__(self, net: WordNet, classes: Sequence[int]) -> None:
        """`classes` are their synsets, in order."""
        self._net = net
        self._count = len(classes)
        self._below: Mapping[int, list[int]] = defaultdict(list)
        for number, offset in enumerate(classes):
            for ancestor in net.ancestors(offset):
                self._below[ancestor].append(number)

    def of(self, word: str) -> Array:
        """Return the weight of each class: all below any sense of a word, the commonest sense weighted most."""
        weights = np.zeros(self._count, dtype=np.float32)
        for number, offset in enumerate(self._net.senses.get(word, ()), 1):
            share, classes = self._seen_in(offset)
            if classes:
                weights[classes] += share * (self._net.counts.get((word, number), 0) + 1) / np.sqrt(len(classes))
        return unit(weights)

    def _seen_in(self, offset: int) -> tuple[float, Sequence[int]]:
        if below := self._below.get(offset):
            return 1.0, below if len(below) <= MOST_BELOW else ()
        steps_up = sorted((steps, above) for above, steps in self._net.ancestors(offset).items())
        for steps, above in steps_up:
            if steps > STEPS_UP or self._net.synsets[above].kind == PERSON:
                continue
            if 0 < len(self._below.get(above, ())) <= MOST_BESIDE:
                return 0.5**steps, self._below[above]
        return 0.0, ()


def describe(synset: Synset) -> str:
    """Return the text that stands for a class: its first word and what it is."""
    return f"{synset.words[0]}: {synset.definition}"


def similarities(words: Sequence[str], classes: Sequence[Synset], model: MiniLM) -> Array:
    """Return the cosines of words and classes by the sentence model: (words, classes)."""
    return model.embed(words) @ model.embed([describe(synset) for synset in classes]).T


def similar(cosines: Array) -> Array:
    """Return the weight of each class for one word: how much its cosine (classes,) is above that of the others."""
    level = np.partition(cosines, -MOST_SIMILAR - 1)[-MOST_SIMILAR - 1]
    return unit(np.maximum(cosines - level, 0))


def unit(values: Array) -> Array:
    """Return rows at unit length; zeros stay."""
    length = np.linalg.norm(values, axis=-1, keepdims=True)
    return (values / np.maximum(length, 1e-9)).astype(np.float32)
