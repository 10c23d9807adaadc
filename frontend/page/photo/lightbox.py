"""
The lightbox: one photo as large as it fits, its data, similar photos, and the way to the next and previous one.

What is known is shown at once; newer data and fresh addresses are asked for meanwhile.
"""

from frontend.page.browser.dom import find, make, notice
from frontend.page.browser.tasks import start
from frontend.page.grid.cards import DELETE, SIMILAR
from frontend.page.photo.editor import Editor
from frontend.page.server.api import APIError
from frontend.page.wording.facts import facts

# How many similar photos are shown.
SIMILAR_SHOWN = 12


class Lightbox:
    """One dialog, which shows one image after another."""

    def __init__(self, api, cards, known, on_action, on_gone) -> None:
        """
        Make the dialog work.

        Args:
            cards: The page's `Cards`, and `known` its `KnownImages`.
            on_action: Called with SIMILAR or DELETE and the image.
            on_gone: Called with an image that turns out to have been deleted.
        """
        self._api = api
        self._cards = cards
        self._known = known
        self._on_action = on_action
        self._on_gone = on_gone
        self._image = {}
        self._editor = Editor(api, self._saved)
        dialog = find("lightbox")
        dialog.addEventListener("cancel", self._cancelled)
        dialog.addEventListener("close", lambda event: self._closed())
        dialog.addEventListener("keydown", self._key)
        find("lightbox-close").addEventListener("click", lambda event: self._close())
        find("lightbox-previous").addEventListener("click", lambda event: start(self._step(-1)))
        find("lightbox-next").addEventListener("click", lambda event: start(self._step(1)))
        find("lightbox-show-similar").addEventListener("click", lambda event: self._act(SIMILAR))
        find("lightbox-delete").addEventListener("click", lambda event: self._act(DELETE))

    def open(self, image: dict, grid) -> None:
        """Show an image; previous and next are those beside it in `grid`."""
        self._grid = grid
        self._show(image)
        find("lightbox").showModal()

    def _show(self, image: dict) -> None:
        self._image = image
        self._editor.show(image)
        self._describe(image)
        photo = find("lightbox-photo")
        photo.src = image["thumbnail_url"]
        # Its size is known before it is loaded, so that nothing moves when it is.
        photo.width = image["width"]
        photo.height = image["height"]
        photo.alt = image["title"]
        find("lightbox-note").textContent = "Loading the original …"
        find("lightbox-similar").replaceChildren()
        find("lightbox-similar-note").textContent = "Looking for similar photos …"
        self._enable_steps()
        start(self._refresh(image))
        start(self._find_similar(image))

    def _enable_steps(self) -> None:
        index = self._grid.index_of(self._image["id"])
        find("lightbox-previous").disabled = not index
        find("lightbox-next").disabled = index is None or index + 1 >= self._grid.count

    def _describe(self, image: dict) -> None:
        find("lightbox-title").textContent = image["title"] or image["file_name"]
        find("lightbox-facts").replaceChildren(*facts(image))
        find("lightbox-original").href = image["original_url"]
        find("lightbox-original").download = image["file_name"]

    def _shows(self, image: dict) -> bool:
        return self._image.get("id") == image["id"]

    async def _refresh(self, image: dict) -> None:
        """Ask for the image as it is now, then for its original: addresses of an old page have expired."""
        try:
            fresh = await self._api.image(image["id"])
        except APIError as exc:
            if exc.status == 404:
                self._gone(image)
            elif self._shows(image):
                find("lightbox-note").textContent = exc.message
            return
        self._cards.redraw(fresh)
        if not self._shows(image):
            return
        self._image = fresh
        self._editor.refresh(fresh)
        self._describe(fresh)
        await self._load_original(fresh)

    async def _load_original(self, image: dict) -> None:
        """Replace the thumbnail by the original once that is loaded, if the browser can show it."""
        original = make("img", crossorigin="anonymous")
        original.src = image["original_url"]
        try:
            await original.decode()
        except Exception:
            note = "This browser cannot show the original. This is its thumbnail."
        else:
            note = ""
        if self._shows(image):
            find("lightbox-note").textContent = note
            if not note:
                find("lightbox-photo").src = original.src

    async def _find_similar(self, image: dict) -> None:
        try:
            space = await self._api.space()
            matches = await self._api.search({"space": space.id, "like": image["id"], "limit": SIMILAR_SHOWN})
        except APIError as exc:
            if self._shows(image):
                find("lightbox-similar-note").textContent = exc.message
            return
        if self._shows(image):
            find("lightbox-similar-note").textContent = "" if matches else "There are no other photos yet."
            find("lightbox-similar").append(
                *[self._similar(match) for match in matches if not self._known.is_withdrawn(match["image"]["id"])]
            )

    def _similar(self, match: dict):
        """Make the button of a similar photo."""
        image = match["image"]
        thumbnail = make("img", alt="", loading="lazy", decoding="async", crossorigin="anonymous")
        thumbnail.src = image["thumbnail_url"]
        button = make("button", "picture", type="button", title=f"{image['title']} · {match['score']:.2f}")
        button.setAttribute("aria-label", f"Similar photo {image['title']}")
        button.append(thumbnail)
        button.addEventListener("click", lambda event: self._go(image))
        item = make("li")
        item.append(button)
        return item

    async def _step(self, offset: int) -> None:
        here = self._image
        index = self._grid.index_of(here["id"])
        image = None if index is None else await self._grid.image_at(index + offset)
        if image and self._shows(here):
            self._go(image)

    def _go(self, image: dict) -> None:
        if self._editor.may_leave():
            self._show(image)

    def _key(self, event) -> None:
        """Go to the previous or next photo by arrow keys, which in a field move the caret instead."""
        if event.target.tagName == "INPUT" or event.altKey or event.ctrlKey or event.metaKey:
            return
        if event.key == "ArrowLeft":
            start(self._step(-1))
        elif event.key == "ArrowRight":
            start(self._step(1))

    def _saved(self, image: dict) -> None:
        self._cards.redraw(image)
        if self._shows(image):
            self._image = image
            self._editor.refresh(image)
            self._describe(image)

    def _act(self, action: str) -> None:
        image = self._image
        if self._editor.may_leave():
            find("lightbox").close()
            self._on_action(action, image)

    def _gone(self, image: dict) -> None:
        if self._shows(image):
            find("lightbox").close()
            notice(f"{image['title']} has been deleted.")
        self._on_gone(image)

    def _cancelled(self, event) -> None:
        if not self._editor.may_leave():
            event.preventDefault()

    def _close(self) -> None:
        if self._editor.may_leave():
            find("lightbox").close()

    def _closed(self) -> None:
        """Move the focus to the card of the photo shown last, which need not be the one that was opened."""
        index = self._grid.index_of(self._image["id"])
        if index is not None:
            self._grid.focus_at(index)
        self._image = {}
        find("lightbox-photo").removeAttribute("src")
