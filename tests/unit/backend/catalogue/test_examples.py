"""Several examples become one vector."""

import numpy as np
import pytest

from backend.catalogue.errors import InvalidVector
from backend.catalogue.examples import LESS_SHARE, combine, drawn_to
from tests.support.spaces import vector


def test_one_example_is_the_query() -> None:
    """Nothing is computed where there is nothing to combine."""
    assert np.array_equal(combine([vector(1)], []), vector(1))


def test_mean_minus_a_share_of_the_mean() -> None:
    """The result points to the mean of the ones, away from that of the others, and has unit length."""
    more, less = [vector(1), vector(2)], [vector(3), vector(4)]
    expected = (more[0] + more[1]) / 2 - LESS_SHARE * (less[0] + less[1]) / 2

    combined = combine(more, less)

    assert combined.dtype == np.float32
    assert combined == pytest.approx(expected / np.linalg.norm(expected), abs=1e-6)


def test_examples_that_cancel_each_other_out() -> None:
    """There is no direction left to search in, which is said, not guessed."""
    with pytest.raises(InvalidVector, match="cancel"):
        combine([vector(1), -vector(1)], [])


def test_words_beside_a_photo() -> None:
    """The direction lies between photo and words, nearer to the words, as cosines to these are smaller."""
    drawn = drawn_to(vector(1), vector(2))

    expected = vector(1) + 2 * vector(2)
    assert drawn == pytest.approx(expected / np.linalg.norm(expected), abs=1e-6)
