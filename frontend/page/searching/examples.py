"""The photos that are searched with, as chips in the search field: the first, and more like these, less like those."""

from pyscript import window

from frontend.page.browser.dom import find, icon, make, notice
from frontend.page.browser.files import listed
from frontend.page.browser.tasks import start
from frontend.page.searching.query import example_of_file, example_of_image
from frontend.page.server.api import APIError

# Kind of an example -> what its chip says.
KINDS = {"more": "More like", "less": "Less like"}

SIGNS = {"more": "+", "less": "−"}


class Examples:
    """The chips, added by choosing files or by buttons on photos."""

    def __init__(self, api, on_change, on_close) -> None:
        """`on_change` is called when an example was added or removed, `on_close` when the first photo is removed."""
        self._api = api
        self._on_change = on_change
        self._on_close = on_close
        self._first = None
        self._examples = {"more": [], "less": []}
        for kind in KINDS:
            self._listen(find(f"{kind}-files"), kind)

    def value(self) -> tuple:
        """Return the examples of both kinds, 'more' first."""
        return list(self._examples["more"]), list(self._examples["less"])

    def show(self, first, more: list, less: list) -> None:
        """Show the first photo, None for no search, and the examples, without calling `on_change`."""
        self._first = first
        self._examples = {"more": list(more), "less": list(less)}
        chips = [chip("first", first, self._remove_first)] if first else []
        chips += [chip(kind, example, self._remove) for kind in KINDS for example in self._examples[kind]]
        find("chips").replaceChildren(*chips)

    def add_image(self, kind: str, image: dict) -> None:
        """Add an image of the library."""
        start(self._add(kind, [example_of_image(image)]))

    def _listen(self, chooser, kind: str) -> None:
        chooser.addEventListener("change", lambda event: self._chosen(chooser, kind))

    def _chosen(self, chooser, kind: str) -> None:
        files = listed(chooser.files)
        chooser.value = ""
        start(self._add(kind, [example_of_file(file) for file in files]))

    async def _add(self, kind: str, new: list) -> None:
        """Add examples; an image that is an example already becomes one of this kind instead."""
        try:
            most = (await self._api.space()).limits["max_examples"]
        except APIError as exc:
            notice(exc.message)
            return
        ids = [example["id"] for example in new if example["id"]]
        for held in self._examples.values():
            held[:] = [example for example in held if example["id"] not in ids]
        room = most - len(self._examples[kind])
        if len(new) > room:
            notice(f"You can add at most {most} examples of each kind.")
        self._examples[kind].extend(new[:room])
        self._changed()

    def _changed(self) -> None:
        self.show(self._first, *self.value())
        self._on_change()

    def _remove(self, kind: str, example: dict) -> None:
        self._examples[kind].remove(example)
        self._changed()
        find("search-words").focus()

    def _remove_first(self, kind: str, example: dict) -> None:
        self._on_close()


def chip(kind: str, example: dict, on_remove):
    """Make the chip of an example."""
    item = make("li", f"example {kind}")
    thumbnail = make("img", alt="", width="32", height="32", crossorigin="anonymous")
    show_example(thumbnail, example)
    item.append(thumbnail)
    name = example["name"]
    if kind in KINDS:
        item.append(make("span", "sign", SIGNS[kind], aria_hidden="true"))
        name = f"{KINDS[kind]} {name}"
    item.title = name
    remove = make("button", "remove", type="button", title="Remove")
    remove.setAttribute("aria-label", f"Remove {example['name']}")
    remove.append(icon("x"))
    remove.addEventListener("click", lambda event: on_remove(kind, example))
    item.append(make("span", "visually-hidden", name), remove)
    return item


def show_example(element, example: dict) -> None:
    """Show an example in an img element; a file that is not decoded yet as the browser shows it, if it can."""
    if example["url"]:
        element.src = example["url"]
        return
    url = window.URL.createObjectURL(example["file"])

    def over(event) -> None:
        window.URL.revokeObjectURL(url)  # The element does not ask for the file again.
        if event.type == "error" and element.src == url:
            element.removeAttribute("src")  # No sign of a broken picture: if it can be decoded, that is shown soon.

    element.onload = element.onerror = over
    element.src = url
