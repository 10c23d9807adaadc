"""
Search by photo for pages of other sites: `from lookalike import Finder`, in a script that MicroPython runs.

The html element of such a page names the server in `data-api`. The photo stays in the visitor's browser: a worker turns
it into vectors, as on the page of Lookalike itself.
"""

import asyncio
import json

from pyscript import document, window

from frontend.page.browser.dom import make
from frontend.page.browser.tasks import start
from frontend.page.model.drawings import drawn
from frontend.page.model.embedder import Embedder, PictureError
from frontend.page.model.limits import check_size
from frontend.page.model.renewal import renew_when_fat
from frontend.page.server.addresses import server_url
from frontend.page.server.api import API, APIError
from frontend.page.wording.strength import phrase_of, scale_of

NOT_STARTED = "The search by photo could not start. Reload the page to try again."


class FinderError(Exception):
    """A search is not possible; the message is one sentence for the visitor."""


class GivenKey:
    """The key that the page was written with: who visits it has no other."""

    def __init__(self, value: str) -> None:
        self.value = value

    async def ask(self, tried: str, began_ms: float) -> bool:
        """Say that there is no other key."""
        return False


class Finder:
    """A server's library, to search with photos. One for a page."""

    def __init__(self, key: str = "") -> None:
        """
        Begin to get ready, which takes some seconds.

        Args:
            key: One that may only read, as everybody who visits the page can see it. None is needed where the server
                lets everybody read (`LOOKALIKE_ANONYMOUS=read`).
        """
        self._api = API(server_url("/api/v1"), GivenKey(key))
        self._embedder = Embedder()
        self._turn = asyncio.Lock()
        self._embedder.listen(lambda: start(self._begin()))
        start(renew_when_fat(self._embedder))
        start(self._begin())

    async def search(self, photos, limit: int = 12, tags: list | None = None, filters: dict | None = None) -> list:
        """
        Find the images that look like a photo, which is sent nowhere.

        Args:
            photos: The files that somebody has chosen or dropped, of which the first one counts.
            limit: How many images at most.
            tags: Those that an image must have, all of them.
            filters: Further conditions under the API's names.

        Returns:
            The matches, best first: `score`, the `image` with `title`, `attributes`, `thumbnail_url` and all that the
            API tells of it, and the `strength` in words: "Already in your library", "Almost identical", "Very similar",
            "Similar" or "Less similar"; empty for a model that cannot tell.

        Raises:
            FinderError: The photo cannot be used, or the server does not answer.
        """
        try:
            if not photos.length:
                raise PictureError("That is no photo: drop or choose a file.")
            return await self._search(photos[0], limit, tags, filters)
        except (PictureError, APIError) as exc:
            raise FinderError(str(exc))

    async def _search(self, photo, limit: int, tags: list | None, filters: dict | None) -> list:
        if self._embedder.failed():
            await self._begin()
        space = await self._api.space()
        check_size(photo, space.limits)
        looked = await self._embedder.use(await drawn(photo), self._embedder.look)
        query = {"space": space.id, "limit": limit, "vector": looked["vector"]}
        query["any_of"] = [{"vector": looked["middle"]}]
        query["perceptual_hash"] = looked["perceptual_hash"]
        query["filters"] = dict(filters or {})
        if tags:
            query["filters"]["tags_all"] = list(tags) + list(query["filters"].get("tags_all", ()))
        answer = await self._api.search(query)
        matches = answer["matches"]
        scale = scale_of(space.unrelated("looks"), answer["searched"], matches)
        for match in matches:
            match["strength"] = phrase_of(match, scale, looked["sha256"])
        return matches

    async def _begin(self) -> None:
        """Bring the embedder up, unless it is; whoever waits for it is told if that cannot be."""
        async with self._turn:
            if self._embedder.started():
                return
            try:
                space, site = await self._api.space(), await read_site()
                if not document.querySelector("script[name^=embedder]"):
                    document.body.append(worker(server_url(f"/{site['app']}/embedder")))
                await self._embedder.start(space, server_url(f"/{site['runtime']}"), lambda stage: None)
            except Exception as exc:
                window.console.error(repr(exc))
                self._embedder.fail(str(exc) if isinstance(exc, APIError) else NOT_STARTED)
                return
        await self._embedder.try_faster_backends()


async def read_site() -> dict:
    """
    Ask under which addresses the server has the parts of today.

    Raises:
        OSError: It does not say.
    """
    response = await window.fetch(server_url("/finder/site.json"))
    if not response.ok:
        raise OSError(f"{response.url} cannot be loaded (status {response.status}).")
    return json.loads(await response.text())


def worker(folder: str):
    """Make the element that the embedder's worker belongs to."""
    script = make("script", type="py", worker="", name="embedder")
    script.setAttribute("src", f"{folder}/worker.py")
    script.setAttribute("config", f"{folder}/pyscript.json")
    return script
