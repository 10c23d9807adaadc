"""Match strength in words, by what unrelated photos reach in a library of that size."""

import pytest

from frontend.page.wording.strength import ALMOST, ALREADY, LESS, SIMILAR, VERY, Scale, groups, rounded, scale_of

# Tenfold rarer every 0.15, as nearly all of the bundled model's are.
QUANTILES = {"50": 0.0, "90": 0.1, "99": 0.25, "99.9": 0.4, "99.99": 0.55}

Match = dict[str, object]


def scale(scores: list[float]) -> Scale:
    """Return the scale of a search among 1,000 photos."""
    return Scale(QUANTILES, 1000, scores)


def match(score: float | None, duplicate: bool = False, sha256: str = "") -> Match:
    """Return a match as the API describes it."""
    return {"score": score, "duplicate": duplicate, "image": {"sha256": sha256}}


@pytest.mark.parametrize(("searched", "similar_from"), [(1, 0.3397), (100, 0.3397), (1000, 0.4297), (5000, 0.4926)])
def test_the_larger_the_library_the_more_similar(searched: int, similar_from: float) -> None:
    """Among more photos unrelated ones come nearer by chance, so that a match has to be better."""
    assert Scale(QUANTILES, searched, []).similar_from == pytest.approx(similar_from, abs=0.001)


@pytest.mark.parametrize(
    ("score", "words"), [(-1.0, LESS), (0.42, LESS), (0.44, SIMILAR), (0.72, SIMILAR), (0.74, VERY), (1.0, VERY)]
)
def test_words_begin_above_what_unrelated_photos_reach(score: float, words: str) -> None:
    """What unrelated photos reach just as well does not count as similar; a hundred times rarer is very similar."""
    assert scale([score]).strength(score) == words


def test_among_many_that_are_near() -> None:
    """Where many are similar, one more needs less; where the best one is not, none is."""
    many = [0.5 - number / 100 for number in range(20)]
    assert scale(many).strength(0.35) == SIMILAR
    assert scale(many).strength(0.2) == LESS
    assert scale([0.5, 0.35]).strength(0.35) == LESS
    assert scale([0.42] * 20).strength(0.42) == LESS


@pytest.mark.parametrize("searched", [0, 1, 10**9])
@pytest.mark.parametrize("scores", [[], [-1.0], [1.0] * 60, [0.0] * 60])
def test_libraries_of_any_size(searched: int, scores: list[float]) -> None:
    """However small or large a library is, similar begins below very similar, and nothing needs more than 1."""
    found = Scale(QUANTILES, searched, scores)
    assert 0 < found.similar_from < found.very_from <= 1
    assert "one in" in found.meaning()


def test_the_scale_of_an_answer() -> None:
    """Matches without a score, which words alone have found, do not count; a model that was not calibrated has none."""
    matches: list[dict[str, object]] = [{"score": 0.5}, {"score": None}, {"score": 0.35}]
    found = scale_of(QUANTILES, 1000, matches)
    assert found and found.similar_from == scale([0.5, 0.35]).similar_from
    assert scale_of(None, 1000, matches) is None


def test_groups() -> None:
    """Matches stay in their order, those of one strength together; there is no group without any."""
    scores = [0.95, 0.9, 0.5, 0.3, 0.1]
    matches = [match(score) for score in scores]
    expected = [(VERY, matches[:2]), (SIMILAR, matches[2:3]), (LESS, matches[3:])]
    assert groups(matches, scale(scores)) == expected
    assert groups([], scale([])) == []


def test_versions_of_the_photo_come_first() -> None:
    """A version of it may be less alike than another photo, and is almost identical all the same."""
    matches = [match(0.9), match(0.6, duplicate=True), match(0.2, duplicate=True)]
    assert groups(matches, scale([0.9, 0.6, 0.2])) == [(ALMOST, matches[1:]), (VERY, matches[:1])]
    assert groups(matches, None) == [(ALMOST, matches[1:]), ("", matches[:1])]


def test_the_very_same_file() -> None:
    """It comes first, in a group of its own, in whatever order the others are."""
    scores = [0.99, 0.98, 0.1]
    found = [match(score, score > 0.9, str(score)) for score in scores]
    assert groups(found, scale(scores), "0.98") == [(ALREADY, [found[1]]), (ALMOST, [found[0]]), (LESS, [found[2]])]
    assert groups(found, None, "0.98") == [(ALREADY, [found[1]]), (ALMOST, [found[0]]), ("", [found[2]])]


def test_one_group_where_nothing_tells_matches_apart() -> None:
    """Without a measure, and of what was found by words alone, all are in one group, which has no name."""
    matches, by_words = [match(0.9), match(0.1)], [match(None), match(None)]
    assert groups(matches, None) == [("", matches)]
    assert groups(by_words, scale([])) == [("", by_words)]


def test_one_group_where_words_count_too() -> None:
    """What has the words comes before what is more similar: groups would tear apart what is ordered as a whole."""
    scores = [0.5, 0.9, 0.5, 0.1]
    matches = [match(score) for score in scores]
    assert groups(matches, scale(scores)) == [("", matches)]


def test_the_meaning_names_the_measured_values() -> None:
    """Whoever asks what a word means sees the numbers behind it, and how rare these are."""
    meaning = scale([]).meaning()
    assert all(
        number in meaning for number in ("begins here at 0.43", "one in 1,600 ", "begins at 0.73: one in 160,000")
    )


@pytest.mark.parametrize(("number", "said"), [(1.0, 1), (7.4, 7), (94.87, 95), (948.7, 950), (94868.3, 95000)])
def test_numbers_as_people_say_them(number: float, said: int) -> None:
    """Two digits count."""
    assert rounded(number) == said
