"""
Search by words: what is written beside a photo comes first, then what words mean.

The rule, which is the only one. An image is listed once, at the first of these places, and within each the best are
first:

1. *text*: every word is in title, tags or file name (a word or the beginning of one), by BM25;
2. *tag_examples*: the words are a tag of at least TAUGHT_FROM images, and this one looks like those, by its cosine to
   their mean;
3. *meaning*: it looks like what the words mean, by its cosine to their vector, which the client made with the model's
   table of words (see frontend/models/words);
4. *labels*: without such a vector, the model's label for it begins with the words, by the label's score;
5. *text* again: some of several words are in title, tags or file name.

Nothing is listed that is no better than chance: 2 must be as like as most of the tagged are among each other, 3 above
what 99 of 100 pictures of something else stay below, and a label of 4 at least LIKELY.

Together with a photo, which then decides the order, words are fused with it: see `Catalogue.search`.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from .hidden_hubs import HiddenHubs
from .people_text import fold, words
from .ports import ImageIndex
from .suggestions import Suggestions
from .values import Filters, FoundBy, ImageID, ImageRecord, Match, Vector, Wording

# A guess: what two photos have in common may be anything.
TAUGHT_FROM = 3

# How many tagged images are looked at: their mean does not change any more with the next ones.
EXAMPLES = 100

# The share of the tagged images that are less like the others than one must be to be found by them. Of the tagged
# themselves three in four would be found.
LEFT_OUT = 0.25

# And never below this cosine, however little the tagged have in common. Measured with the bundled model: to the mean of
# 3, 10, 30 photographs of different sources 99 of 100 of other sources stay below 0.24, 0.26, 0.29.
LEAST_COSINE = 0.3


class WordSearch:
    """Searches by words, without a photo."""

    def __init__(
        self, index: ImageIndex, hubs: HiddenHubs, suggestions: Suggestions, weakest_cosine: float | None
    ) -> None:
        """`weakest_cosine` is that of the space's words, None if it has no table of them."""
        self._index = index
        self._hubs = hubs
        self._suggestions = suggestions
        self._weakest = weakest_cosine

    async def search(self, wording: Wording, limit: int, filters: Filters) -> Sequence[Match]:
        """Return up to `limit` images that pass the filters, in the order of the rule above."""
        text, vector = wording.text, wording.vector
        written, taught, meant = await asyncio.gather(
            self._written(text, limit, filters),
            self._like_tagged(text, limit, filters),
            self._labelled(text, limit, filters) if vector is None else self._meant(vector, limit, filters),
        )
        whole = [match for match in written if _has_all(match.image, text)]
        return _first_of_each([*whole, *taught, *meant, *written])[:limit]

    async def having(
        self, wording: Wording, limit: int, filters: Filters, without: Sequence[ImageID]
    ) -> Sequence[Match]:
        """Return up to `limit` images that have the words, as far as likeness does not tell: places 1, 5 and 4."""
        written, labelled = await asyncio.gather(
            self._written(wording.text, limit, filters, without),
            self._labelled(wording.text, limit, filters, without) if wording.vector is None else _nothing(),
        )
        return _first_of_each([*written, *labelled])[:limit]

    async def _written(
        self, text: str, limit: int, filters: Filters, without: Sequence[ImageID] = ()
    ) -> Sequence[Match]:
        found = await self._index.matching(text, limit, filters, without)
        return [Match(None, image, FoundBy.TEXT) for image in found]

    async def _meant(self, vector: Vector, limit: int, filters: Filters) -> Sequence[Match]:
        # Without a table nobody has measured what chance is; what is beyond a right angle is unlike in any case.
        weakest = self._weakest or 0.0
        found = await self._hubs.nearest(vector, limit, filters)
        return [replace(match, found_by=FoundBy.MEANING) for match in found if _score(match) > weakest]

    async def _labelled(
        self, text: str, limit: int, filters: Filters, without: Sequence[ImageID] = ()
    ) -> Sequence[Match]:
        names = await self._suggestions.labels(text)
        if not names:
            return []
        found = await self._index.labelled(names, limit, filters, without)
        likeliest = sorted(found, key=lambda image: -_label_score(image, names))
        return [Match(None, image, FoundBy.LABELS) for image in likeliest]

    async def _like_tagged(self, text: str, limit: int, filters: Filters) -> Sequence[Match]:
        tags = await self._suggestions.tags_spelled(text)
        if not tags:
            return []
        tagged, _ = await self._index.draw(EXAMPLES, Filters(tags_any=tags))
        _, vectors = await self._index.vectors_of(tagged)
        if len(vectors) < TAUGHT_FROM:
            return []
        mean, least = taught_by(vectors.astype(np.float32))
        untagged = replace(filters, tags_none=(*filters.tags_none, *tags))
        found = await self._hubs.nearest(mean, limit, untagged)
        return [replace(match, found_by=FoundBy.TAG_EXAMPLES) for match in found if _score(match) >= least]


def taught_by(vectors: npt.NDArray[np.float32]) -> tuple[Vector, float]:
    """
    Return the mean direction of examples, (N, D) with N of at least 2, and the cosine to it that another one must have.

    Each example is compared with the mean of the others, as one that is looked for is no part of the mean.
    """
    total = vectors.sum(axis=0)
    others = total - vectors
    cosines = np.einsum("nd,nd->n", _unit(others), _unit(vectors))
    return Vector(_unit(total)), max(float(np.quantile(cosines, LEFT_OUT)), LEAST_COSINE)


async def _nothing() -> Sequence[Match]:
    return []


def _unit(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return (values / np.maximum(np.linalg.norm(values, axis=-1, keepdims=True), 1e-6)).astype(np.float32)


def _score(match: Match) -> float:
    return -1.0 if match.score is None else match.score


def _label_score(image: ImageRecord, names: Sequence[str]) -> float:
    return max((label.score for label in image.description.labels if label.name in names), default=0.0)


def _has_all(image: ImageRecord, text: str) -> bool:
    """Say whether each word is, or begins, one of those in title, tags and file name."""
    description = image.description
    there = words(fold("\n".join([description.title, *description.tags, image.file_name])))
    return all(any(word.startswith(wanted) for word in there) for wanted in words(fold(text)))


def _first_of_each(matches: Iterable[Match]) -> list[Match]:
    found: dict[ImageID, Match] = {}
    for match in matches:
        found.setdefault(match.image.id, match)
    return list(found.values())
