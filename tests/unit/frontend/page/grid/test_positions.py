"""The long list of which only parts are known, against one of which all is."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from frontend.page.grid.positions import Positions


def known(positions: Positions) -> list[str | None]:
    return [positions.id_at(index) for index in range(positions.count)]


def test_a_list_of_which_a_part_is_known() -> None:
    """Indexes are known or not, and the first unknown one is what is to be asked for."""
    positions = Positions()
    positions.learn(2, ["d", "c"], 6)

    assert known(positions) == [None, None, "d", "c", None, None]
    assert [positions.first_unknown(start, 6) for start in range(7)] == [0, 1, 4, 4, 4, 5, None]
    assert positions.first_unknown(2, 4) is None
    assert [positions.index_of(image_id) for image_id in "dcx"] == [2, 3, None]


def test_images_that_wait_to_be_deleted() -> None:
    """Those beyond move up; what is asked for is counted with them all the same."""
    positions = Positions()
    positions.learn(0, list("fedcba"), 6)
    positions.leave_out({"e", "b", "elsewhere"})

    assert known(positions) == list("fdca")
    assert [positions.position_at(index) for index in range(4)] == [0, 2, 3, 5]
    assert positions.index_of("e") is None
    assert positions.knows("e")
    positions.leave_out(set())
    assert known(positions) == list("fedcba")


def test_a_list_that_somebody_else_has_changed() -> None:
    """Another total means that all else may be elsewhere."""
    positions = Positions()
    positions.learn(0, ["c", "b"], 4)
    positions.learn(2, ["b", "a"], 5)

    assert known(positions) == [None, None, "b", "a", None]


def newest_first(positions: Positions, image_id: str) -> bool:
    """Insert into a list in which the letters come from behind."""
    return positions.insert(image_id, lambda other: other < image_id)


def test_a_new_image_whose_position_is_not_known() -> None:
    """Among images that are not known it is one of these, and all that are known stay so."""
    positions = Positions()
    positions.learn(2, ["f", "e"], 8)

    assert not newest_first(positions, "g")
    assert known(positions) == [None, None, None, "f", "e", None, None, None, None]
    assert not newest_first(positions, "a")
    assert known(positions) == [None, None, None, "f", "e", None, None, None, None, None]


def test_a_new_image_anywhere() -> None:
    """Between two that are known, at the beginning and at the end it is put where it belongs."""
    positions = Positions()
    positions.learn(0, ["f", "d", "b"], 3)

    assert all(newest_first(positions, image_id) for image_id in "geca")
    assert known(positions) == list("gfedcba")


def test_what_is_far_away_is_forgotten() -> None:
    """What is left out is kept, as its position would not be known any more."""
    positions = Positions()
    positions.learn(0, list("hgfedcba"), 8)
    positions.leave_out({"h"})

    assert sorted(positions.forget_beyond(2, 4)) == ["a", "b", "f", "g"]
    assert known(positions) == [None, None, "e", "d", "c", None, None]
    assert positions.knows("h")


def test_changes_are_told_once() -> None:
    """Who draws the list hears which photos came and went since last time, and when nothing holds any more."""
    positions = Positions()
    positions.begin(3)
    assert positions.take_changes() is None
    assert positions.take_changes() == []
    positions.learn(0, ["e", "d", "c"], 3)
    newest_first(positions, "f")
    positions.leave_out({"d"})
    positions.remove("e")
    assert positions.take_changes() == [(0, True), (2, False), (1, False)]
    positions.leave_out(set())
    assert positions.take_changes() == [(1, True)]
    positions.leave_out({"d"})
    positions.take_changes()
    positions.remove("d")
    assert positions.take_changes() == []
    positions.learn(0, ["a"], 7)
    assert positions.take_changes() is None


class LongList(RuleBasedStateMachine):
    """Whatever happens to the list, what the page knows of it is right."""

    def __init__(self) -> None:
        super().__init__()
        self.truth = [f"{number:04}" for number in range(200, 0, -10)]
        self.leaving: set[str] = set()
        self.positions = Positions()
        self.positions.begin(len(self.truth))
        self.added = 0
        # What is drawn of the list: ids as they are known, and what `take_changes` tells.
        self.drawn: list[str | None] = []

    @rule(position=st.integers(0, 30), count=st.integers(1, 10))
    def learn(self, position: int, count: int) -> None:
        self.positions.learn(position, self.truth[position : position + count], len(self.truth))
        self.positions.leave_out(self.leaving)

    @rule(place=st.integers(0, 400))
    def add(self, place: int) -> None:
        """A photo that is added was taken at any time."""
        self.added += 1
        image_id = f"{place:04}.{self.added}"
        self.truth = sorted([*self.truth, image_id], reverse=True)
        newest_first(self.positions, image_id)
        self.positions.leave_out(self.leaving)

    @rule(data=st.data())
    def take_out(self, data: Any) -> None:
        if self.truth:
            self.leaving ^= {data.draw(st.sampled_from(self.truth))}
            self.positions.leave_out(self.leaving)

    @rule(data=st.data())
    def delete(self, data: Any) -> None:
        if self.truth:
            image_id = data.draw(st.sampled_from(self.truth))
            self.truth.remove(image_id)
            self.leaving.discard(image_id)
            if not self.positions.remove(image_id):
                self.positions.learn(0, self.truth[:1], len(self.truth))  # As the page asks again then.
            self.positions.leave_out(self.leaving)

    @rule(start=st.integers(0, 20), count=st.integers(1, 10))
    def forget(self, start: int, count: int) -> None:
        self.positions.forget_beyond(start, start + count)

    @invariant()
    def changes_lead_from_list_to_list(self) -> None:
        changes = self.positions.take_changes()
        for index, came in changes or []:
            if came:
                self.drawn.insert(index, None)
            else:
                self.drawn.pop(index)
        now = known(self.positions)
        if changes is None:
            self.drawn = now
        assert len(self.drawn) == len(now)
        assert all(drawn in (None, image_id) for drawn, image_id in zip(self.drawn, now, strict=True) if image_id)
        self.drawn = now

    @invariant()
    def what_is_known_is_right(self) -> None:
        left_out = [image_id for image_id in self.truth if image_id in self.leaving and self.positions.knows(image_id)]
        seen = [image_id for image_id in self.truth if image_id not in left_out]
        assert self.positions.count == len(seen)
        assert all(found in (None, image_id) for found, image_id in zip(known(self.positions), seen, strict=True))
        indexes = [self.positions.index_of(image_id) for image_id in seen]
        assert all(found in (None, index) for index, found in enumerate(indexes))


TestLongList = LongList.TestCase
TestLongList.settings = settings(stateful_step_count=25)


@given(st.sets(st.integers(0, 30)), st.integers(0, 30))
def test_position_and_index(left_out: set[int], index: int) -> None:
    """Each is the other's way back."""
    positions = Positions()
    positions.learn(0, [f"{position}" for position in range(70)], 70)
    positions.leave_out({f"{position}" for position in left_out})

    assert positions.index_of(f"{positions.position_at(index)}") == index
