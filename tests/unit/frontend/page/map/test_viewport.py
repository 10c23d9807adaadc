"""The viewport stays within the map, and what is under the pointer stays there."""

import pytest

from frontend.page.map.viewport import ALL, SMALLEST, moved, point_at, transform, zoomed


def test_zoom_about_a_point() -> None:
    """The point that is zoomed at is seen at the same place before and after."""
    before = (0.2, 0.3, 0.5)
    after = zoomed(before, 2, 0.25, 0.75)

    assert after == pytest.approx((0.2625, 0.4875, 0.25))
    assert point_at(after, 0.25, 0.75) == pytest.approx(point_at(before, 0.25, 0.75))


def test_transform() -> None:
    """Moved and stretched by it, a drawing shows a point where the other part has it."""
    drawn, view = (0.1, 0.2, 0.5), (0.2, 0.3, 0.25)
    right, down, factor = transform(drawn, view)
    seen_x, seen_y = (0.3 - 0.1) / 0.5, (0.4 - 0.2) / 0.5

    assert point_at(view, right + factor * seen_x, down + factor * seen_y) == pytest.approx((0.3, 0.4))


def test_bounds() -> None:
    """Nothing beyond the map is seen, however far somebody goes."""
    assert zoomed((0.2, 0.3, 0.5), 0.01) == ALL
    assert zoomed((0.5, 0, 0.5), 0.8, 0, 0) == pytest.approx((0.375, 0, 0.625))
    assert moved((0.2, 0.3, 0.5), -9, 9) == (0, 0.5, 0.5)
    assert moved(ALL, 0.3, -0.3) == ALL
    assert zoomed(ALL, 1e9)[2] == SMALLEST
