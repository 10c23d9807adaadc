"""
Flow 2, from a picture to the pictures most like it: `Search.by_file` reads top to bottom.

The query picture stays in this browser; its vector goes up, matches and signed thumbnail addresses come down.
"""

from pyscript import window

from frontend.page.api import ApiError
from frontend.page.dom import counted, find, make, notice
from frontend.page.embedder import PictureError, times
from frontend.page.pictures import card
from frontend.page.strength import meaning, nothing_alike, strength
from frontend.page.upload import check_size

LIMIT = 24


class Search:
    """The search door and the results under it."""

    def __init__(self, embedder, api, on_gone) -> None:
        """`on_gone` is called with an image that turns out to have been deleted."""
        self._embedder = embedder
        self._api = api
        self._on_gone = on_gone
        self._spent = ""
        self._newest = 0
        self._preview_url = ""
        self.max_bytes = None
        self.unrelated = None
        find("results-close").addEventListener("click", lambda event: self.close())

    async def by_file(self, file) -> None:
        """Search with a picture that is not in the library."""
        turn = self._begin(file.name)
        try:
            check_size(file, self.max_bytes)
            picture = await self._embedder.open(file)
            try:
                features = await self._embedder.embed(picture)
            finally:
                await self._embedder.close(picture)
            asked = window.performance.now()
            query = {"space": features["space"], "vector": features["vector"], "limit": LIMIT}
            matches = await self._api.search(query)
        except (PictureError, ApiError) as exc:
            self._fail(turn, file.name, str(exc))
            return
        except Exception:
            self._fail(turn, file.name, "Something went wrong here.")
            raise
        spent = f"{times(picture, features)}, searched {window.performance.now() - asked:.0f} ms"
        self._show(turn, file.name, self._preview(turn, file), matches, spent)

    async def by_image(self, image: dict, space: str) -> None:
        """Search with an image of the library: 'more like this'."""
        turn = self._begin(image["title"])
        asked = window.performance.now()
        try:
            matches = await self._api.search({"space": space, "like": image["id"], "limit": LIMIT})
        except ApiError as exc:
            if exc.status == 404:
                notice(f"{image['title']} has been deleted meanwhile.")
                self._on_gone(image)
                find("search-note").textContent = ""
            else:
                self._fail(turn, image["title"], exc.message)
            return
        spent = f"searched {window.performance.now() - asked:.0f} ms"
        self._show(turn, image["title"], image["thumbnail_url"], matches, spent)

    def forget(self, image_id: str) -> None:
        """Take a deleted image out of the results."""
        for element in list(find("matches").querySelectorAll(f'[data-id="{image_id}"]')):
            element.remove()
        self._summarise()

    def close(self) -> None:
        """Put the results away."""
        self._newest += 1
        find("search-note").textContent = ""
        if not find("results").hidden:
            find("results").hidden = True
            find("search-door").focus()

    def _begin(self, name: str) -> int:
        """Start a search; its number tells later whether a newer one has taken its place."""
        self._newest += 1
        find("search-note").textContent = f"Looking at {name} …"
        find("search-door").classList.remove("failed")
        return self._newest

    def _fail(self, turn: int, name: str, reason: str) -> None:
        if turn == self._newest:
            find("search-door").classList.add("failed")
            find("search-note").textContent = f"{name}: {reason}"
            notice(f"{name}: {reason}")

    def _preview(self, turn: int, file) -> str:
        if turn == self._newest:
            if self._preview_url:
                window.URL.revokeObjectURL(self._preview_url)
            self._preview_url = window.URL.createObjectURL(file)
        return self._preview_url

    def _show(self, turn: int, name: str, query_url: str, matches: list, spent: str) -> None:
        if turn != self._newest:
            return
        find("search-note").textContent = ""
        find("query").src = query_url
        find("results-title").textContent = f"Most like {name}"
        self._spent = spent
        cards = [card(match["image"], badge(match["score"], self.unrelated)) for match in matches]
        find("matches").replaceChildren(*(cards or [make("li", "empty", "Nothing in the library yet.")]))
        find("nothing-alike").hidden = not nothing_alike([match["score"] for match in matches], self.unrelated)
        find("results-meaning").textContent = meaning(self.unrelated)
        self._summarise()
        find("results").hidden = False
        find("results").scrollIntoView({"block": "start"})
        find("results").focus({"preventScroll": True})

    def _summarise(self) -> None:
        count = find("matches").querySelectorAll(".card").length
        find("results-summary").textContent = f"{counted(count, 'match', 'matches')} · {self._spent}"


def badge(score: float | None, unrelated: dict | None):
    """Make the number and the words that say how strong a match is; None for one that was found by words alone."""
    if score is None:
        return None
    element = make("span", "badge", title=meaning(unrelated))
    element.append(make("span", "score", f"{score:.2f}"))
    words = strength(score, unrelated)
    if words:
        element.append(" ", make("span", "strength", words))
    return element
