"""Every row of a list can be scrolled to, however long the list is, and small movements are exact."""

from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontend.page.grid.layout import Layout
from frontend.page.grid.scroll_range import END_PX, JUMP_SCREENS, TALLEST_PX, ScrolledList, ScrollRange

SCREEN_PX = 640
STEPS = 1000

# The widths of the grid on a phone and on a desktop, and how high its rows are there.
SIZES = {390: (374, 120), 1280: (1248, 200)}


@cache
def layout_of(width: int, count: int) -> Layout:
    """Return how so many photos lie of which nothing is known yet."""
    width_px, row_px = SIZES[width]
    layout = Layout(width_px, 4, row_px)
    layout.begin(count)
    return layout


def list_px(width: int, count: int) -> float:
    return layout_of(width, count).height_px


def scrolled(length_px: float, scroll_px: float = 0) -> ScrolledList:
    """Return a list in which the scroll bar was dragged to a position."""
    scrolled = ScrolledList()
    scrolled.resize(length_px)
    scrolled.moved(scroll_px, SCREEN_PX)
    return scrolled


def settle(scrolled: ScrolledList) -> None:
    """Scroll the element to where it should be, as the page does at rest; browsers round that to whole pixels."""
    position_px = scrolled.list_px
    if scrolled.has_strayed():
        scrolled.arrived(position_px, round(scrolled.range.in_element(position_px)))
    exact = not scrolled.range.is_at_end(scrolled.scroll_px)
    assert scrolled.list_px == pytest.approx(position_px, abs=1e-3 if exact else 0.51)


@pytest.mark.parametrize("width", SIZES)
@pytest.mark.parametrize("count", [1, 100, 20_000, 1_000_000, 10_000_000])
def test_first_and_last_row(width: int, count: int) -> None:
    """The scroll bar's ends are those of the list, and between them it only goes forward, through all of it."""
    length_px = list_px(width, count)
    bar = ScrollRange(length_px)
    end_px = bar.height_px - SCREEN_PX
    positions = [bar.in_list(end_px * step / STEPS) for step in range(STEPS + 1)]

    assert bar.height_px <= TALLEST_PX
    assert positions[0] == 0
    assert positions[-1] == pytest.approx(length_px - SCREEN_PX)
    assert all(there > here for here, there in pairwise(positions)) or end_px < 0
    assert [bar.in_element(position) for position in positions] == pytest.approx(
        [end_px * step / STEPS for step in range(STEPS + 1)]
    )


@pytest.mark.parametrize("width", SIZES)
@pytest.mark.parametrize("count", [1_000_000, 10_000_000])
def test_last_photos_are_near_at_the_end(width: int, count: int) -> None:
    """With the scroll bar at its end, the last row is on the screen."""
    layout = layout_of(width, count)
    there = scrolled(layout.height_px, TALLEST_PX - SCREEN_PX)
    _, top_px, _, height_px = layout.box(count - 1)

    assert layout.near(there.list_px, there.list_px + SCREEN_PX, 2)[1] == count
    assert top_px + height_px - there.list_px == pytest.approx(SCREEN_PX)
    assert not there.has_strayed()


def test_a_list_that_fits() -> None:
    """Nothing is mapped: the list is where it is drawn, wherever it is scrolled to."""
    here = scrolled(TALLEST_PX)
    for scroll_px in (-500, 5_000_000, 5_000_700, 100, TALLEST_PX + 300):
        here.moved(scroll_px, SCREEN_PX)
        here.rest()
        assert (here.list_px, here.shift_px, here.has_strayed()) == (scroll_px, 0, False)


@given(
    start_px=st.floats(0, TALLEST_PX - SCREEN_PX),
    steps=st.lists(st.floats(-JUMP_SCREENS * SCREEN_PX, JUMP_SCREENS * SCREEN_PX), max_size=30),
)
def test_small_movements(start_px: float, steps: list[float]) -> None:
    """A wheel, a key or a finger moves the list by as many pixels as the element, and a rest does not move it."""
    here = scrolled(list_px(390, 1_000_000), start_px)
    for step_px in steps:
        before_px, target_px = here.list_px, here.scroll_px + step_px
        if not 0 <= target_px <= TALLEST_PX - SCREEN_PX or here.must_return(SCREEN_PX):
            continue
        here.moved(target_px, SCREEN_PX)
        assert here.list_px - before_px == pytest.approx(step_px, abs=1e-3)
        settle(here)


@pytest.mark.parametrize("count", [1_000_000, 10_000_000])
@pytest.mark.parametrize("direction", [-1, 1])
def test_from_the_middle_to_an_end_without_a_rest(count: int, direction: int) -> None:
    """Page after page one comes to the first and to the last row, as the element is put right before it ends."""
    length_px = list_px(390, count)
    end_px = length_px - SCREEN_PX if direction > 0 else 0
    begin_px = end_px - direction * (END_PX + 800 * SCREEN_PX)
    here = scrolled(length_px)
    here.arrived(begin_px, here.range.in_element(begin_px))
    returns = 0
    for _ in range(3000):
        here.moved(min(max(here.scroll_px + direction * SCREEN_PX, 0), TALLEST_PX - SCREEN_PX), SCREEN_PX)
        if here.must_return(SCREEN_PX):
            returns += 1
            settle(here)

    assert here.list_px == pytest.approx(end_px, abs=1)
    assert 1 <= returns <= 3


def test_going_back_to_a_position() -> None:
    """Where one has rested, the browser's way back leads to the pixel, though one of the bar is many of the list."""
    here = scrolled(list_px(390, 10_000_000), 4_000_000)
    here.moved(here.scroll_px + 333, SCREEN_PX)
    settle(here)
    here.rest()
    position_px, scroll_px = here.list_px, here.scroll_px
    here.moved(0, SCREEN_PX)
    assert here.list_px == 0
    here.moved(scroll_px, SCREEN_PX)

    assert here.list_px == position_px
    assert here.range.in_list(scroll_px) != position_px


def test_browser_scrolls_to_the_focus() -> None:
    """A card that is kept far away is drawn at its spot of the scroll bar, and the list goes there with it."""
    here = scrolled(list_px(1280, 1_000_000), 7_000_000)
    card_px = layout_of(1280, 1_000_000).box(300_000)[1]
    drawn_px = here.range.in_element(card_px)
    here.moved(drawn_px - 200, SCREEN_PX, (drawn_px, card_px))

    assert here.list_px == pytest.approx(card_px - 200)


def test_scrolling_to_where_the_page_ends() -> None:
    """What the browser does not scroll to is not believed to be there."""
    length_px = list_px(390, 1_000_000)
    here = scrolled(length_px)
    here.arrived(length_px - 100, TALLEST_PX - SCREEN_PX)

    assert here.list_px == pytest.approx(length_px - SCREEN_PX)
    assert not here.has_strayed()


def test_list_that_grows() -> None:
    """What is in sight stays there; the scroll bar follows at the next rest."""
    here = scrolled(list_px(390, 1_000_000), 4_000_000)
    position_px = here.list_px
    here.resize(list_px(390, 1_200_000))

    assert here.list_px == position_px
    assert here.has_strayed()
    settle(here)
    assert not here.has_strayed()
