"""Days that the API can be asked about. Pure, so that it is tested without a browser."""

# Photos were taken in the years that the API knows. Fields for dates take years of up to six digits. The day after the
# last has to be within these years as well.
FIRST = "1800-01-01"
LAST = "2999-12-30"


def within_calendar(day: str) -> str:
    """Return a day (`2026-11-30`) as it is, or the first or last that the API knows in place of one beyond these."""
    if len(day.split("-")[0]) > 4:
        return LAST
    return min(max(day, FIRST), LAST)
