"""Headings of what a search for words has found."""

from typing import Any

from frontend.page.wording.found_by import headings


def matches(*found_by: str) -> list[dict[str, Any]]:
    """Return matches with the ids 0, 1, 2 …"""
    return [{"found_by": each, "image": {"id": str(number)}} for number, each in enumerate(found_by)]


def test_words_that_are_written() -> None:
    """Where all have the words in what is written about them, nothing needs to be said."""
    assert headings(matches("text", "text"), "dog") == {}
    assert headings([], "dog") == {}


def test_groups() -> None:
    """Each group says what its photos were found by."""
    assert headings(matches("text", "tag_examples", "meaning", "meaning"), "rex") == {
        "0": "“rex” in title, tags or file name",
        "1": "Like your photos tagged “rex”",
        "2": "Looks like “rex”",
        "3": "Looks like “rex”",
    }


def test_labels_tell_what_is_to_be_seen() -> None:
    """A photo that was found by its label looks like the words."""
    assert headings(matches("labels"), "dog") == {"0": "Looks like “dog”"}


def test_some_of_the_words() -> None:
    """What comes after the others has only some of the words."""
    found = headings(matches("text", "meaning", "text"), "red car")

    assert (found["0"], found["2"]) == (
        "“red car” in title, tags or file name",
        "Some of these words in title, tags or file name",
    )
