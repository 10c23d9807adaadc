"""The slider of time: photos that were taken outside of the range are dimmed."""

from pyscript import window
from pyscript.ffi import to_js

from frontend.page.browser.dom import find

STEPS = 1000

DAY_S = 86_400


class TimeRange:
    """Two sliders on one line, and what they mean in words."""

    def __init__(self, on_change) -> None:
        """`on_change` is called with the ends of the range, 0 to 1."""
        self._on_change = on_change
        self._first = 0.0
        self._last = 0.0
        for name in ("map-from", "map-until"):
            find(name).addEventListener("input", self._changed)

    def show(self, first: float, last: float) -> None:
        """
        Offer the times from the first to the last photo; nothing within a day.

        They are in seconds since 1970, by the clocks where photos were taken.
        """
        self._first, self._last = first, last
        find("map-time").hidden = last - first < DAY_S
        find("map-from").value, find("map-until").value = 0, STEPS
        self._describe()

    def _changed(self, event) -> None:
        first, last = self._ends()
        if first > last:  # The one that is moved pushes the other.
            other = find("map-until" if event.target.id == "map-from" else "map-from")
            other.value = event.target.value
            first, last = self._ends()
        self._describe()
        # Photos at the very ends are never lost to rounding.
        self._on_change(first - 0.0005 if first else -1, last + 0.0005 if last < 1 else 2)

    def _ends(self) -> tuple:
        return int(find("map-from").value) / STEPS, int(find("map-until").value) / STEPS

    def _describe(self) -> None:
        first, last = self._ends()
        style = find("map-time").style
        style.setProperty("--from", str(first))
        style.setProperty("--until", str(last))
        begins, ends = self._date(first), self._date(last)
        find("map-from").setAttribute("aria-valuetext", begins)
        find("map-until").setAttribute("aria-valuetext", ends)
        find("map-dates").textContent = begins if begins == ends else f"{begins} to {ends}"

    def _date(self, share: float) -> str:
        """Write a date as precisely as the whole range calls for."""
        spread_s = self._last - self._first
        if spread_s < 300 * DAY_S:
            options = {"day": "numeric", "month": "short", "timeZone": "UTC"}
        else:
            options = {"month": "short", "year": "numeric", "timeZone": "UTC"}
        moment = window.Date.new((self._first + share * spread_s) * 1000)
        return moment.toLocaleString("en", to_js(options))
