"""
A part of a photo: (left, top, width, height) as fractions of the photo's width and height, always within it.

Pure, so that it is tested without a browser.
"""

# The shortest side, as a fraction: less is a slip of the finger, and too few pixels to search with. A guess.
SMALLEST = 0.05


def between(x: float, y: float, other_x: float, other_y: float) -> tuple:
    """Return the part that two opposite corners span, in whichever order; points outside count as on the border."""
    left, right = ordered(within(x, 0, 1), within(other_x, 0, 1))
    top, bottom = ordered(within(y, 0, 1), within(other_y, 0, 1))
    return fitted(left, top, right - left, bottom - top)


def moved(region: tuple, dx: float, dy: float) -> tuple:
    """Move a part, as far as the photo goes."""
    left, top, width, height = region
    return fitted(left + dx, top + dy, width, height)


def resized(region: tuple, dx: float, dy: float) -> tuple:
    """Make a part wider and higher, or narrower and lower; its upper left corner stays."""
    left, top, width, height = region
    return left, top, within(width + dx, SMALLEST, 1 - left), within(height + dy, SMALLEST, 1 - top)


def opposite(region: tuple, corner: str) -> tuple:
    """Return the point (x, y) that stays when a corner is dragged: 'nw', 'ne', 'sw' or 'se'."""
    left, top, width, height = region
    return left + width if "w" in corner else left, top + height if "n" in corner else top


def fitted(left: float, top: float, width: float, height: float) -> tuple:
    """Make a part at least as large as the smallest, and move it into the photo."""
    width, height = within(width, SMALLEST, 1), within(height, SMALLEST, 1)
    return within(left, 0, 1 - width), within(top, 0, 1 - height), width, height


def format_region(region: tuple) -> str:
    """Write a part for an address: four numbers to a thousandth."""
    return ",".join([f"{value:.3f}" for value in region])


def parse_region(text: str) -> tuple | None:
    """Read a part from an address; None if it is none."""
    try:
        left, top, width, height = [float(part) for part in text.split(",")]
    except ValueError:
        return None
    # Also false for NaN.
    if 0 <= left <= 1 and 0 <= top <= 1 and 0 < width <= 1 and 0 < height <= 1:
        return fitted(left, top, width, height)
    return None


def ordered(one: float, other: float) -> tuple:
    """Return the smaller first."""
    return (one, other) if one <= other else (other, one)


def within(value: float, low: float, high: float) -> float:
    """Return the value, or the bound that it is beyond."""
    return max(low, min(value, high))
