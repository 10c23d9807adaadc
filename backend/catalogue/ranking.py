"""Fuses several rankings of images into one."""

from collections.abc import Sequence

from .values import ImageID

# Source: Cormack, Clarke and Büttcher, Reciprocal Rank Fusion, SIGIR 2009, section 2: k = 60.
K = 60


def fuse(*rankings: Sequence[ImageID]) -> list[ImageID]:
    """Return the images of all rankings, best first, by reciprocal rank fusion. Ties keep the order of the first."""
    scores: dict[ImageID, float] = {}
    for ranking in rankings:
        for rank, image_id in enumerate(ranking, start=1):
            scores[image_id] = scores.get(image_id, 0.0) + 1 / (K + rank)
    return sorted(scores, key=lambda image_id: -scores[image_id])
