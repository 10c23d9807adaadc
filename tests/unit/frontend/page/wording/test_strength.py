"""Match strength in words, by what unrelated pictures reach."""

import pytest

from frontend.page.wording.strength import ALMOST, ALREADY, LESS, SIMILAR, VERY, groups, meaning, strength, twin_from

UNRELATED = {"p50": 0.3, "p95": 0.5, "p99": 0.6}


@pytest.mark.parametrize(
    ("score", "words"),
    [
        (-1.0, LESS),
        (0.6, LESS),
        (0.61, SIMILAR),
        (0.8, SIMILAR),
        (0.81, VERY),
        (0.919, VERY),
        (0.921, ALMOST),
        (1.0, ALMOST),
    ],
)
def test_words_begin_above_what_unrelated_pairs_reach(score: float, words: str) -> None:
    """What unrelated pairs reach just as well does not count as similar."""
    assert strength(score, UNRELATED) == words


def test_nothing_to_judge_by() -> None:
    """A model that was not calibrated, and a match by words alone, get no words that would have to be made up."""
    assert strength(0.9, None) == ""
    assert strength(None, UNRELATED) == ""
    assert "has not been measured" in meaning(None)


def test_groups() -> None:
    """Matches stay in their order, those of one strength together; there is no group without any."""
    matches: list[dict[str, object]] = [{"score": score} for score in (0.99, 0.95, 0.7, 0.5, 0.1)]
    assert groups(matches, UNRELATED) == [(ALMOST, matches[:2]), (SIMILAR, matches[2:3]), (LESS, matches[3:])]
    assert groups([], UNRELATED) == []


def test_the_very_same_file() -> None:
    """It comes first, in a group of its own, in whatever order the others are."""
    ordered: list[dict[str, object]] = [
        {"score": score, "image": {"sha256": str(score)}} for score in (0.99, 0.98, 0.1)
    ]
    assert groups(ordered, UNRELATED, "0.98") == [(ALREADY, [ordered[1]]), (ALMOST, [ordered[0]]), (LESS, [ordered[2]])]
    assert groups(ordered, None, "0.98") == [(ALREADY, [ordered[1]]), ("", [ordered[0], ordered[2]])]
    assert groups(ordered[:1], UNRELATED, "0.99") == [(ALREADY, ordered[:1])]


def test_one_group_where_nothing_tells_matches_apart() -> None:
    """Without a measure, and of what was found by words alone, all are in one group, which has no name."""
    matches: list[dict[str, object]] = [{"score": 0.99}, {"score": 0.1}]
    by_words: list[dict[str, object]] = [{"score": None}, {"score": None}]
    assert groups(matches, None) == [("", matches)]
    assert groups(by_words, UNRELATED) == [("", by_words)]


def test_one_group_where_words_count_too() -> None:
    """What has the words comes before what is more similar: groups would tear apart what is ordered as a whole."""
    matches: list[dict[str, object]] = [{"score": score} for score in (0.7, 0.99, 0.7, 0.1)]
    assert groups(matches, UNRELATED) == [("", matches)]


def test_the_meaning_names_the_measured_values() -> None:
    """Whoever asks what a word means sees the numbers behind it."""
    assert all(number in meaning(UNRELATED) for number in ("0.60", "0.80", "0.92"))


def test_versions_of_a_photograph_begin_far_above_unrelated_pairs() -> None:
    """The threshold moves with the model: a fifth of the way from the same picture to what unrelated ones reach."""
    assert twin_from(UNRELATED) == pytest.approx(0.92)
    assert twin_from({"p99": 0.5935}) == pytest.approx(0.9187, abs=1e-4)
