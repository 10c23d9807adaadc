"""Many pictures at once: the boxes on the cards, and the bar that says what can be done with those selected."""

from frontend.page.browser.dom import find
from frontend.page.browser.tasks import start
from frontend.page.grid.cards import mark, redraw, selected
from frontend.page.server.api import ApiError
from frontend.page.server.for_each import for_each
from frontend.page.wording.numbers import counted
from frontend.page.wording.titles_and_tags import problem_of, split_tags


class Selection:
    """Which images are selected. They stay so while the library shows others; the bar counts those, too."""

    def __init__(self, api, grid, on_delete, on_gone, on_change) -> None:
        """
        Make the bar work.

        Args:
            grid: The library's, of which all can be selected at once.
            on_delete: Gets the images to delete.
            on_gone: Gets one that turns out to have been deleted.
            on_change: Called when others are selected.
        """
        self._api = api
        self._grid = grid
        self._on_change = on_change
        self._on_delete = on_delete
        self._on_gone = on_gone
        self._last = ""
        self._turn = 0
        self._earlier = set()
        find("selection").addEventListener("submit", self._submitted)
        find("selection-remove").addEventListener("click", lambda event: self._tag(without))
        find("selection-delete").addEventListener("click", lambda event: self._delete())
        find("selection-all").addEventListener("click", lambda event: start(self._mark(grid, 0, grid.count - 1, True)))
        find("selection-clear").addEventListener("click", lambda event: self.clear())

    def toggle(self, image: dict, grid, extending: bool) -> None:
        """Select an image or not; `extending` does the same with all between it and the one before."""
        wanted = image["id"] not in selected
        here, there = grid.index_of(image["id"]), grid.index_of(self._last)
        self._last = image["id"]
        if extending and None not in (here, there):
            start(self._mark(grid, min(here, there), max(here, there), wanted))
        else:
            mark([image], wanted)
            self._show("")

    def select(self, images: list[dict]) -> None:
        """Select these images too, whether they have cards or not."""
        mark(images, True)
        self._show("")

    def clear(self) -> bool:
        """Select none; returns whether any was."""
        some = bool(selected)
        self._turn += 1
        mark(list(selected.values()), False)
        self._show("")
        return some

    def drop(self, image_id: str) -> None:
        """Forget an image that is gone."""
        if image_id in selected:
            mark([selected[image_id]], False)
            self._show("")

    def remember(self) -> None:
        """Note that the library shows others from now on, perhaps without some of those selected."""
        self._earlier = set(selected)

    def recount(self) -> None:
        """Look again which of the selected ones the library shows."""
        if self._earlier:
            self._count()

    async def _mark(self, grid, first: int, last: int, wanted: bool) -> None:
        """Select a part of a grid or not; the server is asked for what is not known, which takes a while for many."""
        self._turn += 1
        turn = self._turn
        done = [0]

        def take(images: list) -> bool:
            if turn != self._turn:  # Whoever does something else meanwhile does not want the rest of it.
                return False
            mark(images, wanted)
            done[0] += len(images)
            self._show(f"{done[0]:,} of {last + 1 - first:,} …" if first + done[0] <= last else "")
            return True

        try:
            await grid.each(first, last, take)
        except ApiError as exc:
            self._show(f"{done[0]:,} of {last + 1 - first:,}, then: {exc.message}")

    def _delete(self) -> None:
        images = list(selected.values())
        self.clear()
        self._on_delete(images)

    def _submitted(self, event) -> None:
        event.preventDefault()
        self._tag(joined)

    def _tag(self, combine) -> None:
        tags = split_tags(find("selection-tags").value)
        if tags:
            start(self._tag_all(list(selected.values()), tags, combine))
        else:
            self._show("Write a tag first.")

    async def _tag_all(self, images: list[dict], tags: list[str], combine) -> None:
        """Change the tags of images; those for which it did not work stay selected, so that it can be tried again."""

        async def change(image: dict) -> None:
            await self._change_tags(image, tags, combine)

        buttons = list(find("selection").querySelectorAll("button"))
        for button in buttons:
            button.disabled = True
        try:
            failed = await for_each(images, change, lambda over: self._show(f"{over} of {len(images)} done"))
        finally:
            for button in buttons:
                button.disabled = False
        done = f"{counted(len(images) - len(failed), 'picture', 'pictures')} changed"
        if failed:
            mark(images, False)
            mark([image for image, error in failed], True)
            self._show(f"{done}, {len(failed)} not: {failed[0][1].message} Those are still selected.")
        else:
            self._show(f"{done}.")

    async def _change_tags(self, image: dict, tags: list[str], combine) -> None:
        """Change the tags that an image has now, which another tab may have changed since it was shown here."""
        try:
            now = (await self._api.image(image["id"]))["tags"]
            wanted = combine(now, tags)
            problem = problem_of(wanted, (await self._api.space()).limits)
            if problem:
                raise ApiError(400, problem)
            if wanted != now:
                redraw(await self._api.change(image["id"], {"tags": wanted}))
        except ApiError as exc:
            if exc.status != 404:
                raise
            self._on_gone(image)

    def _show(self, note: str) -> None:
        find("selection").hidden = not selected
        find("selection-note").textContent = note
        self._count()
        self._on_change()

    def _count(self) -> None:
        self._earlier = {
            image_id for image_id in self._earlier if image_id in selected and not self._grid.knows(image_id)
        }
        unseen = len(self._earlier) if find("map").hidden else 0  # The map shows all, if only as dots.
        count = f"{len(selected):,} selected"
        find("selection-count").textContent = f"{count}, {unseen} of them not shown" if unseen else count


def joined(tags: list[str], more: list[str]) -> list[str]:
    """Return tags with more of them at their end, each once."""
    return tags + [tag for tag in more if tag not in tags]


def without(tags: list[str], fewer: list[str]) -> list[str]:
    """Return tags without some of them."""
    return [tag for tag in tags if tag not in fewer]
