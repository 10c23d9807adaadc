"""
Flow 2, from a picture to the pictures most like it: `Search._search` reads top to bottom.

The query picture stays in this browser; its vector goes up, matches and signed thumbnail addresses come down.
"""

from pyscript import window

from frontend.page.api import ApiError
from frontend.page.close_up import CloseUp
from frontend.page.dom import find, notice
from frontend.page.embedder import PictureError, times
from frontend.page.query import Query, example_of_file, example_of_image
from frontend.page.region import Region
from frontend.page.results import Results
from frontend.page.tasks import start
from frontend.page.upload import check_size

SETTLED_MS = 150
"""How long a rectangle must rest before it is searched with: dragging makes a new one with every frame. A guess."""


class Search:
    """The search door, what is searched with, and the results."""

    def __init__(self, embedder, api, on_gone) -> None:
        """`on_gone` is called with an image that turns out to have been deleted."""
        self._embedder = embedder
        self._api = api
        self._on_gone = on_gone
        self._query: Query | None = None
        self._newest = 0
        self._timer = 0
        self._preview_url = ""
        self._close_up = CloseUp(embedder, api)
        self._region = Region(self._set_region)
        self.results = Results()
        self.space = ""
        self.max_bytes = None
        find("results-close").addEventListener("click", lambda event: self.close())

    async def by_file(self, file) -> None:
        """Search with a picture that is not in the library."""
        old, self._preview_url = self._preview_url, window.URL.createObjectURL(file)
        if old:
            window.URL.revokeObjectURL(old)
        await self._begin(Query(example_of_file(file, self._preview_url)))

    async def by_image(self, image: dict) -> None:
        """Search with an image of the library: 'more like this'."""
        await self._begin(Query(example_of_image(image)))

    def forget(self, image_id: str) -> None:
        """Take a deleted image out of the results."""
        self.results.forget(image_id)

    def close(self) -> None:
        """Put the results away."""
        self._newest += 1
        self._query = None
        start(self._close_up.let_go())
        find("search-note").textContent = ""
        if not find("results").hidden:
            self.results.hide()
            find("search-door").focus()

    async def _begin(self, query: Query) -> None:
        """Search with another picture than before."""
        find("search-note").textContent = f"Looking at {query.example['name']} …"
        find("search-door").classList.remove("failed")
        start(self._close_up.let_go())
        self._query = query
        await self._search(True)

    def _set_region(self, region: tuple | None) -> None:
        if not self._query:
            return
        self._query.region = region
        self._query.region_vector = ""
        self._again()

    def _again(self) -> None:
        """Search once more, when what was changed has settled; results of the search before come too late already."""
        self._newest += 1
        self.results.wait()
        window.clearTimeout(self._timer)
        self._timer = window.setTimeout(lambda: start(self._search(False)), SETTLED_MS)

    async def _search(self, new: bool) -> None:
        """
        Look at what is searched with, ask the server, and show what it found, unless something newer is asked for.

        Args:
            new: Whether this is another picture than before, and its results are to come into view.
        """
        query = self._query
        if not query:
            return
        self._newest += 1
        turn = self._newest
        name = query.example["name"]
        try:
            await self._look(query, turn)
            if turn != self._newest:
                return
            asked = window.performance.now()
            found = await self._api.search(query.body(self.space))
        except (PictureError, ApiError) as exc:
            self._fail(turn, query, exc)
            return
        except Exception:
            self._fail(turn, query, PictureError("Something went wrong here."))
            raise
        if turn != self._newest:
            return
        spent = f"searched {window.performance.now() - asked:.0f} ms"
        if query.example["spent"]:
            spent = f"{query.example['spent']}, {spent}"
        find("search-note").textContent = ""
        title = f"Most like part of {name}" if query.region else f"Most like {name}"
        if new:
            find("query").src = query.example["url"]
            self._region.show(query.region)
        self.results.show(title, query.matches_of(found), spent, "Nothing in the library yet.")
        if new:
            self.results.come_into_view()

    async def _look(self, query: Query, turn: int) -> None:
        """Let the embedder look at what it has not seen yet."""
        if query.region:
            if not query.region_vector:
                features = await self._close_up.embed(query.example, query.region, lambda: turn == self._newest)
                if features:
                    query.region_vector = features["vector"]
                    query.example["spent"] = f"embedded {features['embed_ms']:.0f} ms"
        elif query.example["file"] and not query.example["vector"]:
            await self._look_at_file(query.example)

    async def _look_at_file(self, example: dict) -> None:
        check_size(example["file"], self.max_bytes)
        picture = await self._embedder.open(example["file"])
        try:
            features = await self._embedder.embed(picture)
        finally:
            await self._embedder.close(picture)
        example["vector"] = features["vector"]
        example["spent"] = times(picture, features)

    def _fail(self, turn: int, query: Query, error: Exception) -> None:
        """Say why there are no results; those of the search before stay."""
        if turn != self._newest:
            return
        find("matches").removeAttribute("aria-busy")
        name = query.example["name"]
        if isinstance(error, ApiError) and error.status == 404:
            notice(f"{name} has been deleted meanwhile.")
            self._on_gone(query.example)
            find("search-note").textContent = ""
            return
        find("search-door").classList.add("failed")
        find("search-note").textContent = f"{name}: {error}"
        notice(f"{name}: {error}")
