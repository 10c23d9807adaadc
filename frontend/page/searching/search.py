"""
From a photo to the photos most similar to it: `Search._search` is the whole flow.

The query photo stays in this browser. Its vector goes to the server; matches and signed addresses of thumbnails return.
"""

from pyscript import window

from frontend.page.browser.dom import find, notice
from frontend.page.browser.tasks import start
from frontend.page.model.embedder import PictureError, times
from frontend.page.model.limits import check_size
from frontend.page.searching.examples import Examples, show_example
from frontend.page.searching.filters import Filters, to_api
from frontend.page.searching.history import History
from frontend.page.searching.part_embedder import PartEmbedder
from frontend.page.searching.query import (
    Query,
    example_of_file,
    example_of_image,
    ids_in_parameters,
    query_of_parameters,
)
from frontend.page.searching.region import Region
from frontend.page.searching.results import Results
from frontend.page.server.api import APIError

# How long a rectangle must rest before it is searched with: a drag makes a new one with every frame. A guess.
SETTLED_MS = 150


class Search:
    """What is searched with, and the results."""

    def __init__(self, embedder, api, cards, known, on_gone) -> None:
        """
        Make searching work.

        Args:
            cards: The page's `Cards`, and `known` its `KnownImages`.
            on_gone: Called with an image that turns out to have been deleted.
        """
        self._embedder = embedder
        self._api = api
        self._on_gone = on_gone
        self._query: Query | None = None
        # Counts searches, so that what comes too late is dropped.
        self._newest = 0
        self._timer = 0
        # The arguments of the search that the server did not answer.
        self._missed = None
        self._parts = PartEmbedder(embedder, api)
        self._region = Region(self._set_region)
        self._filters = Filters(known, self._set_filters)
        self._examples = Examples(api, self._set_examples)
        self._history = History(self._travel)
        self._results = Results(cards)
        find("results-close").addEventListener("click", lambda event: self.close())

    async def by_file(self, file) -> None:
        """Search with a photo that need not be in the library."""
        await self._begin(Query(example_of_file(file)))

    async def by_image(self, image: dict) -> None:
        """Search with an image of the library."""
        await self._begin(Query(example_of_image(image)))

    async def by_address(self) -> None:
        """Run the search that the page's address describes, if any."""
        await self._arrive(self._history.parameters())

    def retry(self) -> None:
        """Repeat the search that the server did not answer, now that it is back."""
        if self._missed:
            start(self._search(*self._missed))

    def forget(self, image_id: str) -> None:
        """Take a deleted image out of the results."""
        self._results.forget(image_id)

    def close(self) -> None:
        """Hide the results; the browser's back shows them again."""
        if self._hide():
            self._history.push(None)

    def _hide(self) -> bool:
        """Hide the results; returns whether there were any."""
        self._newest += 1
        self._query = self._missed = None
        start(self._parts.release())
        find("search-note").textContent = ""
        if find("results").hidden:
            return False
        self._results.hide()
        self._filters.show({})
        find("search-door").focus()
        return True

    async def _begin(self, query: Query) -> None:
        """Search with another photo, with the same filters."""
        query.filters = self._filters.value()
        await self._search_anew(query, self._history.push)

    async def _search_anew(self, query: Query, remember) -> None:
        find("search-note").textContent = f"Analysing {query.example['name']} …"
        find("search-door").classList.remove("failed")
        start(self._parts.release())
        self._query = query
        await self._search(True, remember)

    def _travel(self, query: Query | None, parameters: dict) -> None:
        """Show the search of an entry of the browser's history."""
        start(self._search_anew(query.copy(), None) if query else self._arrive(parameters))

    async def _arrive(self, parameters: dict) -> None:
        """Run the search that an address describes; hide the results if it describes none."""
        if "like" not in parameters:
            self._hide()
            return
        try:
            images = {}
            max_examples = (await self._api.space()).limits["max_examples"]
            # No comprehension: MicroPython's cannot await.
            for image_id in ids_in_parameters(parameters, max_examples):
                images[image_id] = await self._api.image(image_id)
        except APIError as exc:
            gone = exc.status == 404
            notice("A photo that this address searches with is no longer in the library." if gone else exc.message)
            return
        query = query_of_parameters(parameters, images, max_examples)
        self._filters.show(query.filters)
        query.filters = self._filters.value()  # Without what the fields do not accept, such as a malformed date.
        await self._search_anew(query, self._history.replace)

    def add_example(self, kind: str, image: dict) -> None:
        """Add an image of the library as an example of a kind, 'more' or 'less'."""
        self._examples.add_image(kind, image)

    def _set_examples(self) -> None:
        if self._query:
            self._query.more, self._query.less = self._examples.value()
            self._again()

    def _set_filters(self) -> None:
        if self._query:
            self._query.filters = self._filters.value()
            self._again()

    def _set_region(self, region: tuple | None) -> None:
        if not self._query:
            return
        self._query.region = region
        self._query.region_vector = ""
        self._again()

    def _again(self) -> None:
        """Search again once the change has settled; from now on, earlier results come too late."""
        self._newest += 1
        self._results.wait()
        window.clearTimeout(self._timer)
        self._timer = window.setTimeout(lambda: start(self._search(False, self._history.replace)), SETTLED_MS)

    async def _search(self, new: bool, remember) -> None:
        """
        Embed what is searched with, ask the server, and show what it found, unless something newer is wanted by then.

        Args:
            new: Whether this is another photo than before, whose results are to be scrolled to.
            remember: Called with the query to enter it into the browser's history; None if it is there.
        """
        query = self._query
        if not query:
            return
        self._newest += 1
        self._missed = None
        turn = self._newest
        try:
            found = await self._find(query, turn)
        except (PictureError, APIError) as exc:
            if turn == self._newest and isinstance(exc, APIError) and exc.status == 0:
                self._missed = (new, remember)
            self._fail(turn, query, exc)
            return
        except Exception:
            self._fail(turn, query, PictureError("Something went wrong in this page."))
            raise
        if turn != self._newest:
            return
        if new:
            self._show_query(query)
        self._show(query, found)
        if remember:
            remember(query)
        if new:
            self._results.come_into_view()

    async def _find(self, query: Query, turn: int) -> dict:
        """Return `matches`, `search_ms`, and `unrelated` as `strength` takes it."""
        space = await self._api.space()
        await self._embed(query, turn, space.limits)
        if turn != self._newest:
            return {}
        asked = window.performance.now()
        body = query.body(space.id)
        body.update(to_api(query.filters))
        matches = await self._api.search(body)
        return {"matches": matches, "search_ms": window.performance.now() - asked, "unrelated": space.unrelated}

    def _show_query(self, query: Query) -> None:
        show_example(find("query"), query.example)
        self._region.show(query.region)
        self._filters.show(query.filters)
        self._examples.show(query.more, query.less)

    def _show(self, query: Query, found: dict) -> None:
        find("search-note").textContent = ""
        name = query.example["name"]
        title = f"Similar to part of {name}" if query.region else f"Similar to {name}"
        spent = f"searched {found['search_ms']:.0f} ms"
        if query.example["spent"]:
            spent = f"{query.example['spent']}, {spent}"
        nothing = "No photos match these filters." if query.filters else "Your library is empty."
        matches, several = query.matches_of(found["matches"]), query.has_several_examples()
        self._results.show(title, matches, spent, nothing, found["unrelated"], several)

    async def _embed(self, query: Query, turn: int, limits: dict) -> None:
        """Make the vectors that the query still lacks."""
        if query.region and not query.region_vector:
            features = await self._parts.embed(query.example, query.region, lambda: turn == self._newest)
            if features:
                query.region_vector = features["vector"]
                query.example["spent"] = f"embedded {features['embed_ms']:.0f} ms"
        for example in query.to_embed():
            await self._embed_file(example, limits)

    async def _embed_file(self, example: dict, limits: dict) -> None:
        check_size(example["file"], limits)
        picture = await self._embedder.open(example["file"])
        try:
            features = await self._embedder.embed(picture)
        finally:
            await self._embedder.close(picture)
        example["vector"] = features["vector"]
        example["spent"] = times(picture, features)

    def _fail(self, turn: int, query: Query, error: Exception) -> None:
        """Say why there are no new results; the earlier ones stay."""
        if turn != self._newest:
            return
        find("matches").removeAttribute("aria-busy")
        name = query.example["name"]
        if isinstance(error, APIError) and error.status == 404:
            notice(f"{name} has been deleted.")
            self._on_gone(query.example)
            find("search-note").textContent = ""
            return
        find("search-door").classList.add("failed")
        find("search-note").textContent = f"{name}: {error}"
        notice(f"{name}: {error}")
