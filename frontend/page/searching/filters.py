"""The filters of a search: words, tags, labels, and when a photo was added."""

from frontend.page.browser.dom import find, make
from frontend.page.wording.conditions import conditions_of

# Names of the form's fields, and of the parameters of an address.
FIELDS = ("text", "tags", "labels", "from", "to")


class Filters:
    """The form beside the query photo."""

    def __init__(self, known, on_change) -> None:
        """`known` is the page's `KnownImages`; `on_change` is called when a filter was changed."""
        self._known = known
        self._on_change = on_change
        find("filters").addEventListener("change", lambda event: self._changed())
        find("filters").addEventListener("submit", lambda event: event.preventDefault())
        find("filters").addEventListener("focusin", lambda event: self._suggest())
        find("filters-clear").addEventListener("click", lambda event: self._clear())

    def value(self) -> dict:
        """Return name of a field -> text, without the empty ones."""
        filters = {}
        for name in FIELDS:
            text = find(f"filter-{name}").value.strip()
            if text:
                filters[name] = text
        return filters

    def show(self, filters: dict) -> None:
        """Fill in the form; a field for dates stays empty where the text is not a date."""
        for name in FIELDS:
            find(f"filter-{name}").value = filters.get(name, "")
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

    def _suggest(self) -> None:
        """Offer the tags and labels of the images that the page knows."""
        tags, labels = set(), set()
        for image in self._known.all():
            tags.update(image["tags"])
            labels.update([label["name"] for label in image["labels"]])
        for list_id, words in (("known-tags", tags), ("known-labels", labels)):
            find(list_id).replaceChildren(*[make("option", value=word) for word in sorted(words)])


def to_api(filters: dict) -> dict:
    """Return filters as members of the API's query."""
    members = {}
    if "text" in filters:
        members["text"] = filters["text"]
    conditions = conditions_of(filters)
    if conditions:
        members["filters"] = conditions
    return members
