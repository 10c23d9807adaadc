"""
How a grid of cells of the same size lies on the page: pure arithmetic, in pixels.

As all rows are equally high, the place of any cell is known without the ones before it.
"""

LEAST_WIDTH_PX = 190
"""How wide a cell is at least, where two of them fit beside each other."""

LEAST_SHARE = 0.46
"""What share of the grid a cell takes at least where they do not: two on a phone."""


class Layout:
    """A grid of one width. Cells are counted from 0, row by row."""

    def __init__(self, width: float, gap: float, caption: float) -> None:
        """`caption` is by how much a cell is higher than wide."""
        least = min(LEAST_WIDTH_PX, LEAST_SHARE * width)
        self.columns = max(1, int((width + gap) / (least + gap)))
        self.cell_width = (width - (self.columns - 1) * gap) / self.columns
        self.pitch = self.cell_width + caption + gap
        """How far the top of a row is from that of the next."""
        self._gap = gap

    def height(self, count: int) -> float:
        """Return how high a grid of so many cells is."""
        return max(self._rows(count) * self.pitch - self._gap, 0)

    def top(self, index: int) -> float:
        """Return how far below the top of the grid a cell begins."""
        return index // self.columns * self.pitch

    def bottom(self, index: int) -> float:
        """Return how far below the top of the grid a cell ends."""
        return self.top(index) + self.pitch - self._gap

    def near(self, top: float, bottom: float, rows_beyond: int, count: int) -> tuple[int, int]:
        """
        Return the cells in and near a strip of the grid: the first one, and the first beyond.

        Args:
            top: Where the strip begins, measured from the top of the grid; as `bottom`, where it ends.
            rows_beyond: How many rows above and below it count as near; so many always do, as keys may lead to them.
            count: How many cells there are.
        """
        rows = self._rows(count)
        first = min(max(int(top // self.pitch) - rows_beyond, 0), max(rows - rows_beyond, 0))
        last = max(int(bottom // self.pitch) + 1 + rows_beyond, first + rows_beyond)
        return first * self.columns, min(last * self.columns, count)

    def _rows(self, count: int) -> int:
        return (count + self.columns - 1) // self.columns
