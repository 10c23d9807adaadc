"""
Writes searches into the page's address, for sharing and for the browser's back and forward.

A search with a file cannot be shared, as its photo is in this browser only: its address is the plain one. Back, forward
and a reload of this tab find it nevertheless.
"""

import json

from pyscript import window

from frontend.page.browser.storage import tab_storage
from frontend.page.searching.query import PARAMETERS, query_of_kept

# What the tab keeps a search under that involves files, and how many of these: some hundred kilobytes each.
STORED = "lookalike-search-"
MOST_STORED = 8


class History:
    """The searches in the browser's history."""

    def __init__(self, address, on_travel) -> None:
        """`on_travel` is called after back and forward; `current` and `parameters` then tell of another search."""
        self._address = address
        self._queries = {}
        address.listen(PARAMETERS, on_travel)

    def parameters(self) -> dict:
        """Return what the page's address says of a search: name -> text."""
        return self._address.parameters(PARAMETERS)

    def current(self):
        """Return the query of the entry that is shown, None if the page does not know one."""
        key = self._address.kept(PARAMETERS[0])
        if key is None:
            return None
        if key not in self._queries:
            stored = tab_storage.read(STORED + key)
            return query_of_kept(json.loads(stored)) if stored else None
        return self._queries[key].copy()

    def push(self, query) -> None:
        """Add an entry for a query, or for none."""
        self._address.push(parameters_of(query), {PARAMETERS[0]: self._keep(query)})

    def replace(self, query) -> None:
        """Replace the current entry by one for a refined query, or for none."""
        self._address.replace(parameters_of(query), {PARAMETERS[0]: self._keep(query)})

    def _keep(self, query) -> str | None:
        """Keep a query for back, forward and a reload; return under which key."""
        if not query:
            return None
        key = f"{window.performance.timeOrigin:.0f}-{len(self._queries)}"
        self._queries[key] = query.copy()
        if not query.parameters():
            tab_storage.write(STORED + key, json.dumps(query.kept()))
            tab_storage.write(f"{STORED}{window.performance.timeOrigin:.0f}-{len(self._queries) - 1 - MOST_STORED}", "")
        return key


def parameters_of(query) -> dict:
    """Return what an address says of a query, None for what it does not name."""
    parameters = {name: None for name in PARAMETERS}
    parameters.update(query.parameters() if query else {})
    return parameters
