"""The names of operations, which generated clients call their functions by."""

import re
from typing import Any

from tests.support.api import OpenAPIDocument

# What an operation can do; a new verb is a decision.
VERBS = {"begin", "change", "check", "clear", "count", "delete", "find", "finish", "get", "lease", "list", "merge"}
VERBS |= {"reembed", "register", "report", "search", "set", "suggest", "undo"}


def operations(document: OpenAPIDocument) -> list[dict[str, Any]]:
    return [operation for item in document.document["paths"].values() for operation in item.values()]


def test_ids_are_unique(document: OpenAPIDocument) -> None:
    """No two operations have the same id."""
    ids = [operation["operationId"] for operation in operations(document)]

    assert len(ids) > 15 and len(ids) == len(set(ids))


def test_ids_begin_with_a_verb(document: OpenAPIDocument) -> None:
    """Each is a name of Python in snake case that says what is done: `get_image`."""
    ids = [operation["operationId"] for operation in operations(document)]

    assert [name for name in ids if not re.fullmatch(r"[a-z]+(_[a-z]+)*", name)] == []
    assert {name.partition("_")[0] for name in ids} == VERBS


def test_every_operation_belongs_to_one_group(document: OpenAPIDocument) -> None:
    """Each has one of the tags that the document describes, and every tag has operations."""
    tags = [operation["tags"] for operation in operations(document)]

    assert {len(each) for each in tags} == {1}
    assert {each[0] for each in tags} == {tag["name"] for tag in document.document["tags"]}
    assert all(tag["description"] for tag in document.document["tags"])


def test_everything_is_described_in_words_of_our_own(document: OpenAPIDocument) -> None:
    """Summaries and answers have no wording that a framework filled in."""
    for operation in operations(document):
        described = [operation["summary"], *(each["description"] for each in operation["responses"].values())]
        assert all(described)
        assert not [text for text in described if text.startswith("Request fulfilled")]
    summaries = [operation["summary"] for operation in operations(document)]
    assert len(summaries) == len(set(summaries))
