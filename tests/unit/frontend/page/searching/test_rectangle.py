"""A part of a photo stays within it, however it is drawn, moved and resized."""

import pytest

from frontend.page.searching.rectangle import SMALLEST, between, format_region, moved, opposite, parse_region, resized

PART = (0.2, 0.3, 0.4, 0.2)


@pytest.mark.parametrize("corners", [(0.2, 0.3, 0.6, 0.5), (0.6, 0.5, 0.2, 0.3), (0.6, 0.3, 0.2, 0.5)])
def test_drawn_from_any_corner(corners: tuple[float, float, float, float]) -> None:
    """Two opposite corners span a part, whichever came first."""
    assert between(*corners) == pytest.approx(PART)


@pytest.mark.parametrize(
    ("corners", "expected"),
    [((-1, -1, 2, 2), (0, 0, 1, 1)), ((0.99, 0.99, 0.99, 0.99), (0.95, 0.95, SMALLEST, SMALLEST))],
)
def test_drawn_beyond_the_border_or_hardly_at_all(corners: tuple, expected: tuple) -> None:
    """What lies outside counts as on the border; what has no area gets the smallest."""
    assert between(*corners) == pytest.approx(expected)


def test_moved_against_the_border() -> None:
    """It keeps its size and stops at the border."""
    assert moved(PART, -1, 1) == pytest.approx((0, 0.8, 0.4, 0.2))


def test_resized_against_the_border() -> None:
    """Its upper left corner stays; it ends at the border, and does not vanish."""
    assert resized(PART, 1, -1) == pytest.approx((0.2, 0.3, 0.8, SMALLEST))


@pytest.mark.parametrize(
    ("corner", "expected"), [("nw", (0.6, 0.5)), ("ne", (0.2, 0.5)), ("sw", (0.6, 0.3)), ("se", (0.2, 0.3))]
)
def test_the_corner_opposite_the_one_dragged(corner: str, expected: tuple[float, float]) -> None:
    """It is what stays in its place."""
    assert opposite(PART, corner) == pytest.approx(expected)


def test_address_of_a_part() -> None:
    """An address carries a part to a thousandth."""
    assert parse_region(format_region(PART)) == pytest.approx(PART)


@pytest.mark.parametrize("text", ["", "1,2,3", "a,b,c,d", "nan,0,1,1", "0,0,0,1", "0,0,2,1", "-1,0,1,1", "0,0,inf,1"])
def test_an_address_that_names_no_part(text: str) -> None:
    """Whatever somebody wrote there, it is no part."""
    assert parse_region(text) is None
