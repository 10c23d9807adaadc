"""Counting by month."""

from datetime import UTC, datetime

import numpy as np
import pytest

from backend.catalogue.months import by_month
from backend.catalogue.values import MonthCount

MOMENTS = [
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(2026, 10, 31, 23, 30, tzinfo=UTC),
    datetime(2026, 11, 1, 0, 29, 59, 999_000, tzinfo=UTC),
    datetime(2026, 11, 30, 12, tzinfo=UTC),
]


@pytest.mark.parametrize(
    ("offset_min", "expected"),
    [
        (0, {"1970-01": 1, "2026-10": 1, "2026-11": 2}),
        (30, {"1970-01": 1, "2026-11": 3}),
        (-30, {"1969-12": 1, "2026-10": 2, "2026-11": 1}),
        (13 * 60, {"1970-01": 1, "2026-11": 2, "2026-12": 1}),
    ],
)
@pytest.mark.parametrize("descending", [False, True])
def test_months_of_local_time(offset_min: int, descending: bool, expected: dict[str, int]) -> None:
    """A moment counts in the month that it has where the clocks are ahead of UTC by so much."""
    moments = np.array([round(moment.timestamp() * 1000) for moment in reversed(MOMENTS)], dtype=np.int64)

    months = [MonthCount(month, count) for month, count in expected.items()]
    assert by_month(moments, offset_min, descending) == (months[::-1] if descending else months)


def test_no_month() -> None:
    """Without images there is none."""
    assert by_month(np.array([], dtype=np.int64), 0, True) == []
