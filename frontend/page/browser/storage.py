"""Short texts that outlive the page: this browser remembers them for later visits, or this tab for its reload."""

from pyscript import window


class Notes:
    """Texts in one of the browser's two stores. A browser that keeps nothing, as some do in private, is no error."""

    def __init__(self, storage: str) -> None:
        self._storage = storage

    def recall(self, name: str) -> str:
        """Return what was written; empty if that is nothing."""
        try:
            return getattr(window, self._storage).getItem(name) or ""
        except Exception:
            return ""

    def write(self, name: str, text: str) -> None:
        """Remember a text; an empty one takes the former with it."""
        try:
            storage = getattr(window, self._storage)
            if text:
                storage.setItem(name, text)
            else:
                storage.removeItem(name)
        except Exception:
            pass


of_browser = Notes("localStorage")
of_tab = Notes("sessionStorage")
