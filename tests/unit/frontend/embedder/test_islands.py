"""The islands of the map and their names."""

import numpy as np

from frontend.embedder.islands import islands_of, named


def heaps() -> np.ndarray:
    """Return 60, 40 and 20 points around three places."""
    random = np.random.default_rng(4)
    middles = np.repeat([(0.3, 0.3), (1.0, 0.3), (0.7, 0.8)], (60, 40, 20), axis=0)
    return middles + 0.02 * random.normal(size=middles.shape)


def test_heaps_are_islands() -> None:
    """Heaps of photos are islands, the largest first; a wider blur joins those that are near each other."""
    numbers = islands_of(heaps(), 1.35, 0.05)

    assert numbers.tolist() == [0] * 60 + [1] * 40 + [2] * 20
    assert len(set(islands_of(heaps(), 1.35, 0.5).tolist())) == 1
    assert islands_of(np.empty((0, 2)), 1.35, 0.05).shape == (0,)


def test_names_of_islands() -> None:
    """An island is called what many of its photos are; what is everywhere does not name one, nor what few are."""
    positions = heaps()
    names = [{"thing": 1.0, "dog": 1.0}] * 60 + [{"thing": 1.0, "cat": 1.0}] * 30 + [{"thing": 1.0}] * 10
    names += [{"oddity": 1.0}] * 2 + [{}] * 18

    found = named(positions, islands_of(positions, 1.35, 0.05), names)

    assert [(island.name, island.count) for island in found] == [("dog", 60), ("cat", 30)]
    assert np.hypot(found[0].x - 0.3, found[0].y - 0.3) < 0.02


def test_names_that_are_not_sure() -> None:
    """An island has the name that many of its photos may have; one that hardly fits any names none."""
    positions = heaps()
    names = [{"beagle": 0.3, "basset": 0.2}] * 60 + [{"cat": 0.05}] * 40 + [{}] * 20

    found = named(positions, islands_of(positions, 1.35, 0.05), names)

    assert [(island.name, island.count) for island in found] == [("beagle", 60)]
