"""
How texts are compared as people compare them: whatever their case, accents and Unicode form, and in natural order.

Everything people write comes in one Unicode form (NFC), see `composed`. To be ordered and found it is folded further.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

# What stands for the accents of Latin, Greek and Cyrillic letters once these are decomposed.
_ACCENTS = re.compile("[\u0300-\u036f]")

# Letters that have an accent for people, but no decomposition in Unicode.
_LETTERS = str.maketrans(
    {"æ": "ae", "ð": "d", "ø": "o", "þ": "th", "đ": "d", "ħ": "h", "\N{LATIN SMALL LETTER DOTLESS I}": "i"}
    | {"ł": "l", "œ": "oe"}
)

# Compatible forms of all but the vowel AM of Thai and Lao, which would fall into two that no dictionary has.
_COMPATIBLE = re.compile("[^\u0e33\u0eb3]+")

_SEPARATORS = re.compile(r"[\s_-]+")
_DIGITS = re.compile(r"\d+")

# Beginnings of words are found from two letters on: one would be in half of all photos. In scripts from Hangul on, a
# character is a syllable or a word.
_SHORTEST = 2
_SYLLABLES_FROM = "\u1100"

# A guess: of a longer word, which hardly anybody types in part, only beginnings up to this length are found.
_LONGEST = 20

# Stands before a symbol that is made a word; it has nothing that words of people have.
_SYMBOL = "qzsymbol"


def composed(text: str) -> str:
    """Return the text in the Unicode form NFC, in which equal texts are equal: macOS names files in NFD."""
    return unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """Return the text without differences of case, accents, width and Unicode form: `Ä` becomes `a`, `ß` `ss`."""
    compatible = _COMPATIBLE.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
    decomposed = unicodedata.normalize("NFD", unicodedata.normalize("NFD", compatible).casefold())
    return composed(_ACCENTS.sub("", decomposed)).translate(_LETTERS)


def order_key(text: str) -> str:
    """
    Return what texts are sorted by, code point by code point, so that people find them where they look.

    Numbers sort by value (IMG 2 before IMG 10), accents and case make no difference (apple beside Apple, ö with o), and
    neither does it whether words are joined by spaces, hyphens or underscores.
    """
    spaced = _SEPARATORS.sub(" ", fold(text)).strip()
    return _DIGITS.sub(_number, spaced)


def words(text: str) -> list[str]:
    """Return the words of a folded text in order, each symbol such as an emoji being one."""
    found: list[str] = []
    within = False
    for character in text:
        category = unicodedata.category(character)
        if category[0] in "LN" or (category[0] == "M" and within):
            found.append(found.pop() + character if within else character)
            within = True
        else:
            within = False
            if category == "So":
                found.append(character)
    return found


def searchable(texts: Iterable[str]) -> str:
    """
    Return the text that an index of words should hold, so that words and beginnings of words find it.

    Whole words are in it twice, so that they count more than beginnings. Symbols, which an index of words leaves out,
    become words.
    """
    folded = fold("\n".join(texts))
    whole = dict.fromkeys(words(folded))
    begun = dict.fromkeys(part for word in whole for part in _beginnings(word) if part not in whole)
    return "\n".join([folded, folded, " ".join([*begun, *_symbols(whole)])])


def wanted(text: str) -> str:
    """Return what to ask an index for that holds what `searchable` returns."""
    folded = fold(text)
    return " ".join([folded, *_symbols(words(folded))])


def _number(digits: re.Match[str]) -> str:
    """Write a number so that a longer one sorts after a shorter one."""
    value = str(int(digits[0]))
    return f"{len(value):03}{value}"


def _beginnings(word: str) -> Iterator[str]:
    shortest = 1 if word[0] >= _SYLLABLES_FROM else _SHORTEST
    return (word[:length] for length in range(shortest, min(len(word), _LONGEST + 1)))


def _symbols(found: Iterable[str]) -> Iterator[str]:
    """Write symbols as words, with letters in place of digits, so that none is taken for two words."""
    letters = str.maketrans("0123456789", "ghijklmnop")
    for word in found:
        if unicodedata.category(word[0]) == "So":
            yield _SYMBOL + f"{ord(word):x}".translate(letters)
