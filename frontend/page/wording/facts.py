"""What the library knows about an image, as the rows of a description list."""

from pyscript import window

from frontend.page.browser.dom import make
from frontend.page.wording.numbers import file_size


def facts(image: dict) -> list:
    """Return the rows of an image: about its file, then what the model saw, then people's own data."""
    rows = row("Size", f"{image['width']} × {image['height']}, {file_size(image['size'])}")
    rows += row("File", image["file_name"])
    rows += row("Type", image["content_type"])
    rows += row("Added", make("time", "", local_time(image["created"]), datetime=image["created"]))
    if image["labels"]:
        rows += row("Labels", *[label_chip(label) for label in image["labels"]])
    for name in sorted(image["attributes"]):
        rows += row(name, attribute_text(image["attributes"][name]))
    return rows + row("Id", image["id"])


def row(term: str, *description) -> list:
    """Make a term and its description, of texts or elements."""
    cell = make("dd")
    cell.append(*description)
    return [make("dt", "", term), cell]


def label_chip(label: dict):
    """Make a chip for a class that the model saw, and how sure it was."""
    return make("span", "label", f"{label['name']} {label['score'] * 100:.0f} %")


def local_time(created: str) -> str:
    """Write a time (ISO 8601) in the format of the browser's language."""
    return window.Date.new(created).toLocaleString()


def attribute_text(value) -> str:
    """Write the value of an attribute: a text, a number, yes or no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
