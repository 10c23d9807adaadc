"""The browser's clock."""

from pyscript import window


def now_s() -> float:
    """Return the seconds of a clock that only goes forward."""
    return window.performance.now() / 1000
