"""About this search: for the curious, what happens to a photo, which model sees it, and how long everything took."""

from pyscript import window

from frontend.page.browser.dom import find, make
from frontend.page.browser.tasks import start
from frontend.page.server.api import APIError
from frontend.page.wording.facts import row
from frontend.page.wording.numbers import megabytes

# The last of what is told of a search; what comes after it is of the next one.
SEARCH = "Search"


class About:
    """A dialog, opened by the i on top, which has a dot until all is ready; its content is made each time."""

    def __init__(self, api, embedder, start_up) -> None:
        self._api = api
        self._embedder = embedder
        self._start_up = start_up
        self._search_ms = {}
        find("about-open").addEventListener("click", lambda event: start(self._open()))
        find("about-close").addEventListener("click", lambda event: find("about").close())

    def note_search(self, times: dict) -> None:
        """Keep how long parts of a search took: name -> milliseconds, in order. It ends with one called SEARCH."""
        if SEARCH in self._search_ms:
            self._search_ms = {}
        self._search_ms.update(times)

    async def _open(self) -> None:
        find("about-parts").replaceChildren(make("p", "note", "Loading …"))
        find("about").showModal()
        space = await self._space()
        inside = await self._embedder.inspect() if self._embedder.started() else None
        facts = self._last_search()
        if space:
            facts += the_model(space)
        if inside:
            facts += back_ends(inside)
        facts += self._start() + self._downloads(inside["received"] if inside else {})
        if inside:
            facts += memory(inside) + versions(inside)
        folded = make("details")
        folded.append(make("summary", "", "Technical details"), *facts)
        find("about-parts").replaceChildren(*what_happens(space), folded)

    async def _space(self):
        try:
            return await self._api.space()
        except APIError:
            return None

    def _last_search(self) -> list:
        rows = []
        for name, spent_ms in self._search_ms.items():
            rows += row(name, f"{spent_ms:.0f} ms")
        return section("The last search", rows)

    def _start(self) -> list:
        rows = row("State", find("engine").textContent)
        for name, seconds in self._start_up.stages():
            rows += row(name, f"{seconds:.1f} s")
        return section("This start, stage by stage", rows)

    def _downloads(self, by_worker: dict) -> list:
        rows = []
        for name, size, received in self._start_up.downloads(by_worker):
            rows += row(name, megabytes(size) + origin(received))
        return section("Downloads", rows)


def what_happens(space) -> list:
    """Tell the way of a photo in four sentences."""
    values = f"{space.dimension:,} numbers" if space else "some hundred numbers"
    steps = make("ol")
    for text in (
        "This browser opens the photo, turns it upright and shrinks it.",
        f"A small neural network, here in the browser, describes what it sees by {values}.",
        "Only these numbers go to the server. A photo that you search with never leaves this browser.",
        "The server finds the photos of the library whose numbers are nearest, and answers with those.",
    ):
        steps.append(make("li", "", text))
    return [make("h3", "", "What happens to a photo"), steps]


def the_model(space) -> list:
    """Describe the model that makes the vectors."""
    manifest = space.manifest
    side = manifest["input"]["side_px"]
    return section(
        "The model",
        row("Model", manifest["model"])
        + row("What it is", manifest["description"])
        + row("Licence", manifest["licence"])
        + row("Input", f"{side} × {side} pixels")
        + row("Vectors", f"{space.dimension:,} values, cosine similarity")
        + row("Space", space.id),
    )


def origin(received: int | None) -> str:
    """Say where bytes came from, if that is known."""
    if received is None:
        return ""
    return f", {megabytes(received)} of it over the network" if received else ", from this browser's cache"


def section(title: str, rows: list) -> list:
    """Make a heading and a description list; nothing if there are no rows."""
    if not rows:
        return []
    described = make("dl")
    described.append(*rows)
    return [make("h3", "", title), described]


def back_ends(inside: dict) -> list:
    """Say what the trial of each back end of TensorFlow.js showed: the one in use is correct, and the fastest here."""
    rows = []
    for trial in inside["trials"]:
        used = "In use: " if trial["backend"] == inside["backend"] else ""
        cosine = f" (cosine to the golden vector {trial['cosine']:.5f})" if trial["usable"] else ""
        rows += row(trial["backend"], f"{used}{trial['reason']}{cosine}")
    return section("What it runs on", rows + row("Threads", threads(inside["threads"])))


def threads(count: int) -> str:
    """Say how many threads the model runs on, and why it is only one if the page's address or server is the reason."""
    if window.crossOriginIsolated:
        return str(count)
    if not window.isSecureContext:
        return "1: browsers allow more only on https addresses and on localhost"
    return "1: the web server does not isolate the page (Cross-Origin-Opener-Policy, Cross-Origin-Embedder-Policy)"


def memory(inside: dict) -> list:
    """Say how much memory is in use, as far as the browser tells."""
    rows = row("Python and pixels", megabytes(inside["python_bytes"]))
    rows += row("Tensors", f"{megabytes(inside['tensor_bytes'])} in {inside['tensors']:,}")
    used = getattr(getattr(window.performance, "memory", None), "usedJSHeapSize", None)  # Of Chromium only.
    if used is not None:
        rows += row("The page's objects", megabytes(used))
    if hasattr(window.navigator, "deviceMemory"):
        rows += row("This device", f"{window.navigator.deviceMemory:g} GB or more")
    return section("Memory", rows)


def versions(inside: dict) -> list:
    """Name the versions of everything that runs here."""
    rows = []
    for name, version in inside["versions"]:
        rows += row(name, version)
    return section("Versions", rows)
