"""The tags that all files of the list get, whether they are still to be added or were just now."""

from frontend.page.browser.dom import find, notice
from frontend.page.browser.tasks import start
from frontend.page.server.for_each import for_each
from frontend.page.wording.numbers import counted
from frontend.page.wording.titles_and_tags import problem_of, split_tags


class BatchTags:
    """The field for tags in the tray, and the photos that were added with it in sight."""

    def __init__(self, api, on_tags, on_changed) -> None:
        """
        Make the field work.

        Args:
            on_tags: Called with the tags that every file of the list has to have from now on.
            on_changed: Called with every image that was tagged after it was added.
        """
        self._api = api
        self._on_tags = on_tags
        self._on_changed = on_changed
        self.tags: list[str] = []
        """Those that were asked for so far."""
        # Id of an image that was added -> its tags.
        self._added: dict = {}
        find("uploads-tags").addEventListener("submit", self._submitted)
        find("tags").addEventListener("input", lambda event: self._show(False))

    def added(self, image: dict) -> None:
        """Note an image that was added; tags that were asked for while it was being registered are added now."""
        self._added[image["id"]] = image["tags"]
        start(self._tag([image["id"]]))

    def forget(self, image_id: str) -> None:
        """An image is gone from the library."""
        self._added.pop(image_id, None)

    def clear(self) -> None:
        """Begin another list, whose files get no tags."""
        self.tags = []
        self._added = {}
        find("tags").value = ""
        self._show(False)

    def _submitted(self, event) -> None:
        event.preventDefault()
        tags = split_tags(find("tags").value)
        if tags:
            start(self._ask_for(tags))

    async def _ask_for(self, tags: list[str]) -> None:
        """Have all of the list tagged."""
        problem = problem_of(self.tags + tags, (await self._api.space()).limits)
        if problem:
            notice(problem)
            return
        self.tags = self.tags + [tag for tag in tags if tag not in self.tags]
        self._on_tags(self.tags)
        await self._tag(list(self._added))
        self._show(True)

    async def _tag(self, image_ids: list[str]) -> None:
        """Tag those images that lack a tag, and say how many could not be."""
        lacking = [{"id": image_id} for image_id in image_ids if self._lacks(image_id)]
        if not lacking:
            return
        failed = await for_each(lacking, self._change, lambda done: None)
        if failed:
            count = counted(len(failed), "photo was", "photos were")
            notice(f"{count} added without these tags: {failed[0][1].message}")

    def _lacks(self, image_id: str) -> bool:
        held = self._added.get(image_id)
        return held is not None and any([tag not in held for tag in self.tags])

    async def _change(self, image: dict) -> None:
        held = self._added[image["id"]]
        tags = held + [tag for tag in self.tags if tag not in held]
        changed = await self._api.change(image["id"], {"tags": tags})
        if image["id"] in self._added:
            self._added[image["id"]] = changed["tags"]
        self._on_changed(changed)

    def _show(self, added: bool) -> None:
        find("tags-add").textContent = "Added" if added else "Add tags"
