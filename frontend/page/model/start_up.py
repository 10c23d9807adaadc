"""The start of the embedder: step by step, timed, with what is being done shown in the chip at the top of the page."""

import re

from pyscript import config, window

from frontend.page.browser.clock import now_s
from frontend.page.browser.dom import find
from frontend.page.browser.tasks import start
from frontend.page.model.downloads import Downloads
from frontend.page.server.addresses import page_url

# The last entry among the stages.
READY = "Ready"

# What stands before the sentence of an error of the worker.
CLASS_NAME = re.compile(r"[A-Za-z.]*(Error|Exception): ")


class StartUp:
    """Starts the embedder once, and knows afterwards how long each stage took."""

    def __init__(self, embedder, purpose: str) -> None:
        """`purpose` is what cannot start if the embedder does not: the beginning of a sentence."""
        self._embedder = embedder
        self._purpose = purpose
        self._downloads = Downloads(embedder)
        self._stages = []
        self._failed = False
        self._began = now_s()

    async def run(self, space) -> bool:
        """Bring the embedder up, step by step, on the best back end there is; returns whether that went well."""
        try:
            start(self._fetch_ahead(space))
            trial = await self._embedder.start(space, page_url(config["runtime"]), self._stage)
        except Exception as exc:
            self.give_up(exc)
            return False
        self._ready(trial)
        self._downloads.check_cache((await self._embedder.inspect())["received"])
        self._settle(await self._embedder.try_faster_backends())
        return True

    def give_up(self, error: Exception) -> None:
        """Say why photos cannot be embedded, unless they can: then nothing was lost."""
        window.console.error(repr(error))
        if self._embedder.started():
            return
        reason = f"{self._purpose} could not start: {reason_of(error)} Reload the page to try again."
        self._failed = True
        find("engine").className = "chip failed"
        find("engine").textContent = reason
        find("start-up").classList.add("away")
        self._embedder.fail(reason)

    def stages(self) -> list:
        """Return what the start did, each with how many seconds it took; the last may still go on."""
        done = [("This page", self._began)]
        for index, (name, began) in enumerate(self._stages):
            if name != READY:
                ended = self._stages[index + 1][1] if index + 1 < len(self._stages) else self._seconds()
                done.append((name, ended - began))
        return done

    def downloads(self, by_worker: dict) -> list:
        """Return each part with its size in bytes and how many of them came over the network, see `Part.received`."""
        return self._downloads.sizes(by_worker)

    async def _fetch_ahead(self, space) -> None:
        try:
            await self._downloads.fetch_ahead(space)
        except Exception as exc:
            self.give_up(exc)

    def _stage(self, text: str) -> None:
        """Say what is being done now, unless something has failed: that is more to the point."""
        self._stages.append((text, self._seconds()))
        if not self._failed:
            find("engine").textContent = text

    def _ready(self, trial: dict) -> None:
        """Put the bars away; the embedder can be used."""
        seconds = self._seconds()
        self._stages.append((READY, seconds))
        find("start-up").classList.add("away")
        find("search-hint").classList.remove("away")
        find("engine").className = "chip ready"
        find("engine").title = f"Ready after {seconds:.1f} s"
        self._name(trial)

    def _name(self, trial: dict) -> None:
        """Name the back end in use, and how long a photo takes on it."""
        find("engine").textContent = f"Ready · {trial['backend']} · {trial['run_ms']:.0f} ms a photo"

    def _settle(self, trial: dict) -> None:
        """Name the back end that will stay in use: all of them have been tried."""
        self._name(trial)
        find("engine").dataset.tried = "all"

    def _seconds(self) -> float:
        """Return the seconds since this object was made."""
        return now_s() - self._began


def reason_of(error: Exception) -> str:
    """Say in a sentence what an error means; the text of one of the worker is a whole traceback, with class names."""
    if "memory" in str(error).lower():
        return "there is too little free memory. Close other pages."
    text = str(error.args[-1]).strip().split("\n")[-1] if error.args else repr(error)
    while CLASS_NAME.match(text):
        text = text.split(": ", 1)[1]
    return text if text.endswith(".") else text + "."
