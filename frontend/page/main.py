"""Assemble the page: index.html says what people see, this wires what they do to the two flows."""

import json
import re

from pyscript import config, document, window

from frontend.page import arrows
from frontend.page.api import Api
from frontend.page.detail import Detail
from frontend.page.dom import asking, find
from frontend.page.doors import Doors
from frontend.page.embedder import Embedder
from frontend.page.key import Key
from frontend.page.library import Library
from frontend.page.pictures import DELETE, MORE, SELECT, SHOW, action_of
from frontend.page.queue import UploadQueue
from frontend.page.removal import Removals
from frontend.page.search import Search
from frontend.page.selection import Selection
from frontend.page.start_up import StartUp
from frontend.page.tasks import start
from frontend.page.words import cut_tags, split_tags


class Page:
    """Everything on the page, and what happens when people touch it."""

    def __init__(self) -> None:
        self.api = Api("/api/v1", Key())
        self.embedder = Embedder()
        self.library = Library(self.api)
        self.search = Search(self.embedder, self.api, self._forget)
        self.uploads = UploadQueue(self.embedder, self.api, self._added, self._delete)
        self.removals = Removals(self.api, self._forget, self.library.summarise)
        self.selection = Selection(self.api, self._delete, self._forget)
        self.detail = Detail(self.api, self._act, self._forget, self.library.load_after)
        self.start_up = StartUp()
        Doors(self._search_with, self._add)
        for grid in ("images", "matches"):
            find(grid).addEventListener("click", self._clicked)
        arrows.listen("matches", "results")
        arrows.listen("images", "library")
        find("library-more").addEventListener("click", lambda event: start(self.library.load()))
        document.addEventListener("keydown", self._key)

    async def start(self) -> None:
        """Show the library at once; bring the embedder up beside it."""
        start(self.library.load())
        start(self.uploads.resume())
        try:
            space = await self.api.space()
            self.search.space = self.detail.space = space["space"]
            self.search.max_bytes = self.uploads.max_bytes = space["limits"]["max_upload_bytes"]
            unrelated = (space["manifest"]["calibration"] or {}).get("unrelated_cosine")
            self.search.results.unrelated = self.uploads.services.unrelated = unrelated
            start(self.search.by_address())
            start(self._fetch_ahead(space))
            trial = await self.embedder.start(space, window.location.origin + config["runtime"], self.start_up.stage)
        except Exception as exc:
            self._give_up(exc)
            return
        self.start_up.ready(trial)
        self.start_up.settle(await self.embedder.try_faster_backends())

    async def _fetch_ahead(self, space: dict) -> None:
        """Fetch what the worker will want. A file that is missing here may still come when the worker asks for it."""
        try:
            await self.start_up.fetch(await downloads(space))
        except Exception as exc:
            self._give_up(exc)

    def _give_up(self, error: Exception) -> None:
        """Tell everybody why pictures cannot be embedded, unless they can: then nothing was lost."""
        window.console.error(repr(error))
        if self.embedder.started():
            return
        reason = f"Search by picture could not start: {last_line(error)} Reload the page to try again."
        self.start_up.fail(reason)
        self.embedder.fail(reason)

    def _search_with(self, file) -> None:
        start(self.search.by_file(file))

    def _add(self, files: list) -> None:
        self.uploads.add(files, cut_tags(split_tags(find("tags").value)))

    def _clicked(self, event) -> None:
        action, image = action_of(event)
        if action == SHOW:
            self.detail.open(image, event.currentTarget)
        elif action == SELECT:
            self.selection.toggle(image, event.currentTarget, event.shiftKey)
        else:
            self._act(action, image)

    def _act(self, action: str, image: dict) -> None:
        if action == MORE:
            start(self.search.by_image(image))
        elif action == DELETE:
            self._delete([image])

    def _delete(self, images: list[dict]) -> None:
        self.removals.delete(images)
        for image in images:
            self.selection.drop(image["id"])
        find("library").focus({"preventScroll": True})

    def _added(self, image: dict, new: bool) -> None:
        self.removals.keep(image["id"])
        self.library.add(image, new)

    def _forget(self, image: dict) -> None:
        self.library.forget(image["id"])
        self.search.forget(image["id"])
        self.uploads.forget(image["id"])
        self.selection.drop(image["id"])

    def _key(self, event) -> None:
        if asking():
            return
        if event.key == "Escape" and not has_text(event.target):
            if not self.selection.clear():
                self.search.close()
        elif event.key == "z" and (event.ctrlKey or event.metaKey) and event.target.tagName != "INPUT":
            self.removals.undo()


def has_text(element) -> bool:
    """Whether this is a field with something in it: there Escape is the field's own."""
    return getattr(element, "type", "") != "checkbox" and bool(getattr(element, "value", ""))


CLASS_NAME = re.compile(r"[A-Za-z.]*(Error|Exception): ")


async def downloads(space: dict) -> list[dict]:
    """List the large files that the worker will want: those of the runtime, and the model's."""
    response = await window.fetch(config["app"] + "/downloads.json")
    files = json.loads(await response.text())
    for name, facts in space["manifest"]["files"].items():
        url = space["model_url"] + name
        # Weights hardly get smaller on the way, so that their size stands for the bytes on the wire.
        files.append({"url": url, "size": facts["size"], "bytes": facts["size"], "part": "The model"})
    return files


def last_line(error: Exception) -> str:
    """Take the sentence from an error; one of the worker has a whole traceback for text, and names of classes."""
    text = str(error.args[-1]).strip().split("\n")[-1] if error.args else repr(error)
    while CLASS_NAME.match(text):
        text = text.split(": ", 1)[1]
    return text if text.endswith(".") else text + "."


start(Page().start())
