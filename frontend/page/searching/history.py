"""
The address of a search, to be shared, and the browser's back and forward.

An address names only pictures of the library. A search with a file keeps the plain address: its picture is in this
browser alone. Back and forward find it all the same until the page is loaded anew.
"""

from pyscript import document, window
from pyscript.ffi import to_js

from frontend.page.searching.query import ADDRESS


class Links:
    """The entries of the browser's history that are searches."""

    def __init__(self, on_travel) -> None:
        """`on_travel` is called with the query of the entry, None if there is none or it is not known, and `read()`."""
        self._on_travel = on_travel
        self._queries = []
        # Numbers of the page's earlier lives mean nothing now.
        self._life = window.performance.timeOrigin
        self._state = self._keep(None)
        window.history.replaceState(self._state, "", window.location.href)
        document.defaultView.addEventListener("popstate", self._travelled)

    def read(self) -> dict:
        """Return what the address says of a search: name -> text."""
        written = window.URL.new(window.location.href).searchParams
        return {name: written.get(name) for name in ADDRESS if written.has(name)}

    def push(self, query) -> None:
        """Begin a new entry for a query, or for none."""
        self._state = self._keep(query)
        window.history.pushState(self._state, "", address(query))

    def replace(self, query) -> None:
        """Let the entry stand for a query that was refined."""
        self._state = self._keep(query)
        window.history.replaceState(self._state, "", address(query))

    def _keep(self, query):
        self._queries.append(query.copy() if query else None)
        return to_js({"life": self._life, "search": len(self._queries) - 1})

    def _travelled(self, event) -> None:
        if not event.state or not hasattr(event.state, "search"):
            # A jump within the page, as to the library: the search goes on.
            window.history.replaceState(self._state, "", window.location.href)
            return
        self._state = event.state
        known = event.state.life == self._life
        self._on_travel(self._queries[event.state.search] if known else None, self.read())


def address(query) -> str:
    """Return the page's address for a query; what else it says stays."""
    url = window.URL.new(window.location.href)
    url.hash = ""
    for name in ADDRESS:
        url.searchParams.delete(name)
    for name, text in (query.address() if query else {}).items():
        url.searchParams.set(name, text)
    return url.href
