"""What the search field suggests while somebody types: tags, and what is to be seen in this library's photos."""

from frontend.page.browser.dom import find, icon, make
from frontend.page.browser.tasks import start
from frontend.page.server.api import APIError

# How many of each kind are suggested.
MOST = 5

# Kind -> the icon before its words.
ICONS = {"tags": "tag", "labels": "sparkles"}


class Suggestions:
    """The list below the search field."""

    def __init__(self, api, on_chosen) -> None:
        """`on_chosen` is called with the words of a suggestion."""
        self._api = api
        self._on_chosen = on_chosen
        # Counts what was asked, so that an answer that comes too late is dropped.
        self._newest = 0
        self._list = find("suggestions")
        field = find("search-words")
        field.addEventListener("input", lambda event: self._typed(field.value))
        field.addEventListener("keydown", self._key)
        field.addEventListener("blur", lambda event: self.hide())
        # The field keeps the focus, so that the list is there until the click is over.
        self._list.addEventListener("pointerdown", lambda event: event.preventDefault())
        self._list.addEventListener("click", self._clicked)

    def hide(self) -> None:
        """Put the list away."""
        self._newest += 1
        self._show([])

    def _typed(self, text: str) -> None:
        self._newest += 1
        if text.strip():
            start(self._ask(text.strip(), self._newest))
        else:
            self._show([])

    async def _ask(self, text: str, turn: int) -> None:
        try:
            found = await self._api.words(text, MOST)
        except APIError:
            return
        if turn == self._newest:
            self._show([option(kind, word) for kind in ICONS for word in found[kind]])

    def _show(self, options: list) -> None:
        self._list.replaceChildren(*options)
        self._list.hidden = not options
        find("search-words").setAttribute("aria-expanded", str(bool(options)).lower())
        find("search-words").removeAttribute("aria-activedescendant")

    def _options(self) -> list:
        return list(self._list.children)

    def _key(self, event) -> None:
        options = self._options()
        if not options:
            return
        here = [number for number, each in enumerate(options) if each.ariaSelected == "true"]
        if event.key in ("ArrowDown", "ArrowUp"):
            event.preventDefault()
            step = 1 if event.key == "ArrowDown" else -1
            self._mark(((here[0] if here else -1 if step > 0 else 0) + step) % len(options))
        elif event.key == "Enter" and here:
            event.preventDefault()
            self._choose(options[here[0]])
        elif event.key == "Escape":
            event.preventDefault()
            event.stopImmediatePropagation()
            self.hide()

    def _mark(self, number: int) -> None:
        for index, each in enumerate(self._options()):
            each.ariaSelected = str(index == number).lower()
            each.id = f"suggestion-{index}"
        find("search-words").setAttribute("aria-activedescendant", f"suggestion-{number}")

    def _clicked(self, event) -> None:
        chosen = event.target.closest("[role=option]")
        if chosen:
            self._choose(chosen)

    def _choose(self, chosen) -> None:
        self.hide()
        self._on_chosen(chosen.dataset.words)


def option(kind: str, word: dict):
    """Make the element of a suggestion."""
    element = make("div", role="option", aria_selected="false")
    element.dataset.words = word["name"]
    element.append(icon(ICONS[kind]), make("span", "", word["name"]), make("span", "count", f"{word['count']:,}"))
    return element
