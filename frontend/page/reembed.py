"""Assemble the page that re-embeds: reembed.html says what people see, this wires it to the work."""

import asyncio

from pyscript import window

from frontend.page.browser.clock import now_s
from frontend.page.browser.dom import find
from frontend.page.browser.rate import Rate
from frontend.page.browser.tasks import start
from frontend.page.model.embedder import Embedder
from frontend.page.model.renewal import renew_when_fat
from frontend.page.model.start_up import StartUp
from frontend.page.reembedding.progress import models_text, progress_text, unread
from frontend.page.reembedding.unreadable import UnreadablePhotos
from frontend.page.reembedding.work import Reembedder
from frontend.page.server.addresses import server_url
from frontend.page.server.api import API, APIError
from frontend.page.server.api_key import APIKey

# The end of the address while it runs: so a reload goes on, and the address can be opened in other browsers.
RUN = "#run"

# How often the server is asked how far all browsers are. A guess; where an answer takes long, less often.
POLL_S = 2


class Reembedding:
    """Everything on the page, and what happens when people touch it."""

    def __init__(self) -> None:
        self._api = API(server_url("/api/v1"), APIKey())
        self._embedder = Embedder()
        self._start_up = StartUp(self._embedder, "The model")
        self._rate = Rate()
        self._work = Reembedder(self._embedder, self._api, self)
        self._unreadable = UnreadablePhotos(self._work.by_thumbnail, self._api.delete, self._ask)
        self._running = False
        self._progress = {}
        find("reembed-run").addEventListener("click", lambda event: self._toggle())
        find("reembed-finish").addEventListener("click", lambda event: start(self._finish()))
        find("unreadable-again").addEventListener("click", lambda event: self._run(True))
        window.onpagehide = lambda event: self._work.leave()

    async def start(self) -> None:
        """Say what there is to do; bring the embedder up beside it, and go on if that was asked for."""
        try:
            space = await self._api.space()
            await self._ask()
        except APIError as exc:
            self._say_problem(exc.message)
            return
        if not self._progress["sources"]:
            self._start_up.leave_out()
            find("reembed-run").hidden = True
            return
        if not await self._start_up.run(space):
            return
        start(renew_when_fat(self._embedder))
        find("reembed-run").disabled = find("unreadable-again").disabled = False
        self._show()
        if window.location.hash == RUN and unread(self._progress):
            self._run(False)

    # What the work tells

    def done(self) -> None:
        """One photo is re-embedded."""
        self._rate.count(now_s())

    def unreadable(self) -> None:
        """One photo could not be read."""
        start(self._try_to_ask())

    def waits(self, text: str) -> None:
        """The work waits for what the text says; empty when it goes on."""
        if self._running:
            find("reembed-state").textContent = text

    def ended(self, problem: str) -> None:
        """Nothing is left for this browser, or a problem keeps it from going on."""
        start(self._settle(problem))

    # What people do

    def _toggle(self) -> None:
        if not self._running:
            self._run(False)
            return
        self._work.stop()
        self._stop("Paused. What is done stays done.")

    def _run(self, again: bool) -> None:
        if self._running:
            return
        self._running = True
        self._rate.stop()
        self._rate.begin(now_s())
        window.history.replaceState(None, "", RUN)
        find("reembed-problem").hidden = True
        find("reembed-state").textContent = ""
        self._show()
        self._work.run(again)
        start(self._poll())

    def _stop(self, text: str) -> None:
        self._running = False
        window.history.replaceState(None, "", window.location.pathname)
        find("reembed-state").textContent = text
        self._show()

    async def _finish(self) -> None:
        find("reembed-finish").disabled = True
        try:
            await self._api.finish_reembedding()
            await self._ask()
        except APIError as exc:
            self._say_problem(exc.message)
        finally:
            find("reembed-finish").disabled = False
        if not self._progress["sources"]:
            find("reembed-run").hidden = True
            find("reembed-state").textContent = "Finished. Every photo can be found."

    # What the server says

    async def _poll(self) -> None:
        """Show how far all browsers are, while this one works."""
        while self._running:
            began = now_s()
            await self._try_to_ask()
            await asyncio.sleep(max(POLL_S, 10 * (now_s() - began)))

    async def _try_to_ask(self) -> None:
        try:
            await self._ask()
        except APIError:
            return  # The work says so, and waits.

    async def _ask(self) -> None:
        self._progress = await self._api.reembedding()
        self._show()

    async def _settle(self, problem: str) -> None:
        """Show how it ended."""
        try:
            await self._ask()
        except APIError as exc:
            problem = problem or exc.message
        self._stop("")
        if problem:
            self._say_problem(problem)

    def _say_problem(self, text: str) -> None:
        find("reembed-problem").textContent = text
        find("reembed-problem").hidden = False

    def _show(self) -> None:
        progress = self._progress
        total, left = progress["total"], progress["left"]
        find("reembed-models").textContent = models_text(progress)
        find("reembed-progress").hidden = not progress["sources"]
        find("reembed-bar").value = (total - left) / total if total else 1
        rate = self._rate.per_second(now_s()) if self._running else 0
        find("reembed-count").textContent = progress_text(progress, rate)
        find("reembed-run").textContent = "Pause" if self._running else "Start"
        find("reembed-run").hidden = not (self._running or unread(progress))
        over = bool(progress["sources"]) and not left and not self._running
        find("reembed-finish").hidden = find("reembed-finish-note").hidden = not over
        self._unreadable.show(progress["unreadable"], progress["examples"])


start(Reembedding().start())
