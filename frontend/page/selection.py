"""Many pictures at once: the boxes on the cards, and the bar that says what can be done with those selected."""

from frontend.page.api import ApiError
from frontend.page.bulk import for_each
from frontend.page.dom import counted, find
from frontend.page.pictures import between, mark, mark_more, mark_none, redraw, selected, shown
from frontend.page.tasks import start
from frontend.page.words import problem_of, split_tags


class Selection:
    """Which images are selected. They stay so while the library shows others; the bar counts those, too."""

    def __init__(self, api, on_delete, on_gone, on_change) -> None:
        """
        Make the bar work.

        Args:
            on_delete: Gets the images to delete.
            on_gone: Gets one that turns out to have been deleted.
            on_change: Called when others are selected.
        """
        self._api = api
        self._on_change = on_change
        self._on_delete = on_delete
        self._on_gone = on_gone
        self._last = ""
        find("selection").addEventListener("submit", self._submitted)
        find("selection-remove").addEventListener("click", lambda event: self._tag(without))
        find("selection-delete").addEventListener("click", lambda event: self._delete())
        find("selection-all").addEventListener("click", lambda event: self._select_all())
        find("selection-clear").addEventListener("click", lambda event: self.clear())

    def toggle(self, image: dict, grid, extending: bool) -> None:
        """Select an image or not; `extending` does the same with all between it and the one before."""
        wanted = image["id"] not in selected
        for image_id in between(grid, self._last if extending else image["id"], image["id"]):
            mark(image_id, wanted)
        self._last = image["id"]
        self._show("")

    def select(self, images: list[dict]) -> None:
        """Select these images too, whether they have cards or not."""
        mark_more([image["id"] for image in images])
        self._show("")

    def clear(self) -> bool:
        """Select none; returns whether any was."""
        some = bool(selected)
        mark_none()
        self._show("")
        return some

    def drop(self, image_id: str) -> None:
        """Forget an image that is gone."""
        if image_id in selected:
            mark(image_id, False)
            self._show("")

    def _select_all(self) -> None:
        for card in list(find("images").querySelectorAll(".card")):
            mark(card.dataset.id, True)
        self._show("")

    def _delete(self) -> None:
        images = [shown[image_id] for image_id in selected]
        self.clear()
        self._on_delete(images)

    def _submitted(self, event) -> None:
        event.preventDefault()
        self._tag(joined)

    def _tag(self, combine) -> None:
        tags = split_tags(find("selection-tags").value)
        if tags:
            start(self._tag_all([shown[image_id] for image_id in selected], tags, combine))
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
            left = [image["id"] for image, error in failed]
            for image in images:
                mark(image["id"], image["id"] in left)
            self._show(f"{done}, {len(failed)} not: {failed[0][1].message} Those are still selected.")
        else:
            self._show(f"{done}.")

    async def _change_tags(self, image: dict, tags: list[str], combine) -> None:
        """Change the tags that an image has now, which another tab may have changed since it was shown here."""
        try:
            now = (await self._api.image(image["id"]))["tags"]
            wanted = combine(now, tags)
            problem = problem_of(wanted)
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
        unseen = count_unseen() if find("map").hidden else 0  # The map shows all, if only as dots.
        count = f"{len(selected):,} selected"
        find("selection-count").textContent = f"{count}, {unseen} of them not shown" if unseen else count
        find("selection-note").textContent = note
        self._on_change()


def count_unseen() -> int:
    """Count the selected images that have no card in the grid."""
    return len([1 for image_id in selected if not find("images").querySelector(f'[data-id="{image_id}"]')])


def joined(tags: list[str], more: list[str]) -> list[str]:
    """Return tags with more of them at their end, each once."""
    return tags + [tag for tag in more if tag not in tags]


def without(tags: list[str], fewer: list[str]) -> list[str]:
    """Return tags without some of them."""
    return [tag for tag in tags if tag not in fewer]
