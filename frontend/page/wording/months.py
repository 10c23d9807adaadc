"""Months as headings."""

from pyscript import window
from pyscript.ffi import to_js

# An hour, as ISO 8601 writes its beginning in UTC -> its month here. A photo's month is asked for with every drawing.
months = {}

# A month, such as 2026-11 -> its name.
names = {}


def month_name(month: str) -> str:
    """Write a month (2026-11): 'November 2026'."""
    if month not in names:
        names[month] = written(window.Date.new(int(month[:4]), int(month[5:]) - 1, 1))
    return names[month]


def month(time: str) -> str:
    """Return the month of a time (ISO 8601, UTC) here: 'November 2026'."""
    hour = time[:13]
    if hour not in months:
        months[hour] = written(window.Date.new(time))
    return months[hour]


def written(date) -> str:
    """Write the month of a date of JavaScript's."""
    return date.toLocaleDateString("en", to_js({"month": "long", "year": "numeric"}))
