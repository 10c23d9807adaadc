"""To which photo an arrow key leads: pure, so that it is tested without a browser."""

import math


def nearest_along(way: tuple, here: tuple, places: dict) -> str | None:
    """
    Return the id of the nearest place in a direction, of those that lie straight ahead if there are any.

    Args:
        way: (x, y) of the direction, of length 1.
        here: Where one is.
        places: id -> (x, y).

    Returns:
        None if nothing lies in that direction.
    """
    best = None
    least = (True, math.inf)
    for image_id, place in places.items():
        along = (place[0] - here[0]) * way[0] + (place[1] - here[1]) * way[1]
        aside = abs((place[0] - here[0]) * way[1]) + abs((place[1] - here[1]) * way[0])
        rank = (aside > along, along + 2 * aside)
        if along > 0 and rank < least:
            best = image_id
            least = rank
    return best
