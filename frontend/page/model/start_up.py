"""
What is shown while the embedder starts: which parts have arrived, in bytes, and what is being done.

At a first visit the page asks for the worker's large files itself, all at once, and counts their bytes as they come.
The worker, which would ask for them one after the other, finds them in the browser's cache.
"""

import asyncio
import json
import re

from pyscript import config, window

from frontend.page.browser.clock import now_s
from frontend.page.browser.dom import find
from frontend.page.browser.storage import browser_storage
from frontend.page.browser.tasks import start
from frontend.page.server.addresses import beside
from frontend.page.wording.numbers import megabytes

READY = "Ready"
"""The last entry among the stages."""

NAME = "lookalike-fetched"

CACHED_S = 10
"""How long a worker may take that has its files in the cache; on two cores it takes 3 seconds. A guess."""


class StartUp:
    """The start of the embedder, and the panel with one bar for each part."""

    def __init__(self, embedder, purpose: str) -> None:
        """`purpose` is what cannot start if the embedder does not: the beginning of a sentence."""
        self._embedder = embedder
        self._purpose = purpose
        self._parts = {}
        self._stages = []
        self._failed = False
        self._began = now_s()

    async def run(self, space) -> bool:
        """Bring the embedder up, step by step, on the best back end there is; returns whether that went well."""
        try:
            start(self._fetch_ahead(space))
            trial = await self._embedder.start(space, beside(config["runtime"]), self._stage)
        except Exception as exc:
            self.give_up(exc)
            return False
        self._ready(trial)
        self._look_into_cache((await self._embedder.inspect())["received"])
        self._settle(await self._embedder.try_faster_backends())
        return True

    def give_up(self, error: Exception) -> None:
        """Tell everybody why pictures cannot be embedded, unless they can: then nothing was lost."""
        window.console.error(repr(error))
        if self._embedder.started():
            return
        reason = f"{self._purpose} could not start: {reason_of(error)} Reload the page to try again."
        self._failed = True
        find("engine").className = "chip failed"
        find("engine").textContent = reason
        find("start-up").classList.add("away")
        self._embedder.fail(reason)

    async def _fetch_ahead(self, space) -> None:
        """
        Fetch what the worker will want. A file that is missing here may still come when the worker asks for it.

        What an earlier visit fetched is left to the worker: to read 20 MB from the cache here too would delay it by a
        second. If that is not there any more, it is fetched when the worker has got nowhere for a while.
        """
        try:
            files = await downloads(space)
            addresses = " ".join([file["url"] for file in files])
            for file in files:
                self._part(file["part"]).expect(file)
            if browser_storage.read(NAME) == addresses:
                for part in self._parts.values():
                    part.fetched_before()
                await asyncio.sleep(CACHED_S)
                if self._embedder.reachable():
                    return
            await asyncio.gather(*[self._fetch_one(file) for file in files])
            browser_storage.write(NAME, addresses)
        except Exception as exc:
            self.give_up(exc)

    def _look_into_cache(self, by_worker: dict) -> None:
        """Fetch ahead at the next visit, whatever was noted, if the worker did not find most of it in the cache."""
        parts = self._parts.values()
        if sum([part.came(by_worker) for part in parts]) > sum([part.expected for part in parts]) / 10:
            browser_storage.write(NAME, "")

    def _stage(self, text: str) -> None:
        """Say what is being done now, unless something has failed: that is more to the point."""
        self._stages.append((text, self._seconds()))
        if not self._failed:
            find("engine").textContent = text

    def _ready(self, trial: dict) -> None:
        """Put the panel away; the embedder can be used."""
        seconds = self._seconds()
        self._stages.append((READY, seconds))
        find("start-up").classList.add("away")
        find("search-hint").classList.remove("away")
        find("engine").className = "chip ready"
        find("engine").title = f"Ready after {seconds:.1f} s"
        self._use(trial)

    def _use(self, trial: dict) -> None:
        """Name the back end in use and how long a picture takes on it."""
        find("engine").textContent = f"Ready · {trial['backend']} · {trial['run_ms']:.0f} ms a picture"

    def _settle(self, trial: dict) -> None:
        """Name the back end that will stay in use: all of them have been tried."""
        self._use(trial)
        find("engine").dataset.tried = "all"

    def stages(self) -> list:
        """Return what the start did, each with how many seconds it took; the last may go on still."""
        done = [("This page", self._began)]
        for index, (name, began) in enumerate(self._stages):
            if name != READY:
                ended = self._stages[index + 1][1] if index + 1 < len(self._stages) else self._seconds()
                done.append((name, ended - began))
        return done

    def downloads(self, by_worker: dict) -> list:
        """Return each part with its size in bytes and how many of them came over the network, see `Part.received`."""
        return [(name, part.expected, part.received(by_worker)) for name, part in self._parts.items()]

    def _seconds(self) -> float:
        """Return the seconds since the page asked for the first of it."""
        return now_s() - self._began

    def _part(self, name: str):
        if name not in self._parts:
            self._parts[name] = Part(find("start-up").querySelector(f'[data-part="{name}"]'))
        return self._parts[name]

    async def _fetch_one(self, download: dict) -> None:
        """
        Fetch a file into the cache.

        Args:
            download: `url`, `size` (in bytes, unpacked), `bytes` (on the wire), `part` (what people call it).

        Raises:
            OSError: The server did not give it.
        """
        part = self._parts[download["part"]]
        response = await window.fetch(download["url"])
        if not response.ok:
            raise OSError(f"{download['url']} cannot be loaded (status {response.status}).")
        reader = response.body.getReader()
        chunk = await reader.read()
        while not chunk.done:
            part.arrived(chunk.value.byteLength * download["bytes"] / download["size"])
            chunk = await reader.read()


class Part:
    """One bar: a part of the embedder and how much of it is here."""

    def __init__(self, element) -> None:
        self.expected = 0
        self._urls = []
        self._arrived = 0.0
        self._bar = element.querySelector("progress")
        self._text = element.querySelector(".note")

    def expect(self, download: dict) -> None:
        """Count a file in."""
        self.expected += download["bytes"]
        self._urls.append(download["url"])
        self._show()

    def arrived(self, size: float) -> None:
        """Count bytes that came."""
        self._arrived += size
        self._show()

    def fetched_before(self) -> None:
        """Say that an earlier visit has fetched it."""
        self._bar.value = 1
        self._text.textContent = f"{megabytes(self.expected)}, cached"

    def came(self, by_worker: dict) -> int:
        """Return how many bytes came over the network to the worker; see `received`."""
        return sum([by_worker.get(url, 0) for url in self._urls])

    def received(self, by_worker: dict) -> int | None:
        """
        Return how many bytes came over the network, 0 from the cache; None where another server does not tell.

        Args:
            by_worker: Address -> how many bytes came when the worker asked for it.
        """
        received = self.came(by_worker)
        for url in self._urls:
            entries = window.performance.getEntriesByName(url)
            told = entries.length and entries[0].encodedBodySize
            # A file that is still on its way has no entry yet.
            if not told and url not in by_worker:
                return None
            received += entries[0].transferSize if told else 0
        return received

    def _show(self) -> None:
        self._bar.value = min(self._arrived / self.expected, 1)
        self._text.textContent = f"{megabytes(self._arrived)} of {megabytes(self.expected)}"


CLASS_NAME = re.compile(r"[A-Za-z.]*(Error|Exception): ")


async def downloads(space) -> list[dict]:
    """List the large files that the worker will want: those of the runtime, and the model's."""
    response = await window.fetch(beside(config["app"] + "/downloads.json"))
    files = json.loads(await response.text())
    for file in files:
        file["url"] = beside(file["url"])
    for name, facts in space.manifest["files"].items():
        url = space.model_url + name
        # Weights hardly get smaller on the way, so that their size stands for the bytes on the wire.
        files.append({"url": url, "size": facts["size"], "bytes": facts["size"], "part": "The model"})
    return files


def reason_of(error: Exception) -> str:
    """Say in a sentence what an error means; one of the worker has a whole traceback for text, and names of classes."""
    if "memory" in str(error).lower():
        return "there is too little free memory. Close other pages."
    text = str(error.args[-1]).strip().split("\n")[-1] if error.args else repr(error)
    while CLASS_NAME.match(text):
        text = text.split(": ", 1)[1]
    return text if text.endswith(".") else text + "."
