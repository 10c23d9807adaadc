"""
Where the photos of a long list lie in justified rows under headings: pure arithmetic, in pixels.

The list is cut into blocks, and each is laid out on its own. So a photo that comes or goes moves those of its block and
only shifts the others, and nothing before a part of the list has to be known to show it: a block of which nothing is
known is as high as one of usual photos.
"""

from frontend.page.grid.justified import filled_rows, ragged_rows

# How many photos a block begins with: a few screens of rows, so that few rows end with a block.
BLOCK = 96

# Where more than this have come into a block, it is divided.
LARGEST_BLOCK = 2 * BLOCK

# Width by height of a photo that is not known: between photos held upright and across.
USUAL = 1.25

# The height of a heading, with the space above and below.
HEADING_PX = 52


class Block:
    """Photos that lie one after another: as rows once they have been laid out."""

    def __init__(self, count: int, height: float) -> None:
        self.count = count
        self.height_px = height
        # (offset of the first photo, how many, top, height) of each row; tops are counted from the block's.
        self.rows: list[tuple[int, int, float, float]] = []
        # (top, text) of each heading.
        self.headings: list[tuple[float, str]] = []
        self.ratios: list[float] = []
        # How many of its photos were known when it was laid out; -1 before.
        self.known = -1


class Layout:
    """The rows of a list at one width. Photos are counted from 0."""

    def __init__(self, width_px: float, gap_px: float, row_px: float) -> None:
        """`row_px` is how high rows would like to be."""
        self.width_px = width_px
        self.gap_px = gap_px
        self.row_px = row_px
        self._blocks: list[Block] = []
        self._firsts: list[int] = [0]
        self._tops: list[float] = [0.0]

    def same_as(self, other: "Layout") -> bool:
        """Whether rows of another layout are cut in the same way."""
        return (self.width_px, self.gap_px, self.row_px) == (other.width_px, other.gap_px, other.row_px)

    @property
    def count(self) -> int:
        """How many photos there are."""
        return self._firsts[-1]

    @property
    def height_px(self) -> float:
        """How high all rows are."""
        return max(self._tops[-1] - self.gap_px, 0)

    def begin(self, count: int) -> None:
        """Take in that there are so many photos, perhaps others than before."""
        if count == self.count:
            for block in self._blocks:
                block.known = -1
            return
        sizes = [BLOCK] * (count // BLOCK) + ([count % BLOCK] if count % BLOCK else [])
        self._blocks = [Block(size, self._usual_px(size)) for size in sizes]
        self._add_up(0)

    def insert(self, index: int) -> None:
        """Take in that a photo has come, before which there are `index`."""
        if not self._blocks:
            self.begin(1)
            return
        number = self._block_at(min(index, self.count - 1))
        block = self._blocks[number]
        block.count += 1
        if block.count > LARGEST_BLOCK:
            half = block.count // 2
            self._blocks[number : number + 1] = [Block(half, 0), Block(block.count - half, 0)]
            for part in self._blocks[number : number + 2]:
                part.height_px = self._usual_px(part.count)
        else:
            self._estimate(block)
        self._add_up(number)

    def remove(self, index: int) -> None:
        """Take in that the photo at an index has gone."""
        number = self._block_at(index)
        block = self._blocks[number]
        block.count -= 1
        if block.count:
            self._estimate(block)
        else:
            self._blocks.pop(number)
        self._add_up(number)

    def prepare(self, top_px: float, bottom_px: float, item_at) -> bool:
        """
        Lay out the blocks in and near a strip, as far as more is known of their photos than before.

        Args:
            item_at: Called with an index; returns (width by height, heading) of the photo, the heading empty for none;
                None if the photo is not known.

        Returns:
            Whether anything has moved.
        """
        moved = False
        number = self._number_at(top_px)
        reach_px = bottom_px - top_px
        number = max(number - 1, 0)
        while number < len(self._blocks) and self._tops[number] < bottom_px + reach_px:
            if self._lay_out(number, item_at):
                self._add_up(number)
                moved = True
            number += 1
        return moved

    def near(self, top_px: float, bottom_px: float, rows_beyond: int) -> tuple[int, int]:
        """
        Return the photos in and near a strip, in whole rows: the first one, and the first beyond.

        Args:
            rows_beyond: How many rows above and below count as near.
        """
        beyond_px = rows_beyond * (self.row_px + self.gap_px)
        if not self.count:
            return 0, 0
        first = self._row_at(max(top_px - beyond_px, 0))[0]
        last_first, last_count = self._row_at(max(bottom_px + beyond_px, 0))
        return first, min(last_first + last_count, self.count)

    def box(self, index: int) -> tuple[float, float, float, float]:
        """Return (left, top, width, height) of a photo."""
        number = self._block_at(index)
        block = self._blocks[number]
        offset = index - self._firsts[number]
        if not block.rows:
            return self._usual_box(self._tops[number], offset)
        first, _count, top, height = self._row_of(block, offset)
        left = sum([ratio * height + self.gap_px for ratio in block.ratios[first:offset]])
        return left, self._tops[number] + top, block.ratios[offset] * height, height

    def photo_at(self, left_px: float, top_px: float) -> int | None:
        """Return the photo at a spot, or else the one before it; None in an empty list."""
        if not self.count:
            return None
        first, count = self._row_at(max(top_px, 0))
        found = first
        for index in range(first, first + count):
            if self.box(index)[0] > left_px:
                break
            found = index
        return found

    def headings(self, top_px: float, bottom_px: float) -> list[tuple[float, str]]:
        """Return (top, text) of the headings in a strip."""
        found: list[tuple[float, str]] = []
        number = self._number_at(top_px)
        while number < len(self._blocks) and self._tops[number] < bottom_px:
            for top, text in self._blocks[number].headings:
                if top_px - HEADING_PX < self._tops[number] + top < bottom_px:
                    found.append((self._tops[number] + top, text))
            number += 1
        return found

    def vertical_neighbour(self, index: int, step: int) -> int:
        """Return the photo above (`step` -1) or below (1) another: the one whose middle is nearest."""
        left, _top, width, _height = self.box(index)
        first, count = self._row_around(index)
        beyond = first - 1 if step < 0 else first + count
        if not 0 <= beyond < self.count:
            return index
        first, count = self._row_around(beyond)
        best, least = beyond, -1.0
        for other in range(first, first + count):
            box = self.box(other)
            distance = abs(box[0] + box[2] / 2 - left - width / 2)
            if least < 0 or distance < least:
                best, least = other, distance
        return best

    def anchor_at(self, top_px: float) -> tuple[int, float]:
        """Return the first photo of the row at a distance from the top, and what share of its row is above."""
        first, _count = self._row_at(top_px)
        _left, top, _width, height = self.box(first)
        return first, (top_px - top) / (height + self.gap_px)

    def top_of_anchor_px(self, anchor: tuple[int, float]) -> float:
        """Return how far below the top an anchor lies, which may be that of another layout."""
        if not self.count:
            return 0.0
        index, share = anchor
        _left, top, _width, height = self.box(min(index, self.count - 1))
        return top + share * (height + self.gap_px)

    def _lay_out(self, number: int, item_at) -> bool:
        """Lay out a block if more of it is known than before; returns whether it is another then."""
        block, first = self._blocks[number], self._firsts[number]
        if block.known == block.count:
            return False  # To ask for each photo takes as long as the rest of a frame.
        items = [item_at(index) for index in range(first, first + block.count)]
        known = len([item for item in items if item])
        if known <= block.known or (block.rows and not known):
            return False
        before = item_at(first - 1) if first else None
        after = item_at(first + block.count) if first + block.count < self.count else None
        ends = first + block.count == self.count
        block.known = known
        self._fill(block, items, before, after, ends)
        return True

    def _fill(self, block: Block, items: list, before, after, ends: bool) -> None:
        """Make the rows of a block, given the photo before and the one after it; `ends` for the last block."""
        block.ratios = [item[0] if item else USUAL for item in items]
        block.rows, block.headings = [], []
        top, start = 0.0, 0
        heading = before[1] if before else ""
        while start < len(items):
            if items[start] and items[start][1] != heading:
                if heading and items[start][1]:  # The first is told by what is above the list.
                    block.headings.append((top, items[start][1]))
                    top += HEADING_PX
                heading = items[start][1]
            end = start + 1
            while end < len(items) and not (items[end] and items[end][1] and items[end][1] != heading):
                end += 1
            followed = end == len(items) and not ends and not (after and after[1] and after[1] != heading)
            cut = filled_rows if followed else ragged_rows
            for count, height in cut(block.ratios[start:end], self.width_px, self.gap_px, self.row_px):
                block.rows.append((start, count, top, height))
                start += count
                top += height + self.gap_px
        block.height_px = top

    def _estimate(self, block: Block) -> None:
        """Give a block that has changed the height that it will have, more or less."""
        block.height_px = self._usual_px(block.count)
        block.rows, block.headings, block.ratios = [], [], []
        block.known = -1

    def _usual_columns(self) -> int:
        return max(int((self.width_px + self.gap_px) / (USUAL * self.row_px + self.gap_px)), 1)

    def _usual_px(self, count: int) -> float:
        columns = self._usual_columns()
        return (count + columns - 1) // columns * (self.row_px + self.gap_px)

    def _usual_box(self, top_px: float, offset: int) -> tuple[float, float, float, float]:
        columns = self._usual_columns()
        width = (self.width_px - (columns - 1) * self.gap_px) / columns
        pitch = self.row_px + self.gap_px
        return offset % columns * (width + self.gap_px), top_px + offset // columns * pitch, width, self.row_px

    def _add_up(self, number: int) -> None:
        """Sum up counts and heights from a block on."""
        del self._firsts[number + 1 :]
        del self._tops[number + 1 :]
        first, top = self._firsts[number], self._tops[number]
        for block in self._blocks[number:]:
            first += block.count
            top += block.height_px
            self._firsts.append(first)
            self._tops.append(top)

    def _block_at(self, index: int) -> int:
        return bisect(self._firsts, index)

    def _number_at(self, top_px: float) -> int:
        return bisect(self._tops, top_px) if self._blocks else 0

    def _row_at(self, top_px: float) -> tuple[int, int]:
        """Return the first photo of the row at a distance from the top, and how many it has."""
        number = self._number_at(top_px)
        block, inside_px = self._blocks[number], top_px - self._tops[number]
        if not block.rows:
            columns = self._usual_columns()
            row = min(int(inside_px // (self.row_px + self.gap_px)), (block.count - 1) // columns)
            return self._firsts[number] + row * columns, min(columns, block.count - row * columns)
        found = block.rows[0]
        for row in block.rows:
            if row[2] > inside_px:
                break
            found = row
        return self._firsts[number] + found[0], found[1]

    def _row_around(self, index: int) -> tuple[int, int]:
        """Return the first photo of the row that a photo is in, and how many it has."""
        number = self._block_at(index)
        block, offset = self._blocks[number], index - self._firsts[number]
        if not block.rows:
            columns = self._usual_columns()
            start = offset // columns * columns
            return self._firsts[number] + start, min(columns, block.count - start)
        row = self._row_of(block, offset)
        return self._firsts[number] + row[0], row[1]

    def _row_of(self, block: Block, offset: int) -> tuple[int, int, float, float]:
        found = block.rows[0]
        for row in block.rows:
            if row[0] > offset:
                break
            found = row
        return found


def bisect(starts: list[int] | list[float], value: float) -> int:
    """Return which part a value lies in, given where the parts start and, as the last, where all of them end."""
    low, high = 0, len(starts) - 2
    while low < high:
        middle = (low + high + 1) // 2
        if starts[middle] <= value:
            low = middle
        else:
            high = middle - 1
    return max(low, 0)
