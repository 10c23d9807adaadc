"""Crops are suggested where a feature map is active."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from frontend.embedder.attention import (
    AREA_MAX,
    MOST_CROPS,
    OVERLAP_MAX,
    FeatureMap,
    Rectangle,
    overlap,
    peak,
    suggest_crops,
)
from frontend.embedder.model_input import RESIZE_RULE, InputSpec, golden_input, scale_to_range
from frontend.embedder.preprocessing import decode, to_model_input
from frontend.models.nodes import FEATURES_NODE
from frontend.models.reference import ReferenceModel
from tests.support.paths import ROOT
from tests.support.shared import LABELLED, NO_PHOTOGRAPHS

SPEC = InputSpec(224, -1.0, 1.0, RESIZE_RULE)
CHANNELS = 12
IDLE = 0.3
"""How active the made maps are where they show nothing, at most."""


def plain() -> FeatureMap:
    """A map of 7 x 7 cells that show a plain ground: little of the last channel."""
    maps = np.zeros((7, 7, CHANNELS), dtype=np.float32)
    maps[..., -1] = 0.2
    return FeatureMap(maps)


def centre(crop: Rectangle) -> tuple[float, float]:
    """Return the middle of a rectangle."""
    return crop[0] + crop[2] / 2, crop[1] + crop[3] / 2


def covers(crop: Rectangle, x: float, y: float) -> bool:
    """Tell whether a point lies in a rectangle."""
    return crop[0] <= x <= crop[0] + crop[2] and crop[1] <= y <= crop[1] + crop[3]


def test_one_thing_is_framed() -> None:
    """A thing on plain ground gives one crop: all of it, and little more."""
    maps = plain()
    maps[2:4, 3:6, 0] = 1.0
    (crop,) = suggest_crops(maps, IDLE)
    # The cells' corners, put right by the quarter cell that maps lie too far left and too high.
    assert crop[0] <= 3.25 / 7 and crop[0] + crop[2] >= 6.25 / 7
    assert crop[1] <= 2.25 / 7 and crop[1] + crop[3] >= 4.25 / 7
    assert crop[2] * crop[3] < 0.35


def test_two_things_far_apart_are_framed_each() -> None:
    """What frames both is not asked of one crop alone: each has its own."""
    maps = plain()
    maps[0:2, 0:2, 0] = 1.2
    maps[5:7, 5:7, 1] = 1.0
    crops = suggest_crops(maps, IDLE)
    assert {(x < 0.5, y < 0.5) for x, y in map(centre, crops)} == {(True, True), (False, False)}


def test_things_that_touch_are_told_apart_by_what_they_show() -> None:
    """Activity alone would make them one; all of them together are framed first."""
    maps = plain()
    corners = [(1, 1), (1, 3), (3, 1), (3, 3)]
    for channel, (top, left) in enumerate(corners):
        maps[top : top + 2, left : left + 2, channel] = 1.0
    together, *each = suggest_crops(maps, IDLE)
    middles = [((left + 1.25) / 7, (top + 1.25) / 7) for top, left in corners]
    assert all(covers(together, *middle) for middle in middles)
    assert len(each) == MOST_CROPS - 1
    assert {sum(covers(crop, *middle) for middle in middles) for crop in each} == {1}


def test_the_strongest_comes_first() -> None:
    """Of two things, the one that is more active is suggested before the other."""
    maps = plain()
    maps[0:2, 0:2, 0] = 0.8
    maps[4:7, 4:7, 1] = 1.6
    assert centre(suggest_crops(maps, IDLE)[0]) > (0.5, 0.5)


def test_an_evenly_active_picture_has_no_crops() -> None:
    """Nothing stands out of a heap of fruit, of noise, or of nothing at all."""
    noise = np.random.default_rng(3).normal(1.0, 0.2, (7, 7, 400)).clip(0).astype(np.float32)
    assert suggest_crops(plain(), IDLE) == []
    assert suggest_crops(FeatureMap(noise), IDLE) == []
    assert suggest_crops(FeatureMap(np.zeros((7, 7, CHANNELS), dtype=np.float32)), IDLE) == []


def test_a_picture_that_shows_nothing_has_no_crops() -> None:
    """Models are a little more active in the middle of whatever they are shown; only what is clearly more counts."""
    maps = plain()
    maps[2:5, 2:5, -1] = 0.31
    assert suggest_crops(maps, IDLE) == []
    maps[2:5, 2:5, -1] = 0.6
    assert len(suggest_crops(maps, IDLE)) == 1


def test_a_map_that_is_not_square() -> None:
    """Rows and columns are not mixed up."""
    maps = FeatureMap(np.full((4, 10, CHANNELS), 0.1, dtype=np.float32))
    maps[1:3, 8:10, 0] = 1.0
    x, y = centre(suggest_crops(maps, IDLE)[0])
    assert x > 0.75 and 0.3 < y < 0.75


@given(arrays(np.float32, (7, 7, 5), elements=st.floats(0, 6, width=32)))
def test_any_map_gives_rectangles_of_the_picture(values: np.ndarray) -> None:
    """At most four, each within the picture and not nearly all of it, which hardly overlap."""
    crops = suggest_crops(FeatureMap(values), IDLE)
    assert len(crops) <= MOST_CROPS
    for index, crop in enumerate(crops):
        assert all(0 <= value <= 1 for value in crop)
        assert crop[0] + crop[2] <= 1 + 1e-9 and crop[1] + crop[3] <= 1 + 1e-9
        assert 0 < crop[2] * crop[3] <= AREA_MAX + 1e-9
        assert all(overlap(crop, other) < OVERLAP_MAX for other in crops[:index])


@pytest.mark.skipif(not LABELLED.is_file(), reason=NO_PHOTOGRAPHS)
def test_garments_on_the_floor() -> None:
    """A garment photographed by itself has one crop that frames it, so that its middle is in it."""
    model = ReferenceModel(ROOT / "frontend/models/lookalike_v1")
    (waves,) = model.execute(scale_to_range(golden_input("waves", SPEC.side_px), SPEC), [FEATURES_NODE])
    idle = peak(FeatureMap(waves[0]))
    with LABELLED.open(newline="", encoding="utf-8") as file:
        hats = [Path(row["path"]) for row in csv.DictReader(file) if row["group"] == "hat"]
    for path in hats[:4]:
        picture = decode((LABELLED.parent / path).read_bytes(), SPEC.side_px)
        (maps,) = model.execute(to_model_input(picture.pixels, SPEC), [FEATURES_NODE])
        first = suggest_crops(FeatureMap(maps[0]), idle)[0]
        assert covers(first, 0.5, 0.5), path
        assert 0.15 < first[2] * first[3] <= AREA_MAX, path
