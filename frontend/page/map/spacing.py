"""Which names of islands have room, and where: pure, so that it is tested without a browser."""

# How wide a letter is on average, and how high a line is, in sizes of the type; and how much is free around a name.
LETTER = 0.58
LINE = 1.2
FREE_PX = 6


def spaced(names: list, most: int, scale: float, aspect: float) -> list:
    """
    Choose the first names that do not come too near to one before.

    Args:
        names: (text, x, y, size of the type in pixels) of each; no text is shown twice.
        scale: How many pixels a height of the map takes up.
        aspect: The map's width over its height; names stay within its width.

    Returns:
        Those that have room.
    """
    chosen = []
    taken = []
    for text, x, y, size_px in names:
        if len(chosen) == most:
            break
        half = (len(text) * LETTER * size_px / 2 + FREE_PX, LINE * size_px / 2 + FREE_PX)
        edge = min(half[0] / scale, aspect / 2)
        x = max(edge, min(x, aspect - edge))
        box = (x * scale, y * scale, half[0], half[1])
        if all(text != other[0] for other in chosen) and not any(overlap(box, other) for other in taken):
            chosen.append((text, x, y, size_px))
            taken.append(box)
    return chosen


def overlap(one: tuple, other: tuple) -> bool:
    """Tell whether two boxes overlap: the middle and half of width and height of each."""
    return abs(one[0] - other[0]) < one[2] + other[2] and abs(one[1] - other[1]) < one[3] + other[3]
