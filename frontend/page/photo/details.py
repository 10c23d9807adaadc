"""The drawer of the lightbox: title, tags and time, saved when one leaves their fields, and what else is known."""

from pyscript import document, window

from frontend.page.browser.dom import find, notice
from frontend.page.browser.storage import browser_storage
from frontend.page.photo.drafts import Drafts
from frontend.page.photo.tags_field import TagsField
from frontend.page.photo.taken_field import TakenField
from frontend.page.wording.facts import facts
from frontend.page.wording.titles_and_tags import plain

# What the browser keeps under this name while the drawer is open.
STORED = "lookalike-photo-details"

# How long 'Saved' is shown.
SAVED_MS = 2000


class Details:
    """The drawer, filled with one photo after another."""

    def __init__(self, api, on_saved) -> None:
        """`on_saved` is called with an image as the server describes it after a change."""
        self._on_saved = on_saved
        self._image = {}
        self._match = ""
        # Id -> what was typed into the field for tags of a photo, and cannot be one.
        self._typed = {}
        self._timer = 0
        self._drafts = Drafts(api, self._saved, self._not_saved)
        self._tags = TagsField(api, lambda tags: self._change({"tags": tags}), self._say)
        self._taken = TakenField(self._take_time, self._say)
        self._title = find("lightbox-title-input")
        self._title.addEventListener("change", lambda event: self._take_title())
        self._title.addEventListener("keydown", self._key)
        self._title.addEventListener("input", lambda event: self._say(""))
        find("lightbox-info").addEventListener("click", lambda event: self.toggle())
        find("lightbox-drawer-close").addEventListener("click", lambda event: self.toggle())
        document.defaultView.addEventListener("beforeunload", self._page_is_left)

    def limit(self, limits: dict) -> None:
        """Take note of what the server accepts."""
        self._tags.limits = limits

    def open_as_before(self) -> None:
        """Open the drawer if it was open when a photo was looked at last; on phones it would cover the photo."""
        small = window.matchMedia("(max-width: 860px)").matches
        self._show_drawer(not small and browser_storage.read(STORED) == "open")

    def toggle(self) -> None:
        """Open the drawer, or close it."""
        opened = not find("lightbox").classList.contains("with-details")
        self._show_drawer(opened)
        browser_storage.write(STORED, "open" if opened else "")
        if not opened:
            find("lightbox-info").focus()

    def show(self, image: dict, match: str) -> None:
        """Show another photo; `match` says how alike it is to what was searched with, if anything was."""
        self.leave()
        self._image = image
        self._match = match
        drafted = self._drafts.of(image)
        self._title.value = drafted["title"]
        self._tags.show(drafted["tags"], self._typed.pop(image["id"], ""))
        self._taken.hide()
        find("lightbox-saved").textContent = ""
        self._say("")
        self._describe(image)
        if self._drafts.has(image):
            self._drafts.retry()

    def refresh(self, image: dict) -> None:
        """Take in newer data of the same photo, but keep what was typed."""
        before, self._image = self._drafts.of(self._image), image
        drafted = self._drafts.of(image)
        if self._title.value == before["title"] or not self._title.isSameNode(document.activeElement):
            self._title.value = drafted["title"]
        self._tags.update(drafted["tags"])
        self._describe(image)

    def leave(self) -> None:
        """Save what was typed about the photo that is shown."""
        if not self._image:
            return
        self._take_title()
        if not self._taken.take():
            notice(f"When {self._image['title']} was taken is not saved: the date or the time is not complete.")
        problem = self._tags.add()
        if problem:
            self._typed[self._image["id"]] = self._tags.typed
            notice(f"A tag of {self._image['title']} is not saved yet: {problem}")
        self._image = {}

    def retry(self) -> None:
        """Save again what the server did not answer, now that it is back."""
        self._drafts.retry()

    def forget(self, image_id: str) -> None:
        """Drop what was typed about a photo that is deleted."""
        self._drafts.forget(image_id)
        self._typed.pop(image_id, None)

    def _show_drawer(self, opened: bool) -> None:
        find("lightbox").classList.toggle("with-details", opened)
        find("lightbox-info").setAttribute("aria-expanded", str(opened).lower())

    def _describe(self, image: dict) -> None:
        drafted = self._drafts.of(image)
        find("lightbox-title").textContent = drafted["title"] or image["file_name"]
        self._taken.show(drafted["taken"])
        rows = facts(drafted, self._match)
        with_focus = self._taken.button_has_focus()
        rows[1].append(self._taken.button())  # The first row is when it was taken.
        find("lightbox-facts").replaceChildren(*rows)
        if with_focus:
            self._taken.focus_button()

    def _take_title(self) -> None:
        title = plain(self._title.value).strip()
        if title != self._drafts.of(self._image)["title"].strip():
            self._change({"title": title})

    def _take_time(self, taken: str | None) -> None:
        self._change({"taken": taken, "taken_source": "person" if taken else None})

    def _key(self, event) -> None:
        if event.key == "Enter":
            self._title.blur()

    def _change(self, changes: dict) -> None:
        self._drafts.change(self._image, changes)
        self._describe(self._image)

    def _saved(self, image: dict) -> None:
        self._on_saved(image)
        if self._shows(image):
            self._say("")
            find("lightbox-saved").textContent = "Saved"
            window.clearTimeout(self._timer)
            self._timer = window.setTimeout(lambda: find("lightbox-saved").replaceChildren(), SAVED_MS)

    def _not_saved(self, image: dict, problem: str) -> None:
        if self._shows(image):
            self._say(f"Not saved yet: {problem}")
        else:
            notice(f"Changes to {image['title']} are not saved yet: {problem}")

    def _page_is_left(self, event) -> None:
        """Let the browser ask whether to leave, while something is not saved."""
        if self._image:
            self._take_title()
            self._tags.add()
            self._taken.take()
        if self._drafts.any() or self._typed or (self._image and self._tags.typed.strip()):
            event.preventDefault()

    def _shows(self, image: dict) -> bool:
        return self._image.get("id") == image["id"]

    def _say(self, problem: str) -> None:
        find("lightbox-problem").textContent = problem
        find("lightbox-problem").hidden = not problem
