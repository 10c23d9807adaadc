"""
Writes searches into the page's address, for sharing and for the browser's back and forward.

A search with a file cannot be shared, as its photo is in this browser only: its address is the plain one. Back and
forward find it nevertheless until the page is reloaded.
"""

from pyscript import document, window
from pyscript.ffi import to_js

from frontend.page.searching.query import PARAMETERS


class History:
    """The searches in the browser's history."""

    def __init__(self, on_travel) -> None:
        """`on_travel` is called with the query of the entry, None if the page does not know one, and `parameters()`."""
        self._on_travel = on_travel
        self._queries = []
        # Entries from before a reload number other queries, and tell so by another time.
        self._loaded_at = window.performance.timeOrigin
        self._state = self._state_of(None)
        window.history.replaceState(self._state, "", window.location.href)
        document.defaultView.addEventListener("popstate", self._travelled)

    def parameters(self) -> dict:
        """Return what the page's address says of a search: name -> text."""
        parameters = window.URL.new(window.location.href).searchParams
        return {name: parameters.get(name) for name in PARAMETERS if parameters.has(name)}

    def push(self, query) -> None:
        """Add an entry for a query, or for none."""
        self._state = self._state_of(query)
        window.history.pushState(self._state, "", address_of(query))

    def replace(self, query) -> None:
        """Replace the current entry by one for a refined query."""
        self._state = self._state_of(query)
        window.history.replaceState(self._state, "", address_of(query))

    def _state_of(self, query):
        self._queries.append(query.copy() if query else None)
        return to_js({"loaded_at": self._loaded_at, "search": len(self._queries) - 1})

    def _travelled(self, event) -> None:
        if not event.state or not hasattr(event.state, "search"):
            # A link within the page, such as the one to the library, leaves the search as it is.
            window.history.replaceState(self._state, "", window.location.href)
            return
        self._state = event.state
        known = event.state.loaded_at == self._loaded_at
        self._on_travel(self._queries[event.state.search] if known else None, self.parameters())


def address_of(query) -> str:
    """Return the page's address with the parameters of a query in place of another's."""
    url = window.URL.new(window.location.href)
    url.hash = ""
    for name in PARAMETERS:
        url.searchParams.delete(name)
    for name, text in (query.parameters() if query else {}).items():
        url.searchParams.set(name, text)
    return url.href
