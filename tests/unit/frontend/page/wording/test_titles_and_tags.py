"""Titles and tags in the form that the server accepts."""

import pytest

from frontend.page.wording.titles_and_tags import (
    cut_tags,
    plain,
    problem_of,
    split_labels,
    split_tags,
    title_of,
    wanted_and_unwanted,
)

LIMITS = {"max_title_chars": 10, "max_tags": 3, "max_tag_chars": 5}


@pytest.mark.parametrize(
    ("file_name", "title"),
    [
        ("red_dress.jpg", "red dress"),
        ("a.b.jpg", "a.b"),
        ("no ending", "no ending"),
        (".jpg", ".jpg"),
        ("_.jpg", "_.jpg"),
        ("tab\tin.jpg", "tab in"),
        ("a name that is too long.jpg", "a name tha"),
    ],
)
def test_title_of_a_file_name(file_name: str, title: str) -> None:
    """A title is the name without its ending, within the server's limit; a name that is all ending stays whole."""
    assert title_of(file_name, LIMITS) == title


def test_tags_of_a_line() -> None:
    """Commas part tags; each is there once, in the order in which they were written."""
    assert split_tags(" summer, linen ,,summer,\n red ") == ["summer", "linen", "red"]
    assert split_tags(" , ") == []


def test_tags_that_are_cut() -> None:
    """Tags that are too long are shortened, and then those that became the same are one; what is too many goes."""
    assert cut_tags(["summer", "summe", "a", "b", "c"], LIMITS) == ["summe", "a", "b"]


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("", []),
        ("cup", ["cup"]),
        ("tabby, tabby cat", ["tabby", "tabby cat", "tabby, tabby cat"]),
        ("a,b ,, c", ["a", "b", "c", "a, b", "b, c", "a, b, c"]),
    ],
)
def test_labels_with_commas_in_their_names(text: str, labels: list[str]) -> None:
    """A comma separates labels or belongs to the name of one: both are asked for."""
    assert split_labels(text) == labels


@pytest.mark.parametrize(
    ("text", "wanted", "unwanted"),
    [
        ("", "", ""),
        ("summer, linen", "summer, linen", ""),
        ("-beach", "", "beach"),
        ("summer, - beach,-sea, t-shirt", "summer, t-shirt", "beach, sea"),
        ("-", "", ""),
    ],
)
def test_tags_that_are_not_wanted(text: str, wanted: str, unwanted: str) -> None:
    """A hyphen in front leaves out what has the tag; one within a tag belongs to it."""
    assert wanted_and_unwanted(text) == (wanted, unwanted)


@pytest.mark.parametrize("count", [9, 31, 40])
def test_many_labels(count: int) -> None:
    """All that are named are asked for, and of those that they could make together as many as the API takes."""
    names = [str(number) for number in range(count)]
    labels = split_labels(",".join(names))
    assert labels[:count] == names
    assert len(labels) == max(count, 32)


@pytest.mark.parametrize(
    ("tags", "problem"),
    [
        ([], ""),
        (["a", "b", "12345"], ""),
        (["a", "b", "c", "d"], "A photo can have at most 3 tags; these are 4."),
        (["123456"], "A tag can have at most 5 characters; this one has 6: 123456"),
    ],
)
def test_tags_that_the_server_would_refuse(tags: list[str], problem: str) -> None:
    """A sentence says which limit is passed, and by how much."""
    assert problem_of(tags, LIMITS) == problem


@pytest.mark.parametrize("char", ["\t", "\n", "\x7f", "\u202e", "\u2066", "\u061c"])
def test_control_characters(char: str) -> None:
    """Control characters, also those that reverse the direction of text, become spaces."""
    assert plain(f"a{char}b") == "a b"
