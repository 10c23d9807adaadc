"""Where the photos of the library lie: in rows that fill the width, under headings, however the list changes."""

import time
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from frontend.page.grid.justified import MOST_STRETCHED, NARROWEST, WIDEST
from frontend.page.grid.layout import BLOCK, HEADING_PX, Layout
from tests.support.examples import costly

GAP_PX = 4
SCREEN_PX = 800
MILLION = 1_000_000

# What is known of a photo: width by height, and its heading.
Item = tuple[float, str]

ITEMS = st.lists(
    st.tuples(st.floats(NARROWEST, WIDEST), st.sampled_from(["May", "May", "May", "June", "July"])),
    min_size=1,
    max_size=500,
).map(lambda items: sorted(items, key=lambda item: item[1]))
SIZES = st.tuples(st.sampled_from([358, 760, 1248, 1888]), st.sampled_from([120, 200, 320]))


def known(items: list[Item]) -> Callable[[int], Item | None]:
    """Return what tells of all photos of a list."""
    return lambda index: items[index]


def laid_out(items: list[Item], width_px: float = 1248, row_px: float = 200) -> Layout:
    """Return the layout of photos of which all is known."""
    layout = Layout(width_px, GAP_PX, row_px)
    layout.begin(len(items))
    prepare_all(layout, known(items))
    return layout


def prepare_all(layout: Layout, item_at: Callable[[int], Item | None]) -> None:
    """Lay out every block."""
    while layout.prepare(0, layout.height_px + SCREEN_PX, item_at):
        pass


def usual(index: int) -> Item:
    """Return a photo held upright, across, or square."""
    return (0.75, 1.5, 1.0, 1.33)[index * index % 7 % 4], ""


def boxes(layout: Layout) -> list[tuple[float, float, float, float]]:
    return [layout.box(index) for index in range(layout.count)]


def rows_of(layout: Layout) -> list[list[tuple[float, float, float, float]]]:
    """Return the boxes of each row."""
    rows: dict[float, list[tuple[float, float, float, float]]] = {}
    for box in boxes(layout):
        rows.setdefault(round(box[1], 3), []).append(box)
    return list(rows.values())


@settings(max_examples=costly())
@given(ITEMS, SIZES)
def test_photo_at_a_spot(items: list[Item], size: tuple[int, int]) -> None:
    """Within a photo it is that one; in the gap behind it, above a heading, and beyond its row the one before."""
    layout = laid_out(items, *size)
    for index, (left, top, width, height) in enumerate(boxes(layout)):
        for share in (0.01, 0.5, 0.99):
            assert layout.photo_at(left + share * width, top + share * height) == index
        assert layout.photo_at(left + width + GAP_PX / 2, top + height + GAP_PX / 2) == index
    assert layout.photo_at(-50, -50) == 0
    assert layout.photo_at(size[0] + 50, layout.height_px + 500) == len(items) - 1
    assert Layout(size[0], GAP_PX, size[1]).photo_at(0, 0) is None


@given(ITEMS, SIZES)
def test_photos_in_rows(items: list[Item], size: tuple[int, int]) -> None:
    """Rows lie a gap apart or a heading, photos in them a gap apart, in true proportions; none is beyond the width."""
    layout = laid_out(items, *size)
    headings_px = [top for top, _ in layout.headings(0, layout.height_px)]
    rows = rows_of(layout)
    for row in rows:
        assert row[0][0] == 0
        assert row[-1][0] + row[-1][2] <= size[0] + 1e-6
        for (left, top, width, height), following in pairwise(row):
            assert following[0] == pytest.approx(left + width + GAP_PX)
            assert following[3] == pytest.approx(height)
            assert following[1] == pytest.approx(top)
    for above, below in pairwise(rows):
        space = below[0][1] - above[0][1] - above[0][3]
        is_headed = any(above[0][1] < top < below[0][1] for top in headings_px)
        assert space == pytest.approx(GAP_PX + HEADING_PX * is_headed)
    for (ratio, _), (_, _, width, height) in zip(items, boxes(layout), strict=True):
        assert width / height == pytest.approx(ratio)
        assert height > 0
    assert layout.height_px == pytest.approx(rows[-1][0][1] + rows[-1][0][3])


@given(ITEMS, SIZES)
def test_rows_fill_the_width(items: list[Item], size: tuple[int, int]) -> None:
    """All do to the pixel, but the last under a heading and one that would be far too high."""
    layout = laid_out(items, *size)
    rows = rows_of(layout)
    ends = {[text for _, text in items].index(heading) for heading in {text for _, text in items}}
    first = 0
    for row in rows:
        first += len(row)
        full_px = row[-1][0] + row[-1][2]
        is_last_under_heading = first in ends or first == len(items)
        assert is_last_under_heading or full_px == pytest.approx(size[0]) or row[0][3] >= size[1] - 1e-6
        assert row[0][3] <= size[1] * MOST_STRETCHED + 1e-6 or full_px == pytest.approx(size[0])


@given(ITEMS, SIZES, st.floats(-1000, 30_000))
def test_what_is_near(items: list[Item], size: tuple[int, int], top_px: float) -> None:
    """All photos that can be seen, in whole rows, and never none; there are no more than some rows beyond."""
    layout = laid_out(items, *size)
    first, last = layout.near(top_px, top_px + SCREEN_PX, 1)
    seen = [
        index
        for index, (_, top, _, height) in enumerate(boxes(layout))
        if top < top_px + SCREEN_PX and top + height > top_px
    ]
    assert 0 <= first < last <= layout.count
    assert set(seen) <= set(range(first, last))
    assert layout.box(first)[0] == 0
    assert last == layout.count or layout.box(last)[0] == 0
    assert not seen or layout.box(first)[1] > top_px - 4 * size[1] * MOST_STRETCHED - HEADING_PX


@given(ITEMS, SIZES, SIZES, st.floats(0, 1))
def test_another_width_and_height_of_rows(
    items: list[Item], before: tuple[int, int], after: tuple[int, int], share: float
) -> None:
    """The photo at the top of the window stays in the row at the top, with the same share of the row above."""
    here, there = laid_out(items, *before), laid_out(items, *after)
    top_px = share * here.height_px
    anchor = here.anchor_at(top_px)
    assert here.top_of_anchor_px(anchor) == pytest.approx(top_px)

    _, row_top_px, _, height_px = there.box(anchor[0])
    there_px = there.top_of_anchor_px(anchor)
    assert (there_px - row_top_px) / (height_px + GAP_PX) == pytest.approx(anchor[1], abs=1e-6)
    first, last = there.near(there_px, there_px + SCREEN_PX, 1)
    assert first <= anchor[0] < last


@given(st.data(), ITEMS)
def test_photos_that_come_and_go(data: st.DataObject, items: list[Item]) -> None:
    """Blocks before the photo's stay where they are, those beyond only shift: all by the same."""
    layout = laid_out(items)
    before = boxes(layout)
    index = data.draw(st.integers(0, len(items) - 1))
    comes = data.draw(st.booleans())
    if comes:
        items = [*items[:index], (1.0, items[index][1]), *items[index:]]
        layout.insert(index)
    else:
        items = items[:index] + items[index + 1 :]
        layout.remove(index)
    block = index // BLOCK
    stay = range(block * BLOCK)
    shift = range((block + 1) * BLOCK, len(before))
    moved = 1 if comes else -1
    after = [layout.box(other + (moved if other in shift else 0)) for other in [*stay, *shift]]
    assert after[: len(stay)] == [before[other] for other in stay]
    assert [box[0] for box in after[len(stay) :]] == [before[other][0] for other in shift]
    shifts = [there[1] - before[other][1] for there, other in zip(after[len(stay) :], shift, strict=True)]
    assert shifts == pytest.approx(shifts[:1] * len(shifts))

    prepare_all(layout, known(items))
    assert layout.count == len(items)
    assert [box[2] / box[3] for box in boxes(layout)] == pytest.approx([ratio for ratio, _ in items])


class ChangingList(RuleBasedStateMachine):
    """Whatever comes, goes and becomes known, every photo has its place."""

    def __init__(self) -> None:
        super().__init__()
        self.items: list[Item | None] = [None] * (2 * BLOCK + 7)
        self.layout = Layout(760, GAP_PX, 120)
        self.layout.begin(len(self.items))

    @rule(first=st.integers(0, 3 * BLOCK), count=st.integers(1, 60), ratio=st.floats(NARROWEST, WIDEST))
    def learn(self, first: int, count: int, ratio: float) -> None:
        for index in range(first, min(first + count, len(self.items))):
            self.items[index] = (ratio, "May" if index < 40 else "June")

    @rule(share=st.floats(0, 1))
    def look(self, share: float) -> None:
        top_px = share * self.layout.height_px
        self.layout.prepare(top_px, top_px + SCREEN_PX, lambda index: self.items[index])

    @rule(index=st.integers(0, 400), count=st.integers(1, 120))
    def insert(self, index: int, count: int) -> None:
        index = min(index, len(self.items))
        for _ in range(count):
            self.items.insert(index, None)
            self.layout.insert(index)

    @rule(index=st.integers(0, 400), count=st.integers(1, 120))
    def remove(self, index: int, count: int) -> None:
        for _ in range(count):
            if index < len(self.items):
                self.items.pop(index)
                self.layout.remove(index)

    @rule(count=st.integers(0, 400))
    def begin(self, count: int) -> None:
        self.items = [None] * count
        self.layout.begin(count)

    @invariant()
    def all_have_places(self) -> None:
        layout = self.layout
        assert layout.count == len(self.items)
        rows = rows_of(layout)
        for above, below in pairwise(rows):
            assert below[0][1] >= above[0][1] + above[0][3] - 1e-6
        for row in rows:
            assert row[0][0] == 0
            assert row[-1][0] + row[-1][2] <= layout.width_px + 1e-6
            for one, other in pairwise(row):
                assert other[0] >= one[0] + one[2] + GAP_PX - 1e-6
        assert layout.height_px >= (rows[-1][0][1] + rows[-1][0][3] if rows else 0) - 1e-6
        first, last = layout.near(0, layout.height_px, 1)
        assert (first, last) == (0, layout.count)


TestChangingList = ChangingList.TestCase
TestChangingList.settings = settings(max_examples=costly(), stateful_step_count=20)


@given(ITEMS)
def test_headings(items: list[Item]) -> None:
    """Each stands once, above the first photo that it is the heading of; the first one is told above the list."""
    layout = laid_out(items)
    texts = [item[1] for item in items]
    wanted = [text for before, text in pairwise(texts) if text != before]
    headings = layout.headings(0, layout.height_px)
    assert [text for _, text in headings] == wanted
    for top, text in headings:
        assert layout.box(texts.index(text))[1] == pytest.approx(top + HEADING_PX)
        assert layout.box(texts.index(text))[0] == 0


@given(ITEMS, SIZES)
def test_up_and_down(items: list[Item], size: tuple[int, int]) -> None:
    """Arrow keys lead to the photo of the next row whose middle is nearest; at an end they lead nowhere."""
    layout = laid_out(items, *size)
    rows = rows_of(layout)
    first = 0
    for number, row in enumerate(rows):
        for offset, (left, _, width, _) in enumerate(row):
            for step in (-1, 1):
                to = layout.vertical_neighbour(first + offset, step)
                if not 0 <= number + step < len(rows):
                    assert to == first + offset
                    continue
                other = rows[number + step]
                distances = [abs(box[0] + box[2] / 2 - left - width / 2) for box in other]
                start = first - len(other) if step < 0 else first + len(row)
                assert distances[to - start] == pytest.approx(min(distances))
        first += len(row)


def test_nothing_is_known_yet() -> None:
    """All photos have a place, in rows of usual ones, and the list its height, before anything was laid out."""
    layout = Layout(1248, GAP_PX, 200)
    layout.begin(1000)
    (columns,) = {len(row) for row in rows_of(layout)[:3]}
    assert columns == 4
    assert layout.box(5)[1] == 204
    last = layout.box(999)
    assert last[1] + last[3] == pytest.approx(layout.height_px)


def test_what_becomes_known_moves_nothing_above() -> None:
    """Blocks that are laid out later, further down, leave those above where they are."""
    layout = Layout(1248, GAP_PX, 200)
    layout.begin(1000)
    assert layout.prepare(0, SCREEN_PX, usual)
    assert not layout.prepare(0, SCREEN_PX, usual)
    before = [layout.box(index) for index in range(BLOCK)]
    layout.prepare(layout.height_px - SCREEN_PX, layout.height_px, usual)
    assert [layout.box(index) for index in range(BLOCK)] == before


def test_another_list_of_the_same_length() -> None:
    """The rows stay until it is known what is in the new list; then they are laid out anew."""
    layout = laid_out([usual(index) for index in range(50)])
    before = boxes(layout)
    layout.begin(50)
    assert boxes(layout) == before
    prepare_all(layout, lambda index: (1.0, ""))
    assert {round(box[2] / box[3], 6) for box in boxes(layout)} == {1.0}


def test_no_photos() -> None:
    """An empty list has no height, and whatever is asked of it has an answer."""
    layout = Layout(1248, GAP_PX, 200)
    layout.begin(0)
    assert (layout.count, layout.height_px, layout.headings(0, SCREEN_PX)) == (0, 0, [])
    assert layout.near(0, SCREEN_PX, 2) == (0, 0)
    assert layout.top_of_anchor_px((7, 0.5)) == 0
    layout.insert(0)
    layout.remove(0)
    assert layout.count == 0


def test_same_layout() -> None:
    """Width, gap and height of rows decide where a photo lies."""
    assert Layout(600, 4, 200).same_as(Layout(600, 4, 200))
    for other in (Layout(601, 4, 200), Layout(600, 8, 200), Layout(600, 4, 210)):
        assert not Layout(600, 4, 200).same_as(other)


def test_a_million_photos() -> None:
    """Begun, looked at everywhere, added to and taken from without work that grows with each photo."""
    began_s = time.process_time()
    layout = Layout(1248, GAP_PX, 200)
    layout.begin(MILLION)
    for share in range(10):
        top_px = layout.height_px * share / 10
        layout.prepare(top_px, top_px + SCREEN_PX, usual)
        assert layout.near(top_px, top_px + SCREEN_PX, 2)[1] > layout.near(top_px, top_px + SCREEN_PX, 2)[0]
    layout.insert(0)
    layout.remove(MILLION // 2)
    assert layout.box(MILLION - 1)[1] < layout.height_px
    assert time.process_time() - began_s < 1  # Some 50 ms; a step for each photo of each question takes minutes.
