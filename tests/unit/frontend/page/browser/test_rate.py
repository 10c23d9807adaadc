"""How fast something goes, judged by what was done last."""

from frontend.page.browser.rate import Rate


def test_rate_from_the_second_one_on() -> None:
    """The first says nothing of the others."""
    rate = Rate()
    assert rate.per_second(100.0) == 0
    rate.begin(100.0)
    rate.count(101.0)
    assert rate.per_second(101.0) == 0
    rate.count(102.0)
    assert rate.per_second(102.0) == 1


def test_the_rate_follows_what_was_done_last() -> None:
    """After twenty slow ones a quick start is forgotten, and a break makes the rate fall."""
    rate = Rate()
    rate.begin(0.0)
    for number in range(100):
        rate.count(number / 10)
    for number in range(25):
        rate.count(10.0 + 4 * (number + 1))
    assert rate.per_second(110.0) == 0.25
    assert rate.per_second(190.0) == 0.125


def test_a_rate_that_begins_again() -> None:
    """The time in which nothing ran does not count, nor does what was done before."""
    rate = Rate()
    rate.begin(0.0)
    rate.count(1.0)
    rate.count(2.0)
    rate.stop()
    rate.begin(500.0)
    assert rate.per_second(501.0) == 0


def test_beginning_what_runs() -> None:
    """A clock that runs is not started anew."""
    rate = Rate()
    for number in range(3):
        rate.begin(float(number))
        rate.count(float(number))
    assert rate.per_second(2.0) == 1.5
