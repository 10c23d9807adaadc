"""The engine panel: the model in use, its back end and why, how long its start took, and what memory it uses."""

from pyscript import window

from frontend.page.browser.dom import find, make
from frontend.page.browser.tasks import start
from frontend.page.server.api import APIError
from frontend.page.wording.facts import row
from frontend.page.wording.numbers import megabytes


class EnginePanel:
    """A dialog, opened by the button beside the engine's state; its content is made each time."""

    def __init__(self, api, embedder, start_up) -> None:
        self._api = api
        self._embedder = embedder
        self._start_up = start_up
        find("engine-open").addEventListener("click", lambda event: start(self._open()))
        find("engine-close").addEventListener("click", lambda event: find("engine-panel").close())

    async def _open(self) -> None:
        find("engine-parts").replaceChildren(make("p", "note", "Loading …"))
        find("engine-panel").showModal()
        model = self._model(await self._space())
        if self._embedder.started():
            inside = await self._embedder.inspect()
            start_up = self._start(inside["received"])
            parts = back_ends(inside) + model + start_up + memory(inside) + versions(inside)
        else:
            parts = [make("p", "note", find("engine").textContent)] + model + self._start({})
        find("engine-parts").replaceChildren(*parts)

    async def _space(self):
        try:
            return await self._api.space()
        except APIError:
            return None

    def _model(self, space) -> list:
        if not space:
            return []
        manifest = space.manifest
        side = manifest["input"]["side_px"]
        return section(
            "Model",
            row("Model", manifest["model"])
            + row("What it is", manifest["description"])
            + row("Licence", manifest["licence"])
            + row("Input", f"{side} × {side} pixels")
            + row("Vectors", f"{space.dimension:,} values, cosine similarity")
            + row("Space", space.id),
        )

    def _start(self, by_worker: dict) -> list:
        rows = []
        for name, seconds in self._start_up.stages():
            rows += row(name, f"{seconds:.1f} s")
        for name, size, received in self._start_up.downloads(by_worker):
            rows += row(name, megabytes(size) + origin(received))
        return section("Start", rows)


def origin(received: int | None) -> str:
    """Say where bytes came from, if that is known."""
    if received is None:
        return ""
    return f", {megabytes(received)} of it over the network" if received else ", from this browser's cache"


def section(title: str, rows: list) -> list:
    """Make a heading and a description list; nothing if there are no rows."""
    if not rows:
        return []
    described = make("dl", "facts")
    described.append(*rows)
    return [make("h3", "", title), described]


def back_ends(inside: dict) -> list:
    """Say what the trial of each back end of TensorFlow.js showed: the one in use is correct, and the fastest here."""
    rows = []
    for trial in inside["trials"]:
        used = "In use: " if trial["backend"] == inside["backend"] else ""
        cosine = f" (cosine to the golden vector {trial['cosine']:.5f})" if trial["usable"] else ""
        rows += row(trial["backend"], f"{used}{trial['reason']}{cosine}")
    return section("Back ends", rows + row("Threads", threads(inside["threads"])))


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
    if hasattr(window.performance, "memory"):
        rows += row("The page's objects", megabytes(window.performance.memory.usedJSHeapSize))
    if hasattr(window.navigator, "deviceMemory"):
        rows += row("This device", f"{window.navigator.deviceMemory:g} GB or more")
    return section("Memory", rows)


def versions(inside: dict) -> list:
    """Name the versions of everything that runs here."""
    rows = []
    for name, version in inside["versions"]:
        rows += row(name, version)
    return section("Versions", rows)
