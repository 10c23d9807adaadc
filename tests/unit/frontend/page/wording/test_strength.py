"""Match strength in words, by what unrelated pictures reach."""

import pytest

from frontend.page.wording.strength import CHANCE, SIMILAR, SOMEWHAT, VERY, meaning, nothing_alike, strength, twin_from

UNRELATED = {"p50": 0.3, "p95": 0.5, "p99": 0.6}


@pytest.mark.parametrize(
    ("score", "words"),
    [(-1.0, CHANCE), (0.5, CHANCE), (0.51, SOMEWHAT), (0.6, SOMEWHAT), (0.61, SIMILAR), (0.8, SIMILAR), (0.81, VERY)],
)
def test_words_begin_above_what_unrelated_pairs_reach(score: float, words: str) -> None:
    """What unrelated pairs reach just as well does not count as alike."""
    assert strength(score, UNRELATED) == words


def test_nothing_to_judge_by() -> None:
    """A model that was not calibrated, and a match by words alone, get no words that would have to be made up."""
    assert strength(0.9, None) == ""
    assert strength(None, UNRELATED) == ""
    assert not nothing_alike([0.1], None)
    assert "has not been measured" in meaning(None)


@pytest.mark.parametrize(
    ("scores", "nothing"), [([0.5, 0.2], True), ([0.51, 0.2], False), ([], False), ([None], False)]
)
def test_nothing_alike_only_where_the_best_is_no_better_than_chance(scores: list[float | None], nothing: bool) -> None:
    """One match above chance is enough; without matches there is nothing to say that of."""
    assert nothing_alike(scores, UNRELATED) is nothing


def test_the_meaning_names_the_measured_values() -> None:
    """Whoever asks what a word means sees the numbers behind it."""
    assert all(number in meaning(UNRELATED) for number in ("0.50", "0.60", "0.80"))


def test_versions_of_a_photograph_begin_far_above_unrelated_pairs() -> None:
    """The threshold moves with the model: a fifth of the way from the same picture to what unrelated ones reach."""
    assert twin_from(UNRELATED) == pytest.approx(0.92)
    assert twin_from({"p99": 0.5935}) == pytest.approx(0.9187, abs=1e-4)
