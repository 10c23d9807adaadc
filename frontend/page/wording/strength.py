"""
How strong a match is, in words: by how rarely a photo that has nothing to do with it would come as near by chance.

The manifest of the embedding space says how alike unrelated photos come out (`calibration.unrelated_cosine`), and in a
large library there are more of them, so that the best of them come nearer. Pure, so that it is tested without a
browser.
"""

import math

ALREADY = "Already in your library"
ALMOST = "Almost identical"
VERY = "Very similar"
SIMILAR = "Similar"
LESS = "Less similar"

# The best match counts as similar if at most this many unrelated photos are expected to come as near, times the number
# of photos that are searched to the power of GROWTH: a larger library also has more that are truly alike. With it the
# words hold from 100 photos to 5,000. Measured: tests/benchmarks/results/strength.md.
BY_CHANCE = 0.04
GROWTH = 0.4

# Smaller libraries are judged like one of so many photos: in one of three nearly everything would be similar.
SMALLEST = 100

# Where many are near, most of them are there for a reason: of the first k matches so many times more may be by chance,
# k to the power of this. (At 1, a fixed share of those called similar would be: the rule of Benjamini and Hochberg,
# 1995. It says similar of too many in a library of thousands.)
MORE_OF_MANY = 0.7

# Very similar is so many times rarer.
VERY_RARER = 100


class Scale:
    """What cosine similarities mean in one search."""

    def __init__(self, quantiles: dict[str, float], searched: int, scores: list[float]) -> None:
        """
        Make the scale of a search.

        Args:
            quantiles: The cosines that 50, 90, 99, 99.9 and 99.99 of 100 unrelated photos stay below, by these numbers.
            searched: Among how many photos.
            scores: Of the matches.
        """
        # (cosine, logarithm of the share of unrelated photos that reach it), the lowest cosine first.
        self._tail = sorted([(cosine, math.log10(1 - float(name) / 100)) for name, cosine in quantiles.items()])
        best_first = sorted(scores, reverse=True)
        share = BY_CHANCE * max(searched, SMALLEST) ** (GROWTH - 1)
        self.similar_from = self._limit(best_first, share)
        self.very_from = self._limit(best_first, share / VERY_RARER)

    def strength(self, score: float) -> str:
        """Put a cosine similarity, -1 to 1, into words."""
        if score >= self.very_from:
            return VERY
        return SIMILAR if score >= self.similar_from else LESS

    def meaning(self) -> str:
        """Explain the numbers and the words in a few sentences."""
        similar, very = [rounded(1 / self._share_above(limit)) for limit in (self.similar_from, self.very_from)]
        return (
            f"How alike, up to 1. Similar begins here at {self.similar_from:.2f}: of photos with nothing in common, "
            f"one in {similar:,} is as alike. Very similar begins at {self.very_from:.2f}: one in {very:,}."
        )

    def _limit(self, scores: list[float], share: float) -> float:
        """
        Return the score from which matches count, if the best one counts that this share of unrelated photos reaches.

        Args:
            scores: The best first.
        """
        limit = self._reached_by(share)
        if not scores or scores[0] < limit:
            return limit
        for number, score in enumerate(scores, 1):
            if score < limit and self._share_above(score) <= share * number**MORE_OF_MANY:
                limit = score
        return limit

    def _share_above(self, score: float) -> float:
        """Return the share of unrelated photos that reach a score: between two quantiles on a straight line."""
        (low, low_share), (high, high_share) = self._around([cosine < score for cosine, _ in self._tail])
        return 10 ** min(low_share + (score - low) * (high_share - low_share) / (high - low), 0)

    def _reached_by(self, share: float) -> float:
        """Return the score that this share of unrelated photos reaches."""
        wanted = math.log10(share)
        (low, low_share), (high, high_share) = self._around([log_share > wanted for _, log_share in self._tail])
        return min(low + (high - low) * (wanted - low_share) / (high_share - low_share), 1.0)

    def _around(self, are_below: list[bool]) -> list[tuple[float, float]]:
        """Return the two neighbours in the tail between which something lies, or those that are nearest to it."""
        above = min(max(sum(are_below), 1), len(self._tail) - 1)
        return self._tail[above - 1 : above + 1]


def scale_of(quantiles: dict[str, float] | None, searched: int, matches: list[dict[str, object]]) -> Scale | None:
    """
    Make the scale of a search's answer.

    Args:
        quantiles: As `Scale` takes them; None for a model that was not calibrated, which has no scale.
        searched: Among how many photos.
        matches: As the API gives them; those that words alone have found have no score.
    """
    scores: list[float] = [match["score"] for match in matches if match["score"] is not None]  # type: ignore[misc]
    return Scale(quantiles, searched, scores) if quantiles else None


def groups(
    matches: list[dict[str, object]], scale: Scale | None, sha256: str = ""
) -> list[tuple[str, list[dict[str, object]]]]:
    """
    Part matches by their strength.

    Args:
        matches: As the API gives them, best first.
        scale: None where nothing tells how strong they are.
        sha256: Of the file that was searched with: the image of that very file is in a group of its own, the first.
            Empty for none.

    Returns:
        (phrase, matches) of each group that has any, best first. After versions of the photo itself, the others are one
        group without a phrase where nothing tells, or where the order is another than that of strength, as words count
        in it too.
    """
    phrases = [phrase_of(match, scale, sha256) for match in matches]
    told = [phrase for phrase in phrases if phrase in (VERY, SIMILAR, LESS)]
    if told != [phrase for phrase in (VERY, SIMILAR, LESS) for other in told if other == phrase]:
        phrases = ["" if phrase in (VERY, SIMILAR, LESS) else phrase for phrase in phrases]
    parted: list[tuple[str, list[dict[str, object]]]] = []
    for phrase in (ALREADY, ALMOST, VERY, SIMILAR, LESS, ""):
        of_phrase = [match for number, match in enumerate(matches) if phrases[number] == phrase]
        if of_phrase:
            parted.append((phrase, of_phrase))
    return parted


def phrase_of(match: dict[str, object], scale: Scale | None, sha256: str) -> str:
    """Say how strong a match is; empty where nothing tells."""
    image: dict[str, object] = match["image"]  # type: ignore[assignment]
    if sha256 and image["sha256"] == sha256:
        return ALREADY
    if match["duplicate"]:
        return ALMOST
    score = match["score"]
    return scale.strength(score) if scale and isinstance(score, float) else ""


def rounded(number: float) -> int:
    """Round to two digits, as people say numbers."""
    step = 10 ** max(math.floor(math.log10(number)) - 1, 0)
    return round(number / step) * step
