"""
Flow 1, from a file to a row in the library: `Uploader._upload` and `_add` read top to bottom.

The file goes straight into the object store while the model runs; the server gets the vector and the data.
"""

import asyncio

from pyscript import window

from frontend.page.adding import put_object
from frontend.page.adding.content_locks import ContentLocks
from frontend.page.adding.registration import declaration, registration
from frontend.page.adding.retries import EXPIRED
from frontend.page.adding.twins import TwinFinder
from frontend.page.model.drawings import drawn
from frontend.page.model.embedder import times
from frontend.page.model.limits import check_size
from frontend.page.server.api import APIError

KNOWN = "already in the library"

# What a store answers to a signature that has expired, or is wrong.
FORBIDDEN = 403

# How many tickets a file may use up before it is given up. A guess.
MAX_TICKETS = 3


class Uploader:
    """Uploads one file after another, or several at once."""

    def __init__(self, embedder, api, retries) -> None:
        self._embedder = embedder
        self._api = api
        self._insist = retries.insist
        self._locks = ContentLocks()
        self._twins = TwinFinder(api)

    async def upload(self, entry) -> dict:
        """
        Upload one file, from the beginning if its ticket expires on the way.

        Returns:
            `image`: as the API describes it; `new`: whether it was not there before (a file that is there already is
            not sent again); `twin`: another image that it looks like, or None; `note`: what is wrong with the file, or
            nothing; `text`: how it went.

        Raises:
            PictureError: The file cannot be used.
            APIError: The server or the store refused it, or could not be reached.
            Cancelled: The file is not wanted any more.
        """
        tickets = 1
        while True:
            try:
                return await self._upload(entry)
            except APIError as exc:
                if exc.status != EXPIRED or tickets == MAX_TICKETS:
                    raise
                tickets += 1
                entry.begin()

    async def _upload(self, entry) -> dict:
        entry.stage("reading")
        await self._embedder.ready()
        space = await self._api.space()  # Known by now: the embedder has started with it.
        check_size(entry.file, space.limits)
        entry.file = await drawn(entry.file)
        return await self._embedder.use(entry.file, lambda picture: self._package_and_add(entry, picture, space))

    async def _package_and_add(self, entry, picture: dict, space) -> dict:
        entry.check()
        entry.begin()
        package = await self._embedder.package(picture)
        entry.check()
        entry.show(package["blob"])
        sha256 = package["original"]["sha256"]
        await self._locks.acquire(sha256)
        try:
            return await self._add(entry, picture, package, space)
        finally:
            self._locks.release(sha256)

    async def _add(self, entry, picture: dict, package: dict, space) -> dict:
        """Bring a picture that was read into the store and into the library."""
        declared = declaration(entry.file.name, package, space.limits)
        answer = await self._insist(lambda: self._api.begin_upload(declared), entry)
        if answer["image"]:
            return known(answer["image"])
        target = answer["upload"]
        features = await self._send_and_embed(entry, picture, package["blob"], target)
        facts = await self._embedder.facts(picture, await texts_of(entry.beside), space.limits["keeps_coordinates"])
        entry.check()
        entry.register()
        registered = registration(
            entry.name, entry.tags, target["ticket"], picture, package, features, facts, space.limits
        )
        image = await self._insist(lambda: self._api.register(target["id"], registered), entry)
        if image["id"] != target["id"]:  # Somebody else has added the same file meanwhile.
            return known(image)
        twin = await self._twins.find(image, features)
        text = times(picture, features)
        return {"image": image, "new": True, "twin": twin, "note": picture["note"], "text": text}

    async def _send_and_embed(self, entry, picture: dict, thumbnail, target: dict) -> dict:
        """Send both files while the model looks at the picture; returns what it made of it."""
        entry.stage("uploading")
        sent = asyncio.create_task(self._send(entry, thumbnail, target))
        try:
            features = await self._embedder.embed(picture)
        except BaseException:
            sent.cancel()
            raise
        for error in await sent:
            if error:
                raise error
        return features

    async def _send(self, entry, thumbnail, target: dict) -> tuple:
        """Put the original and the thumbnail into the store, both at once; returns for each the error, or None."""

        def put_original():
            return put(target, "original", entry.file, entry.progress, entry.aborts)

        def put_thumbnail():
            return put(target, "thumbnail", thumbnail, lambda fraction: None, entry.aborts)

        return await asyncio.gather(
            error_of(self._insist(put_original, entry)), error_of(self._insist(put_thumbnail, entry))
        )


def known(image: dict) -> dict:
    """Return the outcome for a file that is in the library already."""
    return {"image": image, "new": False, "twin": None, "note": "", "text": KNOWN}


async def error_of(work) -> Exception | None:
    """Await something and return its error: MicroPython complains of one that comes before somebody waits for it."""
    try:
        await work
    except Exception as exc:
        return exc
    return None


async def put(target: dict, name: str, blob, on_progress, aborts: list) -> None:
    """
    Put one of the two into the store. A refusal counts as an expired target, as that is what stores call it.

    Whether the target has in fact expired, this browser's clock could not tell: it may be behind, or ahead.
    """
    try:
        await put_object.put(target[name], blob, on_progress, aborts)
    except APIError as exc:
        if exc.status == FORBIDDEN:
            raise APIError(EXPIRED, exc.message)
        raise


async def texts_of(files: list) -> list:
    """Return (name, text) of the files beside a photo, without those that cannot be read."""
    texts = []
    for file in files:
        try:
            texts.append((file.name, await file.text()))
        except Exception as exc:
            window.console.info(repr(exc))
    return texts
