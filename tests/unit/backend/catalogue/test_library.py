"""Which database and which store belong together, decided from what each says."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from backend.catalogue.library import DatabaseState, Note, TableState, mismatch, read_note, write_note
from backend.catalogue.values import LibraryID, SpaceID

OURS, THEIRS = LibraryID("a" * 32), LibraryID("b" * 32)
SPACE, OTHER = SpaceID("0" * 16), SpaceID("1" * 16)

NOTE = Note(OURS, "mark", datetime(2026, 11, 22, 12, 0, tzinfo=UTC), {SPACE: TableState(7, 300)})
STATE = DatabaseState(OURS, True, {SPACE: TableState(7, 300)})


def test_what_belongs_together() -> None:
    """The same identity, a known mark and tables at least as new as noted: then images may have come and gone."""
    assert mismatch(STATE, NOTE, 0) is None
    grown = replace(STATE, tables={SPACE: TableState(9, 2), OTHER: TableState(1, 1)})
    assert mismatch(grown, NOTE, 0) is None


def test_new_library() -> None:
    """Where both are empty, or only the database has been named so far, nothing can be lost."""
    assert mismatch(DatabaseState(), None, 0) is None
    assert mismatch(DatabaseState(OURS, False, {SPACE: TableState(1, 0)}), None, 0) is None


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (DatabaseState(), "this database is empty or has no identity"),
        (replace(STATE, library=None), "this database is empty or has no identity"),
        (replace(STATE, library=THEIRS), "belongs to another library"),
        (replace(STATE, tables={}), "lacks the rows of space 0000000000000000, which had 300 photos"),
        (
            replace(STATE, tables={SPACE: TableState(6, 299)}),
            "an older copy, of 299 photos; the library had 300 photos",
        ),
        (replace(STATE, knows_mark=False), "an older copy"),
    ],
)
def test_wrong_database(state: DatabaseState, words: str) -> None:
    """A database that is empty, another's, incomplete or older than noted is told from the right one."""
    assert words in (mismatch(state, NOTE, 0) or "")


@pytest.mark.parametrize(
    ("state", "originals", "words"),
    [
        (DatabaseState(), 1, "the store holds 1 photo and does not say which library they belong to"),
        (
            STATE,
            1200,
            "the store holds 1,200 photos and does not say which library they belong to; the database has 300",
        ),
        (STATE, 0, "the store is empty, and the database has 300 photos"),
    ],
)
def test_store_without_a_note(state: DatabaseState, originals: int, words: str) -> None:
    """A store that says nothing of itself fits only a library that is new."""
    assert words in (mismatch(state, None, originals) or "")


def test_space_that_was_given_up() -> None:
    """A table that was dropped on purpose is not missed."""
    assert mismatch(replace(STATE, tables={}, retired=frozenset({SPACE})), NOTE, 0) is None


def test_note_as_text() -> None:
    """What is written is read back; what is none of ours is an error."""
    assert read_note(write_note(NOTE)) == NOTE
    for text in (b"", b"[]", b"{}", b'{"format": 2}', write_note(NOTE).replace(b"300", b'"x"')):
        with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
            read_note(text)
