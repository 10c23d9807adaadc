"""What people type into the fields of a filter, as conditions of the API."""

from pyscript import window

from frontend.page.wording.days import within_calendar
from frontend.page.wording.titles_and_tags import split_labels, split_tags, wanted_and_unwanted


def conditions_of(fields: dict) -> dict:
    """
    Return the API's filters for the fields of a form.

    Args:
        fields: The texts of `tags` and `labels` (separated by commas, with a hyphen before what is unwanted), `type`
            (such as image/png, or several with commas between), `from` and `to` (days when photos were taken). What
            is empty or missing is no condition.
    """
    conditions = {}
    for name, condition, split in (("tags", "tags_all", split_tags), ("labels", "labels_any", split_labels)):
        wanted, unwanted = wanted_and_unwanted(fields.get(name, ""))
        if wanted:
            conditions[condition] = split(wanted)
        if unwanted:
            conditions[f"{name}_none"] = split(unwanted)
    if fields.get("type"):
        conditions["types_any"] = fields["type"].split(",")
    for name, condition, days in (("from", "taken_from", 0), ("to", "taken_before", 1)):
        if fields.get(name):
            conditions[condition] = midnight(fields[name], days)
    return conditions


def midnight(date: str, days: int) -> str:
    """Return when a day begins, or another one so many days later, by the clock where a photo was taken."""
    time = window.Date.new(within_calendar(date) + "T00:00Z")
    time.setUTCDate(time.getUTCDate() + days)
    return time.toISOString()[:19]
