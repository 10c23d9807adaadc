"""
The grid of the library: as high as if all pictures were in it, but only those near what is seen are in the document.

What comes into view and is not known is asked for, some at a time, and shown as blank until then.
"""

from pyscript import document, window

from frontend.page.browser.clock import now_s
from frontend.page.browser.dom import find
from frontend.page.browser.tasks import start
from frontend.page.grid.cards import leaving, shown
from frontend.page.grid.cells import Cells
from frontend.page.grid.layout import Layout
from frontend.page.grid.positions import Positions
from frontend.page.server.api import ApiError

ROWS_BEYOND = 2
"""Rows above and below what is seen that are in the document too. A guess: a turn of a mouse wheel is half a row."""

MOST_AT_ONCE = 100
"""How many images are asked for at most: no more than the server gives in one answer, see `max_images`."""

LEAST_AT_ONCE = 60
"""How many are asked for at least: those beyond will be seen next."""

KEPT = 1000
"""How many images around what is seen the page remembers: some 2 MB."""

FRESH_S = 1800
"""How long what the server said is believed: half of what thumbnails' addresses are valid for by default."""

GUESSED_CAPTION_PX = 110
"""By how much a card is higher than wide, until one has been measured."""


class WindowGrid:
    """A grid, and what its cards are asked for; as of PlainGrid."""

    def __init__(self, element_id: str, fetch, on_change, on_failure) -> None:
        """
        Make the grid work; it is empty until `begin`.

        Args:
            fetch: Awaited with the place of the first image and a number of them; gives a page as the API does.
            on_change: Called when there are other images, or more are known.
            on_failure: Gets the error where the server cannot answer; `go_on` tries again.
        """
        self.element = find(element_id)
        self._fetch = fetch
        self._on_change = on_change
        self._on_failure = on_failure
        self._positions = Positions()
        self._cells = Cells(self.element)
        self._layout = Layout(1000, 20, GUESSED_CAPTION_PX)
        self._caption = GUESSED_CAPTION_PX
        self._measured = False
        self._beginning = False
        self._loading = False
        self._changes = 0
        self._known_since_s = 0.0
        self._to_focus = None
        self._drawing = False
        observer = window.ResizeObserver.new(lambda entries, observer: self._resized())
        observer.observe(self.element)
        observer.observe(document.body)  # What is above the grid moves it.
        document.addEventListener("scroll", lambda event: self._draw_soon())
        window.visualViewport.addEventListener("resize", lambda event: self._resized())

    @property
    def count(self) -> int:
        """How many images there are."""
        return self._positions.count

    def columns(self) -> int:
        """Return how many cards a row has."""
        return self._layout.columns

    def index_of(self, image_id: str) -> int | None:
        """Return the index of an image, None if it is not known."""
        return self._positions.index_of(image_id)

    def knows(self, image_id: str) -> bool:
        """Whether it is known where an image is."""
        return self._positions.knows(image_id)

    async def image_at(self, index: int) -> dict | None:
        """Return the image at an index, None if there is none, or if the server cannot say."""
        if 0 <= index < self.count and self._positions.id_at(index) is None:
            changes, place = self._changes, self._positions.place_at(index)
            try:
                page = await self._fetch(place, LEAST_AT_ONCE)
            except ApiError as exc:
                self._on_failure(exc)
                return None
            if changes == self._changes:
                self._learn(place, page)
        image_id = self._positions.id_at(index)
        return shown[image_id] if image_id else None

    async def each(self, first: int, last: int, on_batch) -> None:
        """
        Give all images from an index to another, some at a time, to `on_batch`, which returns whether to go on.

        Raises:
            ApiError: The server cannot say which they are.
        """
        while first <= last:
            count = min(last + 1 - first, MOST_AT_ONCE)
            ids = [self._positions.id_at(index) for index in range(first, first + count)]
            if None in ids:
                page = await self._fetch(self._positions.place_at(first), count)
                images = [image for image in page["images"] if image["id"] not in leaving][:count]
            else:
                images = [shown[image_id] for image_id in ids]
            if not images or not on_batch(images):
                return
            first += len(images)

    def focus_at(self, index: int) -> None:
        """Move the focus to the picture at an index; until that is there, it stays where it is."""
        top = self.element.getBoundingClientRect().top
        if top + self._layout.top(index) < 0 or top + self._layout.bottom(index) > window.innerHeight:
            middle = (self._layout.top(index) + self._layout.bottom(index)) / 2
            document.documentElement.scrollBy(0, top + middle - window.innerHeight / 2)
        self._to_focus = index
        self._draw()

    def begin(self) -> None:
        """Show another list, or the same anew; what is there stays until the first answer."""
        self._beginning = True
        self._changes += 1
        self.go_on()

    def go_on(self) -> None:
        """Ask for what is to be seen and not known."""
        if not self._loading:
            self._loading = True
            start(self._load())

    def add(self, image: dict) -> None:
        """Show an image that was added, in a list of which the newest come first."""
        if self._beginning or self.knows(image["id"]):
            return
        shown[image["id"]] = image
        self._positions.insert_newest_first(image["id"])
        self.refresh()

    def forget(self, image_id: str) -> None:
        """Take out an image that was deleted; where it was not known, the server says what is left."""
        if self._positions.remove(image_id):
            self.refresh()
        else:
            self.begin()

    def refresh(self) -> None:
        """Show what there is now; answers on their way are of what was there before."""
        self._changes += 1
        self._positions.leave_out(leaving)
        self._on_change()
        self._draw_soon()

    async def _load(self) -> None:
        try:
            wanted = self._missing()
            while wanted:
                changes = self._changes
                page = await self._fetch(*wanted)
                if changes == self._changes:
                    self._learn(wanted[0], page)
                wanted = self._missing()
        except ApiError as exc:
            self._on_failure(exc)
        finally:
            self._loading = False

    def _missing(self) -> tuple[int, int] | None:
        """Return the place of the first image to ask for, and how many; None if all that is near is known."""
        if self._beginning:
            return 0, LEAST_AT_ONCE
        first, last = self._near()
        index = self._positions.first_unknown(first, last)
        if index is None:
            return None
        count = min(max(last - index, LEAST_AT_ONCE), MOST_AT_ONCE)
        if index == first:  # Then those before may be unknown as well, and who scrolls up sees them next.
            index = max(min(index, last - count), 0)
        return self._positions.place_at(index), count

    def _learn(self, place: int, page: dict) -> None:
        if self._beginning:
            self._beginning = False
            self._known_since_s = now_s()
            self._positions.begin(page["total"])
        for image in page["images"]:
            shown[image["id"]] = image
        self._positions.learn(place, [image["id"] for image in page["images"]], page["total"])
        if not page["images"]:  # It was counted before some were deleted.
            self._positions.begin(min(place, page["total"]))
        self._positions.leave_out(leaving)
        self._on_change()
        self._draw()

    def _resized(self) -> None:
        self._measured = False
        self._draw_soon()

    def _draw_soon(self) -> None:
        """Draw with the next frame, however often this is called before."""
        if not self._drawing:
            self._drawing = True
            window.requestAnimationFrame(lambda moment: self._draw())

    def _draw(self) -> None:
        """Bring into the document what is near to what is seen, and take out what is not."""
        self._drawing = False
        if self._beginning or not self._lay_out():
            return
        if now_s() - self._known_since_s > FRESH_S:
            self._known_since_s = now_s()
            self._positions.begin(self._positions.total)
        first, last = self._near()
        wanted = [(index, self._positions.id_at(index)) for index in range(first, last)]
        complete = self._cells.show(self._with_focused(wanted, first, last), self._layout.columns, self.count)
        self._move_focus(first, last)
        self._forget_far(first, last)
        if not complete or (not self._measured and self._measure_caption()):
            self._draw_soon()
        if self._missing():
            self.go_on()

    def _lay_out(self) -> bool:
        """Measure the grid and make room for all; returns whether it is to be seen at all."""
        width = self.element.clientWidth
        if not width:
            return False
        gap = float(window.getComputedStyle(self.element).columnGap.replace("px", ""))
        self._layout = Layout(width, gap, self._caption)
        style = self.element.style
        style.height = f"{self._layout.height(self.count):.1f}px" if self.count else ""
        style.setProperty("--cell-width", f"{self._layout.cell_width:.3f}px")
        style.setProperty("--pitch", f"{self._layout.pitch:.3f}px")
        return True

    def _near(self) -> tuple[int, int]:
        """Return the first index that is to be in the document, and the first beyond."""
        top = -self.element.getBoundingClientRect().top
        return self._layout.near(top, top + window.innerHeight, ROWS_BEYOND, self.count)

    def _with_focused(self, wanted: list, first: int, last: int) -> list:
        """Add the card that has the focus, which would be lost with it, wherever that is."""
        image_id = self._cells.focused()
        index = self.index_of(image_id) if image_id else None
        if index is None or first <= index < last:
            return wanted
        return [(index, image_id)] + wanted if index < first else wanted + [(index, image_id)]

    def _move_focus(self, first: int, last: int) -> None:
        """Move the focus where it is to go, if the card is there; who has scrolled away does not want it any more."""
        if self._to_focus is None:
            return
        image_id = self._positions.id_at(self._to_focus)
        if not first <= self._to_focus < last or (image_id and self._cells.focus(image_id)):
            self._to_focus = None

    def _measure_caption(self) -> bool:
        """Measure a card; returns whether it is of another height than was thought."""
        caption = self._cells.caption()
        self._measured = caption is not None
        if caption is None or abs(caption - self._caption) < 0.5:
            return False
        self._caption = caption
        return True

    def _forget_far(self, first: int, last: int) -> None:
        """Forget images that are far away, once they are many."""
        if self._positions.known <= 2 * KEPT:
            return
        far = self._positions.forget_beyond(max(first - KEPT // 2, 0), last + KEPT // 2)
        held = {item.dataset.id for item in list(document.querySelectorAll(".card"))}
        for image_id in far:
            if image_id not in held:
                shown.pop(image_id, None)
