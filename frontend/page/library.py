"""The library: a grid of all images, newest first, a page at a time."""

from frontend.page.api import ApiError
from frontend.page.dom import counted, find, make
from frontend.page.pictures import card


class Library:
    """The grid under everything else."""

    def __init__(self, api) -> None:
        self._api = api
        self._next = ""
        self._total = 0

    async def load(self) -> None:
        """Show the next page."""
        find("library-more").disabled = True
        try:
            page = await self._api.images(self._next)
        except ApiError as exc:
            find("library-summary").textContent = exc.message
            find("library-more").hidden = False
            return
        finally:
            find("library-more").disabled = False
        self._next = page["next"] or ""
        self._total = page["total"]
        find("images").append(*[card(image) for image in page["images"] if not self._held(image["id"])])
        find("library-more").hidden = not self._next
        self._summarise()

    def add(self, image: dict, new: bool) -> None:
        """Show an image that was added, or that was there before, at its place: ids are in the order of time."""
        self._total += new
        self._summarise()
        if self._held(image["id"]):
            return
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
        self._total -= 1
        self._summarise()

    def _first_older(self, image_id: str):
        """Return the newest card that is older than an image, None if all are newer."""
        cards = find("images").querySelectorAll(".card")
        for index in range(cards.length):
            if cards.item(index).dataset.id < image_id:
                return cards.item(index)
        return None

    def _held(self, image_id: str):
        return find("images").querySelector(f'[data-id="{image_id}"]')

    def _summarise(self) -> None:
        empty = find("images").querySelector(".empty")
        if self._total and empty:
            empty.remove()
        elif not self._total and not empty:
            find("images").replaceChildren(make("li", "empty", "Empty so far: drop some pictures on the page."))
        find("library-summary").textContent = counted(self._total, "picture", "pictures")
