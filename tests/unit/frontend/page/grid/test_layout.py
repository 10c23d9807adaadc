"""Where the cells of the library's grid lie."""

import pytest

from frontend.page.grid.layout import LEAST_WIDTH_PX, Layout


@pytest.mark.parametrize(("width", "columns"), [(280, 2), (343, 2), (600, 2), (640, 3), (1200, 5), (3800, 18)])
def test_columns(width: float, columns: int) -> None:
    """Two on the narrowest phone, then as many as are wide enough; together they fill the width."""
    layout = Layout(width, 20, 100)
    assert layout.columns == columns
    assert layout.columns * layout.cell_width + (layout.columns - 1) * 20 == pytest.approx(width)
    assert layout.columns == 2 or layout.cell_width >= LEAST_WIDTH_PX


def test_rows() -> None:
    """A row begins where the one before ends, and a gap below it."""
    layout = Layout(600, 20, 100)
    assert (layout.columns, layout.cell_width, layout.pitch) == (2, 290, 410)
    assert [layout.top(index) for index in range(5)] == [0, 0, 410, 410, 820]
    assert [layout.bottom(index) for index in (0, 1, 2)] == [390, 390, 800]
    assert [layout.height(count) for count in range(4)] == [0, 390, 390, 800]
    assert layout.height(100_000) == layout.bottom(99_999)


@pytest.mark.parametrize(
    ("top", "bottom", "expected"),
    [
        (0, 900, (0, 8)),  # three rows are seen, one is near
        (-500, 400, (0, 4)),
        (-2000, -1100, (0, 2)),  # far below what is seen
        (4100, 5000, (18, 28)),
        (20_000, 21_000, (94, 100)),
        (30_000, 31_000, (98, 100)),
    ],
)
def test_what_is_near(top: float, bottom: float, expected: tuple[int, int]) -> None:
    """Whole rows, no more than there are, and always one."""
    assert Layout(600, 20, 100).near(top, bottom, 1, 100) == expected
