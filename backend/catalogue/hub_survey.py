"""
Compares a library with a sample of it: which images are in the sample's top tens, and how common each image is.

A small library is scanned as a whole, 5,000 images with 512 values in 0.1 s of CPU time; in a large one the top tens
are searched for. Both work in steps, and rest after each as long as it took, so that no request waits for them.
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

# A top ten: the first row or two of results, which people look at.
FIRST = 10

# Above this similarity two pictures are truly alike: they show the same thing.
ALIKE = 0.9

# Above this one they are related, and may well be found by each other: otherwise the sharp original of a thousand
# variants would count as a hub. Products of one kind have 0.6 to 0.9 by 1,280 averages, and 0.4 to 0.9 by the bundled
# model's components; means of unrelated photos have 0.6 to them by averages, and 0.2 to 0.4 by components.
RELATED = 0.65

# Commonness is this quantile of an image's similarities: nine tenths of the others are at least as similar. A low
# quantile, so that the size of an image's own group does not matter: for a series that makes up four fifths of a
# library, the other fifth decides.
COMMON_QUANTILE = 0.1

# Up to how many images a library is scanned as a whole. That many vectors are compared with 500 in half a second.
WHOLE = 20_000

# How many images near a hub are examined.
NEAR = 100

# Vectors that are read or compared at once: 10 ms with 500 others.
PIECE = 500

Similarities = npt.NDArray[np.float32]
"""(N, S) float32: cosine similarity of N images to S of the sample."""


@dataclass(frozen=True)
class Survey:
    """What a sample says about a library. Compared by identity, as it holds arrays."""

    images: int
    """Number of images in the library."""
    ids: Sequence[ImageID]
    """S images: the sample."""
    vectors: npt.NDArray[np.float32]
    """(S, D) float32 of unit length: their vectors."""
    reach: npt.NDArray[np.float32]
    """(S,) float32: cosine similarity of each sample image to the last of its top ten."""
    usual: npt.NDArray[np.float32]
    """(S,) float32: commonness of the sample images."""
    firsts: Mapping[ImageID, int]
    """In how many of the sample's top tens an image is without being related; only images that are in any."""
    common: Mapping[ImageID, float]
    """Commonness: for a small library of every image, for a large one of those in `firsts` and those asked for."""

    def share(self, image_id: ImageID) -> float:
        """Return the share of the sample's top tens that an image is in."""
        return self.firsts.get(image_id, 0) / len(self.vectors)


async def survey(index: ImageIndex, size: int, also: Sequence[ImageID] = ()) -> Survey:
    """
    Compare a library with a steady sample of it.

    Args:
        size: Largest size of the sample.
        also: Images whose commonness is wanted in any case.

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
    Add the commonness of images near some hubs of a large library.

    Numerous hubs are near to one another, and a sample's top tens have room for only a few of them.

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
    Return (N,) float32: the COMMON_QUANTILE of each image's similarities, without those that are truly alike.

    NaN if more than half of the sample is truly alike to it: then it is what the library is about.
    """
    unlike = similarities < ALIKE
    counts = unlike.sum(axis=1)
    ordered = np.sort(np.where(unlike, similarities, np.float32(2)), axis=1)
    found = ordered[np.arange(len(ordered)), (COMMON_QUANTILE * counts).astype(int)]
    return np.where(2 * counts < similarities.shape[1], np.float32(np.nan), found)


async def vectors_of(index: ImageIndex, image_ids: Sequence[ImageID]) -> tuple[list[ImageID], npt.NDArray[np.float32]]:
    """Return those of the images that still exist, and their vectors: (N, D) float32 of unit length."""
    ids: list[ImageID] = []
    vectors: list[npt.NDArray[np.float32]] = []
    for start in range(0, len(image_ids), PIECE):
        some, their_vectors = await index.vectors_of(image_ids[start : start + PIECE])
        ids += some
        vectors.append(to_unit(their_vectors))
    return ids, np.concatenate(vectors) if vectors else np.zeros((0, 0), dtype=np.float32)


async def _of_all(
    index: ImageIndex, ids: Sequence[ImageID], vectors: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float32], Mapping[ImageID, int], Mapping[ImageID, float]]:
    firsts = _Firsts(ids)
    common: dict[ImageID, float] = {}
    async for some, their_vectors in _in_pieces(index):
        began = time.monotonic()
        similarities = await asyncio.to_thread(_similarities, their_vectors, vectors)
        values = await asyncio.to_thread(commonness, similarities)
        common |= dict(zip(some, values.tolist(), strict=True))
        await asyncio.to_thread(firsts.add, some, similarities)
        await asyncio.sleep(time.monotonic() - began)
    return firsts.reach(), firsts.counts(), common


async def _by_searching(
    index: ImageIndex, ids: Sequence[ImageID], vectors: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float32], Mapping[ImageID, int]]:
    reach: list[float] = []
    firsts = Counter[ImageID]()
    for image_id, vector in zip(ids, vectors, strict=True):
        began = time.monotonic()
        found = await index.nearest(vector, FIRST + 1, Filters())
        first = [match for match in found if match.image.id != image_id][:FIRST]
        reach.append(min((match.score or 0.0 for match in first), default=0.0))
        firsts.update(match.image.id for match in first if match.score is not None and match.score < RELATED)
        await asyncio.sleep(time.monotonic() - began)
    return np.array(reach, dtype=np.float32), firsts


async def _in_pieces(index: ImageIndex) -> AsyncIterator[tuple[Sequence[ImageID], npt.NDArray[np.float16]]]:
    """Split what the database returns, which may be everything at once, into pieces."""
    async for ids, vectors in index.every_vector():
        for start in range(0, len(ids), PIECE):
            yield ids[start : start + PIECE], vectors[start : start + PIECE]


def _similarities(stored: npt.NDArray[np.float16], sample: npt.NDArray[np.float32]) -> Similarities:
    return to_unit(stored) @ sample.T


def to_unit(vectors: npt.NDArray[np.float16]) -> npt.NDArray[np.float32]:
    """Return unit vectors in float32: rounding to float16 has changed their length slightly."""
    rows = vectors.astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


class _Firsts:
    """The top ten of each sample image among the images added so far."""

    def __init__(self, sample: Sequence[ImageID]) -> None:
        self._column = {image_id: column for column, image_id in enumerate(sample)}
        self._ids: list[ImageID] = []
        self._best = np.full((len(sample), FIRST), -2, dtype=np.float32)
        self._numbers = np.full((len(sample), FIRST), -1)

    def add(self, ids: Sequence[ImageID], similarities: Similarities) -> None:
        """Add images: N ids and (N, S) similarities."""
        for row, image_id in enumerate(ids):
            if image_id in self._column:
                similarities[row, self._column[image_id]] = -2  # No image is in its own top ten.
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
        numbers: list[int] = self._numbers[counted].tolist()
        return Counter(self._ids[number] for number in numbers)
