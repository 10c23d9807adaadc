"""The library's order and filters: native controls, which keep what was chosen when the page is reloaded."""

import json

from pyscript import window

from frontend.page.browser.dom import find
from frontend.page.browser.storage import tab_storage
from frontend.page.grid.filter_menus import show_counts
from frontend.page.wording.conditions import conditions_of

# What the tab remembers the controls by.
STORED = "lookalike-sort-and-filters"

# Each filter has a control of its name, which is empty if the filter is not used.
FILTERS = ("tags", "labels", "type", "from", "to")

CONTROLS = ("sort",) + FILTERS

NEWEST_FIRST = "-created"

# How long somebody who types has to pause before the library follows. A guess.
PAUSE_MS = 300


class SortAndFilters:
    """The controls above the library."""

    def __init__(self, on_change) -> None:
        self._on_change = on_change
        self._timer = 0
        # The words that photos are searched for by; empty for none.
        self.words = ""
        self._restore()
        find("library-controls").addEventListener("input", self._touched)
        find("library-controls").addEventListener("submit", lambda event: event.preventDefault())
        find("library-clear").addEventListener("click", lambda event: self._clear())
        self._show()

    @property
    def sort(self) -> str:
        """The order, as the API calls it."""
        return control("sort").value

    def set_words(self, words: str) -> None:
        """Search for photos by these words."""
        if words != self.words:
            self.words = words
            self._changed()

    def conditions(self) -> dict:
        """Return the filters as the API takes them, without the words."""
        return conditions_of({name: control(name).value for name in FILTERS})

    def filtered(self) -> bool:
        """Whether a filter is used."""
        return bool(self.words) or any([control(name).value.strip() for name in FILTERS])

    def by_time(self) -> bool:
        """Whether photos come in the order of their time."""
        return self.sort in (NEWEST_FIRST, "created")

    def shows_all_newest_first(self) -> bool:
        """Whether the library shows all photos in its usual order."""
        return self.sort == NEWEST_FIRST and not self.filtered()

    def _touched(self, event) -> None:
        if event.target.id not in ["library-" + name for name in CONTROLS]:  # The size of the photos changes no list.
            return
        window.clearTimeout(self._timer)
        self._timer = window.setTimeout(self._changed, PAUSE_MS)

    def _changed(self) -> None:
        self._remember()
        self._show()
        self._on_change()

    def _clear(self) -> None:
        for name in FILTERS:
            control(name).value = ""
        self.words = ""
        self._changed()

    def _show(self) -> None:
        find("library-clear").hidden = not self.filtered()
        control("sort").disabled = bool(self.words)  # The best matches of the words come first.
        show_counts(find("library-controls"))

    def _restore(self) -> None:
        """Set the controls as this tab had them before it was reloaded."""
        remembered = json.loads(tab_storage.read(STORED) or "{}")
        self.words = remembered.pop("words", "")
        for name, value in remembered.items():
            control(name).value = value

    def _remember(self) -> None:
        remembered = {name: control(name).value for name in CONTROLS}
        remembered["words"] = self.words
        tab_storage.write(STORED, json.dumps(remembered))


def control(name: str):
    """Return the control of the order or of a filter."""
    return find("library-" + name)
