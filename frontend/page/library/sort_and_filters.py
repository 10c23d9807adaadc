"""What the library shows and in which order: native controls, which a reload of the page leaves as they were."""

import json

from pyscript import window

from frontend.page.browser.dom import find
from frontend.page.browser.storage import tab_storage
from frontend.page.wording.conditions import conditions_of

NAME = "lookalike-view"

FIELDS = ("words", "tags", "labels", "from", "to")
"""The filters. Each has a control of this name, empty if it is not used."""

CONTROLS = ("sort",) + FIELDS

NEWEST = "-created"

PAUSE_MS = 300
"""How long somebody who types has to pause before the library follows. A guess."""


class View:
    """The controls above the library."""

    def __init__(self, on_change) -> None:
        self._on_change = on_change
        self._timer = 0
        self._restore()
        find("view").addEventListener("input", lambda event: self._touched())
        find("view").addEventListener("submit", lambda event: event.preventDefault())
        find("view-clear").addEventListener("click", lambda event: self._clear())
        self._show()

    @property
    def sort(self) -> str:
        """The order, as the API calls it."""
        return find("view-sort").value

    @property
    def words(self) -> str:
        """What the pictures are to be found by; empty for any."""
        return find("view-words").value.strip()

    def filters(self) -> dict:
        """The conditions that all pictures shown fulfil, as the API takes them."""
        return conditions_of({name: find("view-" + name).value for name in FIELDS})

    def filtered(self) -> bool:
        """Whether not all pictures are shown."""
        return any([find("view-" + name).value.strip() for name in FIELDS])

    def usual(self) -> bool:
        """Whether all pictures are shown, newest first."""
        return self.sort == NEWEST and not self.filtered()

    def _touched(self) -> None:
        window.clearTimeout(self._timer)
        self._timer = window.setTimeout(self._changed, PAUSE_MS)

    def _changed(self) -> None:
        self._keep()
        self._show()
        self._on_change()

    def _clear(self) -> None:
        for name in FIELDS:
            find("view-" + name).value = ""
        self._changed()

    def _show(self) -> None:
        find("view-clear").hidden = not self.filtered()
        find("view-sort").disabled = bool(self.words)  # What fits the words best comes first.

    def _restore(self) -> None:
        """Set the controls as an earlier load of the page in this tab left them."""
        for name, value in json.loads(tab_storage.read(NAME) or "{}").items():
            find("view-" + name).value = value
        find("view-filters").open = self.filtered()

    def _keep(self) -> None:
        tab_storage.write(NAME, json.dumps({name: find("view-" + name).value for name in CONTROLS}))
