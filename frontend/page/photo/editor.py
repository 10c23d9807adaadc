"""The form for a photo's title and tags, which loses nothing that was typed without a warning."""

from frontend.page.browser.dom import find, notice
from frontend.page.browser.tasks import start
from frontend.page.server.api import APIError
from frontend.page.wording.titles_and_tags import plain, problem_of, split_tags


class Editor:
    """One form, filled with one image after another."""

    def __init__(self, api, on_saved) -> None:
        """`on_saved` is called with the image as the server describes it after a change."""
        self._api = api
        self._on_saved = on_saved
        self._image = {}
        self._warned = False
        find("lightbox-form").addEventListener("submit", self._submitted)
        find("lightbox-form").addEventListener("input", lambda event: self._say(""))

    def show(self, image: dict) -> None:
        """Fill the form, and drop what it held before."""
        self._image = image
        find("lightbox-title-input").value = image["title"]
        find("lightbox-tags-input").value = ", ".join(image["tags"])
        self._say("")

    def refresh(self, image: dict) -> None:
        """Take in newer data of the same image, but keep what was typed."""
        if self._changes():
            self._image = image
        else:
            self.show(image)

    def may_leave(self) -> bool:
        """Whether the form can be left: with unsaved changes, only at the second call; the first warns of that."""
        if not self._changes() or self._warned:
            return True
        self._say("You have unsaved changes. Save them, or leave again to discard them.")
        self._warned = True
        return False

    def _changes(self) -> dict:
        """Return what differs from the library; only that is sent, so that nothing else is overwritten."""
        changes = {}
        title = plain(find("lightbox-title-input").value).strip()
        tags = split_tags(find("lightbox-tags-input").value)
        if title != self._image["title"].strip():
            changes["title"] = title
        if tags != split_tags(", ".join(self._image["tags"])):
            changes["tags"] = tags
        return changes

    def _submitted(self, event) -> None:
        event.preventDefault()  # Otherwise the dialog would close.
        changes = self._changes()
        if changes:
            start(self._save(self._image, changes))

    async def _save(self, image: dict, changes: dict) -> None:
        find("lightbox-save").disabled = True
        try:
            problem = problem_of(changes.get("tags", []), (await self._api.space()).limits)
            if problem:
                raise APIError(400, problem)
            saved = await self._api.change(image["id"], changes)
        except APIError as exc:
            if self._shows(image):
                self._say(f"Not saved: {exc.message}")
            else:
                notice(f"Changes to {image['title']} were not saved: {exc.message}")
            return
        finally:
            find("lightbox-save").disabled = False
        if self._shows(image):
            find("lightbox-saved").textContent = "Saved."
        self._on_saved(saved)

    def _shows(self, image: dict) -> bool:
        return find("lightbox").open and self._image["id"] == image["id"]

    def _say(self, problem: str) -> None:
        self._warned = False
        find("lightbox-saved").textContent = ""
        find("lightbox-problem").textContent = problem
        find("lightbox-problem").hidden = not problem
