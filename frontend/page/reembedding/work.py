"""
The work of re-embedding: take pictures that wait, one after another, until none is left or somebody says stop.

    lease -> fetch the original -> embed -> renew

Nothing is kept here that matters: the server knows what waits, so that a reload, or another browser, goes on there.
"""

import asyncio

from pyscript import window

from frontend.page.browser.clock import now_s
from frontend.page.browser.tasks import start
from frontend.page.model.embedder import PictureError
from frontend.page.server.api import ApiError

AT_ONCE = 3
# As for uploads: one picture in the worker, one on its way here, one on its way to the database.

BATCH = 12
# Pictures leased at a time. Few, so that another browser gets some of the last ones.

PAUSE_S = 3
# For how long to wait where others have all that is left. A guess.

MAX_PAUSE_S = 30
# The longest pause between two attempts to reach a server or a store that is gone. A guess.

# For how much of its time a lease is used, then it is taken anew: what is in work needs the rest.
USED = 0.75

UNPROCESSABLE = 422
"""The status of a vector that the server refuses; another attempt would make the same one."""


class Reembedder:
    """Takes pictures while it is told to run."""

    def __init__(self, embedder, api, on_done, on_unreadable, on_trouble, on_end) -> None:
        """
        `on_done` is called after each picture, `on_unreadable` after one that could not be read, `on_trouble` with a
        sentence when it has to wait (empty when it goes on), `on_end` when nothing is left for this browser, or with a
        sentence when it cannot go on.
        """
        self._embedder = embedder
        self._api = api
        self._on_done = on_done
        self._on_unreadable = on_unreadable
        self._on_trouble = on_trouble
        self._on_end = on_end
        self._queue = []
        self._in_work = {}
        self._running = 0
        self._turn = 0
        self._leasing = asyncio.Lock()
        self._again = False

    def run(self, again: bool = False) -> None:
        """Begin; `again` tries also what could not be read."""
        self._turn += 1
        self._again = again
        self._running = AT_ONCE
        for _ in range(AT_ONCE):
            start(self._work(self._turn))

    def stop(self) -> None:
        """Take no more pictures; those in work are finished, the others given back."""
        self._turn += 1
        start(self._give_back())

    def leave(self) -> None:
        """Give back everything, as the page goes away."""
        ids = [image["id"] for image, until in self._queue] + list(self._in_work)
        if ids:
            self._api.give_back_on_leaving(ids)

    async def _give_back(self) -> None:
        ids = [image["id"] for image, until in self._queue]
        self._queue = []
        if ids:
            try:
                await self._api.lease({"limit": 0, "returned": ids})
            except ApiError:
                return  # The leases run out by themselves.

    async def _work(self, turn: int) -> None:
        """Take pictures until none is left; the last of those who work says so."""
        try:
            image = await self._next(turn)
            while image is not None:
                await self._one(image)
                image = await self._next(turn)
        except ApiError as exc:
            self._end(turn, exc.message)
        except Exception as exc:
            # It is not the picture's fault, so that the others would fare no better.
            window.console.error(repr(exc))
            self._end(turn, "Something went wrong here. Reload the page to go on.")
        else:
            self._end(turn, "")

    def _end(self, turn: int, reason: str) -> None:
        """Count those who work in this turn; the last one, or the first that cannot go on, ends it."""
        if turn != self._turn:
            return
        self._running -= 1
        if reason or not self._running:
            self.stop()
            self._on_end(reason)

    async def _next(self, turn: int):
        """Return a picture; None if this turn is over or nothing waits that can be read. Waits for what others have."""
        async with self._leasing:
            while turn == self._turn:
                while self._queue:
                    image, until = self._queue.pop(0)
                    if now_s() < until:
                        return image
                if await self._lease() or await self._waits_for_others(turn):
                    continue
                return None
        return None

    async def _lease(self) -> bool:
        request = {"limit": BATCH, "again": self._again}
        images = await self._patiently(lambda: self._api.lease(request))
        self._again = False
        until = now_s() + USED * (await self._api.space()).limits["lease_s"]
        self._queue = [(image, until) for image in images]
        return bool(images)

    async def _waits_for_others(self, turn: int) -> bool:
        """Whether something waits that somebody has; then a while has passed."""
        progress = await self._patiently(self._api.reembedding)
        waiting = progress["left"] - progress["unreadable"]
        if waiting <= 0 or (waiting <= len(self._in_work) and turn == self._turn):
            return False
        self._on_trouble("Other browsers have the rest.")
        await asyncio.sleep(PAUSE_S)
        self._on_trouble("")
        return True

    async def _one(self, image: dict) -> None:
        """Re-embed a picture, or say why that cannot be."""
        self._in_work[image["id"]] = True
        try:
            await self._renew(image, lambda: self._original(image))
            self._on_done()
        except PictureError as exc:
            reason = str(exc)[: (await self._api.space()).limits["max_reason_chars"]]
            await self._patiently(lambda: self._unless_gone(self._api.report(image["id"], reason)))
            self._on_unreadable()
        finally:
            self._in_work.pop(image["id"], None)

    async def by_thumbnail(self, image: dict) -> None:
        """
        Make the vector from the thumbnail, where somebody says that it will do.

        Raises:
            PictureError: Not even that can be read.
            ApiError: The server or the store does not answer, or refuses.
        """
        await self._renew(image, lambda: fetched(image["thumbnail_url"]))

    async def _original(self, image: dict):
        """Fetch the original; where the store gives the thumbnail, but not this, it is not the store that is gone."""
        try:
            return await fetched(image["original_url"])
        except ApiError:
            await fetched(image["thumbnail_url"])
        try:
            return await fetched(image["original_url"])
        except ApiError:
            raise PictureError("The store does not give the whole file.")

    async def _renew(self, image: dict, fetch) -> None:
        """Make a vector and write it; one that the server finds to be no picture's is told as what cannot be read."""
        blob = await self._patiently(fetch)
        picture = await self._embedder.open(blob)
        try:
            made = await self._embedder.embed(picture)
        finally:
            await self._embedder.close(picture)
        renewal = {"space": made["space"], "vector": made["vector"], "labels": made["labels"]}
        try:
            await self._patiently(lambda: self._unless_gone(self._api.renew(image["id"], renewal)))
        except ApiError as exc:
            if exc.status != UNPROCESSABLE:
                raise
            raise PictureError(exc.message)

    async def _unless_gone(self, call) -> None:
        """Wait for an answer; that the picture was deleted meanwhile is one, too."""
        try:
            await call
        except ApiError as exc:
            if exc.status != 404:
                raise

    async def _patiently(self, call):
        """Repeat a call as long as trying again may help, with longer and longer pauses."""
        pause_s = 1
        while True:
            try:
                answer = await call()
            except ApiError as exc:
                if not exc.passing:
                    raise
                self._on_trouble(f"{exc.message} Trying again.")
            else:
                if pause_s > 1:
                    self._on_trouble("")
                return answer
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, MAX_PAUSE_S)


async def fetched(url: str):
    """
    Fetch a picture from the store, as a blob.

    Raises:
        PictureError: The store does not have it, or does not give it.
        ApiError: The store cannot be reached, or has trouble.
    """
    try:
        response = await window.fetch(url)
        blob = await response.blob()
    except Exception:
        raise ApiError(0, "The store cannot be reached.")
    if response.ok:
        return blob
    if response.status == 404:
        raise PictureError("The store does not have the file any more.")
    error = ApiError(response.status, f"The store answered with status {response.status}.")
    if error.passing:
        raise error
    raise PictureError(error.message)
