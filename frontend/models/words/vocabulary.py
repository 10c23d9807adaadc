"""Which words the table has: the common ones of WordNet's nouns for what can be seen in a photograph."""

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from .wordnet import WordNet

# What people search for that WordNet, whose last word is of 2006, does not have.
NEWER = (Path(__file__).parent / "newer.txt").read_text(encoding="utf-8").split()

# Numbers of the lexicographers' files: kinds of what can be seen, and of what is done and happens where photos are
# taken. The first ones are things.
THINGS = frozenset((5, 6, 8, 13, 17, 19, 20))  # animal, artifact, body, food, object, phenomenon, plant
OCCASIONS = frozenset((4, 10, 11, 14, 15, 18, 21, 27, 28))
# act, communication, event, group, location, person, possession, substance, time

# Of words of many senses the commonest ones say what people mean: `dog` is hardly ever a frankfurter.
SENSES = 3

# Rare words have more letters, as a rule, and nobody types them. A guess.
LONGEST_RARE = 12

_WORD = re.compile(r"[a-z]+(?:[ '-][a-z]+){0,2}$")
_PARTS = re.compile(r"[ '-]")


def choose(net: WordNet, classes: Sequence[int], common: Collection[str]) -> list[str]:
    """
    Return the words to have in the table, in lower case.

    Args:
        classes: The synsets of the model's classes.
        common: Common words of English.
    """
    above = {ancestor for offset in classes for ancestor in net.ancestors(offset)}
    of_classes = {word.lower() for offset in above for word in net.synsets[offset].words}
    chosen = {word for word in net.senses if _WORD.match(word) and _wanted(word, net, of_classes, common)}
    return sorted(chosen.union(NEWER))


def with_plurals(words: Collection[str], net: WordNet) -> Mapping[str, str]:
    """Return the irregular plurals of these words, with their singulars."""
    kept = set(words)
    return {plural: one for plural, one in net.plurals.items() if one in kept and plural not in kept}


def parts_of(word: str) -> list[str]:
    """Return the words of a phrase."""
    return _PARTS.split(word)


def _wanted(word: str, net: WordNet, of_classes: Collection[str], common: Collection[str]) -> bool:
    if len(word) < 3:
        return False
    if word in of_classes:
        return True
    synsets = [net.synsets[offset] for offset in net.senses[word]]
    plain = [synset for synset in synsets if word in synset.words]  # The others have capitals: names.
    kinds = [synset.kind for synset in (plain or synsets)[:SENSES]]
    if net.senses["color"][0] in net.ancestors((plain or synsets)[0].offset):  # A class has none.
        return False
    parts = parts_of(word)
    is_thing = not THINGS.isdisjoint(kinds)
    if all(part in common for part in parts):
        return is_thing or (bool(plain) and kinds[0] in OCCASIONS)
    return is_thing and bool(plain) and len(parts) == 1 and len(word) <= LONGEST_RARE
