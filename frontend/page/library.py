"""The library: a grid of the images that the view asks for, in its order, a page at a time."""

from frontend.page.api import ApiError
from frontend.page.dom import counted, find, make
from frontend.page.pictures import card
from frontend.page.tasks import start
from frontend.page.view import View

MOST_FOUND = 100
"""How many images words find at most, as the API has it."""

NOBODY = "0" * 32
"""An id that no image has: no ids at all would let all pass."""


class Library:
    """The grid under everything else."""

    def __init__(self, api, on_reload) -> None:
        """`on_reload` is called when the view asks for other images."""
        self._api = api
        self._on_reload = on_reload
        self._next = ""
        self._total = 0
        self._unseen = 0
        self._newest = 0
        self._failed = False
        self._view = View(self.reload)
        find("library-new").addEventListener("click", lambda event: self.reload())

    def reload(self) -> None:
        """Begin again, with what the view asks for now."""
        self._newest += 1
        self._next = ""
        start(self.load())
        self._on_reload()

    async def load(self) -> None:
        """Show the next page, or the first one; an answer that is not wanted any more is dropped."""
        turn = self._newest
        first = not self._next
        find("library-more").disabled = True
        try:
            page = await self._page()
        except ApiError as exc:
            if turn == self._newest:
                self._failed = True
                find("library-summary").textContent = exc.message
                find("library-more").hidden = False
            return
        finally:
            find("library-more").disabled = False
        if turn != self._newest:
            return
        self._failed = False
        if first:
            find("images").replaceChildren()
            self._count_unseen(0)
        self._next = page["next"] or ""
        self._total = page["total"]
        find("images").append(*[card(image) for image in page["images"] if not self._held(image["id"])])
        find("library-more").hidden = not self._next
        self.summarise()

    def retry(self) -> None:
        """Load what could not be loaded, now that the server is back."""
        if self._failed:
            start(self.load())

    async def load_after(self, grid) -> None:
        """Show the next page, if there is one, to somebody who came to the end of this grid."""
        if grid.id == "images" and self._next:
            await self.load()

    async def conditions(self) -> dict:
        """Return the filters that just those images fulfil that the view asks for."""
        if not self._view.words:
            return self._view.filters()
        ids = [image["id"] for image in (await self._page())["images"]]
        return {"ids": ids or [NOBODY]}

    async def _page(self) -> dict:
        """Ask for a page: of the list, or, where words are given, of what a search finds by them."""
        view = self._view
        if not view.words:
            return await self._api.images(self._next, view.sort, view.filters())
        space = await self._api.space()
        query = {"space": space["space"], "text": view.words, "limit": MOST_FOUND, "filters": view.filters()}
        images = [match["image"] for match in await self._api.search(query)]
        return {"images": images, "next": None, "total": len(images)}

    def add(self, image: dict, new: bool) -> None:
        """Show an image that was added, or that was there before, at its place: ids are in the order of time."""
        if self._held(image["id"]):
            return
        if not self._view.usual():
            self._count_unseen(self._unseen + new)
            return
        self._total += new
        self.summarise()
        older = self._first_older(image["id"])
        if older:
            older.before(card(image))
        elif not self._next:
            find("images").append(card(image))

    def forget(self, image_id: str) -> None:
        """Take a deleted image out of the grid."""
        held = self._held(image_id)
        if held:
            held.remove()
        if held or self._view.usual():
            self._total -= 1
        self.summarise()

    def summarise(self) -> None:
        """Say how many pictures there are to see."""
        filtered = self._view.filtered()
        total = self._total - find("images").querySelectorAll(".place").length  # Those wait to be deleted.
        empty = find("images").querySelector(".empty")
        if empty:
            empty.remove()
        if not total:
            nothing = "No picture fits." if filtered else "Empty so far: drop some pictures on the page."
            find("images").append(make("li", "empty", nothing))
        count = counted(total, "picture", "pictures")
        if self._view.words and total == MOST_FOUND:
            count = f"The {count} that fit best"
        elif filtered:
            count += " found"
        find("library-summary").textContent = count

    def _count_unseen(self, count: int) -> None:
        """Offer to look again: where among these the new ones belong only the server knows."""
        self._unseen = count
        find("library-new").hidden = not count
        find("library-new").textContent = f"Look again: {count} added"

    def _first_older(self, image_id: str):
        """Return the newest card that is older than an image, None if all are newer."""
        cards = find("images").querySelectorAll(".card")
        for index in range(cards.length):
            if cards.item(index).dataset.id < image_id:
                return cards.item(index)
        return None

    def _held(self, image_id: str):
        return find("images").querySelector(f'[data-id="{image_id}"]')
