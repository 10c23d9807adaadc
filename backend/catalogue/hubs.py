"""
Recognises hubs: vectors that are near to many images that they have nothing to do with.

The mean of all vectors is near to everything, and anyone who may register images can send it. Two things reveal a hub.

It is *in too many top tens*. Highest share of top tens that a photo and that means are in, by 1,280 averages of
MobileNet v2 (1,952 photographs of 16 sets, 300 of products), and by the bundled model's 512 half whitened components
(2,048 photographs; pairs above ALIKE left out):

    images    averages: photographs, mean, mean of 64    components: photographs, mean, mean of 64
       300                       0.43    0.99    0.98                        0.11    0.98    0.79
     1,000                       0.11    0.82    0.80                        0.03    0.31    0.14
     2,000                       0.05    0.68    0.64                        0.02    0.08    0.06

In a library of any size, a photo is in the top ten of at most 110 to 130 others by averages, and of 40 by components;
one in a hundred photos reaches three quarters of that.

It is *common*: nearer to nine tenths of the library than any picture is (`hub_survey.commonness`). This also reveals
hubs that hide in numbers: 500 vectors of the mean plus as much noise are in no more top tens each than pictures are.
Commonness above the median, in spreads of the library, by components:

    photographs, 200 to 18,432 of them, of all sets or of single ones    at most 4.6
    flat colours, gradients, noise, text, blurred or dark pictures      at most 0
    a collage of 36 photographs                                         2.9
    the mean, the mean of 64                                            12.5 to 33
    mean + 0.7 noise, a quarter of the library                          8 to 18, at most 2.5 the photographs
    mean + 1.5 noise, a quarter of the library                          4 to 10
    mean and a picture, half each, a quarter of the library             6.6 to 17

The limits were chosen on the same photos that they were tested on. Hubs below them cannot be told from pictures: the
mean of two to four pictures, or the mean plus more than 1.5 noise. From some 1,300 images on, many such hubs take
hardly more of the results than their share of the library; in a small library they do (66 among 266 took 41 % of all
results without the limits, and 28 % with them). Nor can the mean of similar things, such as a series of products: it is
near only to them.
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

# With fewer images a sample says little about ordinary pictures.
MIN_IMAGES = 200

# Twice the 110 to 130 top tens above. At most this share if there are few images: a photo has 0.43 of 300.
MAX_FIRSTS = 250
MAX_SHARE = 0.6

# In a large library MAX_FIRSTS is less than a sample can resolve; this is 13 of 256.
MIN_SHARE = 0.05

# From how many spreads above the median on a vector is too common to be accepted, and to be shown. Photos have 4.6 at
# most. Refusing a photo is worse than hiding it, which a click undoes.
REFUSED_SPREADS = 8
HIDDEN_SPREADS = 6

# The same for top tens: an image is hidden if it is in four times as many as one image in a hundred is, in at least 100
# of the whole library, twice what photos are in, and in at least 12 of the sample, which is no chance.
TIMES_USUAL = 4
LEAST_FIRSTS = 100
LEAST_COUNTED = 12

# A hidden image stays hidden until it is below this share of the limits (hysteresis): otherwise it would come and go
# with the sample.
STAYS = 0.8

# The least spread, for libraries of drawings that are all alike. By components, photos have 0.006 to 0.017.
LEAST_SPREAD = 0.004

# Number of sentinels: their top tens give a share to within 0.03 (two standard errors), and comparing costs 0.1 ms per
# registration.
SENTINELS = 256

# When new sentinels are chosen, if anything was added: after some minutes, because other processes also write, or after
# growth by half. Guesses.
MAX_AGE_S = 600
MAX_GROWTH = 0.5

# How often the gate checks whether new sentinels are due.
LOOK_S = 5


@dataclass(frozen=True)
class HubLimits:
    """Limits that no ordinary picture of a library exceeds."""

    share: float
    """Share of the sample's top tens."""
    commonness: float

    @classmethod
    def to_refuse(cls, seen: Survey) -> "HubLimits":
        share = max(min(MAX_FIRSTS / seen.images, MAX_SHARE), MIN_SHARE)
        return cls(share, _common_from(REFUSED_SPREADS, seen, hubs_in(seen, [])))

    @classmethod
    def to_hide(cls, seen: Survey, hubs: Collection[ImageID], spreads: float = HIDDEN_SPREADS) -> "HubLimits":
        """
        Args:
            hubs: Known hubs, which say nothing about ordinary pictures.
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
    Return the hubs of a library, and the share of top tens that each is in.

    Args:
        hidden: The hubs hidden so far.
    """
    found, more = dict.fromkeys(hidden, 0.0), True
    # Each hub found makes it clearer what ordinary pictures are like.
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
    """Return the commonness at this many spreads above the median of the sample's ordinary pictures."""
    usual = [common for image_id, common in zip(seen.ids, seen.usual.tolist(), strict=True) if image_id not in hubs]
    measured = [common for common in usual if not np.isnan(common)]
    if not measured:
        return RELATED
    # Estimated from the lower half, as hubs are in the upper. 0.16: one standard deviation below the median of a normal
    # distribution.
    low, median = np.quantile(measured, [0.16, 0.5])
    return float(median + spreads * max(median - low, LEAST_SPREAD))


@dataclass(frozen=True)
class Sentinels:
    """A sample of a library that new vectors are compared with."""

    seen: Survey
    limits: HubLimits

    def share(self, vector: Vector) -> float:
        """Return the share of the sentinels' top tens that the vector would be in without being related to them."""
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
                f"The vector would be among the {FIRST} nearest of {share:.0%} of all images, which no photo is."
            )
        if self.limits.exceeded(share, common):
            raise HubVector("The vector is nearer to nearly all images than any photo is.")


class HubGate:
    """Checks vectors against sentinels, which it renews in the background as the library grows."""

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
        """Whether sentinels were chosen, or there were too few images."""
        return self._chosen_at is not None

    def check(self, vector: Vector) -> None:
        """
        Let a vector pass, or refuse it. Until there are sentinels all pass; upkeep finds hubs among them later.

        Raises:
            HubVector: It is a hub.
        """
        self._checked += 1
        if self._sentinels is not None:
            self._sentinels.check(vector)

    async def run(self) -> None:
        """Keep the sentinels up to date until cancelled. Old ones serve while the database cannot answer."""
        while True:
            try:
                await self.choose_if_due()
            except Unavailable as exc:
                logger.info("new sentinels will be chosen later: %s", exc)
            except Exception:
                # A bug of ours: nobody else would report it, and the library keeps growing.
                logger.exception("new sentinels will be chosen later")
            await asyncio.sleep(LOOK_S)

    async def choose_if_due(self) -> None:
        """
        Choose sentinels at the start, and whenever they are out of date.

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
