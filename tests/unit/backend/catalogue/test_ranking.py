"""Two rankings become one that neither of them alone decides."""

from hypothesis import given
from hypothesis import strategies as st

from backend.catalogue.ranking import best_of, fuse
from backend.catalogue.values import ImageID, Match
from tests.support.records import image_id, record

A, B, C, D = (image_id(number) for number in range(4))

rankings = st.lists(st.permutations([A, B, C, D]).flatmap(lambda order: st.integers(0, 4).map(lambda n: order[:n])))


def test_in_both_rankings() -> None:
    """What both rankings know comes before what only one of them puts first."""
    assert fuse([A, B], [C, B]) == [B, A, C]


def test_equal_scores() -> None:
    """Between equals the order of the first ranking holds."""
    assert fuse([A, B], [B, A]) == [A, B]
    assert fuse([A], [B]) == [A, B]


def test_one_ranking() -> None:
    """A single ranking stays as it is, also beside an empty one."""
    assert fuse([C, A, B]) == fuse([C, A, B], []) == fuse([], [C, A, B]) == [C, A, B]


def test_published_constant() -> None:
    """With k = 60, twice in place 61 is more than once in place 1, and twice in place 62 no more."""
    for place, best in ((61, B), (62, A)):
        one = [A, *(image_id(100 + number) for number in range(place - 2)), B]
        other = [*(image_id(1000 + number) for number in range(place - 1)), B]
        assert (len(one), len(other)) == (place, place)
        assert fuse(one, other)[0] == best


@given(rankings)
def test_nothing_is_lost_or_invented(given_rankings: list[list[ImageID]]) -> None:
    """Each image of any ranking comes out once."""
    fused = fuse(*given_rankings)

    assert len(fused) == len(set(fused))
    assert set(fused) == {image for ranking in given_rankings for image in ranking}


def test_best_score_of_several_searches() -> None:
    """An image that several searches found has its best score, and all are in order of these."""
    first = [Match(0.9, record(1)), Match(0.5, record(2)), Match(0.4, record(3))]
    second = [Match(0.8, record(3)), Match(0.6, record(1)), Match(0.5, record(4))]

    assert best_of([first, second]) == [first[0], second[0], first[1], second[2]]
    assert best_of([first]) == first
    assert best_of([]) == []
