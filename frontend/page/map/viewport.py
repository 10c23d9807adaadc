"""
The part of a map that is seen: (left, top, side) of a square within the unit square, (0, 0, 1) for all of it.

Pure, so that it is tested without a browser.
"""

ALL = (0, 0, 1)

SMALLEST = 1 / 128
"""The side of the smallest part. A guess: of 5,000 pictures, those that lie thickest are apart then."""


def moved(view: tuple, dx: float, dy: float) -> tuple:
    """Move the part by fractions of its side, as far as the map goes."""
    left, top, side = view
    return fitted(left + dx * side, top + dy * side, side)


def zoomed(view: tuple, factor: float, x: float = 0.5, y: float = 0.5) -> tuple:
    """Enlarge what is seen by a factor; the point at these fractions of the part stays where it is."""
    left, top, side = view
    smaller = max(SMALLEST, min(side / factor, 1))
    return fitted(left + x * (side - smaller), top + y * (side - smaller), smaller)


def place_of(view: tuple, x: float, y: float) -> tuple:
    """Return the point of the map that is seen at these fractions of the part."""
    left, top, side = view
    return left + x * side, top + y * side


def shift(drawn: tuple, view: tuple) -> tuple:
    """
    Return how what is drawn for one part has to move and grow to show another.

    Returns:
        How far it goes to the right and down, as fractions of its width and height, and the factor that it grows by.
    """
    return (drawn[0] - view[0]) / view[2], (drawn[1] - view[1]) / view[2], drawn[2] / view[2]


def fitted(left: float, top: float, side: float) -> tuple:
    """Bring a part into the map."""
    return max(0, min(left, 1 - side)), max(0, min(top, 1 - side)), side
