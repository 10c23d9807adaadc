"""
How the matches of a search are arranged: in groups, in an order, down to a limit, versions of one photo as one.

Pure, so that it is tested without a browser.
"""

from frontend.page.wording.clock_times import clock_time
from frontend.page.wording.strength import ALMOST, ALREADY, LESS, Scale, groups

BEST = "best"
NEWEST = "newest"
OLDEST = "oldest"

# Order -> the heading over what is similar, which are groups of their own in the order of strength.
HEADINGS = {NEWEST: "Newest first", OLDEST: "Oldest first"}


def arranged(
    matches: list[dict[str, object]], scale: Scale | None, sha256: str, order: str, least: float
) -> list[tuple[str, list[tuple[dict[str, object], list[dict[str, object]]]]]]:
    """
    Arrange matches.

    Args:
        matches: As the API gives them, best first.
        scale: Of their strength, see `groups`; `sha256` too.
        order: BEST, or by when they were taken, among what is similar.
        least: What is less alike is left out; what was not compared stays.

    Returns:
        (heading, stacks) of each group that has any; a stack is a match and the versions of it that come after it.
    """
    parted = groups([match for match in matches if is_alike(match, least)], scale, sha256)
    if order != BEST:
        weak = [group for group in parted if group[0] == LESS]
        others = [match for phrase, of_group in parted if phrase != LESS for match in of_group]
        strong = [(HEADINGS[order], by_time(others, order))] if others else []
        parted = strong + [(phrase, by_time(of_group, order)) for phrase, of_group in weak]
    return [(phrase, stacked(of_group, phrase)) for phrase, of_group in parted]


def is_alike(match: dict[str, object], least: float) -> bool:
    """Say whether a match is at least so much alike, or cannot be told."""
    score = match["score"]
    return not isinstance(score, float) or score >= least or match["duplicate"] is True


def by_time(matches: list[dict[str, object]], order: str) -> list[dict[str, object]]:
    """Sort matches by when they were taken; of those taken at once the better one comes first."""
    newest = order == NEWEST
    # MicroPython's sorting is not stable: the place decides between those taken at once.
    ranked = [
        (clock_time(match["image"]), -place if newest else place)  # type: ignore[arg-type]
        for place, match in enumerate(matches)
    ]
    return [matches[abs(place)] for _, place in sorted(ranked, reverse=newest)]


def stacked(matches: list[dict[str, object]], phrase: str) -> list[tuple[dict[str, object], list[dict[str, object]]]]:
    """Put versions of one photo together, where the first of them is; of the photo searched with, each is wanted."""
    if phrase in (ALREADY, ALMOST):
        return [(match, []) for match in matches]
    ids = [of_image(match, "id") for match in matches]
    firsts = [match for match in matches if match["version_of"] not in ids]
    return [(first, [match for match in matches if match["version_of"] == of_image(first, "id")]) for first in firsts]


def of_image(match: dict[str, object], name: str) -> object:
    """Return what the API says of a match's image under a name."""
    image: dict[str, object] = match["image"]  # type: ignore[assignment]
    return image[name]
