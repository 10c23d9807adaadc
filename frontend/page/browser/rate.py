"""How fast uploads go, and how long the others will take. Pure, so that it is tested without a browser."""

RECENT = 20
"""How many of the last files the rate is taken from: few enough that it follows the connection. A guess."""


class Pace:
    """Times at which files were over, in seconds of any clock."""

    def __init__(self) -> None:
        self._times = []

    def begin(self, now_s: float) -> None:
        """Start the clock, unless it runs."""
        if not self._times:
            self._times.append(now_s)

    def count(self, now_s: float) -> None:
        """A file is over."""
        self._times.append(now_s)
        self._times = self._times[-RECENT - 1 :]

    def stop(self) -> None:
        """Forget everything: nothing runs."""
        self._times = []

    def text(self, over: int, total: int, now_s: float) -> str:
        """Say where it stands: '12 of 300 · 4.1 a second · 70 s left'; the rate from the second file on."""
        parts = [f"{over:,} of {total:,}"]
        files = len(self._times) - 1
        if files > 1 and now_s > self._times[0]:
            rate = files / (now_s - self._times[0])
            parts.append(f"{rate:.1f} a second" if rate >= 1 else f"{rate * 60:.1f} a minute")
            parts.append(f"{duration((total - over) / rate)} left")
        return " · ".join(parts)


def duration(seconds: float) -> str:
    """Write a duration for people: '70 s', '12 min', '3 h'."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.0f} h"
