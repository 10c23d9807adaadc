"""The library: a grid of the images that the view asks for, in its order."""

from frontend.page.browser.dom import find, make, notice
from frontend.page.grid.window_grid import WindowGrid
from frontend.page.library.sort_and_filters import View
from frontend.page.wording.numbers import counted

NOBODY = "0" * 32
"""An id that no image has: no ids at all would let all pass."""


class Library:
    """The grid under everything else."""

    def __init__(self, api, on_reload, on_change) -> None:
        """
        Make the grid work.

        Args:
            on_reload: Called when the view asks for other images.
            on_change: Called when the grid has other images, or knows more of them.
        """
        self._api = api
        self._on_reload = on_reload
        self._on_change = on_change
        self._unseen = 0
        self._cut = False
        """Whether words found as many images as the server gives, so that there may be more."""
        self._view = View(self.reload)
        self.grid = WindowGrid("images", self._page, self._changed, self._fail)
        find("library-new").addEventListener("click", lambda event: self.reload())
        find("library-again").addEventListener("click", lambda event: self.grid.go_on())

    def reload(self) -> None:
        """Begin again, with what the view asks for now."""
        self.grid.begin()
        self._count_unseen(0)
        self._on_reload()

    def retry(self) -> None:
        """Load what could not be loaded, now that the server is back."""
        if not find("library-again").hidden:
            self.grid.go_on()

    async def conditions(self) -> dict:
        """Return the filters that just those images fulfil that the view asks for."""
        if not self._view.words:
            return self._view.filters()
        return {"ids": [image["id"] for image in await self._found()] or [NOBODY]}

    async def _page(self, skip: int, limit: int) -> dict:
        """Ask for a part: of the list, or, where words are given, of what a search finds by them."""
        view = self._view
        if not view.words:
            return await self._api.images(skip, limit, view.sort, view.filters())
        images = await self._found()
        return {"images": images[skip:], "total": len(images)}

    async def _found(self) -> list[dict]:
        """Search by the words of the view."""
        space = await self._api.space()
        most = space.limits["max_images"]
        query = {"space": space.id, "text": self._view.words, "limit": most, "filters": self._view.filters()}
        images = [match["image"] for match in await self._api.search(query)]
        self._cut = len(images) == most
        return images

    def add(self, image: dict, new: bool) -> None:
        """Show an image that was added at its place, or say that there is one."""
        if self._view.usual():
            if new:
                self.grid.add(image)
        elif not self.grid.knows(image["id"]):
            self._count_unseen(self._unseen + new)

    def summarise(self) -> None:
        """Say how many pictures there are to see."""
        filtered = self._view.filtered()
        total = self.grid.count
        empty = find("images").querySelector(".empty")
        if empty:
            empty.remove()
        if not total:
            nothing = "No picture fits." if filtered else "Empty so far: drop some pictures on the page."
            find("images").append(make("li", "empty", nothing))
        count = counted(total, "picture", "pictures")
        if self._view.words and self._cut:
            count = f"The {count} that fit best"
        elif filtered:
            count += " found"
        find("library-summary").textContent = count

    def _changed(self) -> None:
        find("library-again").hidden = True
        self.summarise()
        self._on_change()

    def _fail(self, error) -> None:
        find("library-again").hidden = False
        find("library-summary").textContent = error.message
        if self.grid.count:  # Whoever has scrolled down does not see that.
            notice(error.message)

    def _count_unseen(self, count: int) -> None:
        """Offer to look again: where among these the new ones belong only the server knows."""
        self._unseen = count
        find("library-new").hidden = not count
        find("library-new").textContent = f"Look again: {count} added"
