"""
Looks at a sample of a library: which images are among the first of each of the sample, and how common each image is.

A small library is gone through as a whole, 0.1 s of processor for 5,000 images of 512 values; of a large one the first
ten of each of the sample are searched for. Both go step by step, with a rest after each as long as the step took, so
that nobody's request waits for it.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from .ports import ImageIndex
from .values import Filters, ImageID

# What people look at: a first row or two.
FIRST = 10

# Above this similarity two pictures are of the same thing.
ALIKE = 0.9

# Above this one they have something to do with each other, and it is no harm that one is found by the other: else the
# sharp original of a thousand variants would count as a hub. Products of one kind in the photographs have 0.6 to 0.9 by
# 1,280 averages, and 0.4 to 0.9 by the bundled model's components; means of unrelated photographs have 0.6 to them by
# averages, and 0.2 to 0.4 by components.
RELATED = 0.65

# An image is as similar as its commonness to nine tenths of the others, or more. A low part of them, so that it says
# nothing of how large an image's own group is: the pictures of a series that makes up four fifths of a library are as
# common as the fifth that is something else lets them be.
COMMON_QUANTILE = 0.1

# Up to how many images a library is gone through as a whole. So many vectors are compared with 500 in half a second.
WHOLE = 20_000

# How many images near to a hub are looked at.
NEAR = 100

# Vectors that are read, or compared, at once: 10 ms with 500 others.
PIECE = 500

Similarities = npt.NDArray[np.float32]
"""(N, S) float32: cosine similarity of N images to S of the sample."""


@dataclass(frozen=True)
class Survey:
    """What a sample tells of a library. Compared by identity: it holds arrays."""

    images: int
    """How many the library has."""
    ids: Sequence[ImageID]
    """S images: the sample."""
    vectors: npt.NDArray[np.float32]
    """(S, D) float32 of unit length: theirs."""
    reach: npt.NDArray[np.float32]
    """(S,) float32: cosine similarity of each of the sample to the last of its first ten."""
    usual: npt.NDArray[np.float32]
    """(S,) float32: commonness of the sample itself."""
    firsts: Mapping[ImageID, int]
    """In how many of the sample's first tens an image is, unrelated to whose they are; those that are in any."""
    common: Mapping[ImageID, float]
    """Commonness, of every image of a small library; of a large one, of those in `firsts` and those asked for."""

    def share(self, image_id: ImageID) -> float:
        """Return in what share of the sample's first tens an image is."""
        return self.firsts.get(image_id, 0) / len(self.vectors)


async def survey(index: ImageIndex, size: int, also: Sequence[ImageID] = ()) -> Survey:
    """
    Compare a library with a steady sample of it.

    Args:
        size: Of the sample, at most.
        also: Images of which the commonness is wanted whatever their number of first tens.

    Raises:
        IndexUnavailable: The database cannot answer.
    """
    drawn, images = await index.draw(size, Filters())
    ids, vectors = await vectors_of(index, drawn)
    if images <= WHOLE:
        reach, firsts, common = await _of_all(index, ids, vectors)
    else:
        reach, firsts = await _by_searching(index, ids, vectors)
        some, their_vectors = await vectors_of(index, [*dict.fromkeys([*firsts, *also])])
        common = dict(zip(some, commonness(their_vectors @ vectors.T).tolist(), strict=True))
    return Survey(images, ids, vectors, reach, commonness(vectors @ vectors.T), firsts, common)


async def with_those_near(index: ImageIndex, seen: Survey, hubs: Sequence[ImageID]) -> Survey:
    """
    Add the commonness of what is near to some hubs of a large library.

    Hubs that are many are near to one another, and a sample's first tens have room for a few of them only.

    Raises:
        IndexUnavailable: The database cannot answer.
    """
    near: dict[ImageID, None] = {}
    for vector in (await vectors_of(index, hubs))[1]:
        began = time.monotonic()
        near |= dict.fromkeys(match.image.id for match in await index.nearest(vector, NEAR, Filters()))
        await asyncio.sleep(time.monotonic() - began)
    ids, vectors = await vectors_of(index, [image_id for image_id in near if image_id not in seen.common])
    if not ids:
        return seen
    more = dict(zip(ids, commonness(vectors @ seen.vectors.T).tolist(), strict=True))
    return replace(seen, common={**seen.common, **more})


def commonness(similarities: Similarities) -> npt.NDArray[np.float32]:
    """
    Return (N,) float32: what nine tenths of the similarities of each image reach, leaving out what is truly alike.

    NaN where more than half of the sample is truly alike to it: then it is what the library is of.
    """
    unlike = similarities < ALIKE
    counts = unlike.sum(axis=1)
    ordered = np.sort(np.where(unlike, similarities, np.float32(2)), axis=1)
    found = ordered[np.arange(len(ordered)), (COMMON_QUANTILE * counts).astype(int)]
    return np.where(2 * counts < similarities.shape[1], np.float32(np.nan), found)


async def vectors_of(index: ImageIndex, image_ids: Sequence[ImageID]) -> tuple[list[ImageID], npt.NDArray[np.float32]]:
    """Return those of the images that are still there, and their vectors: (N, D) float32 of unit length."""
    ids: list[ImageID] = []
    vectors = []
    for start in range(0, len(image_ids), PIECE):
        some, their_vectors = await index.vectors_of(image_ids[start : start + PIECE])
        ids += some
        vectors.append(to_unit(their_vectors))
    return ids, np.concatenate(vectors) if vectors else np.zeros((0, 0), dtype=np.float32)


async def _of_all(
    index: ImageIndex, ids: Sequence[ImageID], vectors: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float32], Mapping[ImageID, int], Mapping[ImageID, float]]:
    firsts, common = _Firsts(ids), {}
    async for some, their_vectors in _in_pieces(index):
        began = time.monotonic()
        similarities = await asyncio.to_thread(lambda vectors_=their_vectors: to_unit(vectors_) @ vectors.T)
        values = await asyncio.to_thread(commonness, similarities)
        common |= dict(zip(some, values.tolist(), strict=True))
        await asyncio.to_thread(firsts.add, some, similarities)
        await asyncio.sleep(time.monotonic() - began)
    return firsts.reach(), firsts.counts(), common


async def _by_searching(
    index: ImageIndex, ids: Sequence[ImageID], vectors: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float32], Mapping[ImageID, int]]:
    reach, firsts = [], Counter[ImageID]()
    for image_id, vector in zip(ids, vectors, strict=True):
        began = time.monotonic()
        found = await index.nearest(vector, FIRST + 1, Filters())
        first = [match for match in found if match.image.id != image_id][:FIRST]
        reach.append(min((match.score or 0.0 for match in first), default=0.0))
        firsts.update(match.image.id for match in first if match.score is not None and match.score < RELATED)
        await asyncio.sleep(time.monotonic() - began)
    return np.array(reach, dtype=np.float32), firsts


async def _in_pieces(index: ImageIndex) -> AsyncIterator[tuple[Sequence[ImageID], npt.NDArray[np.float16]]]:
    """Cut what the database gives, which may be all at once, into pieces."""
    async for ids, vectors in index.every_vector():
        for start in range(0, len(ids), PIECE):
            yield ids[start : start + PIECE], vectors[start : start + PIECE]


def to_unit(vectors: npt.NDArray[np.float16]) -> npt.NDArray[np.float32]:
    """Return vectors as they are compared: rounded to float16, they are not quite of unit length any more."""
    rows = vectors.astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


class _Firsts:
    """The first ten of each of a sample among the images that were shown to it."""

    def __init__(self, sample: Sequence[ImageID]) -> None:
        self._column = {image_id: column for column, image_id in enumerate(sample)}
        self._ids: list[ImageID] = []
        self._best = np.full((len(sample), FIRST), -2, dtype=np.float32)
        self._numbers = np.full((len(sample), FIRST), -1)

    def add(self, ids: Sequence[ImageID], similarities: Similarities) -> None:
        """Show more images: N ids and (N, S) similarities."""
        for row, image_id in enumerate(ids):
            if image_id in self._column:
                similarities[row, self._column[image_id]] = -2  # Nobody is among its own first ten.
        numbers = np.arange(len(self._ids), len(self._ids) + len(ids))
        self._ids += ids
        best = np.concatenate([self._best, similarities.T], axis=1)
        numbers = np.concatenate([self._numbers, np.broadcast_to(numbers, similarities.T.shape)], axis=1)
        first = np.argpartition(-best, FIRST - 1, axis=1)[:, :FIRST]
        self._best = np.take_along_axis(best, first, axis=1)
        self._numbers = np.take_along_axis(numbers, first, axis=1)

    def reach(self) -> npt.NDArray[np.float32]:
        return self._best.min(axis=1)

    def counts(self) -> Mapping[ImageID, int]:
        counted = (self._best < RELATED) & (self._numbers >= 0)
        return Counter(self._ids[number] for number in self._numbers[counted].tolist())
