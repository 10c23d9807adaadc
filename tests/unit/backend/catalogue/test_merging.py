"""Descriptions of several images become one, and that can be undone."""

from dataclasses import replace
from datetime import datetime

from backend.catalogue.merging import merged, undoing
from backend.catalogue.values import MAX_ATTRIBUTES, MAX_TAGS, Change, Description, Taken, TakenSource

FIRST = Description(4, 3, "", ("a", "b"), (), {"price": 1.0})
SECOND = Description(4, 3, "Second", ("b", "c"), (), {"price": 2.0, "new": True})
THIRD = Description(4, 3, "Third", ("d",), (), {"new": False, "maker": "M"})


def test_what_only_others_say() -> None:
    """All tags, a title if there is none, and attributes that are not there, those of earlier ones first."""
    assert merged([FIRST, SECOND, THIRD]) == Change("Second", ("a", "b", "c", "d"), {"maker": "M", "new": True})
    assert merged([THIRD, SECOND]) == Change("Third", ("d", "b", "c"), {"price": 2.0})
    assert merged([FIRST]) == Change("", ("a", "b"), {})


def test_limits() -> None:
    """What is there already stays; of the rest as much is added as there is room for."""
    full = replace(FIRST, attributes={f"a{number}": 1.0 for number in range(MAX_ATTRIBUTES - 1)})
    tagged = replace(SECOND, tags=tuple(f"t{number}" for number in range(MAX_TAGS)), attributes={"x": "1", "y": "2"})

    change = merged([full, tagged])

    assert change.tags is not None and change.tags[:2] == ("a", "b") and len(change.tags) == MAX_TAGS
    assert len(change.attributes) == 1


def test_undoing() -> None:
    """The change back names everything that the merge touched: what it added goes, the rest is as before."""
    change = merged([FIRST, SECOND, THIRD])

    assert undoing(FIRST, change) == Change("", ("a", "b"), {"maker": None, "new": None}, Taken())


def test_when_it_was_taken() -> None:
    """The first to know keeps its word; the date of a file gives way to what a camera, a note or a person says."""
    guessed = replace(FIRST, taken=datetime(2026, 1, 1), taken_source=TakenSource.FILE)
    shot = replace(SECOND, taken=datetime(2019, 7, 4), taken_source=TakenSource.CAMERA)
    corrected = replace(THIRD, taken=datetime(2018, 7, 4), taken_source=TakenSource.PERSON)
    by_camera = Taken(datetime(2019, 7, 4), TakenSource.CAMERA)

    assert merged([FIRST, shot, corrected]).taken == merged([guessed, THIRD, shot]).taken == by_camera
    assert (
        merged([shot, corrected]).taken is merged([corrected, guessed]).taken is merged([FIRST, guessed]).taken is None
    )
    assert undoing(guessed, merged([guessed, shot])).taken == Taken(datetime(2026, 1, 1), TakenSource.FILE)
