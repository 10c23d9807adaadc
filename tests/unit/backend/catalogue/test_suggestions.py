"""Which names a beginning suggests."""

import pytest

from backend.catalogue.suggestions import Vocabulary

COUNTS = {"dog": 5, "Hot dog stand": 7, "Dögel": 5, "red": 1, "underdog": 99, "🐕 Rex": 2, "!": 3, "日本": 4}


@pytest.mark.parametrize(
    ("beginning", "names"),
    {
        "do": ["Hot dog stand", "dog", "Dögel"],
        "DOG": ["Hot dog stand", "dog", "Dögel"],
        "dogel": ["Dögel"],
        "dö": ["Hot dog stand", "dog", "Dögel"],
        "hot do": ["Hot dog stand"],
        "dog hot": [],
        "og": [],
        " r": ["🐕 Rex", "red"],
        "🐕": ["🐕 Rex"],
        "日": ["日本"],
        "?": [],
        "": ["underdog", "Hot dog stand", "dog", "Dögel", "日本", "!", "🐕 Rex", "red"],
        "  ": ["underdog", "Hot dog stand", "dog", "Dögel", "日本", "!", "🐕 Rex", "red"],
    }.items(),
)
def test_beginning(beginning: str, names: list[str]) -> None:
    """Names come with any word that begins so, whatever case and accents, the commonest first, then by name."""
    found = Vocabulary(COUNTS).beginning(beginning, 10)

    assert [named.name for named in found] == names
    assert all(named.count == COUNTS[named.name] for named in found)
    assert [named.name for named in Vocabulary(COUNTS).beginning(beginning, 2)] == names[:2]
