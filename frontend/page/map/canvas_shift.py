"""Moves and scales a drawn canvas to where another look has it, which costs no drawing."""


def shift(canvas, drawn: tuple, camera) -> None:
    """
    Show a canvas as seen by a camera.

    Args:
        drawn: The middle of the map that the canvas was drawn for, and the scale: (x, y, pixels).
    """
    x, y, scale = drawn
    dx, dy = (x - camera.x) * camera.scale, (y - camera.y) * camera.scale
    canvas.style.transform = f"translate({dx:.2f}px,{dy:.2f}px) scale({camera.scale / scale:.5f})"
