"""Short texts that outlive the page: this browser keeps them for later visits, or this tab for a reload."""

from pyscript import window

from frontend.page.browser.throwing import Thrown, call, get


class TextStorage:
    """Named texts in one of the browser's two stores. A browser that keeps none, as some do in private, is no error."""

    def __init__(self, store: str) -> None:
        self._store = store

    def read(self, name: str) -> str:
        """Return the text of this name; empty if there is none."""
        try:
            return call(get(window, self._store), "getItem", name) or ""
        except Thrown:
            return ""

    def write(self, name: str, text: str) -> None:
        """Keep a text under a name; an empty one removes what was there."""
        try:
            store = get(window, self._store)
            if text:
                call(store, "setItem", name, text)
            else:
                call(store, "removeItem", name)
        except Thrown:
            pass


browser_storage = TextStorage("localStorage")
tab_storage = TextStorage("sessionStorage")
