"""The library's order and filters: native controls, which keep what was chosen when the page is reloaded, and words."""

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

# The address's parameter for the words.
WORDS = ("words",)

# Orders by time, as the API calls them.
TIME_ORDERS = ("-taken", "taken", "-created", "created")

# How long somebody who types has to pause before the library follows. A guess.
PAUSE_MS = 300


class SortAndFilters:
    """The controls above the library."""

    def __init__(self, address, on_change) -> None:
        """
        Make the controls work.

        Args:
            address: The page's `Address`, which has the words: a search by words can be shared, and left by back.
            on_change: Called with whether the list begins where the entry of the history was left, and not at its top.
        """
        self._address = address
        self._on_change = on_change
        self._timer = 0
        # The words that photos are searched for by; empty for none.
        self.words = self._words_of_address()
        address.listen(WORDS, self._travelled)
        self._restore()
        find("library-controls").addEventListener("input", self._touched)
        find("library-controls").addEventListener("submit", lambda event: event.preventDefault())
        find("library-clear").addEventListener("click", lambda event: self.clear())
        self._show()

    @property
    def sort(self) -> str:
        """The order, as the API calls it."""
        return control("sort").value

    def set_words(self, words: str) -> None:
        """Search for photos by these words; other words are the same search, refined, to the browser's back."""
        if words != self.words:
            self._enter(words)
            self._changed()

    def clear(self) -> None:
        """Show all photos."""
        for name in FILTERS:
            control(name).value = ""
        if self.words:
            self._enter("")
        self._changed()

    def conditions(self) -> dict:
        """Return the filters as the API takes them, without the words."""
        return conditions_of({name: control(name).value for name in FILTERS})

    def filtered(self) -> bool:
        """Whether a filter is used."""
        return bool(self.words) or any([control(name).value.strip() for name in FILTERS])

    def by_time(self) -> bool:
        """Whether photos come in the order of their time."""
        return self.sort in TIME_ORDERS

    def by_taken(self) -> bool:
        """Whether that is when they were taken."""
        return self.sort in TIME_ORDERS[:2]

    def shows_all_by_time(self) -> bool:
        """Whether the library shows all photos in an order in which this page knows where a new one belongs."""
        return self.by_time() and not self.filtered()

    def _touched(self, event) -> None:
        if event.target.id not in ["library-" + name for name in CONTROLS]:  # The size of the photos changes no list.
            return
        window.clearTimeout(self._timer)
        self._timer = window.setTimeout(self._changed, PAUSE_MS)

    def _changed(self) -> None:
        self._remember()
        self._show()
        self._on_change(False)

    def _enter(self, words: str) -> None:
        enter = self._address.replace if self.words and words else self._address.push
        self.words = words
        enter({WORDS[0]: words or None}, {})

    def _travelled(self) -> None:
        self.words = self._words_of_address()
        self._show()
        self._on_change(True)

    def _words_of_address(self) -> str:
        return self._address.parameters(WORDS).get(WORDS[0], "").strip()

    def _show(self) -> None:
        find("library-clear").hidden = not self.filtered()
        control("sort").disabled = bool(self.words)  # The best matches of the words come first.
        show_counts(find("library-controls"))

    def _restore(self) -> None:
        """Set the controls as this tab had them before it was reloaded."""
        for name, value in json.loads(tab_storage.read(STORED) or "{}").items():
            control(name).value = value

    def _remember(self) -> None:
        tab_storage.write(STORED, json.dumps({name: control(name).value for name in CONTROLS}))


def control(name: str):
    """Return the control of the order or of a filter."""
    return find("library-" + name)
