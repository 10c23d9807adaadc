"""Further photos to search with, more like these and less like those, as chips that can be removed."""

from pyscript import window

from frontend.page.browser.dom import find, make, notice
from frontend.page.browser.files import listed
from frontend.page.browser.tasks import start
from frontend.page.searching.query import example_of_file, example_of_image
from frontend.page.server.api import APIError

# Kind of an example -> what its chip says.
KINDS = {"more": "More like", "less": "Less like"}


class Examples:
    """The chips beside the query photo, added by choosing files or by buttons on cards."""

    def __init__(self, api, on_change) -> None:
        """`on_change` is called when an example was added or removed."""
        self._api = api
        self._on_change = on_change
        self._examples = {"more": [], "less": []}
        for kind in KINDS:
            self._listen(find(f"{kind}-files"), kind)

    def value(self) -> tuple:
        """Return the examples of both kinds, 'more' first."""
        return list(self._examples["more"]), list(self._examples["less"])

    def show(self, more: list, less: list) -> None:
        """Show examples, or none, without calling `on_change`."""
        self._examples = {"more": list(more), "less": list(less)}
        chips = [chip(kind, example, self._remove) for kind in ("more", "less") for example in self._examples[kind]]
        find("examples").replaceChildren(*chips)
        find("examples-count").textContent = f" · {len(chips)}" if chips else ""

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
        self.show(*self.value())
        find("examples-panel").open = True
        self._on_change()

    def _remove(self, kind: str, example: dict) -> None:
        self._examples[kind].remove(example)
        self._changed()
        find(f"{kind}-files").focus()


def chip(kind: str, example: dict, on_remove):
    """Make the chip of an example."""
    item = make("li", f"example {kind}")
    thumbnail = make("img", alt="", width="32", height="32", crossorigin="anonymous")
    show_example(thumbnail, example)
    remove = make("button", "quiet", "×", type="button", title="Remove")
    remove.setAttribute("aria-label", f"Remove {example['name']}")
    remove.addEventListener("click", lambda event: on_remove(kind, example))
    label = make("span", "kind", KINDS[kind])
    item.append(thumbnail, label, make("span", "name", example["name"], title=example["name"]), remove)
    return item


def show_example(element, example: dict) -> None:
    """Show an example in an img element."""
    if not example["file"]:
        element.src = example["url"]
        return
    url = window.URL.createObjectURL(example["file"])
    # Once it is loaded, or cannot be, the element does not ask for the file again.
    element.onload = element.onerror = lambda event: window.URL.revokeObjectURL(url)
    element.src = url
