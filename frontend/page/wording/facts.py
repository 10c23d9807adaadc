"""What the library knows about an image, as the rows of a description list."""

from pyscript import window
from pyscript.ffi import to_js

from frontend.page.browser.dom import make
from frontend.page.wording.numbers import file_size
from frontend.page.wording.types import type_name

# How sure the model has to be of a label to say so to people.
SURE = 0.5


def facts(image: dict, match: str) -> list:
    """
    Return the rows of an image: about its file, then what it looks like, then people's own data.

    Args:
        match: How alike it is to what was searched with; empty if nothing was.
    """
    rows = row("Added", make("time", "", local_time(image["created"]), datetime=image["created"]))
    rows += row("Size", f"{image['width']:,} × {image['height']:,} pixels, {file_size(image['size'])}")
    rows += row("File", image["file_name"])
    rows += row("Type", type_name(image["content_type"]))
    labels = [label["name"] for label in image["labels"] if label["score"] >= SURE]
    if labels:
        rows += row("Looks like", ", ".join(labels))
    if match:
        rows += row("Match", match)
    for name in sorted(image["attributes"]):
        rows += row(name, attribute_text(image["attributes"][name]))
    return rows


def row(term: str, *description) -> list:
    """Make a term and its description, of texts or elements."""
    cell = make("dd")
    cell.append(*description)
    return [make("dt", "", term), cell]


def local_time(created: str) -> str:
    """Write a time (ISO 8601) in the format of the browser's language, to the minute."""
    style = to_js({"dateStyle": "long", "timeStyle": "short"})
    return window.Date.new(created).toLocaleString(window.navigator.language, style)


def local_day(created: str) -> str:
    """Write the day of a time (ISO 8601) in the format of the browser's language."""
    return window.Date.new(created).toLocaleDateString(window.navigator.language, to_js({"dateStyle": "medium"}))


def attribute_text(value) -> str:
    """Write the value of an attribute: a text, a number, yes or no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
