"""Times as they are written into files."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from frontend.embedder.clock_times import from_moment, read_offset, read_time, with_offset_of, written

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026:05:03 14:07:31", "2026-05-03T14:07:31"),
        ("2026:05:03 14:07:31\0", "2026-05-03T14:07:31"),
        ("2026-05-03T14:07:31", "2026-05-03T14:07:31"),
        ("2026-05-03T14:07:31.25Z", "2026-05-03T14:07:31.250+00:00"),
        ("2026-05-03T14:07:31-03:30", "2026-05-03T14:07:31-03:30"),
        ("2026-05-03T14:07+02:00", "2026-05-03T14:07:00+02:00"),
        ("2026-05-03", "2026-05-03T00:00:00"),
        ("2026:05:03   :  :  ", "2026-05-03T00:00:00"),
        ("1888:10:14 10:00:00", "1888-10-14T10:00:00"),
        ("2026:11:23 11:59:59", "2026-11-23T11:59:59"),
    ],
)
def test_a_time(text: str, expected: str) -> None:
    """EXIF's form and ISO 8601 are read, as far as they go."""
    time = read_time(text, NOW)
    assert time is not None and written(time) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0000:00:00 00:00:00",
        "    :  :     :  :  ",
        "20266:05:03 14:07:31",
        "2026:13:03 14:07:31",
        "2026:02:30 14:07:31",
        "2026:05:03 25:07:31",
        "2026:11:23 12:00:01",
        "2099:01:01 00:00:00",
        "1825:12:31 23:59:59",
        "1904:01:01 00:00:00",
        "1970:01:01 00:00:00",
        "1980:01:01 00:00:00",
        "2026-05",
        "yesterday",
    ],
)
def test_no_time(text: str) -> None:
    """Blanks, days that there are not, clocks that were never set, and what is yet to come are no times."""
    assert read_time(text, NOW) is None


def test_offset_and_fraction_in_other_fields() -> None:
    """They count where the text has none of its own."""
    time = read_time("2026:05:03 14:07:31", NOW, "+05:45", "12")
    assert time is not None and written(time) == "2026-05-03T14:07:31.120+05:45"
    time = read_time("2026-05-03T14:07:31.5-01:00", NOW, "+05:45", "12")
    assert time is not None and written(time) == "2026-05-03T14:07:31.500-01:00"
    time = read_time("2026:05:03 14:07:31", NOW, "   :  ", "    ")
    assert time is not None and written(time) == "2026-05-03T14:07:31"


@pytest.mark.parametrize("text", ["", "+15:00", "-14:30", "02:00", "+2", "+02:75", "UTC"])
def test_no_offset(text: str) -> None:
    """No clock is farther from UTC than 14 hours."""
    assert read_offset(text) is None


def test_a_moment_on_a_clock_here() -> None:
    """What a clock here says is known with its offset; the beginning of a clock's count is no time."""
    time = from_moment(1_562_257_325_500, 120, NOW)
    assert time is not None and written(time) == "2019-07-04T18:22:05.500+02:00"
    # Zip has no time before 1980, and writes that by the clock where it is unpacked.
    for nonsense in (0, 315_529_200_000, 4_000_000_000_000, 1e300, -1e300):
        assert from_moment(nonsense, 60, NOW) is None


@pytest.mark.parametrize(
    ("apart", "offset"),
    [
        (timedelta(hours=2), timedelta(hours=2)),
        (timedelta(hours=-3, minutes=-30, seconds=1), timedelta(hours=-3, minutes=-30)),
        (timedelta(hours=2, minutes=7), None),
        (timedelta(hours=20), None),
    ],
)
def test_time_and_moment_together(apart: timedelta, offset: timedelta | None) -> None:
    """They tell the clock's offset, if a clock can have that one."""
    moment = datetime(2019, 7, 4, 16, 22, 5, tzinfo=UTC)
    time = moment.replace(tzinfo=None) + apart

    found = with_offset_of(time, moment)

    assert found.replace(tzinfo=None) == time
    assert found.tzinfo == (None if offset is None else timezone(offset))
