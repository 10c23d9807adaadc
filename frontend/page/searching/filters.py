"""What narrows a search: words, tags, labels, and when a picture was added. Fields of a form, as people wrote them."""

from frontend.page.browser.dom import find, make
from frontend.page.grid.cards import shown
from frontend.page.wording.conditions import conditions_of

FIELDS = ("text", "tags", "labels", "from", "to")
"""Names of the fields, and of what an address carries."""


class Filters:
    """The form beside the query picture."""

    def __init__(self, on_change) -> None:
        self._on_change = on_change
        find("filters").addEventListener("change", lambda event: self._changed())
        find("filters").addEventListener("submit", lambda event: event.preventDefault())
        find("filters").addEventListener("focusin", lambda event: suggest())
        find("filters-clear").addEventListener("click", lambda event: self._clear())

    def value(self) -> dict:
        """Return what is written there: name of a field -> text. Empty fields are left out."""
        written = {}
        for name in FIELDS:
            text = find(f"filter-{name}").value.strip()
            if text:
                written[name] = text
        return written

    def show(self, value: dict) -> None:
        """Fill in the form; of what is no date, a field for dates takes nothing."""
        for name in FIELDS:
            find(f"filter-{name}").value = value.get(name, "")
        self._count()

    def _changed(self) -> None:
        self._count()
        self._on_change()

    def _clear(self) -> None:
        self.show({})
        self._on_change()

    def _count(self) -> None:
        count = len(self.value())
        find("filters-count").textContent = f" · {count}" if count else ""
        find("filters-clear").hidden = not count


def to_api(value: dict) -> dict:
    """Write filters as members of the API's query."""
    members = {}
    if "text" in value:
        members["text"] = value["text"]
    conditions = conditions_of(value)
    if conditions:
        members["filters"] = conditions
    return members


def suggest() -> None:
    """Offer the tags and labels of the pictures that the page has seen."""
    tags, labels = set(), set()
    for image in shown.values():
        tags.update(image["tags"])
        labels.update([label["name"] for label in image["labels"]])
    for list_id, words in (("known-tags", tags), ("known-labels", labels)):
        find(list_id).replaceChildren(*[make("option", value=word) for word in sorted(words)])
