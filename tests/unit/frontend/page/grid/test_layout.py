"""Where the cells of the library's grid lie."""

import pytest

from frontend.page.grid.layout import LEAST_WIDTH_PX, Layout


@pytest.mark.parametrize(("width", "columns"), [(280, 2), (343, 2), (600, 2), (640, 3), (1200, 5), (3800, 18)])
def test_columns(width: float, columns: int) -> None:
    """Two on the narrowest phone, then as many as are wide enough; together they fill the width."""
    layout = Layout(width, 20, 100)
    assert layout.columns == columns
    assert layout.columns * layout.cell_width_px + (layout.columns - 1) * 20 == pytest.approx(width)
    assert layout.columns == 2 or layout.cell_width_px >= LEAST_WIDTH_PX


def test_rows() -> None:
    """A row begins where the one before ends, and a gap below it."""
    layout = Layout(600, 20, 100)
    assert (layout.columns, layout.cell_width_px, layout.pitch_px) == (2, 290, 410)
    assert [layout.row(index) for index in range(5)] == [0, 0, 1, 1, 2]
    assert [layout.top_px(index) for index in range(5)] == [0, 0, 410, 410, 820]
    assert [layout.bottom_px(index) for index in (0, 1, 2)] == [390, 390, 800]
    assert [layout.height_px(count) for count in range(4)] == [0, 390, 390, 800]
    assert layout.height_px(100_000) == layout.bottom_px(99_999)


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


@pytest.mark.parametrize("index", [0, 1, 4321, 999_999])
@pytest.mark.parametrize("share", [0, 0.25])
def test_another_width_keeps_the_first_photo_in_sight(index: int, share: float) -> None:
    """From a phone to a desktop and back, the photo at the top of the window stays in the top row, shifted alike."""
    phone, desktop = Layout(360, 12, 110), Layout(1240, 20, 110)
    top_px = phone.top_px(index) + share * phone.pitch_px
    anchor = phone.anchor_at(top_px)
    there_px = desktop.top_of_anchor_px(anchor)
    first = desktop.anchor_at(there_px)[0]

    assert anchor == pytest.approx((index // 2 * 2, share), abs=1e-6)
    assert first <= anchor[0] < first + desktop.columns
    assert phone.top_of_anchor_px(anchor) == pytest.approx(top_px)


def test_same_layout() -> None:
    """Only columns and pitch decide where a cell lies."""
    assert Layout(600, 20, 100).same_as(Layout(600, 20, 100))
    assert not Layout(600, 20, 100).same_as(Layout(600, 20, 101))
    assert not Layout(600, 20, 100).same_as(Layout(640, 20, 100))
