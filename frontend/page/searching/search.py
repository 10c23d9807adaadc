"""
From a photo to the photos most similar to it: `Search._search` is the whole flow.

The query photo stays in this browser. Its vector goes to the server; matches and signed addresses of thumbnails return.
"""

from pyscript import window

from frontend.page.browser.dom import find, notice
from frontend.page.browser.files import data_url
from frontend.page.browser.tasks import start
from frontend.page.model.drawings import drawn
from frontend.page.model.embedder import PictureError
from frontend.page.model.limits import check_size
from frontend.page.searching.examples import Examples, show_example
from frontend.page.searching.filters import Filters, to_api
from frontend.page.searching.history import History
from frontend.page.searching.part_embedder import PartEmbedder
from frontend.page.searching.query import (
    MADE_BY_THE_EMBEDDER,
    Query,
    example_of_file,
    example_of_image,
    ids_in_parameters,
    query_of_parameters,
)
from frontend.page.searching.region import Region
from frontend.page.searching.results import Results
from frontend.page.searching.suggested_crops import SuggestedCrops
from frontend.page.server.api import APIError
from frontend.page.wording.strength import scale_of

# How long a rectangle must rest before it is searched with: a drag makes a new one with every frame. A guess.
SETTLED_MS = 150

# Of the longer side of the photo searched with: it is shown 320 CSS pixels wide, on a phone as wide as the screen.
PREVIEW_SIDE_PX = 1024


class Search:
    """What is searched with, and the results."""

    def __init__(self, embedder, api, address, cards, known, on_shown, on_gone, on_times) -> None:
        """
        Make searching work.

        Args:
            address: The page's `Address`.
            cards: The page's `Cards`, and `known` its `KnownImages`.
            on_shown: Called with whether there is a search, when one begins, changes or is closed.
            on_gone: Called with an image that turns out to have been deleted.
            on_times: Called with what a search took, in milliseconds: name -> time.
        """
        self._embedder = embedder
        self._api = api
        self._on_shown = on_shown
        self._on_gone = on_gone
        self._on_times = on_times
        self._query: Query | None = None
        # Counts searches, so that what comes too late is dropped.
        self._newest = 0
        self._timer = 0
        # Whether the last search was not answered by the server.
        self._missed = False
        self._parts = PartEmbedder(embedder, api)
        self._region = Region(self._set_region)
        self._crops = SuggestedCrops(self._region.choose)
        self._filters = Filters(known, self._set_filters)
        self._examples = Examples(api, self._set_examples, self.close)
        self._history = History(address, self._travelled)
        self._results = Results(cards)
        find("results-close").addEventListener("click", lambda event: self.close())

    @property
    def is_open(self) -> bool:
        """Whether something is searched with."""
        return self._query is not None

    @property
    def words(self) -> str:
        """The words that matches must have, or be like."""
        return self._filters.words

    def set_words(self, words: str) -> None:
        """Search with these words as well."""
        if words != self._filters.words:
            self._filters.words = words
            self._set_filters()

    async def by_file(self, file, words: str = "") -> None:
        """Search with a photo that need not be in the library."""
        await self._begin(Query(example_of_file(file)), words)

    async def by_image(self, image: dict, words: str = "") -> None:
        """Search with an image of the library."""
        await self._begin(Query(example_of_image(image)), words)

    async def by_id(self, image_id: str) -> None:
        """Search with an image of the library that the page may not know, such as one dragged from another tab."""
        try:
            image = await self._api.image(image_id)
        except APIError as exc:
            notice("This photo is no longer in the library." if exc.status == 404 else exc.message)
            return
        await self.by_image(image)

    async def by_images(self, images: list) -> None:
        """Search for what is like all of these images of the library."""
        query = Query(example_of_image(images[0]))
        query.more = [example_of_image(image) for image in images[1:]]
        await self._begin(query, "")

    async def by_address(self) -> None:
        """Run the search that the page's address describes, if any, or that this entry of the history had."""
        await self._arrive()

    def retry(self) -> None:
        """Repeat the search that the server did not answer, now that it is back."""
        if self._missed and self._query:
            start(self._search())
        elif self._missed:
            start(self._arrive())

    def forget(self, image_id: str) -> None:
        """Take a deleted image out of the results."""
        self._results.forget(image_id)

    def close(self) -> None:
        """Go back to the library; the browser's back shows the results again."""
        if self._query:
            self._hide()
            self._history.push(None)

    def _hide(self) -> None:
        self._newest += 1
        self._query = None
        self._missed = False
        window.clearTimeout(self._timer)
        start(self._parts.release())
        self._examples.show(None, [], [])
        self._filters.show({})
        self._on_shown(False)

    async def _begin(self, query: Query, words: str) -> None:
        """Search with another photo, with the same filters."""
        query.filters = self._filters.value()
        if words:
            query.filters["text"] = words
        self._history.push(query)
        await self._search_anew(query)

    async def _search_anew(self, query: Query) -> None:
        """Show what is searched with at once, and what is found once it is."""
        start(self._parts.release())
        self._query = query
        self._results.clear()
        self._show_query(query)
        self._on_shown(True)
        self._results.come_into_view()
        await self._search()

    def _travelled(self) -> None:
        """Show the search of the entry of the browser's history that one has come to."""
        start(self._arrive())

    async def _arrive(self) -> None:
        """Run the search that the entry of the history or its address describes; go to the library if there is none."""
        query, parameters = self._history.current(), self._history.parameters()
        if query:
            await self._search_anew(query)
        elif "like" in parameters:
            await self._follow(parameters)
        elif self._query:
            self._hide()

    async def _follow(self, parameters: dict) -> None:
        """Run the search that an address describes."""
        try:
            images = {}
            max_examples = (await self._api.space()).limits["max_examples"]
            # No comprehension: MicroPython's cannot await.
            for image_id in ids_in_parameters(parameters, max_examples):
                images[image_id] = await self._api.image(image_id)
        except APIError as exc:
            self._missed = exc.status == 0
            if self._missed:  # The page says so itself, and asks again once the server is back.
                return
            gone = exc.status == 404
            notice("A photo that this address searches with is no longer in the library." if gone else exc.message)
            return
        query = query_of_parameters(parameters, images, max_examples)
        self._filters.show(query.filters)
        query.filters = self._filters.value()  # Without what the fields do not accept, such as a malformed date.
        self._history.replace(query)
        await self._search_anew(query)

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
        self._crops.mark(region)
        self._again()

    def _again(self) -> None:
        """Search again once the change has settled; from now on, earlier results come too late."""
        self._newest += 1
        self._results.wait()
        window.clearTimeout(self._timer)
        self._timer = window.setTimeout(lambda: start(self._search()), SETTLED_MS)

    async def _search(self) -> None:
        """Embed what is searched with, ask the server, and show what it found, unless something newer is wanted."""
        query = self._query
        if not query:
            return
        self._newest += 1
        self._missed = False
        turn = self._newest
        self._say("")
        try:
            found = await self._find(query, turn)
        except (PictureError, APIError) as exc:
            self._fail(turn, query, exc)
            return
        except Exception:
            self._fail(turn, query, PictureError("Something went wrong in this page."))
            raise
        if turn == self._newest:
            self._show(query, found)
            self._history.replace(query)
            start(self._offer_crops(query, turn))

    async def _find(self, query: Query, turn: int) -> dict:
        """Return the `matches`, and the `scale` of their strength; None for a model that was not calibrated."""
        space = await self._api.space()
        await self._embed(query, turn, space.limits)
        if turn != self._newest:
            return {}
        asked = window.performance.now()
        body = query.body(space.id)
        body.update(to_api(query.filters))
        meaning = await self._embedder.meaning(space, body["text"]) if "text" in body else ""
        if meaning:
            body["text_vector"] = meaning
        answer = await self._api.search(body)
        self._on_times({"Search": window.performance.now() - asked})
        matches = answer["matches"]
        return {"matches": matches, "scale": scale_of(space.unrelated(query.kind()), answer["searched"], matches)}

    def _show_query(self, query: Query) -> None:
        show_example(find("query"), query.example)
        self._region.show(query.region)
        self._filters.show(query.filters)
        self._examples.show(query.example, query.more, query.less)
        if query.example["crops"] is None:
            self._crops.wait()
        else:
            self._crops.show(query.example["crops"])
            self._crops.mark(query.region)

    def _show(self, query: Query, found: dict) -> None:
        self._say("")
        name = query.example["name"]
        title = f"Similar to part of {name}" if query.region else f"Similar to {name}"
        nothing = (
            "No photos match these filters." if query.filters else "There are no other photos in your library yet."
        )
        matches = query.matches_of(found["matches"])
        self._results.show(title, matches, nothing, found["scale"], query.sha256())

    async def _embed(self, query: Query, turn: int, limits: dict) -> None:
        """Make the vectors that the query still lacks."""
        if query.region and not query.region_vector:
            features = await self._parts.embed(query.example, query.region, lambda: turn == self._newest)
            if features:
                query.region_vector = features["vector"]
                self._on_times({"Vector of a part": features["embed_ms"]})
        for example in query.to_embed():
            await self._embed_file(example, limits)

    async def _embed_file(self, example: dict, limits: dict) -> None:
        check_size(example["file"], limits)
        await self._embedder.use(await drawn(example["file"]), lambda picture: self._look(example, picture))

    async def _look(self, example: dict, picture: dict) -> None:
        """Learn all of an open picture that a search needs."""
        if picture["note"]:
            notice(f"{example['name']}: {picture['note']}")
        if not example["url"]:
            example["url"] = await data_url((await self._embedder.preview(picture, PREVIEW_SIDE_PX))["blob"])
            self._show_decoded(example)
        looked = await self._embedder.look(picture)
        example["crops"] = await self._embedder.crops(picture)
        for made in MADE_BY_THE_EMBEDDER:
            example[made] = looked[made]
        self._on_times(
            {
                "Decoding": picture["decode_ms"],
                "Vector": looked["vector_ms"],
                "Vector of the middle": looked["middle_ms"],
            }
        )

    async def _offer_crops(self, query: Query, turn: int) -> None:
        """Offer parts of the photo, once there is time: one of the library has to be looked at for that."""
        example = query.example
        if example["crops"] is None:
            if not self._embedder.started():
                self._crops.reveal()  # They take a while, and can be done without.
            try:
                await self._embedder.ready()
                crops = await self._parts.crops(example, lambda: turn == self._newest)
            except (PictureError, APIError):
                crops = []  # Parts can be drawn all the same.
            if crops is None:
                return
            example["crops"] = crops
        if self._query is query:
            self._crops.show(example["crops"])
            self._crops.mark(query.region)

    def _show_decoded(self, example: dict) -> None:
        """Show a file as it was decoded: upright, and also where the browser cannot show it."""
        if self._query and self._query.example is example:
            find("query").src = example["url"]
        if self._query:
            self._examples.show(self._query.example, self._query.more, self._query.less)

    def _fail(self, turn: int, query: Query, error: Exception) -> None:
        """Say why there are no new results; earlier ones stay."""
        if turn != self._newest:
            return
        find("matches").removeAttribute("aria-busy")
        if isinstance(error, APIError) or query.example["id"] or query.example["vector"]:
            self._crops.reveal()  # Nothing can be done with a file that is no photo.
        name = query.example["name"]
        if isinstance(error, APIError) and error.status == 404:
            self._on_gone(query.example)
            self._say(f"{name} has been deleted.")
        elif isinstance(error, APIError) and error.status == 0:
            self._missed = True
            self._say("Your search runs once the server answers.")
        else:
            self._say(f"{name}: {error}")

    def _say(self, note: str) -> None:
        find("search-note").textContent = note
