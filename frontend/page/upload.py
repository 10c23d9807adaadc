"""
Flow 1, from a file to a row in the library: `upload` reads top to bottom.

The file goes straight into the object store while the model runs; the server gets the vector and the data.
"""

import asyncio

from pyscript import window

from frontend.page import store
from frontend.page.api import ApiError
from frontend.page.dom import counted, find, make, megabytes
from frontend.page.embedder import PictureError, times
from frontend.page.tasks import start
from frontend.page.words import plain, title_of

KNOWN = "already in the library"

AT_ONCE = 3
# The worker does one picture at a time; while it does, a second file is on its way to the store and a third waits for
# an answer. More only holds more pictures in memory.


async def upload(file, tags: list[str], embedder, api, row) -> tuple[dict, bool]:
    """
    Upload one file.

    Returns:
        The image as the API describes it, and whether it is new: a file that is there already is not sent again.

    Raises:
        PictureError: The file cannot be used.
        ApiError: The server or the store refused it, or could not be reached.
    """
    row.stage("reading")
    picture = await embedder.open(file)
    try:
        package = await embedder.package(picture)
        answer = await api.begin_upload(declaration(file, package))
        if answer["image"]:
            row.finish(KNOWN)
            return answer["image"], False

        row.stage("sending and looking")
        target = answer["upload"]
        sent = asyncio.create_task(send(file, package["blob"], target, row))
        try:
            features = await embedder.embed(picture)
        except BaseException:
            sent.cancel()
            raise
        await sent

        row.stage("entering")
        image = await api.register(target["id"], registration(file, tags, target, picture, features))
    finally:
        await embedder.close(picture)
    if image["id"] != target["id"]:
        # The same file was entered meanwhile, from this list or by somebody else.
        row.finish(KNOWN)
        return image, False
    row.finish(times(picture, features))
    return image, True


async def send(file, thumbnail, target: dict, row) -> None:
    """Put the original and the thumbnail into the store, both at once."""
    await asyncio.gather(
        store.put(target["original"], file, row.progress),
        store.put(target["thumbnail"], thumbnail, lambda fraction: None),
    )


def declaration(file, package: dict) -> dict:
    """What the server wants to know before it signs targets for a file."""
    declared = dict(package["original"])
    declared["file_name"] = plain(file.name)[:255]
    declared["thumbnail"] = package["thumbnail"]
    return declared


def registration(file, tags: list[str], target: dict, picture: dict, features: dict) -> dict:
    """What the library keeps of a picture."""
    return {
        "ticket": target["ticket"],
        "space": features["space"],
        "vector": features["vector"],
        "width": picture["width"],
        "height": picture["height"],
        "title": title_of(file.name),
        "tags": tags,
        "labels": features["labels"],
    }


class UploadQueue:
    """The list of files that are being added, a few of them at once."""

    def __init__(self, embedder, api, on_added) -> None:
        """`on_added` is called with every image that is in the library then, and whether it is new there."""
        self._embedder = embedder
        self._api = api
        self._on_added = on_added
        self._waiting = []
        self._running = 0
        self._added = 0
        self._known = 0
        self._failed = 0
        self.max_bytes = None
        find("uploads-clear").addEventListener("click", lambda event: self._clear())

    def add(self, files: list, tags: list[str]) -> None:
        """Take files into the list; work on them begins at once."""
        find("uploads").hidden = False
        rows = [UploadRow(file, tags, self._retry) for file in files]
        find("upload-rows").prepend(*[row.element for row in rows])
        self._waiting.extend(rows)
        self._work()

    def _retry(self, row) -> None:
        self._failed -= 1
        self._waiting.append(row)
        self._work()

    def _work(self) -> None:
        """Begin as many of the files that wait as there are places for."""
        while self._waiting and self._running < AT_ONCE:
            self._running += 1
            start(self._run(self._waiting.pop(0)))
        self._summarise()

    async def _run(self, row) -> None:
        """Upload one file, then give its place to the next."""
        await self._upload(row)
        self._running -= 1
        self._work()

    async def _upload(self, row) -> None:
        try:
            check_size(row.file, self.max_bytes)
            image, new = await upload(row.file, row.tags, self._embedder, self._api, row)
        except PictureError as exc:
            self._failed += 1
            row.fail(str(exc), again=False)
        except ApiError as exc:
            self._failed += 1
            row.fail(exc.message, again=exc.passing)
        except Exception as exc:
            # One file must not stop the others, whatever it is.
            window.console.error(repr(exc))
            self._failed += 1
            row.fail("Something went wrong here.", again=True)
        else:
            self._added += new
            self._known += not new
            self._on_added(image, new)

    def _summarise(self) -> None:
        parts = [counted(self._added, "picture", "pictures") + " added"]
        if self._known:
            parts.append(f"{self._known} there already")
        if self._waiting or self._running:
            parts.append(f"{len(self._waiting) + self._running} to go")
        if self._failed:
            parts.append(f"{self._failed} not added")
        find("uploads-summary").textContent = ", ".join(parts)

    def _clear(self) -> None:
        """Take what is over from the list; what still runs stays."""
        for row in list(find("upload-rows").querySelectorAll(".over")):
            row.remove()
        if not find("upload-rows").children.length:
            self._added = self._known = self._failed = 0
            find("uploads").hidden = True
        self._summarise()


def check_size(file, max_bytes: int | None) -> None:
    """Refuse what the server would refuse, before it is read into memory."""
    if max_bytes is not None and file.size > max_bytes:
        raise PictureError(f"The file is too large: {megabytes(file.size)}; at most {megabytes(max_bytes)} are taken.")


class UploadRow:
    """One file in the list: its name, how far it is, and what came of it."""

    def __init__(self, file, tags: list[str], on_retry) -> None:
        self.file = file
        self.tags = tags
        name = file.name
        self.element = make("li", "upload")
        self._stage = make("span", "stage", "waiting")
        self._bar = make("progress", max="1", aria_label=f"Sending {name}")
        self._bar.value = 0
        self._again = make("button", "quiet", "Try again", type="button", aria_label=f"Try {name} again")
        self._again.hidden = True
        self._again.addEventListener("click", lambda event: self._retry(on_retry))
        self.element.append(make("span", "name", name, title=name), self._bar, self._stage, self._again)

    def stage(self, text: str) -> None:
        """Say what is being done."""
        self._stage.textContent = text

    def progress(self, fraction: float) -> None:
        """Show how much of the original has been sent, 0 to 1."""
        self._bar.value = fraction

    def finish(self, text: str) -> None:
        """Say how it went."""
        self._bar.value = 1
        self.stage(text)
        self.element.className = "upload over done"

    def fail(self, reason: str, again: bool) -> None:
        """Say why not; `again` offers another attempt."""
        self._bar.value = 0
        self.stage(reason)
        self._again.hidden = not again
        self.element.className = "upload over failed"

    def _retry(self, on_retry) -> None:
        self._again.hidden = True
        self.element.className = "upload"
        self.stage("waiting")
        on_retry(self)
