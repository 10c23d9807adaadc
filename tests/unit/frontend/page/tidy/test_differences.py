"""What differs between the photos of a group."""

from typing import Any

from frontend.page.tidy.differences import facts_of

LARGE: dict[str, Any] = {
    "width": 4032,
    "height": 3024,
    "size": 3_240_000,
    "content_type": "image/jpeg",
    "created": "2026-05-03T10:00:00Z",
    "taken": None,
    "taken_source": None,
    "tags": [],
}


def day_of(time: str) -> str:
    return time[:10]


def test_same_in_all_but_size() -> None:
    """Everything is said of each photo, and what differs is marked; tags are not said where there are none."""
    small = {**LARGE, "width": 1200, "height": 900, "size": 96_000}
    same = [("JPEG", False), ("Added 2026-05-03", False)]
    assert facts_of([LARGE, small], day_of, day_of) == [
        [("4,032 × 3,024", True), ("3.2 MB", True), *same],
        [("1,200 × 900", True), ("96.0 kB", True), *same],
    ]


def test_one_differs_of_three() -> None:
    """All are marked then, as none can be told from the others without its value."""
    later = {**LARGE, "created": "2026-06-01T10:00:00Z", "content_type": "image/webp", "tags": ["linen", "beach"]}
    facts = facts_of([LARGE, LARGE, later], day_of, day_of)
    assert [text for text, varies in facts[0] if varies] == ["JPEG", "Added 2026-05-03", "No tags"]
    assert facts[0] == facts[1]
    assert [text for text, varies in facts[2] if varies] == ["WebP", "Added 2026-06-01", "Tags: beach, linen"]


def test_when_they_were_taken() -> None:
    """It is said where any is known, by whom too: a copy often has lost what the camera wrote."""
    photo = {**LARGE, "taken": "2019-07-04T18:22:05+02:00", "taken_source": "camera"}
    copy = {**LARGE, "taken": "2020-01-01T00:00:00+01:00", "taken_source": "file"}
    noted = {**LARGE, "taken": "2019-07-04T00:00:00", "taken_source": "sidecar"}
    said = [texts[3] for texts in facts_of([photo, copy, noted, LARGE], day_of, day_of)]
    assert said == [
        ("Taken 2019-07-04", True),
        ("File of 2020-01-01", True),
        ("Taken 2019-07-04", True),
        ("No date", True),
    ]
