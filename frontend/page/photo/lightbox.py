"""
The lightbox: one photo on the whole screen, its data, similar photos, and the way to the next and previous one.

What is known is shown at once; newer data and fresh addresses are asked for meanwhile. The page's address names the
photo, so that it can be shared, and the browser's back closes it.
"""

import asyncio

from pyscript import document, window

from frontend.page.browser.clipboard import copy_text
from frontend.page.browser.dom import find, make, notice
from frontend.page.browser.tasks import start
from frontend.page.browser.transitions import grow
from frontend.page.grid.cards import DELETE, SIMILAR
from frontend.page.photo.details import Details
from frontend.page.photo.original import original_of, preview_of
from frontend.page.photo.similar_strip import SimilarStrip
from frontend.page.photo.stage import Stage
from frontend.page.photo.zooming import AWAY, NEXT
from frontend.page.server.api import APIError
from frontend.page.wording.types import type_name

# The parameter of the page's address that names the photo. An entry of the history that the page has added for one says
# so under the same name: going back leads to where the photo was opened.
PHOTO = "photo"

# How long a photo must be looked at before more than its thumbnail is asked for, where one leafs through many.
LEAFED_S = 0.12

# How long what was done is said, such as that a link was copied.
SAID_MS = 3000


class Lightbox:
    """One dialog, which shows one image after another."""

    def __init__(
        self, api, address, embedder, cards, known, grid_shown, on_action, on_gone, on_retimed, rights
    ) -> None:
        """
        Make the dialog work.

        Args:
            address: The page's `Address`, and `embedder` its `Embedder`.
            cards: The page's `Cards`, and `known` its `KnownImages`.
            grid_shown: Returns the grid that previous and next are of where the address opens a photo.
            on_action: Called with SIMILAR or DELETE and the image.
            on_gone: Called with an image that turns out to have been deleted.
            on_retimed: Called with an image that is known to have been taken at another time.
            rights: The visitor's.
        """
        self._api = api
        self._address = address
        self._embedder = embedder
        self._cards = cards
        self._known = known
        self._grid_shown = grid_shown
        self._on_action = on_action
        self._on_gone = on_gone
        self._on_retimed = on_retimed
        self._rights = rights
        # The image that is shown; empty while the dialog is closed.
        self._image = {}
        # The grid that it was opened from, None where the address opened it.
        self._opened_in = None
        # Whether the dialog shows the image: it opens with a frame, and the browser tells later that it was closed.
        self._shown = False
        # Whether the dialog is about to close, with the next frame.
        self._leaving = False
        self._timer = 0
        # What somebody who zooms in is told where the photo is shown with fewer pixels than it has; empty for nothing.
        self._not_all = ""
        self._details = Details(api, self._saved)
        self._similar = SimilarStrip(api, known, self._go)
        self._stage = Stage(self._stroked, self._leave, self._zoomed)
        self._listen()
        address.listen((PHOTO,), self._travelled, passing=True)

    def _listen(self) -> None:
        dialog = find("lightbox")
        dialog.addEventListener("cancel", self._cancelled)
        dialog.addEventListener("close", lambda event: self._closed())
        dialog.addEventListener("keydown", self._key)
        for name, act in (
            ("close", self._leave),
            ("previous", lambda: start(self._step(-1))),
            ("next", lambda: start(self._step(1))),
            ("show-similar", lambda: self._act(SIMILAR)),
            ("zoom", self._stage.toggle),
            ("link", lambda: start(self._copy_link())),
            ("delete", lambda: self._act(DELETE)),
        ):
            listen(find(f"lightbox-{name}"), act)

    async def by_address(self) -> None:
        """Show the photo that the page's address names, if any."""
        self._details.limit((await self._api.space()).limits)
        await self._arrive()

    def open(self, image: dict, grid) -> None:
        """Show an image; previous and next are those beside it in `grid`."""
        if self._image:  # Clicked twice.
            return
        self._opened_in = grid
        self._address.push({PHOTO: image["id"]}, {PHOTO: True})
        self._appear(image)

    def retry(self) -> None:
        """Save what the server did not answer, now that it is back."""
        self._details.retry()

    @property
    def _grid(self):
        return self._opened_in or self._grid_shown()

    def _travelled(self) -> None:
        """Show the photo of the entry of the history that one has come to, or close."""
        if self._address.parameters((PHOTO,)):
            start(self._arrive())
        elif self._image:
            self._disappear()

    async def _arrive(self) -> None:
        """Show the photo that the address names."""
        image_id = self._named()
        if image_id:
            self._leaving = False
        if not image_id or image_id == self._image.get("id"):
            return
        try:
            known = None if self._known.is_withdrawn(image_id) else self._known.get(image_id)
            image = known or await self._api.image(window.encodeURIComponent(image_id))
        except APIError as exc:
            if self._named() == image_id:
                self._address.replace({PHOTO: None}, {PHOTO: None})
                notice("This photo is not in the library." if 400 <= exc.status < 500 else exc.message)
            return
        if self._named() != image_id:
            return
        if self._image:
            self._show(image)
        else:
            self._opened_in = None
            self._appear(image)

    def _named(self) -> str:
        return self._address.parameters((PHOTO,)).get(PHOTO, "")

    def _appear(self, image: dict) -> None:
        """Let the photo grow out of its thumbnail."""
        self._image = image

        def change():
            if self._image.get("id") != image["id"]:
                return None  # It was left before it was there.
            self._show(image)
            self._details.open_as_before()
            if not find("lightbox").open:
                find("lightbox").showModal()
                # A style with `:has` of the root would have all styles computed anew while the grid scrolls.
                document.documentElement.classList.add("looking")
                find("lightbox").focus()
            self._shown = True
            return self._stage.frame

        grow(self._thumbnail_of(image), change)

    def _leave(self) -> None:
        """Close, and let the photo shrink back into its thumbnail."""
        if find("lightbox").open:
            self._disappear()

    def _disappear(self) -> None:
        image = self._image
        self._leaving = True

        def change():
            if not self._leaving:
                return None  # One has gone on to a photo by then.
            self._leaving = False
            find("lightbox").close()
            self._finish()
            return self._thumbnail_of(image)

        grow(self._stage.frame, change)

    def _closed(self) -> None:
        """Tidy up if the browser itself has closed the dialog; else that is done, and it may be about to open again."""
        if self._shown and not find("lightbox").open:
            self._finish()

    def _finish(self, for_another: bool = False) -> None:
        """
        Tidy up once the dialog is closed, by whatever closed it.

        Args:
            for_another: Another entry of the history follows; going back leads to the photo again.
        """
        document.documentElement.classList.remove("looking")
        self._shown = False
        image, self._image = self._image, {}
        if not image:
            return
        self._details.leave()
        self._focus_card(image)
        self._stage.clear()
        if for_another or self._named() != image["id"]:
            return
        if self._address.kept(PHOTO):
            self._address.back()
        else:
            self._address.replace({PHOTO: None}, {})

    def _focus_card(self, image: dict) -> None:
        """Move the focus to the card of the photo shown last, which need not be the one that was opened."""
        index = self._grid.index_of(image["id"])
        if index is not None:
            self._grid.focus_at(index)
        elif document.activeElement.isSameNode(document.body):
            find(document.body.dataset.view).focus({"preventScroll": True})

    def _thumbnail_of(self, image: dict):
        """Return the element of a photo in the grid, if it is in sight; None if not."""
        item = self._grid.element.querySelector(f'[data-id="{image["id"]}"]')
        button = item.querySelector("button") if item else None
        if not button:
            return None
        box = button.getBoundingClientRect()
        return button if box.width and box.bottom > 0 and box.top < window.innerHeight else None

    def _show(self, image: dict) -> None:
        self._image = image
        self._details.show(image, self._match_of(image))
        self._link(image)
        thumbnail = make("img", alt=image["title"], crossorigin="anonymous", draggable="false", id="lightbox-photo")
        thumbnail.src = image["thumbnail_url"]
        self._stage.show(thumbnail, image["width"], image["height"], image.get("color") or "")
        self._say("Loading …")
        self._not_all = ""
        self._similar.clear()
        self._enable_steps()
        start(self._look_closer(image))

    async def _look_closer(self, image: dict) -> None:
        """Ask for all that the page does not know yet, unless one has gone on to another photo by then."""
        await asyncio.sleep(LEAFED_S)
        if self._shows(image):
            start(self._similar.show(image, lambda: self._shows(image)))
            start(self._find_neighbours(image))
            await self._refresh(image)

    async def _find_neighbours(self, image: dict) -> None:
        """Look for the photo in a grid that does not know where it is: opened by an address, or by the strip."""
        grid = self._grid_shown()
        if self._grid is grid and grid.index_of(image["id"]) is None:
            await grid.find(image["id"])
            if self._shows(image):
                self._enable_steps()

    def _match_of(self, image: dict) -> str:
        """Return how alike the photo is to what was searched with, as its card says; empty if nothing was."""
        picture = self._grid.element.querySelector(f'[data-id="{image["id"]}"] .picture[title]')
        return picture.title if picture else ""

    def _enable_steps(self) -> None:
        index = self._grid.index_of(self._image["id"])
        find("lightbox-previous").disabled = not index
        find("lightbox-next").disabled = index is None or index + 1 >= self._grid.count

    def _link(self, image: dict) -> None:
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
                self._say(exc.message)
            return
        self._cards.redraw(fresh)
        if not self._shows(image):
            return
        self._image = fresh
        self._details.refresh(fresh)
        self._link(fresh)
        self._enable_steps()
        await self._sharpen(fresh)

    async def _sharpen(self, image: dict) -> None:
        """Replace the thumbnail by the original, or by what the worker can make of it."""
        element = await original_of(image)
        note = ""
        if not element and self._shows(image):
            kind = type_name(image["content_type"])
            element = await preview_of(image, self._embedder)
            if not element:
                note = f"This browser cannot show {kind} files. This is a small preview; Download gives you the file."
            elif self._shows(image) and element.naturalWidth < image["width"]:
                self._not_all = f"This is a preview. Download gives you all of the {kind} file."
        if self._shows(image):
            if element:
                element.id = "lightbox-photo"
                self._stage.replace(element)
            self._say(note)

    async def _step(self, offset: int) -> None:
        here = self._image
        index = self._grid.index_of(here["id"])
        image = None if index is None else await self._grid.image_at(index + offset)
        if image and self._shows(here):
            self._go(image)

    def _go(self, image: dict) -> None:
        self._address.replace({PHOTO: image["id"]}, {})
        self._show(image)

    def _stroked(self, meant: str) -> None:
        if meant == AWAY:
            self._leave()
        else:
            start(self._step(1 if meant == NEXT else -1))

    def _zoomed(self, is_zoomed: bool) -> None:
        find("lightbox-zoom").setAttribute("aria-pressed", str(is_zoomed).lower())
        if is_zoomed and self._not_all:
            self._tell(self._not_all)

    def _key(self, event) -> None:
        """Do what a key means, which in a field is the field's own."""
        if event.key == "Tab":
            keep_focus_within(find("lightbox"), event)
        if event.target.tagName == "INPUT" or event.altKey or event.ctrlKey or event.metaKey or not self._image:
            return
        act = {
            "ArrowLeft": lambda: start(self._step(-1)),
            "ArrowRight": lambda: start(self._step(1)),
            "i": self._details.toggle,
            "s": lambda: self._act(SIMILAR),
            "Delete": lambda: self._act(DELETE),
            "+": lambda: self._stage.zoom(1),
            "=": lambda: self._stage.zoom(1),
            "-": lambda: self._stage.zoom(-1),
            "0": self._stage.fit,
        }.get(event.key)
        if act:
            event.preventDefault()
            act()

    def _saved(self, image: dict) -> None:
        before = self._known.get(image["id"])
        self._cards.redraw(image)
        retimed = before and before["taken"] != image["taken"]
        if retimed:
            self._on_retimed(image)
        if self._shows(image):
            self._image = image
            self._details.refresh(image)
            if retimed:
                self._enable_steps()
                start(self._find_neighbours(image))

    def _act(self, action: str) -> None:
        image = self._image
        if not find("lightbox").open or not image or (action == DELETE and not self._rights.may_write):
            return
        find("lightbox").close()
        self._finish(for_another=action == SIMILAR)
        self._on_action(action, image)

    def _gone(self, image: dict) -> None:
        self._details.forget(image["id"])
        if self._shows(image):
            find("lightbox").close()
            self._finish()
            notice(f"{image['title']} has been deleted.")
        self._on_gone(image)

    def _cancelled(self, event) -> None:
        event.preventDefault()
        self._leave()

    async def _copy_link(self) -> None:
        copied = await copy_text(self._address.link({PHOTO: self._image["id"]}), find("lightbox"))
        self._tell("Link copied" if copied else "This browser does not let the page copy: take the address above.")

    def _tell(self, text: str) -> None:
        """Say for a while what was done."""
        said = find("lightbox-said")
        said.textContent = text
        window.clearTimeout(self._timer)
        self._timer = window.setTimeout(lambda: said.replaceChildren(), SAID_MS)

    def _say(self, note: str) -> None:
        """Say something about the photo as it is shown."""
        find("lightbox-note").textContent = note


def keep_focus_within(dialog, event) -> None:
    """Let Tab lead from the last element to the first, and back, where the browser's own bars would be next."""
    reachable = [element for element in list(dialog.querySelectorAll("button, a, input")) if can_be_reached(element)]
    first, last = reachable[0], reachable[-1]
    from_edge = dialog.isSameNode(event.target) or first.isSameNode(event.target)
    if event.shiftKey and from_edge:
        event.preventDefault()
        last.focus()
    elif not event.shiftKey and last.isSameNode(event.target):
        event.preventDefault()
        first.focus()


def can_be_reached(element) -> bool:
    """Whether Tab may come to an element: one that is in sight and not disabled."""
    hidden = window.getComputedStyle(element).visibility == "hidden"
    return element.offsetWidth > 0 and not hidden and not element.matches(":disabled")


def listen(button, act) -> None:
    """Call `act` when a button is pressed."""
    button.addEventListener("click", lambda event: act())
