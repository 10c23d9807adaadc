"""Proportions as numbers and as text."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.catalogue.proportions import DIGITS, SQUARE, code_of, ratio_of, write

SIDES = st.integers(1, 1_000_000)


@given(SIDES, SIDES)
def test_code(width: int, height: int) -> None:
    """A code has 12 bits and stands for the proportions within 0.07 %; upright is as far from a square as across."""
    code = code_of(width, height)

    assert 0 <= code < 4096
    assert ratio_of(code) == pytest.approx(min(max(width / height, 1 / 16), 16), rel=7e-4)
    assert code_of(height, width) - SQUARE == SQUARE - code


def test_square() -> None:
    """A square is one exactly."""
    assert (code_of(7, 7), ratio_of(SQUARE)) == (2048, 1)


@given(st.lists(st.integers(0, 4095)))
def test_text(codes: list[int]) -> None:
    """Two digits to the base 64 stand for each code, in order."""
    text = write(np.array(codes, dtype=np.int16))

    pairs = [text[at : at + 2] for at in range(0, len(text), 2)]
    assert [64 * DIGITS.index(pair[0]) + DIGITS.index(pair[1]) for pair in pairs] == codes
