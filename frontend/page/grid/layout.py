"""
Where the cells of a grid lie whose rows are all equally high: pure arithmetic, in pixels.

So where a cell lies is known without the cells before it.
"""

# The least width of a cell, where two of them fit beside each other.
LEAST_WIDTH_PX = 190

# The least share of the grid's width that a cell takes where they do not fit: two on a phone.
LEAST_SHARE = 0.46


class Layout:
    """A grid of one width. Cells are counted from 0, row by row."""

    def __init__(self, width_px: float, gap_px: float, caption_px: float) -> None:
        """`caption_px` is how much higher than wide a cell is."""
        least_px = min(LEAST_WIDTH_PX, LEAST_SHARE * width_px)
        self.columns = max(1, int((width_px + gap_px) / (least_px + gap_px)))
        self.cell_width_px = (width_px - (self.columns - 1) * gap_px) / self.columns
        # From the top of a row to that of the next.
        self.pitch_px = self.cell_width_px + caption_px + gap_px
        self._gap_px = gap_px

    def same_as(self, other: "Layout") -> bool:
        """Whether every cell lies where it does in another layout."""
        return (self.columns, self.pitch_px) == (other.columns, other.pitch_px)

    def height_px(self, count: int) -> float:
        """Return how high a grid of so many cells is."""
        return max(self._rows(count) * self.pitch_px - self._gap_px, 0)

    def row(self, index: int) -> int:
        """Return which row a cell is in, counted from 0."""
        return index // self.columns

    def top_px(self, index: int) -> float:
        """Return how far below the top of the grid a cell begins."""
        return self.row(index) * self.pitch_px

    def bottom_px(self, index: int) -> float:
        """Return how far below the top of the grid a cell ends."""
        return self.top_px(index) + self.pitch_px - self._gap_px

    def anchor_at(self, top_px: float) -> tuple[int, float]:
        """Return the first cell of the row at a distance from the top of the grid, and what share of it is above."""
        row = int(top_px // self.pitch_px)
        return row * self.columns, top_px / self.pitch_px - row

    def top_of_anchor_px(self, anchor: tuple[int, float]) -> float:
        """Return how far below the top of the grid an anchor lies, which may be that of another layout."""
        index, share = anchor
        return (self.row(index) + share) * self.pitch_px

    def near(self, top_px: float, bottom_px: float, rows_beyond: int, count: int) -> tuple[int, int]:
        """
        Return the cells in and near a strip of the grid: the first one, and the first beyond.

        Args:
            top_px: Where the strip begins, measured from the top of the grid; as `bottom_px`, where it ends.
            rows_beyond: How many rows above and below it count as near; so many always do, as keys may lead to them.
            count: How many cells there are.
        """
        rows = self._rows(count)
        first = min(max(int(top_px // self.pitch_px) - rows_beyond, 0), max(rows - rows_beyond, 0))
        last = max(int(bottom_px // self.pitch_px) + 1 + rows_beyond, first + rows_beyond)
        return first * self.columns, min(last * self.columns, count)

    def _rows(self, count: int) -> int:
        return (count + self.columns - 1) // self.columns
