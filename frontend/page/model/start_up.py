"""The start of the embedder: stage by stage, timed, with a line at the top of the page that moves evenly to its end."""

import asyncio
import json
import re

from pyscript import config, window

from frontend.page.browser.clock import now_s
from frontend.page.browser.dom import find
from frontend.page.browser.storage import browser_storage
from frontend.page.browser.tasks import start
from frontend.page.model.downloads import Downloads
from frontend.page.model.living_worker import WorkerLost
from frontend.page.model.start_progress import StartProgress
from frontend.page.server.addresses import page_url
from frontend.page.server.api import APIError

# The last entry among the stages.
READY = "Ready"

# What the browser keeps under this name: how long each stage of the last start took, in seconds.
TOOK = "lookalike-start"

# How often the line moves on; style lets it glide from one place to the next.
STEP_S = 0.2

# What stands before the sentence of an error of the worker.
CLASS_NAME = re.compile(r"[A-Za-z.]*(Error|Exception): ")


class StartUp:
    """Starts the embedder once, and knows afterwards how long each stage took."""

    def __init__(self, embedder, purpose: str) -> None:
        """`purpose` is what cannot start if the embedder does not: the beginning of a sentence."""
        self._embedder = embedder
        self._purpose = purpose
        self._began = now_s()
        self._downloads = Downloads(embedder)
        self._stages = []
        self._over = True
        self._space = None
        embedder.listen(lambda: start(self.run(self._space)))

    async def run(self, space) -> bool:
        """
        Bring the embedder up, stage by stage, on the best back end there is; returns whether that went well.

        Once it has gone well, this begins by itself whenever the worker is lost, or begun anew.
        """
        self._space = space
        self._begin()
        try:
            start(self._fetch_ahead(space))
            await self._embedder.start(space, page_url(config["runtime"]), self._stage)
        except Exception as exc:
            self.give_up(exc)
            return False
        self._ready()
        await self._try_faster()
        return True

    async def _try_faster(self) -> None:
        """Change to the best back end there is."""
        try:
            self._downloads.check_cache((await self._embedder.inspect())["received"])
        except WorkerLost:
            return
        if await self._embedder.try_faster_backends():
            find("engine").dataset.tried = "all"

    def give_up(self, error: Exception) -> None:
        """Say why photos cannot be embedded, unless they can: then nothing was lost."""
        window.console.error(repr(error))
        if self._embedder.started() or is_away(error):
            return
        reason = f"{self._purpose} could not start: {reason_of(error)} Reload the page to try again."
        self._end("failed", reason)
        find("start-up-note").textContent = reason
        self._embedder.fail(reason)

    def leave_out(self) -> None:
        """Show no start: nothing here needs the embedder."""
        self._end("away", "Not needed")

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
            await self._downloads.fetch_ahead(space, self._progress)
        except Exception as exc:
            self.give_up(exc)

    def _begin(self) -> None:
        """Let the line begin, at the left; unseen where nobody has to know, unless somebody comes to wait."""
        quiet = self._embedder.renewing()
        find("start-up").className = "start-up quiet" if quiet else "start-up"
        find("start-up-note").className = "start-up-note"
        if not quiet:
            find("engine").className = "visually-hidden"
            find("engine").textContent = "Getting ready"
        self._progress = StartProgress(now_s())
        self._progress.expect(took_last_time())
        self._stages = []
        self._over = False
        start(self._move())

    def _stage(self, text: str) -> None:
        """Note what is being done now."""
        self._stages.append((text, self._seconds()))
        self._progress.stage(text, now_s())
        find("engine").dataset.stage = text

    def _ready(self) -> None:
        """Put the line away; the embedder can be used."""
        self._stages.append((READY, self._seconds()))
        self._progress.stage("", now_s())
        browser_storage.write(TOOK, json.dumps(self._progress.took_s()))
        self._end("ready", READY)

    def _end(self, state: str, text: str) -> None:
        """Let the line go, and say how it ended."""
        self._over = True
        find("start-up").className = f"start-up {state}"
        find("start-up-note").className = f"start-up-note {state}"
        find("engine").className = f"visually-hidden {state}"
        find("engine").textContent = text

    async def _move(self) -> None:
        """Move the line on until the start is over."""
        bar, note = find("start-up"), find("start-up-note")
        while not self._over:
            value = self._progress.value(now_s())
            percent = int(100 * value)
            bar.style.setProperty("--done", f"{value:.3f}")
            bar.setAttribute("aria-valuenow", str(percent))
            note.textContent = f"Getting ready, {percent} %"
            for element in (bar, note):
                element.classList.toggle("wanted", self._embedder.is_awaited())
            await asyncio.sleep(STEP_S)

    def _seconds(self) -> float:
        """Return the seconds since this object was made."""
        return now_s() - self._began


def took_last_time() -> dict:
    """Return how long each stage of this browser's last start took; nothing if that is not known."""
    try:
        took_s = json.loads(browser_storage.read(TOOK) or "{}")
        return {name: float(seconds) for name, seconds in took_s.items()}
    except (ValueError, TypeError, AttributeError):
        return {}


def is_away(error: Exception) -> bool:
    """Tell whether the server cannot be reached: then the page says so, and begins again once it answers."""
    return isinstance(error, APIError) and error.status == 0


def reason_of(error: Exception) -> str:
    """Say in a sentence what an error means; the text of one of the worker is a whole traceback, with class names."""
    if "memory" in str(error).lower():
        return "there is too little free memory. Close other pages."
    text = str(error.args[-1]).strip().split("\n")[-1] if error.args else repr(error)
    while CLASS_NAME.match(text):
        text = text.split(": ", 1)[1]
    return text if text.endswith(".") else text + "."
