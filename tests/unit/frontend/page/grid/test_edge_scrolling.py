"""How fast a page scrolls under a pointer near an edge."""

import pytest

from frontend.page.grid.edge_scrolling import COVERED_PX, EDGE_PX, FASTEST_PX_PER_S, scroll_px_per_s

WINDOW_PX = 900


@pytest.mark.parametrize("pointer_px", [COVERED_PX + EDGE_PX, 450, WINDOW_PX - EDGE_PX])
def test_away_from_the_edges(pointer_px: float) -> None:
    """It rests."""
    assert scroll_px_per_s(pointer_px, WINDOW_PX) == 0


def test_near_the_edges() -> None:
    """The nearer, the faster, up at the upper and down at the lower edge; beyond them no faster."""
    down = [scroll_px_per_s(WINDOW_PX - away_px, WINDOW_PX) for away_px in (50, 30, 10, 0, -100)]
    up = [scroll_px_per_s(COVERED_PX + away_px, WINDOW_PX) for away_px in (50, 30, 10, 0, -100)]

    assert 0 < down[0] < down[1] < down[2] < down[3] == down[4] == FASTEST_PX_PER_S
    assert 0 > up[0] > up[1] > up[2] > up[3] == up[4] == -FASTEST_PX_PER_S
    assert down[0] < FASTEST_PX_PER_S / 4
