"""Days beyond those that the API knows."""

import pytest

from frontend.page.wording.days import FIRST, LAST, within_calendar


@pytest.mark.parametrize("day", ["2026-11-30", "1850-01-01", FIRST, LAST])
def test_a_day_of_the_calendar(day: str) -> None:
    """It stays as it is."""
    assert within_calendar(day) == day


@pytest.mark.parametrize(
    ("day", "instead"), [("12345-01-01", LAST), ("275760-09-13", LAST), ("2999-12-31", LAST), ("0001-01-01", FIRST)]
)
def test_a_day_beyond_the_calendar(day: str, instead: str) -> None:
    """The last, or the first, that can be asked for stands in: what lies before or after it is the same."""
    assert within_calendar(day) == instead
