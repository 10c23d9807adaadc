"""What tells hubs from pictures: means and what is made of them are over the limits, pictures far below them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import cast

import numpy as np
import numpy.typing as npt
import pytest

from backend.catalogue import hub_survey
from backend.catalogue.errors import HubVector, IndexUnavailable
from backend.catalogue.hub_survey import ALIKE, FIRST, commonness, survey, with_those_near
from backend.catalogue.hubs import MAX_AGE_S, MIN_IMAGES, SENTINELS, HubGate, HubLimits, Sentinels, hubs_in
from backend.catalogue.ports import ImageIndex
from backend.catalogue.values import Filters, ImageID, Match, Vector
from tests.benchmarks import data
from tests.support.records import image_id, record
from tests.support.spaces import normalised, photographs_of

Rows = npt.NDArray[np.float32]

SAMPLE = 500


class Vectors:
    """What hubs are told by of an index, on an array; integration/test_hub_gate.py tries them with the real one."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.surveys = 0
        self.fails = False

    async def count(self, filters: Filters) -> int:
        if self.fails:
            raise IndexUnavailable("gone")
        return len(self.rows)

    async def draw(self, limit: int, filters: Filters) -> tuple[Sequence[ImageID], int]:
        self.surveys += 1
        # By chance, as the random part of real ids has it, and not the oldest.
        order = np.random.default_rng(1).permutation(len(self.rows))
        return [image_id(int(row)) for row in order[:limit]], len(self.rows)

    async def vectors_of(self, image_ids: Sequence[ImageID]) -> tuple[Sequence[ImageID], npt.NDArray[np.float16]]:
        return image_ids, self.rows[[place(each) for each in image_ids]].astype(np.float16)

    async def every_vector(self) -> AsyncIterator[tuple[Sequence[ImageID], npt.NDArray[np.float16]]]:
        yield [image_id(number) for number in range(len(self.rows))], self.rows.astype(np.float16)

    async def nearest(self, vector: Vector, limit: int, filters: Filters) -> Sequence[Match]:
        similarity = self.rows @ vector
        best = np.argpartition(-similarity, limit)[:limit]
        return [Match(float(similarity[row]), record(int(row))) for row in best[np.argsort(-similarity[best])]]


def place(image: ImageID) -> int:
    return int(image[12:], 16)


@cache
def drawn() -> Rows:
    """Vectors that lie to one another as those of photographs do by the bundled model."""
    return data.draw(5_000, 512)


def unit(rows: npt.NDArray[np.floating]) -> Rows:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def noise(count: int, dimension: int, seed: int = 2) -> Rows:
    return unit(np.random.default_rng(seed).normal(size=(count, dimension)))


def hidden_in(rows: Rows) -> set[int]:
    seen = asyncio.run(survey(cast(ImageIndex, Vectors(rows)), SAMPLE))
    return {place(found) for found in hubs_in(seen, [])}


def reach(rows: Rows, hubs: Sequence[int], hidden: set[int]) -> tuple[float, float]:
    """Return the share of first tens that the worst hub is in, and of all places that all take, by comparing all."""
    similarity = rows @ rows.T
    np.fill_diagonal(similarity, -2)
    out = sorted(hidden)
    similarity[:, out] = np.where(similarity[:, out] < ALIKE, -2, similarity[:, out])
    pictures = np.setdiff1d(np.arange(len(rows)), hubs)
    first = np.argpartition(-similarity[pictures], FIRST, axis=1)[:, :FIRST]
    counts = np.bincount(first.ravel(), minlength=len(rows))[hubs]
    return float(counts.max() / len(pictures)), float(counts.sum() / first.size)


# Hidden by upkeep


@pytest.mark.parametrize(("images", "before"), [(500, 0.85), (1000, 0.5), (5000, 0.05)])
def test_mean_that_came_in_early(images: int, before: float) -> None:
    """The mean of the first 500 is hidden at once and stays so as the library grows, and no picture is with it."""
    rows = np.vstack([drawn()[:images], normalised(drawn()[:500].mean(axis=0))])

    hidden = hidden_in(rows)

    assert hidden == {images}
    if images <= 1000:
        assert reach(rows, [images], set())[0] > before
        assert reach(rows, [images], hidden)[0] == 0


@pytest.mark.parametrize("share_of_noise", [0.1, 0.7, 1.5])
def test_many_small_ones_that_add_up(share_of_noise: float) -> None:
    """500 among 2,000, none of them in more first tens than pictures are: all are hidden, and no picture is."""
    mean = drawn()[:1500].mean(axis=0)
    small = unit(normalised(mean) + share_of_noise * noise(500, 512))
    rows = np.vstack([drawn()[:1500], small])
    hubs = list(range(1500, 2000))

    hidden = hidden_in(rows)

    assert hidden == set(hubs)
    worst, places = reach(rows, hubs, set())
    assert worst < 0.04 and places > 0.15
    assert reach(rows, hubs, hidden) == (0, 0)


def test_picture_mixed_into_the_mean() -> None:
    """500 pictures, each half the mean, would take half of all places; they are hidden."""
    half = unit(normalised(drawn()[:1500].mean(axis=0)) + drawn()[2000:2500])

    assert hidden_in(np.vstack([drawn()[:1500], half])) == set(range(1500, 2000))


@pytest.mark.parametrize("images", [MIN_IMAGES, 1000, 5000])
def test_pictures_alone(images: int) -> None:
    """Of pictures none is hidden."""
    assert hidden_in(drawn()[:images]) == set()
    assert hidden_in(photographs_of(1, min(images, 1000))) == set()


@pytest.mark.parametrize("spread", [0.2, 0.45, 0.9])
@pytest.mark.parametrize("others", [0, 200, 1000])
def test_series(spread: float, others: int) -> None:
    """A picture in 400 shades, from near copies to a series of products, is not hidden, be it most of a library."""
    original = drawn()[0]
    series = np.vstack([original, unit(original + spread * noise(400, 512))])

    assert hidden_in(np.vstack([series, drawn()[1 : others + 1]])) == set()


def test_large_library() -> None:
    """By searches for a smaller sample the same is found as by going through the whole."""
    rows = np.vstack([drawn()[:3000], normalised(drawn()[:500].mean(axis=0))])
    index = cast(ImageIndex, Vectors(rows))
    whole = asyncio.run(survey(index, 200))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hub_survey, "WHOLE", 1000)
        searched = asyncio.run(survey(index, 200, [image_id(7)]))

    assert searched.firsts == whole.firsts
    assert searched.reach == pytest.approx(whole.reach, abs=1e-3)
    assert searched.common == pytest.approx({each: whole.common[each] for each in searched.common}, abs=1e-3)
    assert searched.common.keys() == {*searched.firsts, image_id(7)}
    assert hubs_in(searched, []).keys() == hubs_in(whole, []).keys() == {image_id(3000)}


def test_many_small_ones_in_a_large_library() -> None:
    """What the sample's first tens have no room for is found beside those that are in them."""
    small = unit(normalised(drawn()[:2000].mean(axis=0)) + 0.7 * noise(100, 512))
    index = cast(ImageIndex, Vectors(np.vstack([drawn()[:2000], small])))

    async def found() -> tuple[set[int], set[int]]:
        seen = await survey(index, 60)
        few = hubs_in(seen, [])
        return {*map(place, few)}, {*map(place, hubs_in(await with_those_near(index, seen, list(few)[:20]), []))}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hub_survey, "WHOLE", 1000)
        few, all_ = asyncio.run(found())

    assert few < all_ == set(range(2000, 2100))


def test_what_is_hidden_stays_so_near_the_limit() -> None:
    """A hub a little below the limits is not hidden, and not shown again either if it is."""
    mean = normalised(drawn()[:1500].mean(axis=0))
    seen = asyncio.run(survey(cast(ImageIndex, Vectors(drawn()[:1500])), SAMPLE))
    limit = HubLimits.to_hide(seen, []).commonness
    weakened = (normalised(part * mean + (1 - part) * drawn()[1600]) for part in np.linspace(0.9, 0.1, 200))
    below = next(vector for vector in weakened if commonness(vector[None] @ seen.vectors.T)[0] < 0.97 * limit)
    seen = asyncio.run(survey(cast(ImageIndex, Vectors(np.vstack([drawn()[:1500], below]))), SAMPLE))

    assert image_id(1500) not in hubs_in(seen, [])
    assert image_id(1500) in hubs_in(seen, [image_id(1500)])


# Refused at the gate


def sentinels_of(rows: Rows) -> Sentinels:
    seen = asyncio.run(survey(cast(ImageIndex, Vectors(rows)), SENTINELS))
    return Sentinels(seen, HubLimits.to_refuse(seen))


@pytest.mark.parametrize("images", [MIN_IMAGES, 1000, 2000])
@pytest.mark.parametrize("pictures", [drawn, lambda: photographs_of(0, 2000)], ids=["components", "averages"])
def test_means(images: int, pictures: Callable[[], Rows]) -> None:
    """A library's mean, or that of a part, is refused, also with a picture or noise mixed into it."""
    rows = pictures()[:images]
    sentinels = sentinels_of(rows)
    mean = normalised(rows.mean(axis=0))
    hubs = [mean, normalised(rows[:64].mean(axis=0)), normalised(0.7 * mean + 0.3 * rows[5])]

    for hub in [*hubs, *unit(mean + 0.7 * noise(3, rows.shape[1]))]:
        with pytest.raises(HubVector):
            sentinels.check(Vector(hub))


@pytest.mark.parametrize("images", [MIN_IMAGES, 1000, 2000])
def test_pictures(images: int) -> None:
    """A thousand new pictures pass, none of them reaching half of the limit for first tens."""
    for rows, new in (
        (drawn()[:images], drawn()[3000:4000]),
        (photographs_of(0, images), photographs_of(1, 1000)),
    ):
        sentinels = sentinels_of(rows)
        for picture in new:
            sentinels.check(Vector(picture))
        assert max(sentinels.share(Vector(picture)) for picture in new) < sentinels.limits.share / 2


def test_one_thing_a_thousand_times() -> None:
    """In a catalogue of one picture in a thousand shades the sharpest is near to all, and no hub for it."""
    original = photographs_of(0, 1)[0]
    sentinels = sentinels_of(unit(original + 0.2 * noise(1000, original.size)))

    assert np.mean(sentinels.seen.vectors @ original > sentinels.seen.reach) == 1
    assert np.min(sentinels.seen.vectors @ original) > ALIKE
    sentinels.check(Vector(original))


def test_share_that_is_refused() -> None:
    """The limit falls as the library grows, down to what sentinels can tell; in a small one it leaves room."""
    seen = asyncio.run(survey(cast(ImageIndex, Vectors(drawn()[:MIN_IMAGES])), SENTINELS))
    sizes = (200, 400, 500, 1000, 5000, 10**6)
    shares = [HubLimits.to_refuse(replace(seen, images=images)).share for images in sizes]
    assert shares == [0.6, 0.6, 0.5, 0.25, 0.05, 0.05]


class Gate(HubGate):
    """A gate on an array, with a clock to put on."""

    def __init__(self, vectors: Vectors) -> None:
        super().__init__(cast(ImageIndex, vectors), lambda: self.seconds)
        self.seconds = 0.0


IMAGES = photographs_of(0, 2 * MIN_IMAGES)
MEAN = normalised(IMAGES[:MIN_IMAGES].mean(axis=0))
PICTURE = Vector(photographs_of(3, 1)[0])


@pytest.mark.anyio
async def test_before_there_are_sentinels() -> None:
    """Everything passes at once, and what should not have is left to upkeep."""
    vectors = Vectors(IMAGES[:MIN_IMAGES])
    gate = Gate(vectors)

    gate.check(MEAN)
    assert vectors.surveys == 0 and not gate.ready

    await gate.choose_if_due()
    with pytest.raises(HubVector):
        gate.check(MEAN)
    gate.check(PICTURE)
    assert vectors.surveys == 1 and gate.ready


@pytest.mark.anyio
async def test_small_catalogue() -> None:
    """With few images everything passes; once there are enough the gate closes by itself."""
    vectors = Vectors(IMAGES[: MIN_IMAGES - 1])
    gate = Gate(vectors)
    await gate.choose_if_due()
    gate.check(MEAN)
    assert vectors.surveys == 0 and gate.ready

    vectors.rows = IMAGES[:MIN_IMAGES]
    for _ in range(MIN_IMAGES):
        gate.check(PICTURE)
    await gate.choose_if_due()

    with pytest.raises(HubVector):
        gate.check(MEAN)


@pytest.mark.anyio
async def test_sentinels_are_chosen_anew() -> None:
    """After some minutes others are chosen, if anything was added, and no sooner."""
    vectors = Vectors(IMAGES[:MIN_IMAGES])
    gate = Gate(vectors)
    await gate.choose_if_due()

    gate.seconds = MAX_AGE_S + 1
    await gate.choose_if_due()
    assert vectors.surveys == 1

    gate.check(PICTURE)
    await gate.choose_if_due()
    await gate.choose_if_due()
    assert vectors.surveys == 2


@pytest.mark.anyio
async def test_database_that_fails() -> None:
    """While the database is gone the gate goes on with the sentinels it has, and tries again."""
    vectors = Vectors(IMAGES[:MIN_IMAGES])
    gate = Gate(vectors)
    await gate.choose_if_due()
    gate.check(PICTURE)

    vectors.fails, gate.seconds = True, MAX_AGE_S + 1
    with pytest.raises(IndexUnavailable):
        await gate.choose_if_due()
    with pytest.raises(HubVector):
        gate.check(MEAN)

    vectors.fails = False
    await gate.choose_if_due()
    assert vectors.surveys == 2
