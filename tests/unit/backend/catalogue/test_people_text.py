"""Texts compare as people compare them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.catalogue.people_text import composed, fold, order_key, searchable, wanted, words

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)

IN_ORDER = [
    "",
    "10 apples",
    "Äpfel",
    "Apple 2",
    "apple 10",
    "IMG_2.jpg",
    "img 10.JPG",
    "IMG-0011.jpg",
    "Łódź",
    "o",
    "öffnen",
    "Öl",
    "Ω",
    "日本",
    "🐈 at home",
]


def test_order() -> None:
    """Numbers sort by value, and neither case nor accents, hyphens or leading zeros make a difference."""
    assert sorted(reversed(IN_ORDER), key=order_key) == IN_ORDER


@pytest.mark.parametrize(
    ("one", "other"), [("apple", "APPLE"), ("ö", "O"), ("IMG_7", "img 007"), ("İstanbul", "istanbul"), ("ｱ１", "ア1")]
)
def test_equals(one: str, other: str) -> None:
    """What people take for the same has the same place."""
    assert order_key(one) == order_key(other)


@given(st.integers(0, 10**150), st.integers(0, 10**150))
def test_order_of_numbers(one: int, other: int) -> None:
    """Numbers of any length sort by value."""
    assert (order_key(f"a{one}b") < order_key(f"a{other}b")) == (one < other)


@given(TEXTS)
def test_unicode_forms(text: str) -> None:
    """A text in NFD is the same text as in NFC, in every comparison."""
    taken_apart = unicodedata.normalize("NFD", text)
    for compare in (composed, fold, order_key, wanted):
        assert compare(taken_apart) == compare(composed(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Café CRÈME", "cafe creme"),
        ("Straße", "strasse"),
        ("ISPARTA \N{LATIN SMALL LETTER DOTLESS I}sparta İzmir", "isparta isparta izmir"),
        ("Москва ЁЛКА", "москва елка"),
        ("น้ำ กำ", "น้ำ กำ"),
        ("がぎ ｶﾞ", "がぎ ガ"),
        ("강아지", "강아지"),
    ],
)
def test_fold(text: str, expected: str) -> None:
    """Case, accents and width go; what makes another letter elsewhere stays."""
    assert fold(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("img_1234.jpg", ["img", "1234", "jpg"]),
        ("it's a dog-house", ["it", "s", "a", "dog", "house"]),
        ("🐈‍⬛ cat👩‍🚀", ["🐈", "⬛", "cat", "👩", "🚀"]),
        ("नमस्ते", ["नमस्ते"]),
        (" \u0301!?", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    """Letters, digits and their marks make words, symbols are words, all else separates."""
    assert words(text) == expected


def test_searchable() -> None:
    """Beginnings of words come once, after the words themselves."""
    folded, again, begun = searchable(["Apple Pie", "東京", "app"]).replace("\n東京\napp", "").split("\n")

    assert folded == again == "apple pie"
    assert begun.split() == ["ap", "appl", "pi", "東"]


@given(TEXTS)
def test_every_word_is_found_by_its_beginnings(text: str) -> None:
    """Whatever a text has: each of its words, and each beginning from two letters on, is what the index has."""
    held = set(words(searchable([text])))
    for word in words(fold(text)):
        for length in range(2, min(len(word), 20) + 1):
            assert word[:length] in held
        assert wanted(word).split()[-1] in held
