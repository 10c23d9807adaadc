"""What people write into the fields of a filter, as the conditions of the API that all pictures shown fulfil."""

from pyscript import window

from frontend.page.wording.titles_and_tags import split_tags


def conditions_of(written: dict) -> dict:
    """
    Write fields as the API's filters.

    Args:
        written: What stands in `tags`, `labels` (separated by commas), `from` and `to` (days); what is empty or missing
            is no condition.
    """
    conditions = {}
    for name, condition in (("tags", "tags_all"), ("labels", "labels_any")):
        values = split_tags(written.get(name, ""))
        if values:
            conditions[condition] = values
    for name, condition, days in (("from", "created_from", 0), ("to", "created_before", 1)):
        if written.get(name):
            conditions[condition] = midnight(written[name], days)
    return conditions


def midnight(date: str, days: int) -> str:
    """Return when a day begins here, or the day so many days later, in UTC (ISO 8601)."""
    time = window.Date.new(date + "T00:00")
    time.setDate(time.getDate() + days)
    return time.toISOString()
