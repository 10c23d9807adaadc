"""Makes one ranking of images out of several."""

from collections.abc import Sequence

from .values import ImageID, Match

# Source: Cormack, Clarke and Büttcher, Reciprocal Rank Fusion, SIGIR 2009, section 2: k = 60.
K = 60


def fuse(*rankings: Sequence[ImageID]) -> list[ImageID]:
    """Return the images of all rankings, best first, by reciprocal rank fusion. Ties keep the order of the first."""
    scores: dict[ImageID, float] = {}
    for ranking in rankings:
        for rank, image_id in enumerate(ranking, start=1):
            scores[image_id] = scores.get(image_id, 0.0) + 1 / (K + rank)
    return sorted(scores, key=lambda image_id: -scores[image_id])


def best_of(rankings: Sequence[Sequence[Match]]) -> list[Match]:
    """Return the images of all rankings by score, each with its best score. Ties keep the order of the rankings."""
    best: dict[ImageID, Match] = {}
    for match in (match for ranking in rankings for match in ranking):
        known = best.get(match.image.id)
        if known is None or _score(match) > _score(known):
            best[match.image.id] = match
    return sorted(best.values(), key=_score, reverse=True)


def _score(match: Match) -> float:
    return -1.0 if match.score is None else match.score
