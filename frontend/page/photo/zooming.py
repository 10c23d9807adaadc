"""
Where a photo lies on its stage, and what a finger means by a stroke. Pure, so that it is tested without a browser.

A *place* is (x, y, zoom): how far the photo's middle is from that of the stage, in pixels, and how much larger the
photo is than fitted. Points are measured from the middle of the stage, sizes are (width, height) in pixels.
"""

# The photo fitted into the stage.
WHOLE = (0.0, 0.0, 1.0)

# How many pixels of the screen a pixel of the photo may cover. A guess.
LARGEST = 4

# A stroke of a finger that is shorter is none, in pixels; a quick one may be as short as the second.
STROKE_PX = 80
FLICK_PX = 30

# A stroke counts as quick up to so many milliseconds.
FLICK_MS = 250

PREVIOUS, NEXT, AWAY = "previous", "next", "away"


def most(photo: tuple, fitted: tuple, stage: tuple) -> float:
    """Return the largest zoom: enough to see each pixel, and to fill the stage."""
    return max(LARGEST * photo[0] / fitted[0], filling(fitted, stage), 2.0)


def filling(fitted: tuple, stage: tuple) -> float:
    """Return the zoom at which a fitted photo touches two sides of the stage; 1 unless it has too few pixels."""
    return max(1.0, min(stage[0] / fitted[0], stage[1] / fitted[1]))


def nearer(photo: tuple, fitted: tuple, stage: tuple) -> float:
    """Return the zoom of a double click: a pixel for a pixel; a photo that is shown so already fills the stage."""
    whole_pixels = photo[0] / fitted[0]
    return whole_pixels if whole_pixels > 1.05 else max(filling(fitted, stage), 2.0)


def zoomed(place: tuple, zoom: float, point: tuple) -> tuple:
    """Return the place at another zoom, with what is at a point staying there."""
    factor = zoom / place[2]
    return point[0] - (point[0] - place[0]) * factor, point[1] - (point[1] - place[1]) * factor, zoom


def held(place: tuple, fitted: tuple, stage: tuple) -> tuple:
    """Return the place, moved so that no edge of the photo leaves a side of the stage which the photo could reach."""
    x, y, zoom = place
    room_x = max(0.0, (fitted[0] * zoom - stage[0]) / 2)
    room_y = max(0.0, (fitted[1] * zoom - stage[1]) / 2)
    return max(-room_x, min(x, room_x)), max(-room_y, min(y, room_y)), zoom


def stroke(dx: float, dy: float, took_ms: float) -> str:
    """Return what a finger means that moved so far: PREVIOUS, NEXT, AWAY (downwards) or, if not far enough, nothing."""
    enough_px = FLICK_PX if took_ms <= FLICK_MS else STROKE_PX
    if abs(dx) >= enough_px and abs(dx) > abs(dy):
        return PREVIOUS if dx > 0 else NEXT
    if dy >= enough_px and dy > 2 * abs(dx):
        return AWAY
    return ""
