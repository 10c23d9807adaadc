"""Further pictures to search with: more like these, less like those. Shown as chips that can be taken away again."""

from pyscript import window

from frontend.page.browser.dom import find, make, notice
from frontend.page.browser.files import listed
from frontend.page.browser.tasks import start
from frontend.page.searching.query import example_of_file, example_of_image
from frontend.page.server.api import ApiError

KINDS = {"more": "More like", "less": "Less like"}


class Examples:
    """The chips beside the query picture, and the ways in for more of them: files, and buttons on cards."""

    def __init__(self, api, on_change) -> None:
        """`on_change` is called when an example was added or taken away."""
        self._api = api
        self._on_change = on_change
        self._examples = {"more": [], "less": []}
        for kind in KINDS:
            self._listen(find(f"{kind}-files"), kind)

    def value(self) -> tuple:
        """Return the examples of what is wanted and of what is not."""
        return list(self._examples["more"]), list(self._examples["less"])

    def show(self, more: list, less: list) -> None:
        """Show examples, or none, without telling anybody."""
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
        """Add examples; an image that is one already changes sides instead of being there twice."""
        try:
            most = (await self._api.space()).limits["max_examples"]
        except ApiError as exc:
            notice(exc.message)
            return
        ids = [example["id"] for example in new if example["id"]]
        for held in self._examples.values():
            held[:] = [example for example in held if example["id"] not in ids]
        room = most - len(self._examples[kind])
        if len(new) > room:
            notice(f"You can search with at most {most} examples of each kind.")
        self._examples[kind].extend(new[:room])
        self._open()

    def _open(self) -> None:
        self.show(*self.value())
        find("examples-panel").open = True
        self._on_change()

    def _remove(self, kind: str, example: dict) -> None:
        self._examples[kind].remove(example)
        self._open()
        find(f"{kind}-files").focus()


def chip(kind: str, example: dict, on_remove):
    """Make the chip of an example."""
    item = make("li", f"example {kind}")
    picture = make("img", alt="", width="32", height="32", crossorigin="anonymous")
    show_example(picture, example)
    remove = make("button", "quiet", "×", type="button", title="Take away")
    remove.setAttribute("aria-label", f"Take away {example['name']}")
    remove.addEventListener("click", lambda event: on_remove(kind, example))
    sign = make("span", "kind", KINDS[kind])
    item.append(picture, sign, make("span", "name", example["name"], title=example["name"]), remove)
    return item


def show_example(picture, example: dict) -> None:
    """Let an img element show an example."""
    if not example["file"]:
        picture.src = example["url"]
        return
    url = window.URL.createObjectURL(example["file"])
    # Once it is drawn, or cannot be, nothing asks for the file again.
    picture.onload = picture.onerror = lambda event: window.URL.revokeObjectURL(url)
    picture.src = url
