"""Attributes as pairs of whole numbers keep types, equality and order."""

import math
import sys

from hypothesis import given
from hypothesis import strategies as st

from backend.adapters.lance.attributes import KINDS, comparable, key_of, kind_of, to_columns

AWKWARD = [0.0, -0.0, 5e-324, -5e-324, sys.float_info.min, sys.float_info.max, -sys.float_info.max, 1.0, -1.0]

numbers = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(AWKWARD) | st.integers(-(2**60), 2**60)


@given(one=numbers, other=numbers)
def test_numbers(one: float, other: float) -> None:
    """They compare as the numbers do that they stand for, as floats, and fit into 64 bits."""
    one, other = float(one), float(other)
    assert (comparable(one) < comparable(other)) == (one < other)
    assert (comparable(one) == comparable(other)) == (one == other)
    assert -(2**63) < comparable(one) < 2**63


@given(number=st.floats(allow_nan=False, allow_infinity=False, max_value=1e308))
def test_neighbours(number: float) -> None:
    """No two numbers share a value, however close they are."""
    assert comparable(math.nextafter(number, math.inf)) == comparable(number) + 1 or number == -5e-324


@given(one=st.text(max_size=20), other=st.text(max_size=20))
def test_texts(one: str, other: str) -> None:
    """Equal ones have the same value, others another."""
    assert (comparable(one) == comparable(other)) == (one == other)
    assert 0 <= comparable(one) < 2**63


def test_keys() -> None:
    """A name has another key for each type, and no other name has one of them."""
    names = ["price", "sold", "", " ", "str price", "price float"]
    keys = {key_of(name, kind) for name in names for kind in KINDS}
    assert len(keys) == len(names) * len(KINDS)
    assert all(0 <= key < 2**63 for key in keys)


def test_columns() -> None:
    """Keys and values stand side by side; a whole number is the float that it equals, and yes is no number."""
    keys, values = to_columns({"price": 3, "sold": True, "maker": "3"})
    assert keys == [key_of("price", float), key_of("sold", bool), key_of("maker", str)]
    assert values == [comparable(3.0), 1, comparable("3")]
    assert [kind_of(value) for value in (3, 3.0, True, "3")] == [float, float, bool, str]


def test_values_that_rows_have() -> None:
    """They are the same for ever: whoever changes them has to make a new version of the table."""
    assert [comparable(value) for value in (0, 1.5, -1.5, True, "a")] == [
        0,
        4609434218613702656,
        -4609434218613702657,
        1,
        1702698405120146464,
    ]
    assert key_of("price", float) == 2161792368795523854
