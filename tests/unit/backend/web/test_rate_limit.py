"""Counting requests, without a server."""

from litestar.exceptions import TooManyRequestsException

from backend.web.rate_limit import RateLimit


class Clock:
    """A clock that tests put on."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self) -> float:
        return self.seconds


def outcome(limit: RateLimit, caller: str) -> int | None:
    """Count a request; return None if it may pass, else the seconds to wait."""
    try:
        limit.count(caller)
    except TooManyRequestsException as exc:
        assert exc.headers is not None
        return int(exc.headers["Retry-After"])
    return None


def test_limit_of_a_minute() -> None:
    """The limit is reached exactly, and the answer says when the next minute begins."""
    clock = Clock(600.5)
    limit = RateLimit(3, clock)

    assert [outcome(limit, "a") for _ in range(5)] == [None, None, None, 60, 60]
    clock.seconds = 659.2
    assert outcome(limit, "a") == 1
    clock.seconds = 660.0
    assert outcome(limit, "a") is None


def test_callers_are_counted_apart() -> None:
    """One caller's flood costs another nothing."""
    limit = RateLimit(1, Clock(0))

    assert [outcome(limit, name) for name in ("a", "a", "b", "b")] == [None, 60, None, 60]


def test_addresses_are_forgotten() -> None:
    """What is kept does not grow with the addresses that ever called: a minute's end forgets all of them."""
    clock = Clock(0)
    limit = RateLimit(1, clock)
    for number in range(10_000):
        limit.count(str(number))

    clock.seconds = 60
    limit.count("one more")

    assert len(limit) == 1
