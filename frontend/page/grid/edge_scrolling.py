"""How fast a page scrolls under a pointer that drags near the edge of the window. Pure arithmetic."""

# How near that is, and how much of the window's top the bars cover.
EDGE_PX = 72
COVERED_PX = 96

# At the very edge and beyond. A guess: two or three screens a second are followed with the eye.
FASTEST_PX_PER_S = 2200


def scroll_px_per_s(pointer_px: float, window_px: float) -> float:
    """
    Return how fast to scroll down, negative for up; 0 away from the edges.

    Args:
        pointer_px: How far below the window's top the pointer is.
        window_px: How high the window is.
    """
    above = (COVERED_PX + EDGE_PX - pointer_px) / EDGE_PX
    below = (pointer_px - window_px + EDGE_PX) / EDGE_PX
    depth = below if below > 0 else -max(above, 0)
    depth = max(min(depth, 1), -1)
    return depth * abs(depth) * FASTEST_PX_PER_S
