"""Days that the API can be asked about. Pure, so that it is tested without a browser."""

# Fields for dates take years of up to six digits, of which neither JavaScript nor the server can make a time in ISO
# 8601 with four. A day more or less, for the time zone and for the end of a day, has to be within these years as well.
FIRST = "0001-01-02"
LAST = "9999-12-30"


def within_calendar(day: str) -> str:
    """Return a day (`2026-11-30`) as it is, or the first or last that the API knows in place of one beyond these."""
    if len(day.split("-")[0]) > 4:
        return LAST
    return min(max(day, FIRST), LAST)
