"""Cursors: what is written is read back, everything else is refused."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.exceptions import ValidationException

from backend.catalogue.values import ImageID, Position, Sort
from backend.web.cursors import MAX_CURSOR, read_cursor, write_cursor

ID = ImageID("0123456789abcdef" * 2)

# As the wire lets them in: no control characters, no halves of a pair.
TITLES = st.text(st.characters(min_codepoint=32, exclude_characters="\x7f", exclude_categories=["Cs"]), max_size=200)


@given(st.sampled_from([Sort.TITLE, Sort.TITLE_DESCENDING]), TITLES)
def test_position_among_titles(sort: Sort, title: str) -> None:
    """Every title that there can be comes back, and no cursor is longer than is read."""
    cursor = write_cursor(sort, Position(title, ID))

    assert read_cursor(cursor, sort) == Position(title, ID)
    assert len(cursor) <= MAX_CURSOR and cursor.replace("-", "").replace("_", "").isalnum()


@given(st.sampled_from([sort for sort in Sort if sort.column != "title"]), st.integers(-(2**53) + 1, 2**53 - 1))
def test_position_among_numbers(sort: Sort, value: int) -> None:
    """So do times, also those before 1970, and sizes."""
    assert read_cursor(write_cursor(sort, Position(value, ID)), sort) == Position(value, ID)


@pytest.mark.parametrize("other", [sort for sort in Sort if sort is not Sort.NEWEST])
def test_cursor_of_another_order(other: Sort) -> None:
    """A list cannot be gone on with in another order."""
    with pytest.raises(ValidationException, match="another order than"):
        read_cursor(write_cursor(Sort.NEWEST, Position(1, ID)), other)


@given(st.text(max_size=100))
def test_any_text(text: str) -> None:
    """No text gets further than to a sentence."""
    with pytest.raises(ValidationException, match="not the `next`"):
        read_cursor(text, Sort.NEWEST)


@pytest.mark.parametrize(
    "changes",
    [
        *({"value": value} for value in ("x", -(2**53), True, 1.5, 2**53)),
        *({"id": value} for value in ("x", ID + "\n", None)),
        {"sort": "id"},
        {"more": 1},
    ],
)
def test_altered_cursor(changes: dict[str, object]) -> None:
    """A cursor is not signed, so whatever is in it is checked like any other input."""
    fields = {"sort": "-taken", "value": 1, "id": ID} | changes
    cursor = base64.urlsafe_b64encode(json.dumps(fields).encode()).decode()

    with pytest.raises(ValidationException):
        read_cursor(cursor, Sort.NEWEST)
