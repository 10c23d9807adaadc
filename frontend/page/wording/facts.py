"""What the library knows about an image, as the rows of a description list."""

from pyscript import window
from pyscript.ffi import to_js

from frontend.page.browser.dom import make
from frontend.page.browser.throwing import Thrown, call
from frontend.page.wording.clock_times import offset_text, plain_time
from frontend.page.wording.numbers import file_size
from frontend.page.wording.shots import exposure_text, focal_length_text, place_text
from frontend.page.wording.types import type_name

# Who says when a photo was taken, beside the camera -> how people are told.
SOURCES = {"file": "Date of the file", "sidecar": "From a note beside the file"}

# How sure the model has to be of a label to say so to people.
SURE = 0.5


def facts(image: dict, match: str) -> list:
    """
    Return the rows of an image: when and how it was taken, its file, what it looks like, then people's own data.

    Args:
        match: How alike it is to what was searched with; empty if nothing was.
    """
    rows = taken_row(image)
    rows += row("Added", make("time", "", local_time(image["created"]), datetime=image["created"]))
    rows += shot_rows(image["shot"]) if image["shot"] else []
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


def taken_row(image: dict) -> list:
    """Return the row of when an image was taken, by the clock there, and who says so, but for cameras and people."""
    if not image["taken"]:
        return row("Taken", make("span", "", "Not known"))
    said = SOURCES.get(image["taken_source"], "")
    zone = offset_text(image["taken"])
    time = make("time", "", time_there(image["taken"]), datetime=image["taken"])
    time.title = f"By the clock there, {zone}" if zone else "By the clock there, whose time zone is not known"
    text = make("span")
    text.append(time)
    if said:
        text.append(make("small", "", said))
    return row("Taken", text)


def shot_rows(shot: dict) -> list:
    """Return the rows of how an image was taken."""
    rows = []
    texts = (
        ("Camera", shot["camera"] or ""),
        ("Lens", shot["lens"] or ""),
        ("Exposure", exposure_text(shot)),
        ("Focal length", focal_length_text(shot)),
        ("Place", place_text(shot["coordinates"]) if shot["coordinates"] else ""),
    )
    for term, text in texts:
        if text:
            rows += row(term, text)
    return rows


def time_there(taken: str) -> str:
    """Write a time on the clock where a photo was taken, in the format of the browser's language, to the minute."""
    style = to_js({"dateStyle": "long", "timeStyle": "short", "timeZone": "UTC"})
    return window.Date.new(plain_time(taken) + "Z").toLocaleString(language(), style)


def day_there(taken: str) -> str:
    """Write the day of a time on the clock where a photo was taken, in the format of the browser's language."""
    style = to_js({"dateStyle": "medium", "timeZone": "UTC"})
    return window.Date.new(plain_time(taken) + "Z").toLocaleDateString(language(), style)


def local_time(created: str) -> str:
    """Write a time (ISO 8601) in the format of the browser's language, to the minute."""
    style = to_js({"dateStyle": "long", "timeStyle": "short"})
    return window.Date.new(created).toLocaleString(language(), style)


def local_day(created: str) -> str:
    """Write the day of a time (ISO 8601) in the format of the browser's language."""
    return window.Date.new(created).toLocaleDateString(language(), to_js({"dateStyle": "medium"}))


def language():
    """Return the visitor's language; nothing, for the browser's own, where it is named by no name of a language."""
    try:
        return call(window.Intl, "getCanonicalLocales", window.navigator.language)
    except Thrown:
        return window.Array.new()  # WebKitGTK takes the system's, and says "C" where that has none.


def attribute_text(value) -> str:
    """Write the value of an attribute: a text, a number, yes or no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
