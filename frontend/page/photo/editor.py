"""The form for a picture's title and tags: what was typed stays until it is saved or given up."""

from frontend.page.browser.dom import find, notice
from frontend.page.browser.tasks import start
from frontend.page.server.api import ApiError
from frontend.page.wording.titles_and_tags import plain, problem_of, split_tags


class Editor:
    """One form, which is filled with one image after the other."""

    def __init__(self, api, on_saved) -> None:
        """`on_saved` is called with the image as the server describes it after a change."""
        self._api = api
        self._on_saved = on_saved
        self._image = {}
        self._warned = False
        find("detail-form").addEventListener("submit", self._submitted)
        find("detail-form").addEventListener("input", lambda event: self._say(""))

    def show(self, image: dict) -> None:
        """Fill the form; what stood there before is given up."""
        self._image = image
        find("detail-name").value = image["title"]
        find("detail-tags").value = ", ".join(image["tags"])
        self._say("")

    def refresh(self, image: dict) -> None:
        """Take newer data of the same image; what has been typed already goes before them."""
        if self._changes():
            self._image = image
        else:
            self.show(image)

    def may_leave(self) -> bool:
        """Whether nothing would be lost; if it would, the first call says so, the second means it."""
        if not self._changes() or self._warned:
            return True
        self._say("Not saved yet. Save it, or leave once more to drop what you typed.")
        self._warned = True
        return False

    def _changes(self) -> dict:
        """What has been typed that is not in the library; only that is sent, so that the rest cannot be overwritten."""
        changes = {}
        title = plain(find("detail-name").value).strip()
        tags = split_tags(find("detail-tags").value)
        if title != self._image["title"].strip():
            changes["title"] = title
        if tags != split_tags(", ".join(self._image["tags"])):
            changes["tags"] = tags
        return changes

    def _submitted(self, event) -> None:
        event.preventDefault()  # A form of a dialog would close it.
        changes = self._changes()
        if changes:
            start(self._save(self._image, changes))

    async def _save(self, image: dict, changes: dict) -> None:
        find("detail-save").disabled = True
        try:
            problem = problem_of(changes.get("tags", []), (await self._api.space()).limits)
            if problem:
                raise ApiError(400, problem)
            saved = await self._api.change(image["id"], changes)
        except ApiError as exc:
            if self._shows(image):
                self._say(f"Not saved: {exc.message}")
            else:
                notice(f"{image['title']} was not saved: {exc.message}")
            return
        finally:
            find("detail-save").disabled = False
        if self._shows(image):
            find("detail-saved").textContent = "Saved."
        self._on_saved(saved)

    def _shows(self, image: dict) -> bool:
        return find("detail").open and self._image["id"] == image["id"]

    def _say(self, problem: str) -> None:
        self._warned = False
        find("detail-saved").textContent = ""
        find("detail-problem").textContent = problem
        find("detail-problem").hidden = not problem
