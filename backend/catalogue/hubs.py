"""
Keeps hubs out: vectors that would be among the nearest of so many images that they would spoil their searches.

The mean of all vectors is near to everything, and anybody who may register can send it. So a new vector is shown to
some images of the catalogue, the sentinels, and refused where it would be in the first ten of too many of them.

Measured with MobileNet v2 (1280 values) on 1,952 photographs of 16 sets, on 300 of products, and on parts of both.
Share of the sentinels in whose first ten a vector is:

    images    photographs, highest    their mean    mean of 64    mean of 4    flat grey and colours
       300                    0.43          0.99          0.98         0.68                     0.04
       500                    0.24          0.95          0.94         0.52                     0.02
     1,000                    0.11          0.82          0.80         0.22                     0.01
     1,952                    0.05          0.68          0.64         0.12                     0.01

A photograph is in the first ten of at most 110 to 130 others, however many there are; a mean is in those of most. The
limit lies between, at twice the first and a third of the second, so a hub is refused, not only marked: a mark would
have to be looked at, and no honest picture needs one. What lies under the limit, such as the mean of two or three
pictures, cannot be told from a picture that many resemble.

The bundled model's half whitened components have little room for hubs. Measured in the same way, on other photographs:

    images    photographs, highest    their mean    mean of 64    mean of 4
     1,000                    0.03          0.34          0.17         0.02
     1,952                    0.02          0.09          0.04         0.00

So the mean is refused where it is found by a quarter of the images. Where there are some more than a thousand it is let
in, and is found by one image in seven at most (interpolated), of 1,952 by one in eleven.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .errors import HubVector, IndexUnavailable
from .ports import ImageIndex
from .values import Filters, Vector

# With fewer images, as the table says, photographs come too near to the means.
MIN_IMAGES = 1000

# 256 of them give a share to within 0.03 (two standard errors), and cost 0.1 ms at a registration (measured).
SENTINELS = 256

# What people look at: a first row or two.
FIRST = 10

# Twice the 110 to 130 images of the table.
MAX_FIRSTS = 250

# In a large catalogue that is less than the sentinels can resolve; this is 13 of them.
MIN_LIMIT = 0.05

# Above this similarity two pictures are of the same thing, and it is no harm that one is found by the other: else the
# sharp original of a thousand blurred copies would be refused. Products of one kind in the photographs have 0.6 to 0.9
# by 1,280 averages, and 0.4 to 0.9 by the bundled model's components.
ALIKE = 0.9

# When the sentinels are chosen anew: after some minutes, as other processes also write, or after growing by half.
# Guesses; a choice takes a search for each sentinel.
MAX_AGE_S = 600
MAX_GROWTH = 0.5


@dataclass(frozen=True)
class Sentinels:
    """Some images of a catalogue, and how near a vector must be to come among the first of each."""

    vectors: npt.NDArray[np.float32]
    """(N, D) float32 of unit length."""
    reach: npt.NDArray[np.float32]
    """(N,) float32: cosine similarity of each to the last of its first ten."""
    limit: float
    """Largest share of the sentinels that a vector may come near to."""

    def share(self, vector: Vector) -> float:
        """Return in what share of the sentinels' first ten the vector would be, leaving out what is truly alike."""
        similarity = self.vectors @ vector
        return float(np.mean((similarity > self.reach) & (similarity < ALIKE)))

    def check(self, vector: Vector) -> None:
        """
        Compare with the limit.

        Raises:
            HubVector: The share is over it.
        """
        if (share := self.share(vector)) > self.limit:
            raise HubVector(
                f"The vector would be among the first {FIRST} of {share:.0%} of all images; no picture is like that."
            )


def limit(images: int) -> float:
    """Return the largest share that a vector may have in a catalogue of so many images."""
    return max(MAX_FIRSTS / images, MIN_LIMIT)


async def choose_sentinels(index: ImageIndex, images: int) -> Sentinels:
    """Spread sentinels over a catalogue of so many images, and find out what is near to each."""
    vectors = await index.sample(SENTINELS)
    # One after the other, so that searches of people are not held up. The nearest of each is the sentinel itself.
    found = [await index.nearest(vector, FIRST + 1, Filters()) for vector in vectors]
    reach = [matches[-1].score for matches in found]
    return Sentinels(np.stack(vectors), np.asarray(reach, dtype=np.float32), limit(images))


class HubGate:
    """Checks vectors against sentinels that it chooses, and chooses anew as the catalogue grows."""

    def __init__(self, index: ImageIndex, now: Callable[[], float] = time.monotonic) -> None:
        """
        Args:
            now: Seconds of any clock that only goes forward.
        """
        self._index = index
        self._now = now
        self._sentinels: Sentinels | None = None
        self._images = 0
        self._chosen_at: float | None = None
        self._checked = 0
        self._choosing: asyncio.Task[None] | None = None

    async def check(self, vector: Vector) -> None:
        """
        Let a vector pass, or not. Only the first call waits for the sentinels; later ones are chosen meanwhile.

        Raises:
            HubVector: It would be among the first of too many.
            IndexUnavailable: There are no sentinels yet, and the database cannot answer.
        """
        if self._choosing is None and self._is_due():
            self._choosing = asyncio.create_task(self._choose())
        if self._chosen_at is None and self._choosing is not None:
            # Shielded, as others wait for it too.
            await asyncio.shield(self._choosing)
        self._checked += 1
        if self._sentinels is not None:
            self._sentinels.check(vector)

    def _is_due(self) -> bool:
        if self._chosen_at is None:
            return True
        grown = self._checked > MAX_GROWTH * max(self._images, MIN_IMAGES)
        return grown or self._now() - self._chosen_at > MAX_AGE_S

    async def _choose(self) -> None:
        try:
            images = await self._index.count(Filters())
            sentinels = await choose_sentinels(self._index, images) if images >= MIN_IMAGES else None
        except IndexUnavailable:
            if self._chosen_at is None:
                raise
            return  # Those there are will do until the next vector comes.
        finally:
            self._choosing = None
        self._sentinels, self._images = sentinels, images
        self._chosen_at, self._checked = self._now(), 0
