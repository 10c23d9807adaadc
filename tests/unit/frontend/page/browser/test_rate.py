"""What the page says of how fast files are added."""

from frontend.page.browser.rate import Pace, duration


def test_rate_and_time_left_from_the_second_file_on() -> None:
    """One file says nothing of the others; the time left is that of the rate."""
    pace = Pace()
    pace.begin(100.0)
    pace.count(101.0)
    assert pace.text(1, 300, 101.0) == "1 of 300"
    pace.count(102.0)
    assert pace.text(2, 300, 102.0) == "2 of 300 · 1.0 a second · 5 min left"


def test_the_rate_follows_the_last_files() -> None:
    """After twenty slow files a quick start is forgotten, and a break makes the rate fall."""
    pace = Pace()
    pace.begin(0.0)
    for number in range(100):
        pace.count(number / 10)
    for number in range(25):
        pace.count(10.0 + 4 * (number + 1))
    assert pace.text(125, 200, 110.0) == "125 of 200 · 15.0 a minute · 5 min left"
    assert pace.text(125, 200, 190.0).startswith("125 of 200 · 7.5 a minute")


def test_a_queue_that_begins_again_has_no_rate_yet() -> None:
    """The time in which nothing ran does not count."""
    pace = Pace()
    pace.begin(0.0)
    pace.count(1.0)
    pace.count(2.0)
    pace.stop()
    pace.begin(500.0)
    assert pace.text(2, 4, 501.0) == "2 of 4"


def test_durations_for_people() -> None:
    """Seconds as long as they can be pictured, then minutes, then hours."""
    assert [duration(seconds) for seconds in (7.4, 99, 130, 9000)] == ["7 s", "99 s", "2 min", "2 h"]
