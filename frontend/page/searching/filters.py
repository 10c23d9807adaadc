"""The filters of a search: words, tags, labels, and when a photo was taken."""

from frontend.page.browser.dom import find
from frontend.page.grid.filter_menus import show_counts, suggest
from frontend.page.wording.conditions import conditions_of

# Names of the form's fields; with the words, those of the parameters of an address.
FIELDS = ("tags", "labels", "type", "from", "to")


class Filters:
    """The form below the photo that is searched with."""

    def __init__(self, known, on_change) -> None:
        """`known` is the page's `KnownImages`; `on_change` is called when a filter was changed."""
        self._on_change = on_change
        # From the search field.
        self.words = ""
        find("filters").addEventListener("change", lambda event: self._changed())
        find("filters").addEventListener("submit", lambda event: event.preventDefault())
        find("filters").addEventListener("focusin", lambda event: suggest(known))
        find("filters-clear").addEventListener("click", lambda event: self._clear())

    def value(self) -> dict:
        """Return name of a filter -> text, without the empty ones."""
        filters = {"text": self.words} if self.words else {}
        for name in FIELDS:
            text = find(f"filter-{name}").value.strip()
            if text:
                filters[name] = text
        return filters

    def show(self, filters: dict) -> None:
        """Fill in the form; a field for dates stays empty where the text is not a date."""
        self.words = filters.get("text", "")
        for name in FIELDS:
            find(f"filter-{name}").value = filters.get(name, "")
        self._count()

    def _changed(self) -> None:
        self._count()
        self._on_change()

    def _clear(self) -> None:
        self.show({"text": self.words} if self.words else {})
        self._on_change()

    def _count(self) -> None:
        find("filters-clear").hidden = not [name for name in FIELDS if find(f"filter-{name}").value.strip()]
        show_counts(find("filters"))


def to_api(filters: dict) -> dict:
    """Return filters as members of the API's query."""
    members = {}
    if "text" in filters:
        members["text"] = filters["text"]
    conditions = conditions_of(filters)
    if conditions:
        members["filters"] = conditions
    return members
