"""Merges the descriptions of several images into one, and says how to undo that."""

from collections.abc import Sequence

from .values import MAX_ATTRIBUTES, MAX_TAGS, AttributeValue, Change, Description


def merged(descriptions: Sequence[Description]) -> Change:
    """
    Return the change that adds to the first what only the others say, as far as the limits allow.

    Its own title and values stay; without a title it gets the first that another has.
    """
    first = descriptions[0]
    tags = dict.fromkeys(tag for description in descriptions for tag in description.tags)
    attributes = {
        name: value
        for description in reversed(descriptions[1:])
        for name, value in description.attributes.items()
        if name not in first.attributes
    }
    title = next((description.title for description in descriptions if description.title), "")
    added = dict(list(attributes.items())[: MAX_ATTRIBUTES - len(first.attributes)])
    return Change(title, tuple(tags)[:MAX_TAGS], added)


def undoing(before: Description, change: Change) -> Change:
    """Return the change that brings back a description that was changed."""
    attributes: dict[str, AttributeValue | None] = {name: before.attributes.get(name) for name in change.attributes}
    return Change(before.title, before.tags, attributes)
