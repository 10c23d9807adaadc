"""What counts as a vector."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from backend.catalogue.errors import InvalidVector
from backend.catalogue.vectors import same, to_vector
from tests.support.spaces import near, normalised, vector

directions = st_numpy.arrays(np.float64, 16, elements=st.floats(-1, 1)).filter(lambda x: np.linalg.norm(x) > 1e-3)


@given(directions, st.floats(0.9991, 1.0009))
def test_nearly_unit_length(direction: np.ndarray, length: float) -> None:
    """A vector within a thousandth of unit length is scaled to it, and keeps its direction."""
    given_values = direction / np.linalg.norm(direction) * length

    made = to_vector(given_values.astype(np.float32), 16)

    assert made.dtype == np.float32
    assert np.linalg.norm(made) == pytest.approx(1, abs=1e-6)
    assert made @ given_values == pytest.approx(length, abs=1e-5)


@given(directions, st.floats(0, 0.998) | st.floats(1.002, 1e30))
def test_other_length(direction: np.ndarray, length: float) -> None:
    """A vector further from unit length is refused: who sent it has not normalised it."""
    with pytest.raises(InvalidVector, match="unit length"):
        to_vector(direction / np.linalg.norm(direction) * length, 16)


@given(directions, st.integers(0, 15), st.sampled_from([np.nan, np.inf, -np.inf]))
def test_value_that_is_not_finite(direction: np.ndarray, position: int, value: float) -> None:
    """The message says which value is not finite."""
    direction[position] = value

    with pytest.raises(InvalidVector, match=f"Value {position} of the vector"):
        to_vector(direction, 16)


@given(st_numpy.arrays(np.float32, st_numpy.array_shapes(max_dims=3), elements=st.floats(-1, 1, width=32)))
def test_other_shape(values: np.ndarray) -> None:
    """Only a row of `dimension` values is a vector."""
    with pytest.raises(InvalidVector, match="values"):
        to_vector(values, 1000)


def test_same_vector_after_rounding_to_half_precision() -> None:
    """What float16 does to a vector of 1280 values leaves it the same; another picture is not."""
    original = vector(1, 1280)

    assert same(normalised(original.astype(np.float16).astype(np.float64)), original)
    assert not same(near(original, 2), original)
