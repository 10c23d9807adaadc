"""
WordNet's nouns: synsets with their words, glosses and parents, read from its database files.

    read(folder) -> WordNet

Format: https://wordnet.princeton.edu/documentation/wndb5wn
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# Pointers to what a synset is a kind of, or an instance of.
_PARENTS = ("@", "@i")


@dataclass(frozen=True)
class Synset:
    """A meaning, with the words for it."""

    offset: int
    """Its name: the position in data.noun."""
    words: tuple[str, ...]
    """As they are written, the commonest first, with spaces."""
    parents: tuple[int, ...]
    kind: int
    """Number of the lexicographers' file, such as 5 for animals and 13 for food."""
    gloss: str
    """Definition and examples."""

    @property
    def definition(self) -> str:
        return self.gloss.split('; "')[0].strip()


@dataclass(frozen=True)
class WordNet:
    """The nouns."""

    synsets: Mapping[int, Synset]
    senses: Mapping[str, Sequence[int]]
    """Word in lower case -> its synsets, the commonest sense first."""
    counts: Mapping[tuple[str, int], int]
    """How often a word had its n-th sense (from 1) in the texts that WordNet's makers marked; absent where never."""
    plurals: Mapping[str, str]
    """Irregular plural -> singular."""

    def ancestors(self, offset: int) -> Mapping[int, int]:
        """Return a synset and all that it is a kind of, each with the number of steps up to it."""
        found = {offset: 0}
        queue = [offset]
        for synset in queue:  # Grows while it is read, level by level.
            for parent in self.synsets[synset].parents:
                if parent not in found:
                    found[parent] = found[synset] + 1
                    queue.append(parent)
        return found


def read(folder: Path) -> WordNet:
    """Read data.noun, index.noun, noun.exc and cntlist.rev from a folder."""
    return WordNet(
        synsets={synset.offset: synset for synset in map(_synset, _lines(folder / "data.noun"))},
        senses=dict(map(_senses, _lines(folder / "index.noun"))),
        counts=dict(entry for line in _lines(folder / "cntlist.rev") for entry in _count(line)),
        plurals=dict(line.replace("_", " ").split()[:2] for line in _lines(folder / "noun.exc") if "_" not in line),
    )


def _lines(path: Path) -> list[str]:
    """Return the lines but those of the licence, which begin with spaces."""
    return [line for line in path.read_text(encoding="latin-1").split("\n") if line and not line.startswith("  ")]


def _synset(line: str) -> Synset:
    facts, _, gloss = line.partition(" | ")
    fields = facts.split(" ")
    count = int(fields[3], 16)
    pointers = fields[4 + 2 * count + 1 :]
    return Synset(
        offset=int(fields[0]),
        words=tuple(word.replace("_", " ") for word in fields[4 : 4 + 2 * count : 2]),
        parents=tuple(
            int(target) for kind, target in zip(pointers[::4], pointers[1::4], strict=False) if kind in _PARENTS
        ),
        kind=int(fields[1]),
        gloss=gloss,
    )


def _senses(line: str) -> tuple[str, list[int]]:
    fields = line.split()
    return fields[0].replace("_", " "), [int(offset) for offset in fields[-int(fields[2]) :]]


def _count(line: str) -> list[tuple[tuple[str, int], int]]:
    """Read such as `dog%1:05:00:: 1 42`: the 1 after % says that it is a noun."""
    key, number, count = line.split()
    word, _, kind = key.partition("%")
    return [((word.replace("_", " "), int(number)), int(count))] if kind.startswith("1:") else []
