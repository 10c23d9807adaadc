"""Numbers as people read them."""

import pytest

from frontend.page.wording.numbers import counted, duration, file_size, progress, speed


def test_counts() -> None:
    """One is singular, thousands have a comma."""
    assert [counted(count, "picture", "pictures") for count in (0, 1, 1200)] == [
        "0 pictures",
        "1 picture",
        "1,200 pictures",
    ]


def test_file_sizes() -> None:
    """Small files are in kilobytes, others in megabytes."""
    assert [file_size(size) for size in (5, 99_999, 100_000, 3_210_000)] == ["0.0 kB", "100.0 kB", "0.1 MB", "3.2 MB"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "1 second"),
        (7.4, "7 seconds"),
        (59.4, "59 seconds"),
        (59.6, "1 minute"),
        (70, "1 minute"),
        (130, "2 minutes"),
        (3569, "59 minutes"),
        (3599, "1 hour"),
        (9000, "2 hours 30 minutes"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    """Seconds up to a minute, then minutes, then hours with minutes."""
    assert duration(seconds) == text


def test_speeds() -> None:
    """What is done less than twice in a second is counted by the minute, and then by the hour."""
    assert [speed(per_second) for per_second in (4.06, 1.99, 1, 0.25, 0.01)] == [
        "4 a second",
        "2 a second",
        "60 a minute",
        "15 a minute",
        "36 an hour",
    ]


def test_progress() -> None:
    """While there is no rate, only the number is told."""
    assert progress(1, 300, 0) == "1 of 300"
    assert progress(2, 1300, 1) == "2 of 1,300 · 60 a minute · 22 minutes left"
