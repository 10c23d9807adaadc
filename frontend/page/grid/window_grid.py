"""
The grid of the library: it scrolls as if all photos were in it, but only those near the window are in the document.

Images that come near and are not known are asked for some at a time, and shown as blanks until they are.
"""

import asyncio

from pyscript import document, window

from frontend.page.browser.dom import find
from frontend.page.browser.tasks import start
from frontend.page.grid.cells import Cells
from frontend.page.grid.justified import proportion, read_proportion
from frontend.page.grid.layout import Layout
from frontend.page.grid.photo_keys import keep_reachable
from frontend.page.grid.positions import Positions
from frontend.page.grid.scroll_range import ScrolledList
from frontend.page.server.api import APIError

# How many rows above and below the window are in the document too. A guess: a notch of a mouse wheel is half a row.
ROWS_BEYOND = 2

# How many images are asked for at most: to read more takes longer than the page may stand still.
MOST_AT_ONCE = 60

# How many images are asked for at least: those beyond will be seen next.
LEAST_AT_ONCE = 36

# How many images around the window the page remembers: some 2 MB.
KEPT = 1000

# How much of the window the bars above the grid cover while it is scrolled.
COVERED_PX = 100

# How far apart photos are.
GAP_PX = 4

# Tops of cells are counted from a multiple of this, so that none is many pixels away from it: see scroll_range.
BASE_PX = 1_000_000

# How long the page must not have been scrolled to be at rest. A guess, longer than between two turns of a wheel.
REST_MS = 200


class WindowGrid:
    """A grid with only a window of its cards in the document; `PlainGrid` answers the same questions."""

    def __init__(
        self, element_id: str, cards, known, fetch, place, outline, heading_of, on_change, on_failure, on_drawn
    ) -> None:
        """
        Make the grid work; it is empty until `begin`.

        Args:
            cards: The page's `Cards`, and `known` its `KnownImages`.
            fetch: Awaited with the position of the first image and how many are wanted; returns a page of the API.
            place: Awaited with the id of an image; returns its position in the list, None if it is not in it.
            outline: Awaited when the list begins; returns the API's proportions of all images, and (count, heading) of
                each heading in the order of the list. Both are empty where they are not known.
            heading_of: Called with an image; returns under which heading it belongs, empty for none.
            on_change: Called when there are other images, or more of them are known.
            on_failure: Called with the error where the server cannot answer; `go_on` tries again.
            on_drawn: Called when other photos may be at the top of the window.
        """
        self._on_drawn = on_drawn
        self.element = find(element_id)
        self._known = known
        self._fetch = fetch
        self._on_change = on_change
        self._on_failure = on_failure
        self._positions = Positions()
        self._cells = Cells(self.element, lambda image_id: cards.make(known.get(image_id)))
        self._place = place
        self._outline = outline
        self._heading_of = heading_of
        # (count, heading) of each heading.
        self._headings: list = []
        self._row_px = 200.0
        self._layout = Layout(1000, GAP_PX, self._row_px)
        self._scrolled = ScrolledList()
        # What is at the top of the window, as `Layout.anchor_at` says it; None while that is above the grid.
        self._anchor = None
        # What the style says of where tops of cells are counted from.
        self._base = ""
        # Whether the end of the list is in sight, below the top of the window.
        self._at_end = False
        # (scroll, list) positions of the card with the focus, while it is far from the window; None without one.
        self._far_focus = None
        self._touching = False
        # Whether the browser is still scrolling; one that does not tell when it ends is never taken to be.
        self._scrolling = False
        self._tells_end = hasattr(document, "onscrollend")
        self._rest_timer = 0
        self._beginning = True
        self._begun = asyncio.Event()
        # The anchor to show the list from once it is known how long that is; None for its top.
        self._begin_at = None
        self._loading = False
        self._changes = 0
        self._to_focus = None
        self._drawing = False
        # Whether photos have come or gone since the grid was drawn last.
        self._changed_here = False
        # Whether the grid has not been to be seen since it was drawn last.
        self._hidden = True
        self._listen()

    def _listen(self) -> None:
        observer = window.ResizeObserver.new(lambda entries, observer: self._resized())
        observer.observe(self.element)
        observer.observe(document.body)  # What is above the grid moves it.
        document.addEventListener("scroll", lambda event: self._scrolled_on())
        document.addEventListener("scrollend", lambda event: self._scrolling_ended())
        window.visualViewport.addEventListener("resize", lambda event: self._resized())
        for name in ("touchstart", "touchend", "touchcancel"):
            document.addEventListener(name, self._touched)

    @property
    def count(self) -> int:
        """How many images there are."""
        return self._positions.count

    def vertical_neighbour(self, index: int, step: int) -> int:
        """Return the index of the photo above (`step` -1) or below (1) another."""
        return self._layout.vertical_neighbour(index, step)

    def set_row_height(self, row_px: float) -> None:
        """Make rows about so high; what is at the top of the window stays there."""
        self._row_px = row_px
        self._draw_soon()

    @property
    def is_known(self) -> bool:
        """Whether the server has told how long the list is."""
        return not self._beginning

    @property
    def is_shown(self) -> bool:
        """Whether the grid is to be seen."""
        return self.element.clientWidth > 0

    @property
    def anchor(self) -> tuple | None:
        """What is at the top of the window, see `Layout.anchor_at`; None at the top of the list."""
        return self._anchor

    def catch_up(self) -> None:
        """Take in how far the page is scrolled now, rather than with the next frame."""
        if self.is_known and self.is_shown and not self._hidden:
            self._follow_scrolling()

    def leave(self) -> None:
        """Hold what is at the top of the window: another view is about to be shown, which scrolls the page."""
        self.catch_up()
        self._hidden = True

    def top_heading(self) -> str:
        """Return the heading of the photos at the top of the window, as far as it is known."""
        item = self._item_at(self._anchor[0] if self._anchor else 0) if self.count else None
        return item[1] if item else ""

    @property
    def screens(self) -> float:
        """How many screens high the list is."""
        return self._layout.height_px / max(window.innerHeight, 1)

    @property
    def scrolled_px(self) -> float:
        """How much of the list is above the window, without asking the browser, which would lay out the page for it."""
        return self._scrolled.list_px

    @property
    def share(self) -> float:
        """How far one has scrolled through the list, from 0 to 1."""
        return min(max(self._scrolled.list_px / self._way_px, 0), 1)

    def share_of(self, index: int) -> float:
        """Return how far one has scrolled when a photo is at the top of the window, from 0 to 1."""
        return min(self._layout.box(index)[1] / self._way_px, 1)

    def go_to_share(self, share: float) -> None:
        """Scroll so far through the list, at once."""
        if share <= 0:
            self.go_to_top()
        elif share >= 1:
            self.go_to_end()
        else:
            self._jump_to(share * self._way_px)

    def heading_at_share(self, share: float) -> str:
        """Return the heading of the photos that are there, that of the last one at the end, as far as it is known."""
        if not self.count:
            return ""
        item = self._item_at(self.count - 1 if share >= 1 else self._layout.anchor_at(share * self._way_px)[0])
        return item[1] if item else ""

    @property
    def _way_px(self) -> float:
        return max(self._layout.height_px - window.innerHeight, 1)

    def index_of(self, image_id: str) -> int | None:
        """Return the index of an image, None if it is not known."""
        return self._positions.index_of(image_id)

    def id_at(self, index: int) -> str | None:
        """Return which image is at an index, None if that is not known."""
        return self._positions.id_at(index)

    def index_at(self, x_px: float, y_px: float) -> int | None:
        """Return the index of the photo at a spot of the window, or else of the one before it; None without photos."""
        box = self.element.getBoundingClientRect()
        self.catch_up()
        return self._layout.photo_at(x_px - box.left, self._scrolled.list_px + y_px)

    def knows(self, image_id: str) -> bool:
        """Whether it is known where an image is."""
        return self._positions.knows(image_id)

    async def find(self, image_id: str) -> int | None:
        """
        Return the index of an image wherever it is in the list, None if it is not in it, or if the server cannot say.

        Those beside it are known then. While the list is not there yet, this waits for it.
        """
        await self._begun.wait()
        while self.index_of(image_id) is None:
            changes = self._changes
            try:
                position = await self._place(image_id)
                if position is None:
                    return None
                first = max(position - LEAST_AT_ONCE // 2, 0)
                page = await self._fetch(first, LEAST_AT_ONCE)
            except APIError:
                return None
            if changes == self._changes:
                self._learn(first, page)
                break
        return self.index_of(image_id)

    async def image_at(self, index: int) -> dict | None:
        """Return the image at an index, None if there is none, or if the server cannot say."""
        if 0 <= index < self.count and self._positions.id_at(index) is None:
            changes, position = self._changes, self._positions.position_at(index)
            try:
                page = await self._fetch(position, LEAST_AT_ONCE)
            except APIError as exc:
                self._on_failure(exc)
                return None
            if changes == self._changes:
                self._learn(position, page)
        image_id = self._positions.id_at(index)
        return self._known.get(image_id) if image_id else None

    async def each(self, first: int, last: int, on_batch) -> None:
        """
        Give all images from an index to another, some at a time, to `on_batch`, which returns whether to go on.

        Raises:
            APIError: The server cannot say which they are.
        """
        while first <= last:
            count = min(last + 1 - first, MOST_AT_ONCE)
            ids = [self._positions.id_at(index) for index in range(first, first + count)]
            if None in ids:
                page = await self._fetch(self._positions.position_at(first), count)
                images = [image for image in page["images"] if not self._known.is_withdrawn(image["id"])][:count]
            else:
                images = [self._known.get(image_id) for image_id in ids]
            if not images or not on_batch(images):
                return
            first += len(images)

    def focus_at(self, index: int) -> None:
        """Move the focus to the photo at an index, scrolling to it; until its card is there, the focus stays."""
        _left, top_px, _width, height_px = self._layout.box(index)
        self._follow_scrolling()
        covered_px = COVERED_PX  # The bars on top of the page cover a part of the window.
        if (
            top_px < self._scrolled.list_px + covered_px
            or top_px + height_px > self._scrolled.list_px + window.innerHeight
        ):
            self._go_to(top_px + (height_px - window.innerHeight - covered_px) / 2)
            self._hold_anchor()
        self._to_focus = index
        self._draw()

    def go_to_top(self) -> None:
        """Scroll the page to its top, where the first photo is, at once."""
        self._jump_to(self._measured_scroll_px() - window.scrollY)

    def go_to_end(self) -> None:
        """Scroll to the last photo, at once."""
        self._jump_to(self._layout.height_px)

    def _jump_to(self, list_px: float) -> None:
        self._go_to(list_px)
        self._hold_anchor()
        self._rest_soon()
        self._draw_soon()

    def begin(self, anchor: tuple | None = None) -> None:
        """Show another list, or the same anew, from an anchor on; what is there stays until the first answer."""
        self._beginning = True
        self._begun.clear()
        self._begin_at = anchor
        self._changes += 1
        self.go_on()

    def go_on(self) -> None:
        """Ask for what is near the window and not known."""
        if not self._loading:
            self._loading = True
            start(self._load())

    def add(self, image: dict, comes_after) -> None:
        """Show an image that was added, before the first one of which `comes_after` says that it comes after it."""
        if self._beginning or self.knows(image["id"]):
            return
        self._known.learn(image)
        self._positions.insert(image["id"], lambda other_id: comes_after(self._known.get(other_id)))
        heading = self._heading_of(image)
        self._headings = [(count + (name == heading), name) for count, name in self._headings]
        self.refresh()

    def forget(self, image_id: str) -> None:
        """Take out an image that was deleted; where its position is not known, the server says what is left."""
        if self._positions.remove(image_id):
            self.refresh()
        else:
            self.begin()

    def refresh(self) -> None:
        """Show what there is now; answers still on their way are about what there was before."""
        self._changes += 1
        self._positions.leave_out(self._known.withdrawn)
        self._on_change()
        self._draw_soon()

    async def _load(self) -> None:
        try:
            wanted = self._missing()
            while wanted:
                changes = self._changes
                page, outline = await self._ask(*wanted)
                if changes == self._changes:
                    self._learn(wanted[0], page, outline)
                wanted = self._missing()
        except APIError as exc:
            self._on_failure(exc)
        finally:
            self._loading = False

    async def _ask(self, position: int, count: int) -> tuple:
        """Return a page of the list and, where it begins, its outline: what is in sight then stays where it is."""
        if self._beginning:
            return await asyncio.gather(self._fetch(position, count), self._outline())
        return await self._fetch(position, count), None

    def _missing(self) -> tuple[int, int] | None:
        """Return the position of the first image to ask for, and how many; None if all that is near is known."""
        if self._beginning:
            return 0, LEAST_AT_ONCE
        first, last = self._near()
        index = self._positions.first_unknown(first, last)
        if index is None:
            return None
        count = min(max(last - index, LEAST_AT_ONCE), MOST_AT_ONCE)
        if index == first:  # Those before may be unknown as well, and are seen next when one scrolls up.
            index = max(min(index, last - count), 0)
        return self._positions.position_at(index), count

    def _learn(self, position: int, page: dict, outline: tuple | None = None) -> None:
        if self._beginning:
            self._beginning = False
            self._begun.set()
            self._positions.begin(page["total"])
            digits, self._headings = outline or ("", [])
            self._positions.learn_proportions(digits)
            self._take_changes()
            self._arrive()
        for image in page["images"]:
            self._known.learn(image)
        self._positions.learn(position, [image["id"] for image in page["images"]], page["total"])
        if not page["images"]:  # It was counted before some were deleted.
            self._positions.begin(min(position, page["total"]))
        self._positions.leave_out(self._known.withdrawn)
        self._on_change()
        self._draw()

    def _arrive(self) -> None:
        """Scroll to where the list is to be shown from; the top of another list is seen by those who scrolled down."""
        anchor, self._begin_at = self._begin_at, None
        if not anchor:
            return
        self._anchor = tuple(anchor)
        if self.element.clientWidth:
            self._lay_out()
            self._go_to(self._layout.top_of_anchor_px(self._anchor))

    def _resized(self) -> None:
        self._draw_soon()

    def _draw_soon(self) -> None:
        """Draw with the next frame, however often this is called before."""
        if not self._drawing:
            self._drawing = True
            window.requestAnimationFrame(lambda moment: self._draw())

    def _draw(self) -> None:
        """Bring what is near the window into the document, and take out what is not."""
        self._drawing = False
        scroll_px, self._changed_here = self._measured_scroll_px(), False
        if self._beginning or not self._lay_out():
            return
        self._prepare()
        if self._changed_here and self._measured_scroll_px() == scroll_px:
            self._cells.glide()
        first, last = self._near()
        base_px = self._place_base()
        wanted = [(index, self._box(index, base_px), self._positions.id_at(index)) for index in range(first, last)]
        wanted = self._with_focused(wanted, first, last, base_px)
        complete = self._cells.show(wanted, self.count)
        keep_reachable(self.element)
        self._show_headings(base_px)
        self._on_drawn()
        self._move_focus(first, last)
        self._forget_far(first, last)
        if not complete:
            self._draw_soon()
        if self._missing():
            self.go_on()

    def _lay_out(self) -> bool:
        """Measure the grid, make room for all, and follow the scrolling; returns whether the grid is visible."""
        width_px = self.element.clientWidth
        if not width_px:
            self._hidden = True
            return False
        layout = Layout(width_px, GAP_PX, self._row_px)
        returning, self._hidden = self._hidden, False
        if layout.same_as(self._layout):
            self._take_changes()
            self._make_room()
            if returning:
                self._return()
            else:
                self._follow_scrolling()
            return True
        self._layout = layout
        layout.begin(self.count)
        self._positions.take_changes()
        self._return()
        return True

    def _return(self) -> None:
        """Show what was at the top of the window: rows may be others, or the page was scrolled for something else."""
        self._make_room()
        if self._anchor:
            self._go_to(self._layout.top_of_anchor_px(self._anchor))
            self._prepare()
            self._go_to(self._layout.top_of_anchor_px(self._anchor))
        else:
            self._follow_scrolling()

    def _take_changes(self) -> None:
        """Let the layout follow photos that have come or gone; those in sight stay where they are."""
        changes = self._positions.take_changes()
        if changes is None:
            self._layout.begin(self.count)
            return
        self._changed_here = bool(changes)
        for index, came in changes:
            if came:
                self._layout.insert(index)
            else:
                self._layout.remove(index)
            if self._anchor and index < self._anchor[0]:
                self._anchor = (self._anchor[0] + (1 if came else -1), self._anchor[1])
        if changes and self._anchor:
            self._make_room()
            self._go_to(self._layout.top_of_anchor_px(self._anchor))

    def _prepare(self) -> None:
        """Lay out what is near the window with what is known now; what is at its top stays there, or the list's end."""
        for _ in range(3):  # Rows that move bring others near.
            top_px = self._scrolled.list_px
            if not self._layout.prepare(top_px, top_px + window.innerHeight, self._item_at):
                return
            self._make_room()
            if self._at_end:
                self._go_to(self._layout.height_px)
                self._hold_anchor()
            elif self._anchor:
                self._go_to(self._layout.top_of_anchor_px(self._anchor))

    def _item_at(self, index: int) -> tuple | None:
        """Return (width by height, heading) of a photo, as the layout asks for it."""
        image_id = self._positions.id_at(index)
        image = self._known.get(image_id) if image_id else None
        if image:
            return proportion(image["width"], image["height"]), self._heading_of(image)
        digits = self._positions.digits_at(index)
        return (read_proportion(digits), self._heading_at(index)) if digits else None

    def _heading_at(self, index: int) -> str:
        for count, heading in self._headings:
            if index < count:
                return heading
            index -= count
        return ""

    def _make_room(self) -> None:
        list_px = self._layout.height_px
        if list_px != self._scrolled.range.list_px:
            self._scrolled.resize(list_px)
            self.element.style.height = f"{self._scrolled.range.height_px:.1f}px" if self.count else ""

    def _follow_scrolling(self) -> None:
        """See how far the page is scrolled now."""
        scroll_px = self._measured_scroll_px()
        if scroll_px != self._scrolled.scroll_px:
            self._scrolled.moved(scroll_px, window.innerHeight, self._far_focus)
            self._hold_anchor()
            self._rest_soon()
        if self._scrolled.must_return(window.innerHeight):
            self._go_to(self._scrolled.list_px)

    def _rest_soon(self) -> None:
        if self._scrolled.range.mapped:
            window.clearTimeout(self._rest_timer)
            self._rest_timer = window.setTimeout(self._rest, REST_MS)

    def _scrolled_on(self) -> None:
        self._scrolling = self._tells_end
        self._draw_soon()

    def _scrolling_ended(self) -> None:
        self._scrolling = False
        self._rest_soon()

    def _rest(self) -> None:
        """Let the scroll bar tell the truth again, unless a finger holds the page, or the browser still scrolls it."""
        if self._touching:
            self._rest_soon()
            return
        if self._scrolling:  # Its frames are late; `scrollend` follows.
            return
        if self._beginning or not self.element.clientWidth:
            return
        if self._scrolled.has_strayed():
            self._go_to(self._scrolled.list_px)
            self._draw()
        self._scrolled.rest()

    def _touched(self, event) -> None:
        self._touching = event.touches.length > 0

    def _go_to(self, list_px: float) -> None:
        """Scroll the page so that a part of the list is at the top of the window."""
        scroll_px = self._scrolled.range.in_element(list_px)
        document.documentElement.scrollBy(0, scroll_px - self._measured_scroll_px())
        self._scrolled.arrived(list_px, self._measured_scroll_px())

    def _hold_anchor(self) -> None:
        """Note what is at the top of the window: when somebody scrolls, not when rows are laid out anew."""
        list_px = self._scrolled.list_px
        end_px = self._scrolled.scroll_px + window.innerHeight
        self._at_end = list_px > 0 and end_px >= self._scrolled.range.height_px - 1
        self._anchor = self._layout.anchor_at(list_px) if list_px > 0 and self.count else None

    def _measured_scroll_px(self) -> float:
        """Return how far the top of the grid is above that of the window; negative if it is below."""
        return -self.element.getBoundingClientRect().top

    def _near(self) -> tuple[int, int]:
        """Return the first index that is to be in the document, and the first beyond."""
        top_px = self._scrolled.list_px
        return self._layout.near(top_px, top_px + window.innerHeight, ROWS_BEYOND)

    def _place_base(self) -> float:
        """Say in the style where the list lies that tops of cells are counted from, and return that part of it."""
        base_px = max(self._scrolled.list_px, 0) // BASE_PX * BASE_PX
        base = f"{base_px - self._scrolled.shift_px:.3f}px"
        if base != self._base:  # Browsers compute the styles of all cards anew, even where it is the same.
            self._base = base
            self.element.style.setProperty("--base", base)
        return base_px

    def _box(self, index: int, base_px: float) -> tuple:
        left, top, width, height = self._layout.box(index)
        return left, top - base_px, width, height

    def _show_headings(self, base_px: float) -> None:
        top_px, screen_px = self._scrolled.list_px, window.innerHeight
        headings = self._layout.headings(top_px - screen_px, top_px + 2 * screen_px)
        self._cells.show_headings([(top - base_px, text) for top, text in headings])

    def _with_focused(self, wanted: list, first: int, last: int, base_px: float) -> list:
        """Add the card that has the focus, which would be lost with it, wherever that is."""
        self._far_focus = None
        image_id = self._cells.focused()
        index = self.index_of(image_id) if image_id else None
        if index is None or first <= index < last:
            return wanted
        left, top_px, width, height = self._layout.box(index)
        scroll_px = self._scrolled.range.in_element(top_px)
        self._far_focus = (scroll_px, top_px)
        cell = (index, (left, scroll_px + self._scrolled.shift_px - base_px, width, height), image_id)
        return [cell] + wanted if index < first else wanted + [cell]

    def _move_focus(self, first: int, last: int) -> None:
        """Move the focus where it is to go, once the card is there; or not at all, once somebody has scrolled away."""
        if self._to_focus is None:
            return
        image_id = self._positions.id_at(self._to_focus)
        if not first <= self._to_focus < last or (image_id and self._cells.focus(image_id)):
            self._to_focus = None

    def _forget_far(self, first: int, last: int) -> None:
        """Forget images that are far away, once they are many."""
        if self._positions.known <= 2 * KEPT:
            return
        far = self._positions.forget_beyond(max(first - KEPT // 2, 0), last + KEPT // 2)
        held = {card.dataset.id for card in list(document.querySelectorAll(".card"))}
        for image_id in far:
            if image_id not in held:
                self._known.forget(image_id)
