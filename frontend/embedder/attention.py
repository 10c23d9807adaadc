"""
Suggest parts of a picture to search with: where the model's last feature map is active.

    maps of the model -> suggest_crops -> up to four rectangles, the one that frames what is most active first

A cell of the map that shows something is several times as active as one that shows a plain ground, which nobody taught
the model to show: it comes with telling things apart (SCDA, Wei et al. 2017). Pure numpy.
"""

from typing import Final, NewType

import numpy as np
import numpy.typing as npt

FeatureMap = NewType("FeatureMap", npt.NDArray[np.float32])
"""(H, W, C) float32, not negative: what the model sees in each cell of the picture; H and W from 2 to some 16."""

Rectangle = tuple[float, float, float, float]
"""Left, top, width, height, as fractions of the picture's width and height."""

Energy = npt.NDArray[np.float64]
"""(H, W) float64: how active each cell is; 1 is the average."""

MOST_CROPS: Final = 4
OVERLAP_MAX: Final = 0.4
"""Intersection over union of any two crops: above it they would find the same."""

AREA_MAX: Final = 0.7
"""Of the picture; a crop that is nearly all of it finds what the picture finds."""
AREA_MIN: Final = 0.04

CLEARLY: Final = 1.08
"""How many times the idle peak a picture's must be. 11 plain or patterned pictures had at most 1.02 times the peak of
the golden test's waves; of 50 photographs 5, all of them even, had under 1.05 times, and the others at least 1.12."""

EVEN: Final = 0.15
"""Standard deviation of the energy below which nothing stands out. Of 50 photographs the most even, fruit, had 0.22."""

STRENGTH_MIN: Final = 0.12
"""Which part of the energy's variance a crop has to explain. Weaker ones framed nothing that people would name."""

ALIKE: Final = 0.85
"""Cosine between the features of neighbours that show one thing. At 0.7 a carton and the shelf behind it were one; at
0.9 things fell apart into their corners."""

ACTIVE: Final = 1.15
"""Average energy of a region that may be a thing of its own."""

FINE: Final = 2
"""Steps of a rectangle's edge within a cell."""

SHIFT: Final = 0.25
"""By how much of a cell the map lies too far left and too high: layers of stride 2 look to the lower right of where
they stand. Half of what maps of 24 photographs moved by when these were mirrored (median: 0.23 across, 0.25 down)."""

MARGIN: Final = 0.4
"""Cells added on each side: a thing's edge is half as active as its middle, so that rectangles come out tight."""


def suggest_crops(maps: FeatureMap, idle: float) -> list[Rectangle]:
    """
    Return up to MOST_CROPS rectangles, the most active first; none if the picture is active evenly or hardly at all.

    Args:
        idle: The model's `peak` where there is nothing to see.
    """
    if peak(maps) <= CLEARLY * idle:
        return []
    energy = lengths(maps)
    energy /= energy.mean()
    if energy.std() < EVEN:
        return []
    whole = refine(energy)
    variance = np.square(whole - whole.mean()).sum()
    ground = np.minimum(energy, np.median(energy))
    parts = [np.where(thing, energy, ground) for thing in find_things(maps, energy)]
    ranked = sorted((best_rectangle(refine(part)) for part in parts), key=lambda found: -found[0])
    crops: list[Rectangle] = []
    # What frames all that is active comes first, however strong the things in it are.
    for strength, rectangle in (best_rectangle(whole), *ranked):
        if strength >= STRENGTH_MIN * variance and all(overlap(rectangle, crop) < OVERLAP_MAX for crop in crops):
            crops.append(rectangle)
    return crops[:MOST_CROPS]


def peak(maps: FeatureMap) -> float:
    """Say how active the most active cell is."""
    return float(lengths(maps).max())


def lengths(maps: FeatureMap) -> npt.NDArray[np.float64]:
    """Return the length of each cell's features, (H, W): how active it is."""
    return np.sqrt(np.square(maps, dtype=np.float64).sum(axis=-1))


def find_things(maps: FeatureMap, energy: Energy) -> list[npt.NDArray[np.bool_]]:
    """
    Divide a map into regions that look alike, and return the active ones as (H, W) bool.

    The two neighbours that are most alike are joined, again and again, until none are.
    """
    height, width, channels = maps.shape
    sums = maps.reshape(-1, channels).astype(np.float64)
    owner = np.arange(len(sums))
    joins = neighbours(height, width)
    alike = np.where(joins, cosines(sums, sums), -1.0)
    while alike.max() >= ALIKE:
        kept, joined = sorted(np.unravel_index(alike.argmax(), alike.shape))
        owner[owner == joined] = kept
        sums[kept] += sums[joined]
        joins[kept] |= joins[joined]
        joins[joined] = False
        joins[kept, owner == kept] = False
        joins[:, joined], joins[:, kept] = False, joins[kept]
        alike[joined] = alike[:, joined] = -1
        alike[kept] = alike[:, kept] = np.where(joins[kept], cosines(sums[[kept]], sums)[0], -1.0)
    regions = [(owner == one).reshape(height, width) for one in np.unique(owner)]
    return [region for region in regions if region.sum() > 1 and energy[region].mean() >= ACTIVE]


def neighbours(height: int, width: int) -> npt.NDArray[np.bool_]:
    """Return (H * W, H * W): which cells, counted row by row, touch along an edge."""
    y, x = np.divmod(np.arange(height * width), width)
    return np.abs(y[:, None] - y) + np.abs(x[:, None] - x) == 1


def cosines(some: npt.NDArray[np.float64], others: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the cosine between each of some and each of other vectors; 0 where one has no length."""
    lengths = np.outer(np.linalg.norm(some, axis=1), np.linalg.norm(others, axis=1))
    return some @ others.T / np.maximum(lengths, 1e-9)


def refine(energy: Energy) -> Energy:
    """Interpolate to FINE times as many cells, put where they belong in the picture: (FINE * H, FINE * W)."""
    down, across = (weights(size) for size in energy.shape)
    return down @ energy @ across.T


def weights(size: int) -> npt.NDArray[np.float64]:
    """Return (FINE * size, size): how much of each cell is in each finer one, by linear interpolation."""
    centres = (np.arange(FINE * size) + 0.5) / FINE - 0.5 - SHIFT
    return np.maximum(1 - np.abs(np.clip(centres, 0, size - 1)[:, None] - np.arange(size)), 0)


def best_rectangle(energy: Energy) -> tuple[float, Rectangle]:
    """
    Find the rectangle that divides a map best into more and less active cells, as Otsu's threshold divides values.

    Returns:
        Its strength: the variance between inside and outside (a sum of squares, at most the map's own), and itself.
    """
    height, width = energy.shape
    top, bottom = pairs(height)
    left, right = pairs(width)
    sums = np.pad(energy.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    rows = sums[bottom] - sums[top]
    inside = rows[:, right] - rows[:, left]
    area = np.outer(bottom - top, right - left)
    rest = energy.size - area
    difference = inside / area - (energy.sum() - inside) / np.maximum(rest, 1)
    strength = area * rest / energy.size * np.square(np.maximum(difference, 0))
    margin = MARGIN * FINE
    framed = np.outer(
        np.minimum(bottom + margin, height) - np.maximum(top - margin, 0),
        np.minimum(right + margin, width) - np.maximum(left - margin, 0),
    )
    strength[(framed > AREA_MAX * energy.size) | (area < AREA_MIN * energy.size)] = 0
    y, x = np.unravel_index(strength.argmax(), strength.shape)
    x0, x1 = max(left[x] - margin, 0) / width, min(right[x] + margin, width) / width
    y0, y1 = max(top[y] - margin, 0) / height, min(bottom[y] + margin, height) / height
    return float(strength[y, x]), (float(x0), float(y0), float(x1 - x0), float(y1 - y0))


def pairs(size: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return first and last edge of every stretch of a side."""
    first, length = np.triu_indices(size)
    return first, length + 1


def overlap(one: Rectangle, other: Rectangle) -> float:
    """Return the intersection over union of two rectangles."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(width, 0.0) * max(height, 0.0)
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)
