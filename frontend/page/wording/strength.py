"""
How strong a match is, in words: its cosine similarity, compared with those of photos that have nothing in common.

The manifest of the embedding space has the latter (`calibration.unrelated_cosine`), so the words keep their meaning
when the model changes. Pure, so that it is tested without a browser.
"""

ALREADY = "Already in your library"
ALMOST = "Almost identical"
VERY = "Very similar"
SIMILAR = "Similar"
LESS = "Less similar"


def strength(score: float | None, unrelated: dict[str, float] | None) -> str:
    """
    Put a cosine similarity into words.

    Args:
        score: -1 to 1; None where nothing was compared.
        unrelated: The cosines that half, 95 and 99 of 100 unrelated pairs stay below, as `p50`, `p95` and `p99`;
            None for a model that was not calibrated.

    Returns:
        One of the phrases above but the first; empty if one of the arguments is None.
    """
    if score is None or unrelated is None:
        return ""
    if score >= twin_from(unrelated):
        return ALMOST
    if score > very_from(unrelated):
        return VERY
    return SIMILAR if score > unrelated["p99"] else LESS


def groups(
    matches: list[dict[str, object]], unrelated: dict[str, float] | None, sha256: str = ""
) -> list[tuple[str, list[dict[str, object]]]]:
    """
    Part matches by their strength.

    Args:
        matches: As the API gives them, best first.
        unrelated: See `strength`.
        sha256: Of the file that was searched with: the image of that very file is in a group of its own, the first.
            Empty for none.

    Returns:
        (phrase, matches) of each group that has any, best first. The others are one group without a phrase where
        nothing tells, or where the order is another than that of strength, as words count in it too.
    """
    same = [match for match in matches if sha256 and sha256_of(match) == sha256]
    already = [(ALREADY, same)] if same else []
    others = [match for match in matches if match not in same]
    parted: list[tuple[str, list[dict[str, object]]]] = []
    for match in others:
        score = match["score"]
        phrase = strength(score if isinstance(score, float) else None, unrelated)
        if not parted or parted[-1][0] != phrase:
            parted.append((phrase, []))
        parted[-1][1].append(match)
    phrases = [phrase for phrase, _ in parted]
    in_order = [phrase for phrase in (ALMOST, VERY, SIMILAR, LESS, "") if phrase in phrases]
    return already + (parted if phrases == in_order else [("", others)])


def sha256_of(match: dict[str, object]) -> object:
    """Return the SHA-256 of the file of a match's image."""
    image: dict[str, object] = match["image"]  # type: ignore[assignment]
    return image["sha256"]


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


def meaning(unrelated: dict[str, float] | None) -> str:
    """Explain the number and the words in a sentence or two."""
    number = "Cosine similarity: 1 means the same."
    if unrelated is None:
        return f"{number} How similar unrelated photos come out of this model has not been measured."
    return (
        f"{number} Of 100 pairs of unrelated photos, 99 stay below {unrelated['p99']:.2f}: what is above is similar. "
        f"Very similar begins at {very_from(unrelated):.2f}, almost identical at {twin_from(unrelated):.2f}."
    )
