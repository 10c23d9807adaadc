"""
How strong a match is, in words: its cosine similarity, compared with those of photos that have nothing in common.

The manifest of the embedding space has the latter (`calibration.unrelated_cosine`), so the words keep their meaning
when the model changes. Pure, so that it is tested without a browser.
"""

CHANCE = "no better than chance"
SOMEWHAT = "somewhat similar"
SIMILAR = "similar"
VERY = "very similar"


def strength(score: float | None, unrelated: dict[str, float] | None) -> str:
    """
    Put a cosine similarity into words.

    Args:
        score: -1 to 1; None where nothing was compared.
        unrelated: The cosines that half, 95 and 99 of 100 unrelated pairs stay below, as `p50`, `p95` and `p99`;
            None for a model that was not calibrated.

    Returns:
        One of the four phrases above; empty if one of the arguments is None.
    """
    if score is None or unrelated is None:
        return ""
    if score <= unrelated["p95"]:
        return CHANCE
    if score <= unrelated["p99"]:
        return SOMEWHAT
    return SIMILAR if score <= very_from(unrelated) else VERY


def very_from(unrelated: dict[str, float]) -> float:
    """Return the middle between what one unrelated pair in a hundred reaches and 1."""
    return (unrelated["p99"] + 1) / 2


def twin_from(unrelated: dict[str, float]) -> float:
    """
    Return the cosine from which two images count as versions of one photograph.

    A fifth of the way back from 1 to what one unrelated pair in a hundred reaches: 0.92 for the bundled model. Measured
    with it on 300 photographs: the 1,110 pairs of the same product reach 0.911 at most, those of others 0.867, so that
    none is taken for a twin. Of 50 photographs those are that were saved anew as JPEG or WebP, brightened, halved in
    size, or cut by 2 of 100 at each side; 41 cut by 5 of 100; 30 shrunk to a third.
    """
    return 1 - (1 - unrelated["p99"]) / 5


def nothing_alike(scores: list[float | None], unrelated: dict[str, float] | None) -> bool:
    """Tell whether even the best match is no better than chance; False if there is none, or nothing to judge by."""
    words = [strength(score, unrelated) for score in scores]
    return bool(words) and all([word == CHANCE for word in words])


def meaning(unrelated: dict[str, float] | None) -> str:
    """Explain the number and the words in a sentence or two."""
    number = "Cosine similarity: 1 means the same."
    if unrelated is None:
        return f"{number} How similar unrelated photos come out of this model has not been measured."
    return (
        f"{number} Of 100 pairs of unrelated photos, 95 stay below {unrelated['p95']:.2f} (no better than chance) and "
        f"99 below {unrelated['p99']:.2f} (somewhat similar). Very similar begins at {very_from(unrelated):.2f}."
    )
