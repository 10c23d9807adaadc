"""
The proportions of images as numbers of 12 bits, so that those of a whole library fit into one answer.

Proportions are compared by their logarithm: a step is 0.14 % of the width, whether an image is upright or a panorama.
"""

import math

import numpy as np
import numpy.typing as npt

SQUARE = 2048
"""The code of a square."""

STEPS = 511
"""Steps for each doubling of width / height."""

DOUBLINGS = 4
"""Images wider than 16:1, or taller than 1:16, count as these."""

# Of base64url (RFC 4648, section 5): none of them needs quoting anywhere.
DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def code_of(width: int, height: int) -> int:
    """Return the code of an image's proportions, SQUARE - 2044 to SQUARE + 2044."""
    doublings = min(max(math.log2(width / height), -DOUBLINGS), DOUBLINGS)
    return SQUARE + round(STEPS * doublings)


def ratio_of(code: int) -> float:
    """Return width / height of a code, within 0.07 % for all that is not cut off."""
    return 2 ** ((code - SQUARE) / STEPS)


def write(codes: npt.NDArray[np.int16]) -> str:
    """
    Write codes as text of two digits each, the higher first.

    Args:
        codes: (N,), each 0 to 4095.
    """
    digits = np.frombuffer(DIGITS.encode(), dtype=np.uint8)
    return digits[np.stack([codes >> 6, codes & 63], axis=1)].tobytes().decode()
