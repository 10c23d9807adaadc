"""Where a photo lies on the stage of the lightbox while somebody zooms, drags and strokes it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontend.page.photo.zooming import AWAY, NEXT, PREVIOUS, WHOLE, held, most, nearer, stroke, zoomed

STAGE = (1000.0, 600.0)

offsets = st.floats(-5000, 5000)
zooms = st.floats(1, 20)


def test_a_double_click_on_a_large_photo() -> None:
    """It shows a pixel for a pixel."""
    assert nearer((4000, 2400), STAGE, STAGE) == 4.0


def test_a_double_click_on_a_small_photo() -> None:
    """A photo that is shown pixel for pixel already fills the stage."""
    assert nearer((200, 200), (200, 200), STAGE) == 3.0


def test_a_double_click_on_a_photo_as_large_as_the_stage() -> None:
    """It becomes twice as large, as there is no other way to make it larger."""
    assert nearer((1000, 600), STAGE, STAGE) == 2.0


@given(st.integers(1, 20000), st.integers(1, 20000))
def test_most_is_beyond_a_double_click(width: int, height: int) -> None:
    """Whatever a double click shows can be reached by the wheel as well."""
    fit = min(1.0, STAGE[0] / width, STAGE[1] / height)
    fitted = (max(width * fit, 1), max(height * fit, 1))
    assert most((width, height), fitted, STAGE) >= nearer((width, height), fitted, STAGE) >= 1


@given(offsets, offsets, zooms, zooms, offsets, offsets)
def test_what_is_under_the_pointer_stays_there(
    x: float, y: float, before: float, after: float, px: float, py: float
) -> None:
    """The part of the photo at a point is the same before and after zooming there."""
    place = zoomed((x, y, before), after, (px, py))
    assert place[2] == after
    assert (px - place[0]) / after == pytest.approx((px - x) / before, abs=1e-6)
    assert (py - place[1]) / after == pytest.approx((py - y) / before, abs=1e-6)


@given(offsets, offsets, zooms)
def test_edges_do_not_leave_the_stage(x: float, y: float, zoom: float) -> None:
    """A photo that is larger than the stage covers it; one that is not stays in its middle."""
    fitted = (800.0, 600.0)
    x, y, _ = held((x, y, zoom), fitted, STAGE)
    for offset, side, room in ((x, fitted[0], STAGE[0]), (y, fitted[1], STAGE[1])):
        if side * zoom <= room:
            assert offset == 0
        else:
            assert offset + side * zoom / 2 >= room / 2 - 1e-6
            assert offset - side * zoom / 2 <= -room / 2 + 1e-6


def test_a_fitted_photo_stays_in_the_middle() -> None:
    """It cannot be dragged away."""
    assert held((120.0, -40.0, 1.0), (800.0, 600.0), STAGE) == WHOLE


@pytest.mark.parametrize(
    ("dx", "dy", "took_ms", "meant"),
    [
        (-90, 10, 600, NEXT),
        (90, -10, 600, PREVIOUS),
        (-40, 0, 100, NEXT),
        (-40, 0, 600, ""),
        (10, 120, 600, AWAY),
        (0, -120, 600, ""),
        (70, 100, 600, ""),
        (4, 3, 50, ""),
    ],
)
def test_strokes(dx: float, dy: float, took_ms: float, meant: str) -> None:
    """To the left comes the next photo, to the right the one before, down closes; short and slow ones mean nothing."""
    assert stroke(dx, dy, took_ms) == meant
