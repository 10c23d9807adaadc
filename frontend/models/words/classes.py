"""Which of WordNet's synsets the classes of ImageNet are: their labels list the words of a synset."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from .wordnet import WordNet

# Several synsets may have just these words: `crane` is a bird and a machine. Of these the one counts whose kind most of
# so many labels around it have, as the labels are in order of kinds.
NEIGHBOURS = 20

# Where kind and order of senses mislead, the definition of the one that ImageNet shows begins so.
MEANT = {
    "abacus": "a calculator",
    "bow": "a weapon",
    "monitor": "electronic",
    "plate": "a main course",
    "projector": "an optical instrument",
    "reel": "winder",
    "schooner": "sailing",
    "screw": "a fastener",
    "spindle": "a stick",
    "stretcher": "a litter",
    "wooden spoon": "a spoon",
}


def synsets_of(labels: Sequence[str], net: WordNet) -> Mapping[int, int]:
    """Return the synset of each class that has one: number of the label -> offset. That of `background` has none."""
    named: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for synset in net.synsets.values():
        named[tuple(word.lower() for word in synset.words)].append(synset.offset)
    candidates = [named[tuple(name.strip().lower() for name in label.split(","))] for label in labels]
    if labels[0] == "background":
        candidates[0] = []
    kinds = {at: net.synsets[found[0]].kind for at, found in enumerate(candidates) if len(found) == 1}
    return {
        at: _meant(at, labels[at].split(",")[0].strip().lower(), found, kinds, net)
        for at, found in enumerate(candidates)
        if found
    }


def _meant(at: int, name: str, candidates: Sequence[int], kinds: Mapping[int, int], net: WordNet) -> int:
    if name in MEANT:
        return next(offset for offset in candidates if net.synsets[offset].definition.startswith(MEANT[name]))
    around = Counter(kinds[near] for near in sorted(kinds, key=lambda near: abs(near - at))[:NEIGHBOURS])
    senses = net.senses[name]
    return max(candidates, key=lambda offset: (around[net.synsets[offset].kind], -senses.index(offset)))
