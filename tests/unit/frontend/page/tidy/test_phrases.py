"""What buttons and lines of the view in which people tidy up say."""

from typing import Any

import pytest

from frontend.page.tidy.phrases import (
    accept_text,
    badge_text,
    delete_text,
    deleted_text,
    kept_text,
    looking_text,
    reason_text,
)


def tagged(*tags: str) -> dict[str, Any]:
    return {"tags": list(tags)}


@pytest.mark.parametrize(
    ("keeper", "others", "text"),
    [
        (tagged(), [tagged()], "Delete 1 photo"),
        (tagged("summer"), [tagged("summer"), tagged()], "Delete 2 photos"),
        (tagged("summer"), [tagged("linen")], "Delete 1, keep tags of both"),
        (tagged(), [tagged(), tagged("linen")], "Delete 2, keep tags of all"),
    ],
)
def test_deleting(keeper: dict[str, Any], others: list[dict[str, Any]], text: str) -> None:
    """The button speaks of tags where the kept photo is given some that it lacks."""
    assert delete_text(keeper, others) == text


def test_what_was_done() -> None:
    """It is said with its numbers."""
    assert deleted_text(1, 900) == "1 photo deleted, 0.9 kB freed."
    assert deleted_text(1200, 34_000_000) == "1,200 photos deleted, 34.0 MB freed."
    assert kept_text(2) == "Both kept. They will not be suggested again."
    assert kept_text(3) == "All 3 kept. They will not be suggested again."
    assert accept_text(23, 4_700_000) == "Deletes 23 photos, frees 4.7 MB"


def test_how_far_the_comparing_is() -> None:
    """It is said until all photos are compared."""
    assert looking_text(1200, 3800) == "Looking for duplicates: 1,200 of 5,000 photos compared"
    assert looking_text(0, 1) == "Looking for duplicates: 0 of 1 photo compared"
    assert looking_text(5000, 0) == ""


def test_badge() -> None:
    """The number has room for three digits, and is not there for none."""
    assert [badge_text(count) for count in (0, 1, 999, 1000)] == ["", "1", "999", "999+"]


def test_reason_of_a_newer_server() -> None:
    """One that this page does not know is not said."""
    assert [reason_text(reason) for reason in ("largest_file", "sharpest")] == ["Largest file", ""]
