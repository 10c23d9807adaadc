"""Cuts photos into rows that fill a width in the photos' true proportions. Pure arithmetic, in pixels."""

import math

# Panoramas and strips are shown cut beyond these proportions (width by height), as they would leave nothing to see.
NARROWEST = 0.4
WIDEST = 3.2

# The digits of the API's proportions, and their scale: see `GET /proportions`.
DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
SQUARE = 2048
STEPS_PER_DOUBLING = 511

# A row with too few photos to fill the width is left as it is, rather than made more than so many times as high.
MOST_STRETCHED = 1.5


def proportion(width: float, height: float) -> float:
    """Return the width by height that a photo of so many pixels is shown with: to the step, as the API rounds it."""
    ratio = max(width, 1) / max(height, 1)
    return of_number(min(max(round(SQUARE + STEPS_PER_DOUBLING * math.log(ratio) / math.log(2)), 0), 2 * SQUARE - 1))


def read_proportion(digits: str) -> float:
    """Return the width by height that a photo is shown with, from its two digits in the API's proportions."""
    return of_number(64 * DIGITS.index(digits[0]) + DIGITS.index(digits[1]))


def of_number(number: int) -> float:
    """Return the width by height that a number of the API's proportions stands for, as it is shown."""
    return min(max(2 ** ((number - SQUARE) / STEPS_PER_DOUBLING), NARROWEST), WIDEST)


def filled_rows(ratios: list[float], width_px: float, gap_px: float, row_px: float) -> list[tuple[int, float]]:
    """
    Cut photos into rows that all fill the width.

    Args:
        ratios: Width by height of each photo.
        row_px: How high rows would like to be.

    Returns:
        (count, height) of each row. Too few photos for one row make one that does not fill the width.
    """
    total = sum(ratios)
    rows = min(max(round((total * row_px + gap_px * len(ratios)) / (width_px + gap_px)), 1), len(ratios))
    if rows <= 1:
        return [(len(ratios), fitting_px(ratios, width_px, gap_px, row_px))] if ratios else []
    cut: list[tuple[int, float]] = []
    start, done = 0, 0.0
    for row in range(1, rows):
        goal = total * row / rows
        end = start + 1
        done += ratios[start]
        while end < len(ratios) - (rows - row) and done + ratios[end] / 2 <= goal:
            done += ratios[end]
            end += 1
        cut.append((end - start, height_px(ratios[start:end], width_px, gap_px)))
        start = end
    cut.append((len(ratios) - start, height_px(ratios[start:], width_px, gap_px)))
    return cut


def ragged_rows(ratios: list[float], width_px: float, gap_px: float, row_px: float) -> list[tuple[int, float]]:
    """Cut photos into rows as `filled_rows`, but for the last, which need not fill the width: nothing follows it."""
    cut: list[tuple[int, float]] = []
    start = 0
    while start < len(ratios):
        end = start + 1
        while end < len(ratios) and height_px(ratios[start:end], width_px, gap_px) > row_px:
            end += 1
        row = ratios[start:end]
        full = height_px(row, width_px, gap_px)
        if end - start > 1 and full < row_px:
            fewer = height_px(row[:-1], width_px, gap_px)
            if fewer - row_px < row_px - full:
                end, full = end - 1, fewer
        cut.append((end - start, min(full, row_px * MOST_STRETCHED) if end < len(ratios) else min(full, row_px)))
        start = end
    return cut


def height_px(ratios: list[float], width_px: float, gap_px: float) -> float:
    """Return how high a row of these photos is that fills the width."""
    return max(width_px - gap_px * (len(ratios) - 1), 1) / sum(ratios)


def fitting_px(ratios: list[float], width_px: float, gap_px: float, row_px: float) -> float:
    """Return how high a single row is: one that fills the width unless it would be far too high."""
    full = height_px(ratios, width_px, gap_px)
    return full if full <= row_px * MOST_STRETCHED else row_px
