"""Many photos at once: the checkboxes on the cards, and the bar with what can be done with the selected ones."""

import asyncio

from pyscript import document

from frontend.page.browser.dom import find, make, notice
from frontend.page.browser.tasks import start
from frontend.page.server.api import APIError
from frontend.page.server.for_each import for_each
from frontend.page.wording.numbers import counted
from frontend.page.wording.titles_and_tags import problem_of, split_tags

# Browsers drop downloads that come too quickly one after another. A guess.
DOWNLOAD_PAUSE_S = 0.4


class Selection:
    """The selected images, which stay selected while the library shows others; the bar says how many it does not."""

    def __init__(self, api, cards, known, grid, on_delete, on_gone, on_similar, on_change) -> None:
        """
        Make the bar work.

        Args:
            cards: The page's `Cards`, and `known` its `KnownImages`.
            grid: The library's, of which all can be selected at once.
            on_delete: Called with the images to delete.
            on_gone: Called with an image that turns out to have been deleted.
            on_similar: Called with the images to show similar ones to.
            on_change: Called when others are selected.
        """
        self._api = api
        self._cards = cards
        self._known = known
        self._grid = grid
        self._on_change = on_change
        self._on_delete = on_delete
        self._on_gone = on_gone
        self._on_similar = on_similar
        # The image selected or deselected last, where a range begins.
        self._last = ""
        # Counts what was begun, so that what takes a while notices that something newer is wanted.
        self._newest = 0
        # Selected images that the library showed before it was reloaded.
        self._earlier = set()
        find("selection").addEventListener("submit", self._submitted)
        find("selection-remove").addEventListener("click", lambda event: self._tag(REMOVE))
        find("selection-delete").addEventListener("click", lambda event: self._delete())
        find("selection-all").addEventListener("click", lambda event: self.select_all())
        find("selection-similar").addEventListener("click", lambda event: start(self._show_similar()))
        find("selection-download").addEventListener("click", lambda event: start(self._download()))
        find("selection-clear").addEventListener("click", lambda event: self.clear())

    def toggle(self, image: dict, grid, extending: bool) -> None:
        """Select or deselect an image; `extending` does the same with all between it and the one before."""
        selecting = not self._known.is_selected(image["id"])
        here, there = grid.index_of(image["id"]), grid.index_of(self._last)
        self._last = image["id"]
        if extending and None not in (here, there):
            start(self._mark_range(grid, min(here, there), max(here, there), selecting))
        else:
            self._mark([image], selecting)
            self._show("")

    def mark(self, images: list[dict], selecting: bool) -> None:
        """Select or deselect images."""
        self._mark(images, selecting)
        self._show("")

    def end_range(self, grid, begin: int, end: int) -> None:
        """Select all from an index of a grid to another, which somebody dragged over; not all may be known."""
        self._last = grid.id_at(end) or self._last
        first, last = min(begin, end), max(begin, end)
        ids = [grid.id_at(index) for index in range(first, last + 1)]
        if not all([image_id and self._known.is_selected(image_id) for image_id in ids]):
            start(self._mark_range(grid, first, last, True))

    def select(self, images: list[dict]) -> None:
        """Select these images as well, whether they have cards or not."""
        self._cards.select(images)
        self._show("")

    def clear(self) -> bool:
        """Deselect all; returns whether any was selected."""
        selected = self._known.selected
        self._newest += 1
        self._cards.deselect(selected)
        self._show("")
        return bool(selected)

    def drop(self, image_id: str) -> None:
        """Deselect an image that is gone."""
        if self._known.is_selected(image_id):
            self._cards.deselect([{"id": image_id}])
            self._show("")

    def library_reloads(self) -> None:
        """Note that the library will show others, perhaps without some of the selected ones."""
        self._earlier = {image["id"] for image in self._known.selected}

    def recount(self) -> None:
        """Look again which of the selected ones the library shows."""
        if self._earlier:
            self._count()

    def select_all(self) -> None:
        """Select all images of the library as it is shown."""
        start(self._mark_range(self._grid, 0, self._grid.count - 1, True))

    async def _mark_range(self, grid, first: int, last: int, selecting: bool) -> None:
        """Select or deselect a part of a grid; the server is asked for what is not known, which takes a while."""
        self._newest += 1
        turn = self._newest
        done = [0]

        def mark(images: list) -> bool:
            if turn != self._newest:
                return False
            self._mark(images, selecting)
            done[0] += len(images)
            self._show(f"{done[0]:,} of {last + 1 - first:,} …" if first + done[0] <= last else "")
            return True

        try:
            await grid.each(first, last, mark)
        except APIError as exc:
            self._show("")
            notice(f"Stopped at {done[0]:,} of {last + 1 - first:,}: {exc.message}")

    def _mark(self, images: list[dict], selecting: bool) -> None:
        if selecting:
            self._cards.select(images)
        else:
            self._cards.deselect(images)

    async def _show_similar(self) -> None:
        """Search with the selected images, of as many as a search takes; of those far away, the page knows the id."""
        images = []
        try:
            most = 1 + (await self._api.space()).limits["max_examples"]
            for selected in self._known.selected[:most]:
                images.append(self._known.get(selected["id"]) or await self._api.image(selected["id"]))
        except APIError as exc:
            notice(exc.message)
            return
        if self._known.selected_count > most:
            notice(f"You can search with {most} photos at a time: these are the first.")
        self.clear()
        self._on_similar(images)

    async def _download(self) -> None:
        """Let the browser save the originals, one after another."""
        images = self._known.selected
        for number, image in enumerate(images):
            self._show(f"Downloading {number + 1} of {len(images)} …")
            try:
                save(await self._api.image(image["id"]))
            except APIError as exc:
                self._show("")
                notice(f"{image['title']}: {exc.message}")
                return
            await asyncio.sleep(DOWNLOAD_PAUSE_S)
        self._show("")

    def delete(self) -> None:
        """Delete the selected images."""
        if self._known.selected_count:
            self._delete()

    def _delete(self) -> None:
        images = self._known.selected
        self.clear()
        self._on_delete(images)

    def _submitted(self, event) -> None:
        event.preventDefault()
        self._tag(ADD)

    def _tag(self, way: tuple) -> None:
        """Add or remove the tags that are typed; `way` is ADD or REMOVE."""
        tags = split_tags(find("selection-tags").value)
        if tags:
            start(self._tag_all(self._known.selected, tags, way))
        else:
            notice("Type a tag first.")
            find("selection-tags").focus()

    async def _tag_all(self, images: list[dict], tags: list[str], way: tuple) -> None:
        """Change the tags of images; those for which that fails stay selected, so that it can be tried again."""
        combine, told = way

        async def change(image: dict) -> None:
            await self._change_tags(image, tags, combine)

        buttons = list(find("selection").querySelectorAll("button"))  # Without them, Enter in the field does nothing.
        for button in buttons:
            button.disabled = True
        try:
            failed = await for_each(images, change, lambda over: self._show(f"{over} of {len(images)} changed"))
        finally:
            for button in buttons:
                button.disabled = False
        self._show("")
        done = told.format(", ".join(tags), counted(len(images) - len(failed), "photo", "photos"))
        if failed:
            self._cards.deselect(images)
            self._cards.select([image for image, error in failed])
            self._show("")
            notice(f"{done}, {len(failed)} failed and still selected: {failed[0][1].message}")
        else:
            find("selection-tags").value = ""
            find("selection-tags-menu").hidePopover()
            if document.activeElement.isSameNode(document.body):  # Where the button was that was pressed.
                find("selection-tag").focus()
            notice(f"{done}.")

    async def _change_tags(self, image: dict, tags: list[str], combine) -> None:
        """Change the tags that an image has now, which another tab may have changed since it was shown here."""
        try:
            current = (await self._api.image(image["id"]))["tags"]
            wanted = combine(current, tags)
            problem = problem_of(wanted, (await self._api.space()).limits)
            if problem:
                raise APIError(400, problem)
            if wanted != current:
                self._cards.redraw(await self._api.change(image["id"], {"tags": wanted}))
        except APIError as exc:
            if exc.status != 404:
                raise
            self._on_gone(image)

    def _show(self, note: str) -> None:
        find("selection").hidden = not self._known.selected_count
        document.body.classList.toggle("selecting", bool(self._known.selected_count))
        find("selection-note").textContent = note
        self._count()
        self._on_change()

    def _count(self) -> None:
        self._earlier = {
            image_id
            for image_id in self._earlier
            if self._known.is_selected(image_id) and not self._grid.knows(image_id)
        }
        unseen = 0 if document.body.dataset.view == "map" else len(self._earlier)  # The map shows all.
        count = f"{self._known.selected_count:,} selected"
        find("selection-delete").querySelector(".label").textContent = delete_label(self._known.selected_count)
        find("selection-count").textContent = f"{count}, {unseen} of them not shown" if unseen else count


def delete_label(count: int) -> str:
    """Say what the button does."""
    return f"Delete {counted(count, 'photo', 'photos')}"


def save(image: dict) -> None:
    """Let the browser save an image's original under its own name."""
    link = make("a", href=image["original_url"], download=image["file_name"])
    link.click()


def joined(tags: list[str], more: list[str]) -> list[str]:
    """Return tags with more of them at their end, each once."""
    return tags + [tag for tag in more if tag not in tags]


def without(tags: list[str], fewer: list[str]) -> list[str]:
    """Return tags without some of them."""
    return [tag for tag in tags if tag not in fewer]


# What can be done with tags: how those of a photo and those that are typed become new ones, and what is said of it.
ADD = (joined, "Added “{}” to {}")
REMOVE = (without, "Removed “{}” from {}")
