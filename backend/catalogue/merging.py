"""Merges the descriptions of several images into one, and says how to undo that."""

from collections.abc import Sequence

from .values import MAX_ATTRIBUTES, MAX_TAGS, AttributeValue, Change, Description, Taken, TakenSource


def merged(descriptions: Sequence[Description]) -> Change:
    """
    Return the change that adds to the first what only the others say, as far as the limits allow.

    Its own title and values stay; without a title it gets the first that another has. So it gets the time at which it
    was taken, if only the date of its file tells that: copies often lack what the camera wrote.
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
    return Change(title, tuple(tags)[:MAX_TAGS], added, _better_time(descriptions))


def undoing(before: Description, change: Change) -> Change:
    """Return the change that brings back a description that was changed."""
    attributes: dict[str, AttributeValue | None] = {name: before.attributes.get(name) for name in change.attributes}
    return Change(before.title, before.tags, attributes, Taken(before.taken, before.taken_source))


def _better_time(descriptions: Sequence[Description]) -> Taken | None:
    """Return when the first was taken as another one knows it; None if it knows so itself, or none does."""
    known = (one for one in descriptions if one.taken is not None and one.taken_source is not TakenSource.FILE)
    best = next(known, None)
    return None if best is None or best is descriptions[0] else Taken(best.taken, best.taken_source)
