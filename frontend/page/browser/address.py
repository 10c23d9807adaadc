"""
The page's address and the browser's history: the only module that touches them.

Each room owns some parameters of the address, and may keep more with an entry of the history than an address can say.
Back and forward tell every room whose part is another in the entry that one has come to.
"""

import json

from pyscript import document, window

from frontend.page.browser.throwing import Thrown, call

# How long the browser may take to go back before nobody waits for it any more. A guess: it takes some milliseconds.
BACK_MS = 2000


class Address:
    """The entry of the history that is shown."""

    def __init__(self) -> None:
        # (names of parameters, callback) of each room.
        self._rooms: list = []
        # Parameters that an entry which another room adds does not have.
        self._passing: list = []
        # What was entered while the browser goes back, which it does later: (method, parameters, what to keep). That
        # follows on the entry that is come to then. None while it is not going back.
        self._waiting: list | None = None
        self._timer = 0
        self._shown_at = window.location.search
        self._entry = read_entry()
        window.history.scrollRestoration = "manual"  # What is scrolled is drawn late, and by us.
        document.defaultView.addEventListener("popstate", lambda event: self._travelled())

    def listen(self, names: tuple, on_travel, passing: bool = False) -> None:
        """
        Own some parameters of the address.

        Args:
            on_travel: Called after back or forward when one of the parameters, or what is kept under the first of the
                names, is another than before.
            passing: Whether the parameters are about what lies over the rest of the page, and end where another room
                adds an entry.
        """
        self._rooms.append((names, on_travel))
        if passing:
            self._passing += names

    def parameters(self, names: tuple) -> dict:
        """Return those of the parameters that the address has: name -> text."""
        shown = parameters_in(window.location.search, names)
        for _, parameters, _ in self._waiting or []:
            shown.update({name: parameters[name] for name in names if name in parameters})
        return {name: text for name, text in shown.items() if text is not None}

    def fragment(self) -> str:
        """Return what follows # in the address: a link within the page was followed; what is entered next ends it."""
        return window.location.hash[1:]

    def kept(self, name: str):
        """Return what is kept under a name with the entry that is shown, None if nothing is."""
        return self._entry.get(name)

    def push(self, parameters: dict, kept: dict) -> None:
        """
        Add an entry.

        Args:
            parameters: Name -> text of parameters that are others in it; None removes one.
            kept: What to keep with it beside what is kept with the one before; None removes a part.
        """
        ending = {name: None for name in self._passing}
        self._enter("pushState", dict(ending, **parameters), dict(ending, **kept))

    def replace(self, parameters: dict, kept: dict) -> None:
        """Change the entry that is shown, as `push` would make it."""
        self._enter("replaceState", parameters, kept)

    def back(self) -> None:
        """Go back to the entry before; from one that is not there yet, by not adding it."""
        if self._waiting is None:
            self._waiting = []
            self._timer = window.setTimeout(self._travelled, BACK_MS)
            window.history.back()
        elif self._waiting:
            self._waiting.pop()

    def link(self, parameters: dict) -> str:
        """Return an address to share: the page's own, with these parameters and no others."""
        url = window.URL.new(window.location.href)
        url.search = url.hash = ""
        for name, text in parameters.items():
            url.searchParams.set(name, text)
        return url.href

    def _enter(self, method: str, parameters: dict, kept: dict) -> None:
        if self._waiting is not None:
            self._waiting.append((method, parameters, kept))
            return
        entry = dict(self._entry)
        entry.update(kept)
        self._entry = {name: value for name, value in entry.items() if value is not None}
        try:
            call(window.history, method, json.dumps(self._entry), "", with_parameters(parameters))
        except Thrown as exc:  # Browsers refuse more than so many entries in a time; the page works without.
            window.console.info(str(exc))
        self._shown_at = window.location.search

    def _travelled(self) -> None:
        """Tell the rooms whose part is another; a link within the page leaves all as it is."""
        window.clearTimeout(self._timer)
        before, self._entry = self._entry, read_entry()
        shown_at, self._shown_at = self._shown_at, window.location.search
        waiting, self._waiting = self._waiting or [], None
        for method, parameters, kept in waiting:
            self._enter(method, parameters, kept)
        for names, on_travel in self._rooms:
            moved = parameters_in(shown_at, names) != self.parameters(names)
            if moved or before.get(names[0]) != self._entry.get(names[0]):
                on_travel()


def read_entry() -> dict:
    """Return what is kept with the entry that the browser shows; nothing if it is not one of this page."""
    state = window.history.state
    try:
        return json.loads(state) if isinstance(state, str) else {}
    except ValueError:
        return {}


def parameters_in(search: str, names: tuple) -> dict:
    """Return those of some parameters that the part of an address after its path has: name -> text."""
    parameters = window.URLSearchParams.new(search)
    return {name: parameters.get(name) for name in names if parameters.has(name)}


def with_parameters(parameters: dict) -> str:
    """Return the page's address with some parameters in place of what it has of these names."""
    url = window.URL.new(window.location.href)
    url.hash = ""
    for name, text in parameters.items():
        if text is None:
            url.searchParams.delete(name)
        else:
            url.searchParams.set(name, text)
    return url.href
