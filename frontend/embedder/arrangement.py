"""
Where photos lie on the map, so that neighbours stay neighbours: t-SNE of their vectors, begun from PCA.

    vectors -> arrange -> Frame, Frame, … the last of which is the map

Pure numpy, in slices of some 30 ms, so that searches get their turn in between. The same vectors give the same map.

Three things make t-SNE quick enough for numpy without BLAS. Neighbours are looked for among candidates along the
principal directions alone. Each photo is drawn to its nearest neighbours with the same force, as the usual
calibration keeps fewer of them (Boehm, Berens and Kobak: Attraction-repulsion spectrum in neighbor embeddings, 2022).
And it is pushed away by a few hundred of the others only, by others each time, which stand for all.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Final, NewType, TypeVar

import numpy as np
import numpy.typing as npt

from frontend.embedder.apart import move_apart
from frontend.embedder.projection import PIECE, principal_directions

Positions = NewType("Positions", npt.NDArray[np.float32])
"""(N, 2) float32, x to the right from 0 to the map's aspect, y downwards from 0 to 1."""

Result = TypeVar("Result")

NEIGHBOURS: Final = 10
GROUPS: Final = 6
# A photo has this many neighbours, in a small library no more than a sixth of it: else all would be one heap.

FEWEST: Final = 4
IN_A_ROW: Final = 1.2
# Fewer photos make no map: they lie in a row, this many of their sides apart.

DIRECTIONS: Final = 100
CANDIDATES: Final = 160
FITTED: Final = 1000
# Of 1,756 photographs, the ten nearest of each are among the 160 that are nearest along 100 directions in 99 of 100
# cases. The directions are found from the first thousand vectors, which are a random sample.

EXAGGERATED: Final = 100
ROUNDS: Final = 400
EXAGGERATION: Final = 12
# In the first rounds neighbours are drawn together more strongly, so that groups find each other (van der Maaten and
# Hinton: Visualizing data using t-SNE, 2008). More rounds keep less than one neighbour of 100 more.

OTHERS: Final = 400
LAST_OTHERS: Final = 2000
LAST_ROUNDS: Final = 20
# How many photos stand for all that push. More of them in the last rounds still the shaking: one neighbour of 100.

ROWS: Final = 250

FRAME_ROUNDS: Final = 5
# How often the map is shown while it is made.

MOSAIC_ROUNDS: Final = 150
# While groups find each other photos lie on a heap of no shape, and would cover each other. So they are shown as a
# mosaic in the same order, which turns into the map between those rounds and these.

OUTER: Final = (1, 99)
MARGIN: Final = 0.04
# In percent: what lies between these percentiles fills the map but for a margin, and what lies outside is drawn in.

FILLED: Final = 0.55
LONGEST: Final = 0.28
# How much of the map the photos would cover if none covered another, and the longest side of one: three of them are as
# long as a map is high, with what is free between them.

APART: Final = 0.58
SPARSE: Final = 40
SPARSE_APART: Final = 1.05
# How far photos are moved apart, in sides of a photo. More costs neighbours: at 1, two of 100. Where there are no more
# than so many, each is large and seen by itself, and none is to cover another.

KNOWN_SHARE: Final = 0.5
# Photos are placed among known ones if at least this share is known; else the map is made anew.


@dataclass(frozen=True)
class Frame:
    """The map as far as it is made."""

    done: float
    """The share of the work that is done."""
    positions: Positions | None
    """None where nothing has moved since the frame before."""


def arrange(
    vectors: npt.NDArray[np.floating], aspect: float, known: npt.NDArray[np.float32] | None = None
) -> Iterator[Frame]:
    """
    Lay out photos, in slices; the last frame has the map.

    Args:
        vectors: (N, D) of unit length, in random order; N may be 0, D at least 2.
        aspect: The map's width over its height.
        known: (N, 2) positions of an earlier map, NaN for photos that are new. Where most are known, these stay and
            the new ones join their neighbours.
    """
    vectors = vectors.astype(np.float32)
    if len(vectors) < FEWEST:
        yield Frame(1, _in_a_row(len(vectors), aspect))
        return
    old = np.zeros(len(vectors), dtype=bool) if known is None else ~np.isnan(known[:, 0])
    if known is not None and old.mean() >= KNOWN_SHARE:
        positions = yield from _join(vectors, known.copy(), old)
        if not old.all():
            positions = yield from _pausing(_moved_apart(positions, aspect), 0.9)
        yield Frame(1, Positions(positions.astype(np.float32)))
        return
    neighbours, seen = yield from nearest_neighbours(vectors)
    embedded = yield from _embed(neighbours, seen, aspect)
    positions = yield from _pausing(_moved_apart(fit(embedded, aspect), aspect), 0.99)
    yield Frame(1, Positions(positions.astype(np.float32)))


def side_of(count: int, aspect: float) -> float:
    """Return the side of a photo while all of the map is in view, in heights of the map."""
    return min((FILLED * aspect / max(count, 1)) ** 0.5, LONGEST)


def nearest_neighbours(
    vectors: npt.NDArray[np.float32],
) -> Generator[Frame, None, tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]]:
    """
    Find the nearest of each vector by cosine, nearly always all of them.

    Returns:
        (N, K) indices, nearest first, and (N, 2) how far each lies along the two principal directions.
    """
    count = len(vectors)
    centred = vectors - vectors.mean(axis=0)
    search = principal_directions(centred[:FITTED], min(DIRECTIONS, vectors.shape[1]))
    directions = yield from _pausing(search, 0.05)
    seen = np.empty((count, directions.shape[1]), dtype=np.float32)
    for start in range(0, count, PIECE):
        seen[start : start + PIECE] = centred[start : start + PIECE] @ directions
        yield Frame(0.1, None)
    squares = (seen**2).sum(axis=1) / 2
    wanted = min(NEIGHBOURS, max(count // GROUPS, 2), count - 1)
    looked_at = min(CANDIDATES, count - 1)
    turned = np.ascontiguousarray(seen.T)
    found = np.empty((count, wanted), dtype=np.int64)
    for start in range(0, count, ROWS // 4):
        rows = np.arange(start, min(start + ROWS // 4, count))
        distances = squares - seen[rows] @ turned
        distances[np.arange(len(rows)), rows] = np.inf
        candidates = np.argpartition(distances, looked_at - 1, axis=1)[:, :looked_at]
        cosines = np.einsum("rcd,rd->rc", vectors[candidates], vectors[rows])
        order = np.argsort(-cosines, axis=1, kind="stable")[:, :wanted]
        found[rows] = np.take_along_axis(candidates, order, axis=1)
        yield Frame(0.1 + 0.2 * start / count, None)
    return found, seen[:, :2]


def fit(embedded: npt.NDArray[np.floating], aspect: float) -> npt.NDArray[np.float32]:
    """Bring positions of any size into the map; where nothing differs all lie in the middle."""
    low, high = np.percentile(embedded, OUTER, axis=0)
    spread = np.maximum(high - low, 1e-9)
    box = np.array([aspect, 1])
    within = 0.5 + np.clip((embedded - (low + high) / 2) / spread, -0.5 - MARGIN, 0.5 + MARGIN) * (1 - 3 * MARGIN)
    return (within * box).astype(np.float32)


def mosaic(embedded: npt.NDArray[np.floating], aspect: float) -> npt.NDArray[np.float32]:
    """Lay photos side by side on all of the map: in columns from left to right as they lie, and each from its top."""
    count = len(embedded)
    columns = max(round((count * aspect) ** 0.5), 1)
    column = np.argsort(np.argsort(embedded[:, 0], kind="stable")) * columns // count
    order = np.lexsort((embedded[:, 1], column))
    sizes = np.bincount(column, minlength=columns)
    places = np.empty(count)
    places[order] = np.arange(count) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    within = np.stack([(column + 0.5) / columns, (places + 0.5) / sizes[column]], axis=1)
    return (within * [aspect, 1]).astype(np.float32)


def _shown(embedded: npt.NDArray[np.float32], aspect: float, round_number: int) -> Positions:
    """Return what is shown of the map after a number of rounds: a mosaic at first, see `MOSAIC_ROUNDS`."""
    share = max((MOSAIC_ROUNDS - round_number) / (MOSAIC_ROUNDS - EXAGGERATED), 0)
    if share >= 1:
        return Positions(mosaic(embedded, aspect))
    laid_out = fit(embedded, aspect)
    if share:
        laid_out += np.float32(share) * (mosaic(embedded, aspect) - laid_out)
    return Positions(laid_out)


def _pausing(work: Generator[None, None, Result], done: float) -> Generator[Frame, None, Result]:
    """Pause where another part of the work does."""
    while True:
        try:
            next(work)
        except StopIteration as stop:
            return stop.value
        yield Frame(done, None)


def _embed(
    neighbours: npt.NDArray[np.int64], seen: npt.NDArray[np.float32], aspect: float
) -> Generator[Frame, None, npt.NDArray[np.float32]]:
    """Let neighbours attract each other, and others push, for a number of rounds; begun from two coordinates (N, 2)."""
    count = len(seen)
    x, y = (seen / max(float(seen.std()), 1e-9) * 0.01).T.astype(np.float32)
    pulls = _Pulls(neighbours)
    speed = np.zeros((2, count), dtype=np.float32)
    gain = np.ones((2, count), dtype=np.float32)
    rate = max(count / EXAGGERATION, 20)
    yield Frame(0.3, _shown(np.stack([x, y], axis=1), aspect, 0))
    for round_number in range(ROUNDS):
        early = round_number < EXAGGERATED
        others = LAST_OTHERS if round_number >= ROUNDS - LAST_ROUNDS else OTHERS
        pushes = yield from _pushes(x, y, others, round_number, 0.3 + 0.68 * round_number / ROUNDS)
        force = pulls.forces(x, y) * (EXAGGERATION if early else 1) - pushes
        gain = np.maximum(np.where(force * speed < 0, gain + 0.2, gain * 0.8), 0.01)
        speed = (0.5 if early else 0.8) * speed - np.float32(4 * rate) * gain * force
        x = x + speed[0]
        y = y + speed[1]
        x -= x.mean()
        y -= y.mean()
        if round_number % FRAME_ROUNDS == FRAME_ROUNDS - 1:
            embedded = np.stack([x, y], axis=1)
            yield Frame(0.3 + 0.68 * round_number / ROUNDS, _shown(embedded, aspect, round_number))
    return np.stack([x, y], axis=1)


class _Pulls:
    """The attraction between neighbours."""

    def __init__(self, neighbours: npt.NDArray[np.int64]) -> None:
        self._count, wanted = neighbours.shape
        self._one = np.repeat(np.arange(self._count), wanted)
        self._other = neighbours.ravel()
        self._weight = np.float32(1 / (self._count * wanted))

    def forces(self, x: npt.NDArray[np.float32], y: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the pull on each photo: (2, N)."""
        dx = x[self._one] - x[self._other]
        dy = y[self._one] - y[self._other]
        strength = self._weight / (1 + dx * dx + dy * dy)
        return np.stack([self._sums(strength * dx), self._sums(strength * dy)]) / np.float32(2)

    def _sums(self, pull: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        there = np.bincount(self._one, pull, self._count)
        return (there - np.bincount(self._other, pull, self._count)).astype(np.float32)


def _pushes(
    x: npt.NDArray[np.float32], y: npt.NDArray[np.float32], most: int, round_number: int, done: float
) -> Generator[Frame, None, npt.NDArray[np.float32]]:
    """Return how hard the others push each photo, (2, N), from `most` of them that stand for all."""
    count = len(x)
    # The photos come in random order, so any that follow one another are a random sample.
    others = (np.arange(min(most, count)) + round_number * most) % count
    there = np.stack([x[others], y[others], np.ones(len(others), dtype=np.float32)], axis=1)
    forces = np.empty((2, count), dtype=np.float32)
    total = 0.0
    for start in range(0, count, ROWS):
        rows = slice(start, start + ROWS)
        near = np.subtract.outer(x[rows], there[:, 0])
        near *= near
        dy = np.subtract.outer(y[rows], there[:, 1])
        dy *= dy
        near += dy
        near += 1
        np.reciprocal(near, out=near)
        total += float(near.sum())
        near *= near
        pushed = near @ there
        forces[0, rows] = x[rows] * pushed[:, 2] - pushed[:, 0]
        forces[1, rows] = y[rows] * pushed[:, 2] - pushed[:, 1]
        if start % (8 * ROWS) == 7 * ROWS:
            yield Frame(done, None)
    return forces / np.float32(max(total - len(others), 1e-9))  # Without how near each is to itself.


def _join(
    vectors: npt.NDArray[np.float32], known: npt.NDArray[np.float32], old: npt.NDArray[np.bool_]
) -> Generator[Frame, None, npt.NDArray[np.float32]]:
    """Place new photos between the two known ones that are most like each; returns all positions."""
    there = np.flatnonzero(old)
    new = np.flatnonzero(~old)
    for start in range(0, len(new), ROWS // 8):
        rows = new[start : start + ROWS // 8]
        cosines = vectors[rows] @ vectors[there].T
        best = there[np.argpartition(-cosines, min(1, len(there) - 1), axis=1)[:, :2]]
        known[rows] = known[best].mean(axis=1)
        yield Frame(start / len(new), None)
    return known


def _moved_apart(positions: npt.NDArray[np.float32], aspect: float) -> Generator[None, None, npt.NDArray[np.floating]]:
    """Move photos apart that would cover each other."""
    apart = SPARSE_APART if len(positions) <= SPARSE else APART
    return move_apart(positions, apart * side_of(len(positions), aspect), aspect)


def _in_a_row(count: int, aspect: float) -> Positions:
    """Place fewer photos than make a map side by side in its middle; below each other on one that is upright."""
    along = (np.arange(count) - (count - 1) / 2) * IN_A_ROW * side_of(count, aspect)
    across = np.zeros(count)
    offsets = np.stack([along, across] if aspect > 1 else [across, along], axis=1)
    return Positions((offsets + np.array([aspect / 2, 0.5])).astype(np.float32))
