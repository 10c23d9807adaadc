"""
The work of re-embedding: take photos that wait, one after another, until none is left or somebody stops it.

    lease -> fetch the original -> embed -> renew

Nothing that matters is kept here: the server knows what waits, so that a reload, or another browser, goes on there.
"""

import asyncio

from pyscript import window

from frontend.page.browser.clock import now_s
from frontend.page.browser.tasks import start
from frontend.page.model.embedder import PictureError
from frontend.page.server.api import APIError

# As for uploads: one photo in the worker, one on its way here, one on its way to the database.
AT_ONCE = 3

# How many photos are leased at a time. Few, so that another browser gets some of the last ones.
BATCH = 12

# How long to wait where other browsers have all that is left. A guess.
PAUSE_S = 3

# The longest pause between two attempts to reach a server or a store that is gone. A guess.
MAX_PAUSE_S = 30

# For which part of its time a lease is used; then it is taken anew. Photos in work need the rest.
USED_PART = 0.75

# The status of a vector that the server refuses; another attempt would make the same one.
UNPROCESSABLE = 422


class Reembedder:
    """Re-embeds photos while it runs."""

    def __init__(self, embedder, api, listener) -> None:
        """
        `listener` is told how it goes: `done()` after each photo, `unreadable()` after one that could not be read,
        `waits(text)` when it has to wait (empty when it goes on), `ended(problem)` when nothing is left for this
        browser, or, with a sentence, when it cannot go on.
        """
        self._embedder = embedder
        self._api = api
        self._listener = listener
        self._queue = []
        """Leased images, each with the time in s until which it may be taken."""
        self._in_work = {}
        self._workers = 0
        self._run_number = 0
        self._leasing = asyncio.Lock()
        self._again = False

    def run(self, again: bool = False) -> None:
        """Begin; with `again` also what could not be read is tried."""
        self._run_number += 1
        self._again = again
        self._workers = AT_ONCE
        for _ in range(AT_ONCE):
            start(self._work(self._run_number))

    def stop(self) -> None:
        """Take no more photos; those in work are finished, the others given back."""
        self._run_number += 1
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
            except APIError:
                return  # The leases run out by themselves.

    async def _work(self, run_number: int) -> None:
        """Take photos until none is left; the last of the workers says so."""
        try:
            image = await self._next(run_number)
            while image is not None:
                await self._reembed(image)
                image = await self._next(run_number)
        except APIError as exc:
            self._end(run_number, exc.message)
        except Exception as exc:
            # The photo is not to blame, so that the others would fare no better.
            window.console.error(repr(exc))
            self._end(run_number, "Something went wrong. Reload the page to go on.")
        else:
            self._end(run_number, "")

    def _end(self, run_number: int, reason: str) -> None:
        """Count the workers of this run; the last one, or the first that cannot go on, ends it."""
        if run_number != self._run_number:
            return
        self._workers -= 1
        if reason or not self._workers:
            self.stop()
            self._listener.ended(reason)

    async def _next(self, run_number: int):
        """Return a photo; None if the run is over or nothing waits that can be read. Waits for what others have."""
        async with self._leasing:
            while run_number == self._run_number:
                while self._queue:
                    image, until = self._queue.pop(0)
                    if now_s() < until:
                        return image
                if await self._lease() or await self._waits_for_others(run_number):
                    continue
                return None
        return None

    async def _lease(self) -> bool:
        request = {"limit": BATCH, "again": self._again}
        images = await self._with_retries(lambda: self._api.lease(request))
        self._again = False
        until = now_s() + USED_PART * (await self._api.space()).limits["lease_s"]
        self._queue = [(image, until) for image in images]
        return bool(images)

    async def _waits_for_others(self, run_number: int) -> bool:
        """Tell whether photos wait that other browsers have; if so, only after a pause."""
        progress = await self._with_retries(self._api.reembedding)
        waiting = progress["left"] - progress["unreadable"]
        if waiting <= 0 or (waiting <= len(self._in_work) and run_number == self._run_number):
            return False
        self._listener.waits("Other browsers are working on the rest.")
        await asyncio.sleep(PAUSE_S)
        self._listener.waits("")
        return True

    async def _reembed(self, image: dict) -> None:
        """Re-embed a photo, or report that it cannot be read."""
        self._in_work[image["id"]] = True
        try:
            await self._renew(image, lambda: self._original(image))
            self._listener.done()
        except PictureError as exc:
            if self._embedder.failed():
                raise  # The photo is not to blame.
            reason = str(exc)[: (await self._api.space()).limits["max_reason_chars"]]
            await self._with_retries(lambda: self._unless_gone(self._api.report(image["id"], reason)))
            self._listener.unreadable()
        finally:
            self._in_work.pop(image["id"], None)

    async def by_thumbnail(self, image: dict) -> None:
        """
        Make the vector from the thumbnail, where somebody says that this will do.

        Raises:
            PictureError: Not even that can be read.
            APIError: The server or the store does not answer, or refuses.
        """
        await self._renew(image, lambda: fetched(image["thumbnail_url"]))

    async def _original(self, image: dict):
        """Fetch the original. If the store gives the thumbnail but not the original, the store is not away."""
        try:
            return await fetched(image["original_url"])
        except APIError:
            await fetched(image["thumbnail_url"])
        try:
            return await fetched(image["original_url"])
        except APIError:
            raise PictureError("The store does not send the whole file.")

    async def _renew(self, image: dict, fetch) -> None:
        """Make a vector and write it; a vector that the server refuses counts as a photo that cannot be read."""
        blob = await self._with_retries(fetch)
        made = await self._embedder.use(blob, self._embedder.embed)
        renewal = {"space": made["space"], "vector": made["vector"], "labels": made["labels"]}
        try:
            await self._with_retries(lambda: self._unless_gone(self._api.renew(image["id"], renewal)))
        except APIError as exc:
            if exc.status != UNPROCESSABLE:
                raise
            raise PictureError(exc.message)

    async def _unless_gone(self, call) -> None:
        """Wait for an answer; it does not matter if the photo was deleted meanwhile."""
        try:
            await call
        except APIError as exc:
            if exc.status != 404:
                raise

    async def _with_retries(self, call):
        """Repeat a call as long as that may help, with exponential backoff."""
        pause_s = 1
        while True:
            try:
                answer = await call()
            except APIError as exc:
                if not exc.transient:
                    raise
                self._listener.waits(f"{exc.message} Trying again.")
            else:
                if pause_s > 1:
                    self._listener.waits("")
                return answer
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, MAX_PAUSE_S)


async def fetched(url: str):
    """
    Fetch a file from the store, as a blob.

    Raises:
        PictureError: The store does not have it, or refuses it.
        APIError: The store cannot be reached, or has trouble.
    """
    try:
        response = await window.fetch(url)
        blob = await response.blob()
    except Exception:
        raise APIError(0, "The store cannot be reached.")
    if response.ok:
        return blob
    if response.status == 404:
        raise PictureError("The store no longer has the file.")
    error = APIError(response.status, f"The store answered with status {response.status}.")
    if error.transient:
        raise error
    raise PictureError(error.message)
