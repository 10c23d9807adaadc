"""Assemble the page that re-embeds: reembed.html says what people see, this wires it to the work."""

import asyncio

from pyscript import document, window

from frontend.page.browser.clock import now_s
from frontend.page.browser.dom import find, make
from frontend.page.browser.rate import Rate
from frontend.page.browser.tasks import start
from frontend.page.model.embedder import Embedder, PictureError
from frontend.page.model.start_up import StartUp
from frontend.page.reembedding.progress import models
from frontend.page.reembedding.work import Reembedder
from frontend.page.server.addresses import on_server
from frontend.page.server.api import Api, ApiError
from frontend.page.server.api_key import Key
from frontend.page.wording.numbers import counted, duration, speed

RUN = "#run"
"""The end of the address while it runs: so a reload goes on, and the address can be opened in other browsers."""

LOOK_S = 2
"""How often the server is asked how far all browsers are. A guess; where that takes long, it is asked less often."""


class Reembedding:
    """Everything on the page, and what happens when people touch it."""

    def __init__(self) -> None:
        self.api = Api(on_server("/api/v1"), Key())
        self.embedder = Embedder()
        self.start_up = StartUp(self.embedder, "The model")
        self.rate = Rate()
        self.work = Reembedder(self.embedder, self.api, self._done, self._unreadable, self._trouble, self._ended)
        self.running = False
        self.progress = {}
        find("reembed-run").addEventListener("click", lambda event: self._toggle())
        find("reembed-finish").addEventListener("click", lambda event: start(self._finish()))
        find("unreadable-again").addEventListener("click", lambda event: self._run(True))
        window.onpagehide = lambda event: self.work.leave()

    async def start(self) -> None:
        """Say what there is to do; bring the embedder up beside it, and go on if that was asked for."""
        try:
            space = await self.api.space()
            await self._look()
        except ApiError as exc:
            self._problem(exc.message)
            return
        if not self.progress["sources"]:
            find("start-up").classList.add("away")
            find("engine").hidden = True
            find("reembed-run").hidden = True
            return
        if not await self.start_up.run(space):
            return
        find("reembed-run").disabled = find("unreadable-again").disabled = False
        self._show()
        if window.location.hash == RUN and self._readable():
            self._run(False)

    def _toggle(self) -> None:
        if not self.running:
            self._run(False)
            return
        self.work.stop()
        self._stop("Stopped. What is done stays done.")

    def _run(self, again: bool) -> None:
        if self.running:
            return
        self.running = True
        self.rate.stop()
        self.rate.begin(now_s())
        window.history.replaceState(None, "", RUN)
        find("reembed-problem").hidden = True
        find("reembed-state").textContent = ""
        self._show()
        self.work.run(again)
        start(self._watch())

    def _stop(self, text: str) -> None:
        self.running = False
        window.history.replaceState(None, "", window.location.pathname)
        find("reembed-state").textContent = text
        self._show()

    async def _watch(self) -> None:
        """Show how far all browsers are, as long as this one works."""
        while self.running:
            began = now_s()
            await self._try_to_look()
            await asyncio.sleep(max(LOOK_S, 10 * (now_s() - began)))

    async def _try_to_look(self) -> None:
        try:
            await self._look()
        except ApiError:
            return  # Those who work say so, and wait.

    async def _look(self) -> None:
        self.progress = await self.api.reembedding()
        self._show()

    def _done(self) -> None:
        self.rate.count(now_s())

    def _unreadable(self) -> None:
        start(self._try_to_look())

    def _trouble(self, text: str) -> None:
        if self.running:
            find("reembed-state").textContent = text

    def _ended(self, reason: str) -> None:
        start(self._settle(reason))

    async def _settle(self, reason: str) -> None:
        """Say how it ended."""
        try:
            await self._look()
        except ApiError as exc:
            reason = reason or exc.message
        self._stop("")
        if reason:
            self._problem(reason)

    async def _finish(self) -> None:
        find("reembed-finish").disabled = True
        try:
            await self.api.finish_reembedding()
            await self._look()
        except ApiError as exc:
            self._problem(exc.message)
        finally:
            find("reembed-finish").disabled = False
        if not self.progress["sources"]:
            find("reembed-run").hidden = True
            find("reembed-state").textContent = "Finished. Every picture can be found."

    def _problem(self, text: str) -> None:
        find("reembed-problem").textContent = text
        find("reembed-problem").hidden = False

    def _readable(self) -> bool:
        """Whether something waits that was not found to be unreadable."""
        return self.progress["left"] > self.progress["unreadable"]

    def _show(self) -> None:
        progress = self.progress
        find("reembed-models").textContent = models(progress)
        total, left = progress["total"], progress["left"]
        find("reembed-progress").hidden = not progress["sources"]
        find("reembed-bar").value = (total - left) / total if total else 1
        find("reembed-count").textContent = self._done_so_far(total, left)
        find("reembed-run").textContent = "Pause" if self.running else "Start"
        find("reembed-run").hidden = not (self.running or self._readable())
        over = bool(progress["sources"]) and not left and not self.running
        find("reembed-finish").hidden = find("reembed-finish-note").hidden = not over
        self._show_unreadable()

    def _done_so_far(self, total: int, left: int) -> str:
        done = f"{total - left:,} of {counted(total, 'picture', 'pictures')}"
        rate = self.rate.per_second(now_s()) if self.running else 0
        if not rate:
            return done
        for_it_alone = duration((left - self.progress["unreadable"]) / rate)
        return f"{done} · {speed(rate)} in this browser · {for_it_alone} left for it alone"

    def _show_unreadable(self) -> None:
        count, rows = self.progress["unreadable"], find("unreadable-rows")
        find("unreadable").hidden = not count
        find("unreadable-summary").textContent = counted(count, "picture", "pictures")
        ids = [entry["image"]["id"] for entry in self.progress["examples"]]
        shown = [rows.children.item(index) for index in range(rows.children.length)]
        for row in shown:
            if row.getAttribute("data-id") not in ids:
                row.remove()
        known = [row.getAttribute("data-id") for row in shown]
        rows.append(*[self._row(entry) for entry in self.progress["examples"] if entry["image"]["id"] not in known])

    def _row(self, entry: dict):
        image = entry["image"]
        name = image["title"] or image["file_name"]
        element = make("li", "unreadable", data_id=image["id"])
        picture = make("img", alt="", width="64", height="64", crossorigin="anonymous", src=image["thumbnail_url"])
        stage = make("span", "stage", entry["reason"], role="status")
        original = make("a", "button quiet", "Open", href=image["original_url"], target="_blank", rel="noopener")
        thumbnail = make("button", "quiet", "Use its thumbnail", type="button")
        delete = make("button", "quiet danger", "Delete", type="button")
        for button, label in ((original, "Open the file of"), (thumbnail, "Use the thumbnail of"), (delete, "Delete")):
            button.setAttribute("aria-label", f"{label} {name}")
        thumbnail.addEventListener("click", lambda event: start(self._by_thumbnail(image, thumbnail, stage)))
        delete.addEventListener("click", lambda event: start(self._delete(image, delete, stage)))
        element.append(picture, make("span", "name", name, title=image["file_name"]), stage)
        element.append(original, thumbnail, delete)
        return element

    async def _by_thumbnail(self, image: dict, button, stage) -> None:
        await self._do(self.work.by_thumbnail(image), button, stage)

    async def _delete(self, image: dict, button, stage) -> None:
        """Delete a picture at the second press: there is no undoing it here."""
        if button.textContent == "Delete":
            button.textContent = "Delete for good"
            button.setAttribute("aria-label", "Delete for good")
            return
        await self._do(self.api.delete(image["id"]), button, stage)

    async def _do(self, work, button, stage) -> None:
        """Do something about a picture that could not be read; then it is not in the list any more."""
        button.disabled = True
        try:
            await work
            await self._look()
            if document.activeElement == document.body:
                find("unreadable").focus()
        except PictureError as exc:
            stage.textContent = str(exc)
        except ApiError as exc:
            stage.textContent = exc.message
        finally:
            button.disabled = False


start(Reembedding().start())
