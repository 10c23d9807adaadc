"""The arrangement of the map: neighbours stay neighbours, nothing is left to chance, and new photos join the others."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest

from frontend.embedder.arrangement import Frame, arrange, mosaic, side_of
from tests.benchmarks import data

ASPECT = 1.35


def last(frames: Iterator[Frame]) -> npt.NDArray[np.float32]:
    """Return the positions at the end."""
    *_, end = frames
    assert end.done == 1
    assert end.positions is not None
    return end.positions


def nearest(distances: npt.NDArray[np.floating]) -> list[set[int]]:
    """Return the ten nearest others of each."""
    np.fill_diagonal(distances, np.inf)
    return [set(row) for row in np.argsort(distances, axis=1, kind="stable")[:, :10].tolist()]


def kept(vectors: npt.NDArray[np.floating], positions: npt.NDArray[np.floating]) -> float:
    """Return which share of each one's ten nearest are among its ten nearest on the map."""
    wide = vectors.astype(np.float64)
    on_map = np.square(positions[:, None] - positions).sum(axis=2)
    pairs = zip(nearest(-(wide @ wide.T)), nearest(on_map), strict=True)
    return float(np.mean([len(true & shown) / 10 for true, shown in pairs]))


@pytest.fixture(scope="module")
def vectors() -> npt.NDArray[np.float16]:
    return data.draw(600, 512).astype(np.float16)


def test_neighbours_stay_neighbours(vectors: npt.NDArray[np.float16]) -> None:
    """Of each photo's ten nearest, half and more are among its ten nearest on the map, which they fill."""
    positions = last(arrange(vectors, ASPECT))

    assert kept(vectors, positions) > 0.45
    assert (positions >= 0).all() and (positions <= [ASPECT, 1]).all()
    assert (np.ptp(positions, axis=0) > [0.8 * ASPECT, 0.8]).all()
    assert (last(arrange(vectors.copy(), ASPECT)) == positions).all()


def test_slices_and_progress(vectors: npt.NDArray[np.float16]) -> None:
    """The work comes in many slices whose progress never goes back, and is shown on its way, from PCA on."""
    frames = list(arrange(vectors, ASPECT))
    shares = [frame.done for frame in frames]
    shown = [frame.positions for frame in frames if frame.positions is not None]

    assert len(frames) > 100
    assert shares == sorted(shares)
    assert len(shown) > 20
    assert kept(vectors, shown[0]) < 0.2 < kept(vectors, shown[-1])


def test_new_photos_join_their_neighbours(vectors: npt.NDArray[np.float16]) -> None:
    """Photos that were there stay about where they were; new ones come to lie among those that are most like them."""
    before = last(arrange(vectors, ASPECT))
    known = before.copy()
    known[::50] = np.nan

    after = last(arrange(vectors, ASPECT, known))

    side = side_of(len(vectors), ASPECT)
    old = ~np.isnan(known[:, 0])
    assert np.median(np.abs(after[old] - before[old])) < side / 4
    assert np.median(np.hypot(*(after[~old] - before[~old]).T)) < 0.15
    assert (last(arrange(vectors, ASPECT, before)) == before).all()


@pytest.mark.parametrize("count", [0, 1, 2, 3, 12])
def test_few_photos(count: int) -> None:
    """Any number of photos has a map, even if all are the same."""
    alike = np.ones((count, 8), dtype=np.float16) / np.float16(8**0.5)

    positions = last(arrange(alike, ASPECT))

    assert positions.shape == (count, 2)
    assert np.isfinite(positions).all()
    assert (positions >= 0).all() and (positions <= [ASPECT, 1]).all()


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("aspect", [ASPECT, 0.75])
def test_a_row_of_photos(count: int, aspect: float) -> None:
    """Up to three photos lie in the middle, none over another, and within the map."""
    side = side_of(count, aspect)
    positions = last(arrange(data.draw(count, 512).astype(np.float16), aspect))

    assert positions.mean(axis=0).tolist() == pytest.approx([aspect / 2, 0.5])
    assert (np.abs(np.diff(positions, axis=0)).max(axis=1) > side).all()
    assert (positions >= side / 2).all() and (positions <= np.array([aspect, 1]) - side / 2).all()


@pytest.mark.parametrize("count", [4, 10, 1000])
def test_mosaic(count: int) -> None:
    """Whatever their shape on the way, photos lie side by side on all of the map, as they lay to each other."""
    angles = np.linspace(0, 3, count, dtype=np.float32)
    positions = mosaic(np.stack([np.exp(angles), np.exp(-9 * angles)], axis=1), ASPECT)

    assert (positions > 0).all() and (positions < [ASPECT, 1]).all()
    apart = np.hypot(*(positions[:, None] - positions).T)
    np.fill_diagonal(apart, np.inf)
    assert apart.min() > 0.6 * (ASPECT / count) ** 0.5
    assert (np.diff(positions[:, 0]) >= 0).all()
    assert positions[0, 1] > positions[1, 1]  # Those of a column lie as they lay, too.


def test_few_photos_do_not_cover_each_other() -> None:
    """Where photos are large, hardly any part of one lies over another."""
    side = side_of(20, ASPECT)
    positions = last(arrange(data.draw(20, 512).astype(np.float16), ASPECT))
    apart = np.hypot(*(positions[:, None] - positions).T)
    np.fill_diagonal(apart, np.inf)
    assert apart.min() > 0.8 * side
