"""Which images are versions of the same picture."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from backend.catalogue.duplicates import (
    BITS,
    COMPARED,
    SAME_BITS,
    SAME_COSINE,
    are_versions,
    distances,
    marked,
    stacked,
    to_bits,
)
from backend.catalogue.values import Match, PerceptualHash
from tests.support.records import perceptual_hash, record

SIDE_PX = 64


def picture(seed: int) -> npt.NDArray[np.float64]:
    """Return a drawn picture in grey, (64, 64), with edges and soft places as a photograph has them."""
    random = np.random.default_rng(seed)
    down, across = np.mgrid[0:SIDE_PX, 0:SIDE_PX] / SIDE_PX
    drawn = (
        128 + 60 * np.sin(3 * down + 5 * across**2 + seed) + 20 * random.normal(size=(8, 8)).repeat(8, 0).repeat(8, 1)
    )
    for top, left, height, width in random.integers(4, 40, size=(6, 4)):
        drawn[top : top + height, left : left + width] += random.normal() * 60
    return drawn + random.normal(size=drawn.shape) * 3


def hash_of(grey: npt.NDArray[np.float64]) -> PerceptualHash:
    """Make a perceptual hash as the wire describes it."""
    steps = np.arange(SIDE_PX)
    cosines = np.cos(np.pi / SIDE_PX * np.outer(np.arange(16), steps + 0.5))
    coefficients = cosines @ grey @ cosines.T
    return PerceptualHash(np.packbits(coefficients > np.median(coefficients)).tobytes().hex())


def apart(one: PerceptualHash, other: PerceptualHash) -> int:
    return int(distances(to_bits([one]), to_bits([other]))[0])


TURNED = {
    **{f"turned {90 * quarter} degrees": lambda grey, quarter=quarter: np.rot90(grey, quarter) for quarter in range(4)},
    **{
        f"mirrored and turned {90 * quarter} degrees": lambda grey, quarter=quarter: np.rot90(grey.T, quarter)
        for quarter in range(4)
    },
}


@pytest.mark.parametrize("way", TURNED)
def test_picture_that_lies_another_way(way: str) -> None:
    """The hash of a picture that is turned or mirrored is well within the limit, whichever of the two was turned."""
    for seed in range(20):
        one, other = hash_of(picture(seed)), hash_of(TURNED[way](picture(seed)))
        assert apart(one, other) == apart(other, one) <= SAME_BITS // 2
        assert are_versions(0.3, one, other)


def test_other_pictures() -> None:
    """Hashes of pictures that have nothing to do with each other are far apart, in all ways to lie."""
    hashes = [hash_of(picture(seed)) for seed in range(60)]
    bits = distances(to_bits(hashes)[:, np.newaxis], to_bits(hashes))

    assert bits.shape == (60, 60)
    assert np.array_equal(np.flatnonzero(bits.ravel() <= SAME_BITS), np.arange(60) * 61)
    assert bits[3, 7] == apart(hashes[3], hashes[7])


def test_distance_counts_bits() -> None:
    """Each bit that differs counts one, up to the limit that still tells the same picture."""
    whole = perceptual_hash(1)
    for count in range(SAME_BITS + 2):
        changed = PerceptualHash(f"{int(whole, 16) ^ ((1 << count) - 1) << 60:064x}")
        assert apart(whole, changed) == count
        assert are_versions(None, whole, changed) == (count <= SAME_BITS)


@pytest.mark.parametrize(
    ("cosine", "one", "other", "expected"),
    [
        (SAME_COSINE, None, None, True),
        (SAME_COSINE - 1e-6, None, None, False),
        (SAME_COSINE, perceptual_hash(1), perceptual_hash(2), True),
        (0.0, perceptual_hash(1), perceptual_hash(1), True),
        (0.0, perceptual_hash(1), perceptual_hash(2), False),
        (0.0, perceptual_hash(1), None, False),
        (None, None, perceptual_hash(1), False),
        (None, None, None, False),
    ],
)
def test_either_tells(
    cosine: float | None, one: PerceptualHash | None, other: PerceptualHash | None, expected: bool
) -> None:
    """Vector or hash suffices; what is not known tells nothing."""
    assert are_versions(cosine, one, other) is expected


def test_matches_of_a_search() -> None:
    """Marked are the nearest that are versions; those further down are not compared, nor anything else changed."""
    found = [Match(0.9, record(number)) for number in range(COMPARED + 5)]
    lacking = replace(found[2].image, description=replace(found[2].image.description, perceptual_hash=None))
    found[2] = Match(0.9, lacking)
    cosines = {found[place].image.id: 0.99 for place in (1, 2, COMPARED)}

    assert [match.duplicate for match in marked(found, cosines, perceptual_hash(3))[:4]] == [False, True, True, True]
    assert [match.duplicate for match in marked(found, cosines, None)[:4]] == [False, True, True, False]
    assert not any(match.duplicate for match in marked(found, {}, perceptual_hash(COMPARED + 1)))
    assert [replace(match, duplicate=False) for match in marked(found, cosines, perceptual_hash(3))] == found
    assert marked([], {}, perceptual_hash(3)) == []


def test_versions_among_the_matches() -> None:
    """A match that is a version of a better one names it; a version of a version, which may differ, does not."""
    hashes = [perceptual_hash(1), changed(perceptual_hash(1), 0, 30), perceptual_hash(2), None, None]
    hashes.append(changed(perceptual_hash(1), 0, 60))
    found = [
        Match(0.9, replace(image, description=replace(image.description, perceptual_hash=one)))
        for image, one in zip(map(record, range(6)), hashes, strict=True)
    ]
    named = [match.version_of for match in stacked(found)]

    assert named == [None, found[0].image.id, None, None, None, None]
    assert [replace(match, version_of=None) for match in stacked(found)] == found
    assert stacked([]) == []
    assert stacked(found[:1]) == found[:1]


def changed(whole: PerceptualHash, first: int, count: int) -> PerceptualHash:
    """Return a hash with so many bits changed."""
    return PerceptualHash(f"{int(whole, 16) ^ ((1 << count) - 1) << first:064x}")


def test_hash_has_256_bits() -> None:
    """The opposite of a hash differs in every bit, or in fewer than half after a mirroring."""
    whole = perceptual_hash(1)
    opposite = PerceptualHash(f"{int(whole, 16) ^ (1 << BITS) - 1:064x}")

    assert apart(whole, opposite) == BITS // 2
