"""The one search field: words, beside the photos that are searched with; what stands in it is the shown view's."""

from pyscript import document, window

from frontend.page.browser.dom import dialog_is_open, find, is_typed_in
from frontend.page.searching.suggestions import Suggestions

# How long somebody who types has to pause before what is found follows. A guess.
PAUSE_MS = 300


class SearchField:
    """The field in the bar on top."""

    def __init__(self, api, on_words) -> None:
        """`on_words` is called with the words once they rest."""
        self._on_words = on_words
        self._suggestions = Suggestions(api, self.use)
        self._timer = 0
        self._input = find("search-words")
        self._input.placeholder = placeholder(with_photo=False)
        self._input.addEventListener("input", lambda event: self._typed())
        self._input.addEventListener("keydown", self._key)
        find("search-field").addEventListener("submit", self._submitted)
        find("words-clear").addEventListener("click", lambda event: self._clear())
        document.addEventListener("keydown", self._key_anywhere)

    def show(self, words: str, with_photo: bool) -> None:
        """Show words, without searching for them, beside the photo that is searched with, if one is."""
        window.clearTimeout(self._timer)
        self._input.placeholder = placeholder(with_photo)
        if self._input.value.strip() != words:
            self._input.value = words

    def focus(self) -> None:
        """Let people type."""
        self._input.focus()

    def use(self, words: str) -> None:
        """Search for words."""
        self._input.value = words
        self._search()

    def _typed(self) -> None:
        window.clearTimeout(self._timer)
        self._timer = window.setTimeout(self._search, PAUSE_MS)

    def _search(self) -> None:
        window.clearTimeout(self._timer)
        self._on_words(self._input.value.strip())

    def _submitted(self, event) -> None:
        event.preventDefault()
        self._suggestions.hide()
        self._search()

    def _clear(self) -> None:
        self._input.value = ""
        self._search()
        self._input.focus()

    def _key(self, event) -> None:
        if event.key == "Escape" and self._input.value:
            event.preventDefault()
            event.stopPropagation()
            self._clear()

    def _key_anywhere(self, event) -> None:
        """Let people type after `/`, unless they type elsewhere."""
        if event.key != "/" or event.ctrlKey or event.metaKey or event.altKey or dialog_is_open():
            return
        if not is_typed_in(event.target):
            event.preventDefault()
            self._input.focus()
            self._input.select()


def placeholder(with_photo: bool) -> str:
    """Return what the empty field says; who has no mouse has nothing to drop, and little room."""
    if with_photo:
        return "Add words"
    field = find("search-words")
    return "Search" if window.matchMedia("(pointer: coarse)").matches else field.dataset.placeholder
