"""
The detail view: one picture as large as it fits, its data, its neighbours, and the way to the ones beside it.

What is known already is shown at once; the server is asked for newer data and addresses meanwhile.
"""

from frontend.page.browser.dom import find, make, notice
from frontend.page.browser.tasks import start
from frontend.page.grid.cards import DELETE, MORE, leaving, redraw
from frontend.page.photo.editor import Editor
from frontend.page.server.api import ApiError
from frontend.page.wording.facts import facts

NEIGHBOURS = 12


class Detail:
    """One dialog, which shows one image after the other."""

    def __init__(self, api, on_action, on_gone) -> None:
        """
        Make the dialog work.

        Args:
            on_action: Gets MORE or DELETE and the image.
            on_gone: Gets an image that turns out to have been deleted.
        """
        self._api = api
        self._on_action = on_action
        self._on_gone = on_gone
        self._image = {}
        self._editor = Editor(api, self._saved)
        dialog = find("detail")
        dialog.addEventListener("cancel", self._cancelled)
        dialog.addEventListener("close", lambda event: self._closed())
        dialog.addEventListener("keydown", self._key)
        find("detail-close").addEventListener("click", lambda event: self._close())
        find("detail-previous").addEventListener("click", lambda event: start(self._step(-1)))
        find("detail-next").addEventListener("click", lambda event: start(self._step(1)))
        find("detail-more").addEventListener("click", lambda event: self._act(MORE))
        find("detail-delete").addEventListener("click", lambda event: self._act(DELETE))

    def open(self, image: dict, grid) -> None:
        """Show an image; those beside it in `grid` are the previous and the next one."""
        self._grid = grid
        self._show(image)
        find("detail").showModal()

    def _show(self, image: dict) -> None:
        self._image = image
        self._editor.show(image)
        self._describe(image)
        picture = find("detail-picture")
        picture.src = image["thumbnail_url"]
        # The place of the picture is known before it is there, so that nothing moves when it comes.
        picture.width = image["width"]
        picture.height = image["height"]
        picture.alt = image["title"]
        find("detail-note").textContent = "Loading the whole picture …"
        find("detail-neighbours").replaceChildren()
        find("detail-neighbours-note").textContent = "Looking for neighbours …"
        self._offer_steps()
        start(self._refresh(image))
        start(self._find_neighbours(image))

    def _offer_steps(self) -> None:
        index = self._grid.index_of(self._image["id"])
        find("detail-previous").disabled = not index
        find("detail-next").disabled = index is None or index + 1 >= self._grid.count

    def _describe(self, image: dict) -> None:
        find("detail-title").textContent = image["title"] or image["file_name"]
        find("detail-facts").replaceChildren(*facts(image))
        find("detail-original").href = image["original_url"]
        find("detail-original").download = image["file_name"]

    def _shows(self, image: dict) -> bool:
        return self._image.get("id") == image["id"]

    async def _refresh(self, image: dict) -> None:
        """Ask for the image as it is now, then for the picture itself: addresses of an old page have expired."""
        try:
            fresh = await self._api.image(image["id"])
        except ApiError as exc:
            if exc.status == 404:
                self._gone(image)
            elif self._shows(image):
                find("detail-note").textContent = exc.message
            return
        redraw(fresh)
        if not self._shows(image):
            return
        self._image = fresh
        self._editor.refresh(fresh)
        self._describe(fresh)
        await self._load_whole(fresh)

    async def _load_whole(self, image: dict) -> None:
        """Put the original in the place of the thumbnail, once it is here, if the browser can show it."""
        whole = make("img", crossorigin="anonymous")
        whole.src = image["original_url"]
        try:
            await whole.decode()
        except Exception:
            note = "This browser cannot show the file itself; this is the small copy."
        else:
            note = ""
        if self._shows(image):
            find("detail-note").textContent = note
            if not note:
                find("detail-picture").src = whole.src

    async def _find_neighbours(self, image: dict) -> None:
        try:
            space = await self._api.space()
            matches = await self._api.search({"space": space.id, "like": image["id"], "limit": NEIGHBOURS})
        except ApiError as exc:
            if self._shows(image):
                find("detail-neighbours-note").textContent = exc.message
            return
        if self._shows(image):
            find("detail-neighbours-note").textContent = "" if matches else "There is no other picture yet."
            find("detail-neighbours").append(
                *[self._neighbour(match) for match in matches if match["image"]["id"] not in leaving]
            )

    def _neighbour(self, match: dict):
        """Make the button of a picture that looks like the one shown."""
        image = match["image"]
        picture = make("img", alt="", loading="lazy", decoding="async", crossorigin="anonymous")
        picture.src = image["thumbnail_url"]
        button = make("button", "picture", type="button", title=f"{image['title']} · {match['score']:.2f}")
        button.setAttribute("aria-label", f"Neighbour {image['title']}")
        button.append(picture)
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
        """Arrows go to the pictures beside this one, but in a field they move the caret."""
        if event.target.tagName == "INPUT" or event.altKey or event.ctrlKey or event.metaKey:
            return
        if event.key == "ArrowLeft":
            start(self._step(-1))
        elif event.key == "ArrowRight":
            start(self._step(1))

    def _saved(self, image: dict) -> None:
        redraw(image)
        if self._shows(image):
            self._image = image
            self._editor.refresh(image)
            self._describe(image)

    def _act(self, action: str) -> None:
        image = self._image
        if self._editor.may_leave():
            find("detail").close()
            self._on_action(action, image)

    def _gone(self, image: dict) -> None:
        if self._shows(image):
            find("detail").close()
            notice(f"{image['title']} has been deleted meanwhile.")
        self._on_gone(image)

    def _cancelled(self, event) -> None:
        if not self._editor.may_leave():
            event.preventDefault()

    def _close(self) -> None:
        if self._editor.may_leave():
            find("detail").close()

    def _closed(self) -> None:
        """Go on where the picture that was shown last is, which need not be the one that was opened."""
        index = self._grid.index_of(self._image["id"])
        if index is not None:
            self._grid.focus_at(index)
        self._image = {}
        find("detail-picture").removeAttribute("src")
