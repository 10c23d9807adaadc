"""The marks beside the scrubber."""

from itertools import pairwise

from frontend.page.library.scrub_marks import DOT_PX, TEXT_PX, marks

HEIGHT_PX = 600


def test_several_years() -> None:
    """Each is written where it begins, and its other months are dots."""
    months = [(0.0, "March 2026"), (0.2, "January 2026"), (0.4, "December 2025"), (0.7, "May 2024")]

    assert marks(months, HEIGHT_PX) == [(0.0, "2026"), (0.2, ""), (0.4, "2025"), (0.7, "2024")]


def test_one_year() -> None:
    """Its months are written."""
    months = [(0.0, "November 2026"), (0.5, "October 2026"), (0.9, "May 2026")]

    assert marks(months, HEIGHT_PX) == [(0.0, "Nov"), (0.5, "Oct"), (0.9, "May")]


def test_no_months() -> None:
    """A list that is not sorted by time has no marks."""
    assert marks([], HEIGHT_PX) == []


def test_many_months() -> None:
    """Nothing is written over another, and dots keep clear of both."""
    months = [(number / 240, f"Month {2026 - number // 12}") for number in range(240)]
    found = marks(months, HEIGHT_PX)
    texts = [(share, text) for share, text in found if text]

    assert len(texts) > 10
    assert min(after - before for (before, _), (after, _) in pairwise(texts)) * HEIGHT_PX >= TEXT_PX
    assert min(after - before for (before, _), (after, _) in pairwise(found)) * HEIGHT_PX >= DOT_PX
