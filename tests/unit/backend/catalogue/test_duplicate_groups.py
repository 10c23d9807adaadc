"""What belongs into one group of duplicates, and which of it is kept."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.catalogue.duplicate_groups import MAX_GROUP, Group, Pair, Reason, Size, grouped, listed, pair, pairs
from backend.catalogue.values import ImageID, ImageRecord
from tests.support.records import facts, image_id, record

A, B, C, D, E = (image_id(number) for number in range(5))
SIZES = {image: Size(100 - number, 10) for number, image in enumerate([A, B, C, D, E])}
"""A is the best, E the worst."""


def test_versions_of_one_picture() -> None:
    """The best comes first, whichever side of a pair named the other."""
    assert grouped({B: [A], A: [C]}, SIZES, frozenset()) == [Group((A, B, C))]
    assert grouped({A: [], B: []}, SIZES, frozenset()) == []
    assert grouped({}, SIZES, frozenset()) == []


def test_chain() -> None:
    """Of a series of which each is like the next, nothing is a version of a keeper that it is not like."""
    chain = {A: [B], B: [C], C: [D], D: [E]}

    assert grouped(chain, SIZES, frozenset()) == [Group((C, D)), Group((A, B))]


def test_middle_that_is_the_best() -> None:
    """What is like the keeper belongs to it, even if two members are not like each other."""
    sizes = SIZES | {B: Size(1000, 10)}

    assert grouped({A: [B], B: [C]}, sizes, frozenset()) == [Group((B, A, C))]


def test_version_of_two_keepers() -> None:
    """It goes to the better one, and no image is in two groups."""
    assert grouped({A: [D], B: [C, D]}, SIZES, frozenset()) == [Group((A, D)), Group((B, C))]


@pytest.mark.parametrize(
    ("apart", "expected"),
    [
        ({pair(A, B)}, [Group((A, C))]),
        ({pair(B, A), pair(C, A)}, [Group((B, C))]),
        ({pair(C, B)}, [Group((A, B))]),
        ({pair(A, B), pair(A, C), pair(B, C)}, []),
    ],
)
def test_pairs_that_are_none(apart: set[Pair], expected: list[Group]) -> None:
    """They are in no group together, also not through a third one."""
    assert grouped({A: [B, C], B: [C]}, SIZES, frozenset(apart)) == expected


def test_gone() -> None:
    """What does not exist any more is in no group, and leaves the others together if they are alike."""
    left = {each: SIZES[each] for each in (B, C, D)}

    assert grouped({A: [B, C], B: [C], D: [A]}, left, frozenset()) == [Group((B, C))]


def test_more_than_anybody_looks_through() -> None:
    """A huge group becomes several, in which everything is once."""
    many = [image_id(number) for number in range(2 * MAX_GROUP + 5)]
    versions = {one: [other for other in many if other != one] for one in many}
    groups = grouped(versions, dict.fromkeys(many, Size(1, 1)), frozenset())

    assert sorted(len(group.ids) for group in groups) == [5, MAX_GROUP, MAX_GROUP]
    assert sorted(each for group in groups for each in group.ids) == many


@given(
    st.dictionaries(st.integers(0, 9), st.sets(st.integers(0, 9))),
    st.dictionaries(st.integers(0, 9), st.tuples(st.integers(1, 3), st.integers(1, 3))),
    st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9))),
)
def test_any_library(
    versions: Mapping[int, set[int]], sizes: Mapping[int, tuple[int, int]], apart: set[tuple[int, int]]
) -> None:
    """Whatever is like what: groups are disjoint, each member is like the keeper, which is the best, and none apart."""
    linked = {image_id(one): [image_id(other) for other in others if other != one] for one, others in versions.items()}
    known = {image_id(number): Size(*size) for number, size in sizes.items()}
    never = frozenset(pair(image_id(one), image_id(other)) for one, other in apart if one != other)

    groups = grouped(linked, known, never)

    members = [each for group in groups for each in group.ids]
    assert len(members) == len(set(members)) and set(members) <= known.keys()
    for group in groups:
        keeper, *others = group.ids
        assert others and all(other in linked.get(keeper, []) or keeper in linked.get(other, []) for other in others)
        order = [(-known[each].pixels, -known[each].file_bytes, each) for each in group.ids]
        assert order == sorted(order)
        assert not never & set(pairs(group.ids))
    newest = [group.newest for group in groups]
    assert newest == sorted(newest, reverse=True)


def sized(number: int, width: int, file_bytes: int) -> ImageRecord:
    image = record(number)
    original = replace(facts(str(number).encode()), size=file_bytes)
    return replace(image, original=original, description=replace(image.description, width=width, height=10))


def test_listed_group() -> None:
    """It says why its first is the one to keep, what that saves, and has a name as long as nobody joins or leaves."""
    images = {image.id: image for image in (sized(0, 9, 50), sized(1, 8, 70), sized(2, 8, 60), sized(3, 8, 60))}

    def of(*ids: ImageID) -> tuple[Reason, int]:
        (group,) = listed([Group(ids)], images)
        return group.reason, group.saves_bytes

    assert of(A, B, C) == (Reason.MOST_PIXELS, 130)
    assert of(B, C) == (Reason.LARGEST_FILE, 60)
    assert of(C, D) == (Reason.EARLIEST, 60)
    names = [listed([Group(ids)], images)[0].id for ids in ((A, B, C), (C, A, B), (A, B))]
    assert names[0] == names[1] != names[2] and len(names[0]) == 32


def test_member_that_vanishes_while_groups_are_listed() -> None:
    """The next best becomes the keeper; a group of one is none."""
    images = {image.id: image for image in (sized(1, 8, 70), sized(2, 8, 60))}

    (group,) = listed([Group((A, B, C)), Group((D, E))], images)

    assert [image.id for image in group.images] == [B, C]
    assert group.saves_bytes == 60


def test_all_pairs() -> None:
    """Each pair is there once, in order, whatever order they are named in."""
    assert pairs([C, A, B, A]) == [(A, B), (A, C), (B, C)] == [pair(B, A), pair(A, C), pair(C, B)]
    assert pairs([A, A]) == []
