"""The share of sentinels that a vector comes near to: means are over the limit, pictures far below it."""

import asyncio
from collections.abc import Sequence
from typing import cast

import numpy as np
import pytest

from backend.catalogue.errors import HubVector, IndexUnavailable
from backend.catalogue.hubs import ALIKE, FIRST, MAX_AGE_S, MIN_IMAGES, SENTINELS, HubGate, Sentinels, limit
from backend.catalogue.ports import ImageIndex
from backend.catalogue.values import Filters, Match, Vector
from tests.support.records import record
from tests.support.spaces import normalised, photographs_of

IMAGES = photographs_of(0, 2 * MIN_IMAGES)


def sentinels_of(images: np.ndarray) -> Sentinels:
    """Choose sentinels as `choose_sentinels` does, by comparing each with all."""
    vectors = images[:: len(images) // SENTINELS][:SENTINELS]
    similarity = np.sort(vectors @ images.T, axis=1)
    return Sentinels(vectors, similarity[:, -FIRST - 1], limit(len(images)))


@pytest.mark.parametrize("images", [MIN_IMAGES, 2 * MIN_IMAGES])
def test_means(images: int) -> None:
    """By 1,280 averages a catalogue's mean, or that of a good part, is refused, also with a picture mixed into it."""
    catalogue = IMAGES[:images]
    sentinels = sentinels_of(catalogue)
    mean = normalised(catalogue.mean(axis=0))
    hubs = [mean, normalised(catalogue[:64].mean(axis=0)), normalised(0.8 * mean + 0.2 * catalogue[5])]

    for hub in hubs:
        with pytest.raises(HubVector, match=r"first 10 of \d\d%"):
            sentinels.check(hub)


@pytest.mark.parametrize("images", [MIN_IMAGES, 2 * MIN_IMAGES])
def test_pictures(images: int) -> None:
    """A thousand new pictures pass, none of them reaching half of the limit."""
    sentinels = sentinels_of(IMAGES[:images])

    shares = [sentinels.share(Vector(picture)) for picture in photographs_of(1, 1000)]

    assert max(shares) < sentinels.limit / 2


def test_one_thing_a_thousand_times() -> None:
    """In a catalogue of one picture in a thousand shades the sharpest is near to all, and no hub for it."""
    original = IMAGES[0]
    noise = np.random.default_rng(2).normal(size=(MIN_IMAGES, original.size)) * 0.2 / np.sqrt(original.size)
    copies = np.array([normalised(original + part) for part in noise])
    sentinels = sentinels_of(copies)

    assert np.mean(sentinels.vectors @ original > sentinels.reach) == 1
    assert np.min(sentinels.vectors @ original) > ALIKE
    sentinels.check(Vector(original))


def test_limit_of_a_large_catalogue() -> None:
    """The limit falls as the catalogue grows, down to what the sentinels can tell."""
    assert [limit(images) for images in (1000, 2000, 5000, 10**6)] == [0.25, 0.125, 0.05, 0.05]


class Vectors:
    """What the gate asks of an index, on an array. integration/test_hub_gate.py tries the gate with the real one."""

    def __init__(self, images: np.ndarray) -> None:
        self.images = images
        self.chosen = 0
        """How often sentinels were taken."""
        self.fails = False

    async def count(self, filters: Filters) -> int:
        if self.fails:
            raise IndexUnavailable("gone")
        return len(self.images)

    async def sample(self, count: int) -> Sequence[Vector]:
        self.chosen += 1
        return [Vector(image) for image in self.images[:: len(self.images) // count][:count]]

    async def nearest(self, vector: Vector, limit: int, filters: Filters) -> Sequence[Match]:
        await asyncio.sleep(0)  # Others have their turn, as with a real one.
        similarity = self.images @ vector
        best = np.argsort(-similarity)[:limit]
        return [Match(float(similarity[place]), record(int(place))) for place in best]


class Gate(HubGate):
    """A gate on an array, with a clock to put on."""

    def __init__(self, vectors: Vectors) -> None:
        super().__init__(cast(ImageIndex, vectors), lambda: self.seconds)
        self.seconds = 0.0


MEAN = normalised(IMAGES[:MIN_IMAGES].mean(axis=0))
PICTURE = Vector(photographs_of(3, 1)[0])


async def turns() -> None:
    """Let everything that was begun come to its end."""
    for _ in range(2 * SENTINELS):
        await asyncio.sleep(0)


@pytest.mark.anyio
async def test_first_vectors_wait_for_the_sentinels() -> None:
    """Vectors that come together choose once, and none gets past before."""
    vectors = Vectors(IMAGES[:MIN_IMAGES])
    gate = Gate(vectors)

    outcomes = await asyncio.gather(
        *[gate.check(MEAN) for _ in range(5)], *[gate.check(PICTURE) for _ in range(5)], return_exceptions=True
    )

    assert [type(outcome) for outcome in outcomes] == [HubVector] * 5 + [type(None)] * 5
    assert vectors.chosen == 1


@pytest.mark.anyio
async def test_small_catalogue() -> None:
    """With few images everything passes; once there are enough the gate closes by itself."""
    vectors = Vectors(IMAGES[: MIN_IMAGES - 1])
    gate = Gate(vectors)
    await gate.check(MEAN)
    assert vectors.chosen == 0

    vectors.images = IMAGES[:MIN_IMAGES]
    for _ in range(MIN_IMAGES):
        await gate.check(PICTURE)
    await turns()

    with pytest.raises(HubVector):
        await gate.check(MEAN)


@pytest.mark.anyio
async def test_sentinels_are_chosen_anew() -> None:
    """After some minutes others are chosen, while vectors pass by those there are."""
    vectors = Vectors(IMAGES[:MIN_IMAGES])
    gate = Gate(vectors)
    await gate.check(PICTURE)
    gate.seconds = MAX_AGE_S + 1

    for _ in range(3):
        with pytest.raises(HubVector):
            await gate.check(MEAN)
    await turns()
    await gate.check(PICTURE)

    assert vectors.chosen == 2


@pytest.mark.anyio
async def test_database_that_fails() -> None:
    """Without sentinels nothing passes while the database is gone; with some, those do."""
    vectors = Vectors(IMAGES[:MIN_IMAGES])
    vectors.fails = True
    gate = Gate(vectors)
    for _ in range(2):
        with pytest.raises(IndexUnavailable):
            await gate.check(PICTURE)

    vectors.fails = False
    await gate.check(PICTURE)
    vectors.fails, gate.seconds = True, MAX_AGE_S + 1
    await gate.check(PICTURE)
    await turns()
    await gate.check(PICTURE)
    with pytest.raises(HubVector):
        await gate.check(MEAN)
