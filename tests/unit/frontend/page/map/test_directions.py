"""Where the arrow keys lead on the map."""

import pytest

from frontend.page.map.directions import nearest_along

PLACES = {
    "here": (0.5, 0.5),
    "ahead": (0.8, 0.6),
    "beside": (0.55, 0.6),
    "left": (0.2, 0.5),
    "below": (0.5, 0.9),
}


@pytest.mark.parametrize(
    ("way", "expected"), [((1, 0), "ahead"), ((-1, 0), "left"), ((0, 1), "beside"), ((0, -1), None)]
)
def test_arrow_keys_lead_straight_ahead(way: tuple[int, int], expected: str | None) -> None:
    """The nearest photo straight ahead is next; without any photo in that direction, none."""
    assert nearest_along(way, PLACES["here"], PLACES) == expected


def test_a_photo_aside_is_better_than_none() -> None:
    """Where nothing lies straight ahead, what lies aside in that direction is next, or nobody could come there."""
    assert nearest_along((1, 0), (0, 0), {"here": (0, 0), "aside": (0.1, 0.4), "behind": (-0.1, 0)}) == "aside"
