"""When photos were taken, and which of two comes first."""

import pytest

from frontend.page.wording.clock_times import (
    clock_time,
    comes_after,
    field_time,
    offset_text,
    plain_time,
    time_of_field,
)


def image(name: str, taken: str | None, created: str = "2026-11-18T11:06:40.001000Z") -> dict[str, object]:
    return {"id": name, "taken": taken, "created": created}


@pytest.mark.parametrize(
    ("time", "plain", "offset"),
    [
        ("2026-05-03T14:07:31", "2026-05-03T14:07:31.000", ""),
        ("2026-05-03T14:07:31.5", "2026-05-03T14:07:31.500", ""),
        ("2026-05-03T14:07:31+02:00", "2026-05-03T14:07:31.000", "UTC+02:00"),
        ("1955-05-03T14:07:31.125-03:30", "1955-05-03T14:07:31.125", "UTC-03:30"),
        ("2026-11-18T11:06:40.001000Z", "2026-11-18T11:06:40.001", ""),
        ("2026-11-18T11:06:40Z", "2026-11-18T11:06:40.000", ""),
    ],
)
def test_a_time_and_its_offset(time: str, plain: str, offset: str) -> None:
    """What the clock said comes in one form, and how far ahead it was only where that is known."""
    assert (plain_time(time), offset_text(time)) == (plain, offset)


def test_a_photo_of_which_the_time_is_not_known() -> None:
    """It counts as taken when it was added."""
    assert clock_time(image("a", None)) == "2026-11-18T11:06:40.001"


def test_order_by_time() -> None:
    """The clock decides, whatever its offset; ids decide between those taken at the same time."""
    early, late = image("b", "2026-05-03T14:07:31+12:00"), image("a", "2026-05-03T14:07:31.5-12:00")
    twin = image("c", "2026-05-03T14:07:31-03:00")

    assert comes_after("-taken", late)(early) and not comes_after("-taken", early)(late)
    assert comes_after("taken", early)(late) and not comes_after("taken", late)(early)
    assert comes_after("taken", early)(twin) and comes_after("-taken", twin)(early)
    assert comes_after("created", late)(early) and comes_after("-created", early)(late)


def test_field_for_a_time() -> None:
    """It takes a time to the second, without offset, and leaves out seconds that are 0; empty it stands for none."""
    assert field_time("2026-05-03T14:07:31.500+02:00") == "2026-05-03T14:07:31"
    assert time_of_field("2026-05-03T14:07") == "2026-05-03T14:07:00"
    assert time_of_field("2026-05-03T14:07:31") == "2026-05-03T14:07:31"
    assert time_of_field("") is None
