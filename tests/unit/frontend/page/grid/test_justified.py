"""Rows of photos that fill a width: none is squeezed, none is cut but panoramas and strips."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.catalogue.proportions import code_of, write
from frontend.page.grid.justified import (
    MOST_STRETCHED,
    NARROWEST,
    WIDEST,
    filled_rows,
    height_px,
    proportion,
    ragged_rows,
    read_proportion,
)

GAP_PX = 4

Cut = Callable[[list[float], float, float, float], list[tuple[int, float]]]

RATIOS = st.lists(st.floats(NARROWEST, WIDEST), min_size=1, max_size=200)
WIDTHS_PX = st.sampled_from([358, 760, 1248, 1888, 3800])
ROWS_PX = st.integers(120, 320)


def widths_px(ratios: list[float], rows: list[tuple[int, float]]) -> list[float]:
    """Return how wide each row is, its gaps included."""
    widths, first = [], 0
    for count, height in rows:
        widths.append(sum(ratios[first : first + count]) * height + GAP_PX * (count - 1))
        first += count
    assert first == len(ratios)
    return widths


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [(4000, 3000, 4 / 3), (3000, 4000, 0.75), (9000, 1000, WIDEST), (10, 4000, NARROWEST), (5, 0, WIDEST)],
)
def test_proportions(width: int, height: int, expected: float) -> None:
    """A photo keeps its own, unless so little would be left to see that it is better cut."""
    assert proportion(width, height) == pytest.approx(expected, rel=1e-3)


@given(st.integers(1, 30_000), st.integers(1, 30_000))
def test_proportions_of_the_api(width: int, height: int) -> None:
    """What the API tells of a photo that is not known is, to the bit, what its size tells once it is."""
    assert read_proportion(write(np.array([code_of(width, height)], dtype=np.int16))) == proportion(width, height)


@given(RATIOS, WIDTHS_PX, ROWS_PX)
def test_rows_that_others_follow(ratios: list[float], width: int, row: int) -> None:
    """Each photo is in one row, in order, and every row fills the width; a single one does unless it were too high."""
    rows = filled_rows(ratios, width, GAP_PX, row)
    widths = widths_px(ratios, rows)
    if len(rows) > 1:
        assert widths == pytest.approx([width] * len(rows))
    else:
        assert widths[0] == pytest.approx(width) or (widths[0] < width and rows[0][1] == row)
    assert all(count > 0 and height > 0 for count, height in rows)


@given(RATIOS, WIDTHS_PX, ROWS_PX)
def test_last_rows(ratios: list[float], width: int, row: int) -> None:
    """All but the last fill the width or are as high as rows may get; the last is no higher than others."""
    rows = ragged_rows(ratios, width, GAP_PX, row)
    *before, last = zip(rows, widths_px(ratios, rows), strict=True)
    for (count, height), filled_px in before:
        assert count > 0
        assert filled_px == pytest.approx(width) or height == pytest.approx(row * MOST_STRETCHED)
        assert height <= row * MOST_STRETCHED + 1e-9
    (_, height), filled_px = last
    assert filled_px <= width + 1e-6
    assert 0 < height <= row * MOST_STRETCHED + 1e-9


@pytest.mark.parametrize("cut", [filled_rows, ragged_rows])
@pytest.mark.parametrize("width", [760, 1248, 1888])
def test_heights_of_usual_photos(cut: Cut, width: int) -> None:
    """Rows of photos held upright and across are about as high as they would like to be."""
    ratios = [(1.5, 0.75, 1.33, 1.0)[number * number % 7 % 4] for number in range(400)]
    heights = [height for _, height in cut(ratios, width, GAP_PX, 200)]
    assert min(heights[:-1]) > 0.65 * 200
    assert max(heights[:-1]) < 1.45 * 200


@pytest.mark.parametrize("cut", [filled_rows, ragged_rows])
def test_no_photos(cut: Cut) -> None:
    """Without photos there are no rows."""
    assert cut([], 1248, GAP_PX, 200) == []


def test_height_of_a_row() -> None:
    """It is what lets the photos and the gaps between them fill the width."""
    assert height_px([1.0, 2.0], 304, GAP_PX) == pytest.approx(100)
