"""
How strong a match is, in words: its cosine similarity against those of pictures that have nothing in common.

The manifest of the embedding space says what these reach (`calibration.unrelated_cosine`), so the words keep their
meaning when the model changes. Pure, so that it is tested without a browser.
"""

CHANCE = "no better than chance"
SOMEWHAT = "somewhat alike"
ALIKE = "alike"
VERY = "very alike"


def strength(score: float | None, unrelated: dict | None) -> str:
    """
    Put a cosine similarity into words.

    Args:
        score: -1 to 1; None where nothing was compared.
        unrelated: The cosines that half, 95 and 99 of 100 unrelated pairs stay below, as `p50`, `p95` and `p99`;
            None for a model that was not calibrated.

    Returns:
        One of the four words above; empty if there is nothing to judge, or to judge by.
    """
    if score is None or unrelated is None:
        return ""
    if score <= unrelated["p95"]:
        return CHANCE
    if score <= unrelated["p99"]:
        return SOMEWHAT
    return ALIKE if score <= very_from(unrelated) else VERY


def very_from(unrelated: dict) -> float:
    """Return the middle between what one unrelated pair in a hundred reaches and 1: nearer to being the same."""
    return (unrelated["p99"] + 1) / 2


def twin_from(unrelated: dict) -> float:
    """
    Return the cosine from which two pictures pass for versions of one photograph.

    A fifth of the way back from 1 to what one unrelated pair in a hundred reaches: 0.92 for the bundled model. Measured
    with it on 300 photographs: the 1,110 pairs of the same product reach 0.911 at most, those of others 0.867, so that
    none is taken for a twin. Of 50 photographs those are that were saved anew as JPEG or WebP, brightened, halved in
    size, or cut by 2 of 100 at each side; 41 cut by 5 of 100; 30 shrunk to a third.
    """
    return 1 - (1 - unrelated["p99"]) / 5


def nothing_alike(scores: list, unrelated: dict | None) -> bool:
    """Whether even the best of these matches is no better than chance; not if there is none, or nothing to judge by."""
    words = [strength(score, unrelated) for score in scores]
    return bool(words) and all([word == CHANCE for word in words])


def meaning(unrelated: dict | None) -> str:
    """Say in a sentence or two how number and word are meant."""
    number = "Cosine similarity: 1 is the same."
    if unrelated is None:
        return f"{number} How alike unrelated pictures come out of this model has not been measured."
    return (
        f"{number} Of 100 pairs of unrelated pictures 95 stay below {unrelated['p95']:.2f}: no better than chance; "
        f"99 stay below {unrelated['p99']:.2f}: somewhat alike. Very alike begins at {very_from(unrelated):.2f}."
    )
