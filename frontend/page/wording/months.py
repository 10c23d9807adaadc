"""Months as headings."""

from pyscript import window
from pyscript.ffi import to_js

# An hour, as ISO 8601 writes its beginning in UTC -> its month here. A photo's month is asked for with every drawing.
months = {}


def month(time: str) -> str:
    """Return the month of a time (ISO 8601, UTC) here: 'November 2026'."""
    hour = time[:13]
    if hour not in months:
        months[hour] = window.Date.new(time).toLocaleDateString("en", to_js({"month": "long", "year": "numeric"}))
    return months[hour]
