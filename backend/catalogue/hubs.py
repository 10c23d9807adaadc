"""
Tells hubs from pictures: vectors that would be, or are, among the nearest of images that they have nothing to do with.

The mean of all vectors is near to everything, and anybody who may register can send it. Two things give a hub away.

It is *in too many first tens*. Highest share of the first tens that a photograph is in, and that of means, by 1,280
averages of MobileNet v2 (1,952 photographs of 16 sets, 300 of products), and by the bundled model's 512 half whitened
components (2,048 photographs; pairs above ALIKE left out):

    images    averages: photographs, mean, mean of 64    components: photographs, mean, mean of 64
       300                       0.43    0.99    0.98                        0.11    0.98    0.79
     1,000                       0.11    0.82    0.80                        0.03    0.31    0.14
     2,000                       0.05    0.68    0.64                        0.02    0.08    0.06

However many there are, a photograph is in the first ten of at most 110 to 130 others by averages and of 40 by
components, one in a hundred of them in a quarter less.

It is *common*: as near to nine tenths of the library as no picture is (`hub_survey.commonness`). This shows also what
hides in numbers: 500 vectors of the mean and as much noise are in no more first tens each than pictures are. How far
the commonness lies above the median, in spreads of the library, by components:

    photographs, 200 to 18,432 of them, of all sets or of single ones    at most 4.6
    flat colours, gradients, noise, text, blurred or dark pictures      at most 0
    a collage of 36 photographs                                         2.9
    the mean, the mean of 64                                            12.5 to 33
    mean + 0.7 noise, a quarter of the library                          8 to 18, at most 2.5 the photographs
    mean + 1.5 noise, a quarter of the library                          4 to 10
    mean and a picture, half each, a quarter of the library             6.6 to 17

The limits were chosen on the photographs that they were checked on. What lies below them cannot be told from pictures:
the mean of two to four of them, or the mean and more than 1.5 noise. From some 1,300 images on the share of all places
that many such take is hardly more than their share of the library; in a small library it is (66 among 266 took 41 % of
all places without the limits, and 28 % with them). Nor can the mean of things that are alike, such as a series of
products: it is near to nothing but them.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np

from .errors import HubVector, Unavailable
from .hub_survey import FIRST, RELATED, Survey, commonness, survey
from .ports import ImageIndex
from .values import Filters, ImageID, Vector

logger = logging.getLogger(__name__)

# With fewer images a sample says little of what pictures are like.
MIN_IMAGES = 200

# Twice the 110 to 130 first tens above. No more than this share where images are few: a photograph has 0.43 of 300.
MAX_FIRSTS = 250
MAX_SHARE = 0.6

# In a large library MAX_FIRSTS are less than a sample can tell; this is 13 of 256.
MIN_SHARE = 0.05

# In how many spreads above the median a vector is too common to be let in, and to be shown. Photographs have 4.6 at
# most; to be refused is worse for one than to be hidden, which is undone by a click.
REFUSED_SPREADS = 8
HIDDEN_SPREADS = 6

# The same for first tens: hidden is what is in four times as many as one image in a hundred is, and in 100 of the
# whole library at least, twice what photographs are in, and in 12 of the sample, which chance does not do.
TIMES_USUAL = 4
LEAST_FIRSTS = 100
LEAST_COUNTED = 12

# What is hidden stays so until it is below this part of the limits: else it would come and go with the sample.
STAYS = 0.8

# The least spread, for libraries of drawings that are all the same. By components photographs have 0.006 to 0.017.
LEAST_SPREAD = 0.004

# Their first tens give a share to within 0.03 (two standard errors), and to compare costs 0.1 ms at a registration.
SENTINELS = 256

# When the sentinels are chosen anew, if anything was added: after some minutes, as other processes also write, or after
# growing by half. Guesses.
MAX_AGE_S = 600
MAX_GROWTH = 0.5

# How often the gate looks whether its sentinels are due.
LOOK_S = 5


@dataclass(frozen=True)
class HubLimits:
    """What no picture of a library reaches."""

    share: float
    """Of the sample's first tens."""
    commonness: float

    @classmethod
    def to_refuse(cls, seen: Survey) -> "HubLimits":
        share = max(min(MAX_FIRSTS / seen.images, MAX_SHARE), MIN_SHARE)
        return cls(share, _common_from(REFUSED_SPREADS, seen, hubs_in(seen, [])))

    @classmethod
    def to_hide(cls, seen: Survey, hubs: Collection[ImageID], spreads: float = HIDDEN_SPREADS) -> "HubLimits":
        """
        Args:
            hubs: Images that are known to be hubs, which say nothing of what pictures are like.
        """
        counts = np.zeros(max(seen.images, len(seen.firsts)))
        counts[: len(seen.firsts)] = [0 if image_id in hubs else count for image_id, count in seen.firsts.items()]
        usual = float(np.quantile(counts, 0.99)) / len(seen.ids)
        least = max(LEAST_FIRSTS / seen.images, LEAST_COUNTED / len(seen.ids))
        return cls(max(TIMES_USUAL * usual, least), _common_from(spreads, seen, hubs))

    def exceeded(self, share: float, common: float) -> bool:
        return share > self.share or self.commonness < common < RELATED


def hubs_in(seen: Survey, hidden: Collection[ImageID]) -> dict[ImageID, float]:
    """
    Return the hubs of a library, and the share of first tens that each is in.

    Args:
        hidden: What is hidden so far.
    """
    found, more = dict.fromkeys(hidden, 0.0), True
    # Each hub that is found makes it clearer what the others are like.
    while more:
        now = _hubs_beside(seen, hidden, found)
        more = not now.keys() <= found.keys()
        found = now
    return found


def _hubs_beside(seen: Survey, hidden: Collection[ImageID], hubs: Collection[ImageID]) -> dict[ImageID, float]:
    limits = HubLimits.to_hide(seen, hubs)
    to_stay = HubLimits(STAYS * limits.share, HubLimits.to_hide(seen, hubs, STAYS * HIDDEN_SPREADS).commonness)
    measured = {image_id: (seen.share(image_id), common) for image_id, common in seen.common.items()}
    return {
        image_id: share
        for image_id, (share, common) in measured.items()
        if (to_stay if image_id in hidden else limits).exceeded(share, common)
    }


def _common_from(spreads: float, seen: Survey, hubs: Collection[ImageID]) -> float:
    """Return the commonness that lies so many spreads above the median of the sample's pictures."""
    usual = [common for image_id, common in zip(seen.ids, seen.usual.tolist(), strict=True) if image_id not in hubs]
    measured = [common for common in usual if not np.isnan(common)]
    if not measured:
        return RELATED
    # By the lower half, as hubs are in the upper. 0.16: a standard deviation below the median of what is normal.
    low, median = np.quantile(measured, [0.16, 0.5])
    return float(median + spreads * max(median - low, LEAST_SPREAD))


@dataclass(frozen=True)
class Sentinels:
    """Some images of a library, which a new vector is shown to."""

    seen: Survey
    limits: HubLimits

    def share(self, vector: Vector) -> float:
        """Return in what share of the sentinels' first tens the vector would be, unrelated to them."""
        similarity = self.seen.vectors @ vector
        return float(np.mean((similarity > self.seen.reach) & (similarity < RELATED)))

    def check(self, vector: Vector) -> None:
        """
        Compare with the limits.

        Raises:
            HubVector: It is over one of them.
        """
        share, common = self.share(vector), float(commonness((self.seen.vectors @ vector)[np.newaxis])[0])
        if share > self.limits.share:
            raise HubVector(
                f"The vector would be among the first {FIRST} of {share:.0%} of all images; no picture is like that."
            )
        if self.limits.exceeded(share, common):
            raise HubVector("The vector is as near to nearly all images as no picture is.")


class HubGate:
    """Checks vectors against sentinels that it chooses in the background, and chooses anew as the library grows."""

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

    @property
    def ready(self) -> bool:
        """Whether sentinels were chosen, or there were too few images to choose from."""
        return self._chosen_at is not None

    def check(self, vector: Vector) -> None:
        """
        Let a vector pass, or not. Until there are sentinels all pass: upkeep finds what should not have.

        Raises:
            HubVector: It is a hub.
        """
        self._checked += 1
        if self._sentinels is not None:
            self._sentinels.check(vector)

    async def run(self) -> None:
        """Keep sentinels, until cancelled. Those there are will do while the database cannot answer."""
        while True:
            try:
                await self.choose_if_due()
            except Unavailable as exc:
                logger.info("the sentinels are chosen another time: %s", exc)
            except Exception:
                # A mistake of ours: nobody else would say so, and the library grows on.
                logger.exception("the sentinels are chosen another time")
            await asyncio.sleep(LOOK_S)

    async def choose_if_due(self) -> None:
        """
        Choose sentinels at the start, and when those there are have become old.

        Raises:
            IndexUnavailable: The database cannot answer.
        """
        if self._is_due():
            checked = self._checked
            self._images = await self._index.count(Filters())
            self._sentinels = await _sentinels(self._index) if self._images >= MIN_IMAGES else None
            self._chosen_at = self._now()
            self._checked -= checked

    def _is_due(self) -> bool:
        if self._chosen_at is None:
            return True
        grown = self._checked > MAX_GROWTH * max(self._images, MIN_IMAGES)
        return grown or (self._checked > 0 and self._now() - self._chosen_at > MAX_AGE_S)


async def _sentinels(index: ImageIndex) -> Sentinels:
    seen = await survey(index, SENTINELS)
    return Sentinels(seen, HubLimits.to_refuse(seen))
