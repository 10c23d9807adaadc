"""
Flow 2, from a picture to the pictures most like it: `Search._search` reads top to bottom.

The query picture stays in this browser; its vector goes up, matches and signed thumbnail addresses come down.
"""

from pyscript import window

from frontend.page.browser.dom import find, notice
from frontend.page.browser.tasks import start
from frontend.page.model.embedder import PictureError, times
from frontend.page.model.limits import check_size
from frontend.page.searching.examples import Examples, show_example
from frontend.page.searching.filters import Filters, to_api
from frontend.page.searching.history import Links
from frontend.page.searching.part_embedder import CloseUp
from frontend.page.searching.query import Query, example_of_file, example_of_image, ids_of_address, query_of_address
from frontend.page.searching.region import Region
from frontend.page.searching.results import Results
from frontend.page.server.api import ApiError

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
        self._missed = None
        self._close_up = CloseUp(embedder, api)
        self._region = Region(self._set_region)
        self._filters = Filters(self._set_filters)
        self._examples = Examples(api, self._set_examples)
        self._links = Links(self._travel)
        self._results = Results()
        find("results-close").addEventListener("click", lambda event: self.close())

    async def by_file(self, file) -> None:
        """Search with a picture that is not in the library."""
        await self._begin(Query(example_of_file(file)))

    async def by_image(self, image: dict) -> None:
        """Search with an image of the library: 'more like this'."""
        await self._begin(Query(example_of_image(image)))

    async def by_address(self) -> None:
        """Search for what the page's address speaks of, if it does."""
        await self._arrive(self._links.read())

    def retry(self) -> None:
        """Search with what the server did not hear of, now that it is back."""
        if self._missed:
            start(self._search(*self._missed))

    def forget(self, image_id: str) -> None:
        """Take a deleted image out of the results."""
        self._results.forget(image_id)

    def close(self) -> None:
        """Put the results away; the browser's back brings them again."""
        if self._put_away():
            self._links.push(None)

    def _put_away(self) -> bool:
        """Hide the results; returns whether there were any."""
        self._newest += 1
        self._query = self._missed = None
        start(self._close_up.let_go())
        find("search-note").textContent = ""
        if find("results").hidden:
            return False
        self._results.hide()
        self._filters.show({})
        find("search-door").focus()
        return True

    async def _begin(self, query: Query) -> None:
        """Search with another picture than before, among the same ones."""
        query.filters = self._filters.value()
        await self._search_anew(query, self._links.push)

    async def _search_anew(self, query: Query, remember) -> None:
        find("search-note").textContent = f"Looking at {query.example['name']} …"
        find("search-door").classList.remove("failed")
        start(self._close_up.let_go())
        self._query = query
        await self._search(True, remember)

    def _travel(self, query: Query | None, said: dict) -> None:
        """Show what an entry of the browser's history stands for."""
        start(self._search_anew(query.copy(), None) if query else self._arrive(said))

    async def _arrive(self, said: dict) -> None:
        if "like" not in said:
            self._put_away()
            return
        try:
            images = {}
            max_examples = (await self._api.space()).limits["max_examples"]
            for image_id in ids_of_address(said, max_examples):  # No comprehension: MicroPython's cannot await.
                images[image_id] = await self._api.image(image_id)
        except ApiError as exc:
            gone = exc.status == 404
            notice("A picture that this address searches with is no longer in the library." if gone else exc.message)
            return
        query = query_of_address(said, images, max_examples)
        self._filters.show(query.filters)
        query.filters = self._filters.value()  # Without what the fields do not take, as a date that is none.
        await self._search_anew(query, self._links.replace)

    def add_example(self, kind: str, image: dict) -> None:
        """Take an image of the library for a further example, 'more' or 'less'."""
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
        """Search once more, when what was changed has settled; results of the search before come too late already."""
        self._newest += 1
        self._results.wait()
        window.clearTimeout(self._timer)
        self._timer = window.setTimeout(lambda: start(self._search(False, self._links.replace)), SETTLED_MS)

    async def _search(self, new: bool, remember) -> None:
        """
        Look at what is searched with, ask the server, and show what it found, unless something newer is asked for.

        Args:
            new: Whether this is another picture than before, and its results are to come into view.
            remember: Takes the query into the browser's history; None if it is there.
        """
        query = self._query
        if not query:
            return
        self._newest += 1
        self._missed = None
        turn = self._newest
        name = query.example["name"]
        try:
            space = await self._api.space()
            await self._look(query, turn, space.limits)
            if turn != self._newest:
                return
            asked = window.performance.now()
            body = query.body(space.id)
            body.update(to_api(query.filters))
            found = await self._api.search(body)
        except (PictureError, ApiError) as exc:
            if turn == self._newest and isinstance(exc, ApiError) and exc.status == 0:
                self._missed = (new, remember)
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
        nothing = "No picture passes these filters." if query.filters else "Nothing in the library yet."
        if new:
            show_example(find("query"), query.example)
            self._region.show(query.region)
            self._filters.show(query.filters)
            self._examples.show(query.more, query.less)
        self._results.show(title, query.matches_of(found), spent, nothing, space.unrelated, query.several())
        if remember:
            remember(query)
        if new:
            self._results.come_into_view()

    async def _look(self, query: Query, turn: int, limits: dict) -> None:
        """Let the embedder look at what it has not seen yet."""
        if query.region and not query.region_vector:
            features = await self._close_up.embed(query.example, query.region, lambda: turn == self._newest)
            if features:
                query.region_vector = features["vector"]
                query.example["spent"] = f"embedded {features['embed_ms']:.0f} ms"
        for example in query.to_look_at():
            await self._look_at_file(example, limits)

    async def _look_at_file(self, example: dict, limits: dict) -> None:
        check_size(example["file"], limits)
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
