"""
Times as cameras and programs write them into files, and which of them make no sense. Pure.

A time is that of the clock where the photo was taken: with the clock's offset from UTC where it is known, else naive.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

# The year of the oldest photograph that is kept, Niépce's view from his window.
FIRST_YEAR: Final = 1826

# Where clocks that were never set begin to count: those of old Macs and of videos, of Unix, and of DOS and zip.
ZEROS: Final = (datetime(1904, 1, 1), datetime(1970, 1, 1), datetime(1980, 1, 1))

# How far ahead of our clock a time may be: clocks are wrong, and in some places it is 14 hours later than by UTC.
AHEAD: Final = timedelta(days=1)

# No clock is farther from UTC. Source: the IANA time zone database (Pacific/Kiritimati).
MOST_OFFSET_MIN: Final = 14 * 60

# Both that of EXIF (`2026:05:03 14:07:31`, the time perhaps in blanks) and ISO 8601 as XMP has it, also by day only.
_TIME = re.compile(
    r"\s*(\d{4})[:/.-](\d{1,2})[:/.-](\d{1,2})(?!\d)"
    r"(?:[ T]+(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?(?:[.,](\d+))?\s*(Z|[+-]\d{1,2}:?\d{2})?)?"
)
_OFFSET = re.compile(r"\s*([+-])(\d{1,2}):?(\d{2})\s*")


def read_time(text: str, now: datetime, offset: str = "", fraction: str = "") -> datetime | None:
    """
    Read a time; None if it is none, or makes no sense.

    Args:
        now: In UTC.
        offset: The offset from UTC as EXIF has it (`+02:00`), if it is not in the text.
        fraction: Digits of the fraction of a second, if they are not in the text.
    """
    found = _TIME.match(text)
    if not found:
        return None
    year, month, day, hour, minute, second, within_text, zone = found.groups()
    digits = "".join(re.findall(r"\d", within_text or fraction))[:3].ljust(3, "0")
    try:
        time = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), int(digits) * 1000
        )
    except ValueError:
        return None
    return time.replace(tzinfo=read_offset(zone or offset)) if makes_sense(time, now) else None


def read_offset(text: str) -> timezone | None:
    """Read an offset from UTC; None if it is none."""
    if text.strip() == "Z":
        return UTC
    found = _OFFSET.fullmatch(text)
    if not found or int(found[3]) > 59:
        return None
    minutes = 60 * int(found[2]) + int(found[3])
    return timezone(timedelta(minutes=minutes if found[1] == "+" else -minutes)) if minutes <= MOST_OFFSET_MIN else None


def from_moment(moment_ms: float, offset_min: int, now: datetime) -> datetime | None:
    """
    Return what a clock says at a moment; None if that makes no sense.

    Args:
        moment_ms: Milliseconds since 1970.
        offset_min: How far the clock is ahead of UTC.
    """
    try:
        moment = datetime(1970, 1, 1) + timedelta(milliseconds=int(moment_ms))
        time = moment + timedelta(minutes=offset_min)
    except (OverflowError, ValueError):
        return None
    sound = makes_sense(moment, now) and makes_sense(time, now)
    return time.replace(tzinfo=timezone(timedelta(minutes=offset_min))) if sound else None


def makes_sense(time: datetime, now: datetime) -> bool:
    """Say whether a photo can have been taken at a time (naive)."""
    return time.year >= FIRST_YEAR and time not in ZEROS and time <= now.replace(tzinfo=None) + AHEAD


def with_offset_of(time: datetime, moment: datetime) -> datetime:
    """Add the offset to a time (naive) of which the moment (UTC) is known, if a clock can have that offset."""
    ahead = time - moment.replace(tzinfo=None)
    # Clocks are ahead by whole quarters of an hour; the seconds of the two may have been rounded apart.
    quarters = round(ahead / timedelta(minutes=15))
    exact = timedelta(minutes=15 * quarters)
    if abs(ahead - exact) > timedelta(seconds=2) or abs(exact) > timedelta(minutes=MOST_OFFSET_MIN):
        return time
    return time.replace(tzinfo=timezone(exact))


def written(time: datetime) -> str:
    """Write a time as the API takes it (ISO 8601, to the millisecond)."""
    return time.isoformat(timespec="milliseconds" if time.microsecond else "seconds")
