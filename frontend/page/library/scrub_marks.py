"""The marks beside the scrubber: years where there are several, else months, and dots in between. Pure arithmetic."""

# How far apart marks are at least, from the middle of one to that of the other.
TEXT_PX = 22
DOT_PX = 9


def marks(months: list[tuple[float, str]], height_px: float) -> list[tuple[float, str]]:
    """
    Return (share, text) of each mark, in the order of the list; dots have no text.

    Args:
        months: (share, name) of each month in the order of the list, such as (0.25, "November 2026"): how far down the
            list it begins, from 0 to 1.
        height_px: How long the scrubber is.
    """
    several = len({year_of(name) for _share, name in months}) > 1
    texts: list[tuple[float, str]] = []
    before = ""
    for share, name in months:
        text = year_of(name) if several else name[:3]
        if text != before and not near(texts, share, height_px, TEXT_PX):
            texts.append((share, text))
        before = text
    found = list(texts)
    for share, _name in months:
        if not near(texts, share, height_px, TEXT_PX / 2) and not near(found, share, height_px, DOT_PX):
            found.append((share, ""))
    return sorted(found)


def year_of(name: str) -> str:
    """Return the year of a month."""
    return name.split(" ")[-1]


def near(placed: list[tuple[float, str]], share: float, height_px: float, distance_px: float) -> bool:
    """Whether a mark would come too near to one that is placed."""
    return any([abs(share - other) * height_px < distance_px for other, _text in placed])
