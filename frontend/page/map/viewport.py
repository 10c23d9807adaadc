"""
The part of the map in view: (left, top, side) of a square within the unit square, (0, 0, 1) for all of it.

Pure, so that it is tested without a browser.
"""

ALL = (0, 0, 1)

# The side of the smallest viewport. A guess: there, even the most crowded of 5,000 photos lie apart.
SMALLEST = 1 / 128


def moved(viewport: tuple, dx: float, dy: float) -> tuple:
    """Move the viewport by fractions of its side, as far as the map goes."""
    left, top, side = viewport
    return fitted(left + dx * side, top + dy * side, side)


def zoomed(viewport: tuple, factor: float, x: float = 0.5, y: float = 0.5) -> tuple:
    """Zoom in by a factor; the point at these fractions of the viewport stays where it is."""
    left, top, side = viewport
    smaller = max(SMALLEST, min(side / factor, 1))
    return fitted(left + x * (side - smaller), top + y * (side - smaller), smaller)


def point_at(viewport: tuple, x: float, y: float) -> tuple:
    """Return the point of the map at these fractions of the viewport."""
    left, top, side = viewport
    return left + x * side, top + y * side


def transform(drawn: tuple, viewport: tuple) -> tuple:
    """
    Return how to move and scale what is drawn for one viewport so that it shows another.

    Returns:
        The way to the right and down, as fractions of width and height, and the factor.
    """
    return (drawn[0] - viewport[0]) / viewport[2], (drawn[1] - viewport[1]) / viewport[2], drawn[2] / viewport[2]


def fitted(left: float, top: float, side: float) -> tuple:
    """Bring a viewport into the map."""
    return max(0, min(left, 1 - side)), max(0, min(top, 1 - side)), side
