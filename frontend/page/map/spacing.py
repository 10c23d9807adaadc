"""Which names of islands have room: pure, so that it is tested without a browser."""


def spaced(islands: list, most: int, apart: tuple) -> list:
    """Return the first islands whose names do not come too near to one before."""
    chosen = []
    for island in islands:
        if len(chosen) == most:
            break
        if all(abs(island[1] - other[1]) > apart[0] or abs(island[2] - other[2]) > apart[1] for other in chosen):
            chosen.append(island)
    return chosen
