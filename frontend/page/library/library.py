"""The library: a grid of the images that pass its filters, in its order."""

from pyscript import document, window

from frontend.page.browser.dom import dialog_is_open, find, make, menu_is_open, notice
from frontend.page.browser.tasks import start
from frontend.page.grid.filter_menus import suggest
from frontend.page.grid.window_grid import WindowGrid
from frontend.page.library.newcomers import Newcomers
from frontend.page.library.row_height import RowHeight
from frontend.page.library.scrubber import Scrubber
from frontend.page.library.sort_and_filters import SortAndFilters
from frontend.page.server.api import APIError
from frontend.page.wording.clock_times import clock_time, comes_after
from frontend.page.wording.found_by import headings
from frontend.page.wording.months import month, month_name
from frontend.page.wording.numbers import counted

# An id that no image has: an empty list of ids would be no condition.
NO_ID = "0" * 32

# What the entry of the history keeps the anchor under, see `WindowGrid.anchor`.
ANCHOR = "library"

# Where the keys of the ends are the element's own.
FIELDS = "input, select, textarea"

# How long the page must not be scrolled before that is kept: browsers bear few changes of an entry a second.
REST_MS = 300


class Library:
    """The grid below everything else on the page."""

    def __init__(self, api, embedder, address, cards, known, on_reload, on_change, on_news) -> None:
        """
        Make the grid work.

        Args:
            embedder: The page's `Embedder`, which knows what words mean.
            address: The page's `Address`; what is at the top of the window is kept there over a reload.
            cards: The page's `Cards`, and `known` its `KnownImages`.
            on_reload: Called when order or filters are others.
            on_change: Called when the grid has other images, or knows more of them.
            on_news: Called when the library has become another, here or elsewhere.
        """
        self._api = api
        self._embedder = embedder
        self._on_reload = on_reload
        self._on_change = on_change
        # How many photos were added here that the order or filters do not show, and how many came from elsewhere.
        self._unseen = 0
        self._elsewhere = 0
        self._newcomers = Newcomers(api, self._came_elsewhere, on_news)
        # Whether words found as many images as the server gives, so that there may be more.
        self._cut = False
        # What each image was found by, id -> heading, where words are searched for; see `wording.found_by`.
        self._headings = {}
        # The words that are searched for again once the embedder knows what they mean.
        self._not_meant = ""
        self._address = address
        self._controls = SortAndFilters(address, self._begin_anew)
        self.grid = WindowGrid(
            "images",
            cards,
            known,
            self._page,
            self._place,
            self._outline,
            self._heading_of,
            self._changed,
            self._fail,
            self._drawn,
        )
        self._month = ""
        self._timer = 0
        self._scrubber = Scrubber(self.grid)
        self._row_height = RowHeight(self.grid)
        self._known = known
        find("library-controls").addEventListener("focusin", lambda event: suggest(known))
        find("library-new").addEventListener("click", lambda event: self.reload())
        find("library-again").addEventListener("click", lambda event: self.grid.go_on())
        # What Chromium is told at `pagehide` is gone after a reload; browsers of phones know no `beforeunload`.
        for name in ("beforeunload", "pagehide"):
            document.defaultView.addEventListener(name, lambda event: self._leave())
        document.addEventListener("visibilitychange", lambda event: self._leave())
        document.addEventListener("keydown", self._key)

    def begin(self) -> None:
        """Show the library, from where it was seen before a reload."""
        self.grid.begin(self._address.kept(ANCHOR))
        self._newcomers.begin()

    @property
    def words(self) -> str:
        """The words that the library is searched for by."""
        return self._controls.words

    def set_words(self, words: str) -> None:
        """Show what a search by words finds; the whole library for none."""
        self._controls.set_words(words)

    def reload(self) -> None:
        """Begin anew, with the order and filters that are set now."""
        self._begin_anew(False)

    def _begin_anew(self, where_left: bool) -> None:
        self.grid.begin(self._address.kept(ANCHOR) if where_left else None)
        self._newcomers.begin()
        self._elsewhere = 0
        self._offer_unseen(0)
        self._on_reload()

    def retry(self) -> None:
        """Load what could not be loaded, now that the server is back."""
        if not find("library-again").hidden:
            self.grid.go_on()

    async def conditions(self) -> dict:
        """Return the API's filters that just the images of the library fulfil as it is now."""
        if not self._controls.words:
            return self._controls.conditions()
        return {"ids": [image["id"] for image in await self._found()] or [NO_ID]}

    async def _page(self, skip: int, limit: int) -> dict:
        """Ask for a part of the list or, where words are given, of what a search by them finds."""
        controls = self._controls
        if not controls.words:
            return await self._api.images(skip, limit, controls.sort, controls.conditions())
        images = await self._found()
        return {"images": images[skip:], "total": len(images)}

    async def _place(self, image_id: str) -> int | None:
        """Return the position of an image in the list as it is now, None if it is not in it."""
        controls = self._controls
        if not controls.words:
            return (await self._api.place(image_id, controls.sort, controls.conditions()))["position"]
        ids = [image["id"] for image in await self._found()]
        return ids.index(image_id) if image_id in ids else None

    async def _found(self) -> list[dict]:
        """Return the images that a search by the words finds, best first."""
        space = await self._api.space()
        most = space.limits["max_images"]
        words = self._controls.words
        query = {"space": space.id, "text": words, "limit": most, "filters": self._controls.conditions()}
        meaning = await self._embedder.meaning(space, words)
        if meaning:
            query["text_vector"] = meaning
        elif meaning is None and self._not_meant != words:
            self._not_meant = words
            start(self._search_again(words))
        matches = (await self._api.search(query))["matches"]
        self._cut = len(matches) == most
        self._headings = headings(matches, words)
        return [match["image"] for match in matches]

    async def _search_again(self, words: str) -> None:
        """Search for words by what they mean, too, once somebody knows that, if they are still searched for."""
        answers = await self._embedder.answers()
        if self._not_meant == words:
            self._not_meant = ""
        if answers and self._controls.words == words:
            self._begin_anew(True)

    def add(self, image: dict, new: bool) -> None:
        """Show an image that was added, or offer to look for it where only the server knows its position."""
        self._newcomers.count(int(new))
        if self._controls.shows_all_by_time():
            if new:
                self.grid.add(image, comes_after(self._controls.sort, image))
        elif not self.grid.knows(image["id"]):
            self._offer_unseen(self._unseen + new)

    def move(self, image: dict) -> None:
        """Show an image where it belongs since somebody has corrected when it was taken."""
        if self._controls.by_taken() and not self._controls.filtered() and self.grid.knows(image["id"]):
            self.grid.forget(image["id"])
            self.grid.add(image, comes_after(self._controls.sort, image))

    def forget(self, image_id: str) -> None:
        """Take out an image that was deleted."""
        self._newcomers.count(-1)
        self.grid.forget(image_id)

    def _came_elsewhere(self, count: int) -> None:
        self._elsewhere = count
        self._offer_unseen(self._unseen)

    async def _outline(self) -> tuple:
        """Return proportions and months of all photos, see `WindowGrid`, so that every row is known from the start."""
        controls = self._controls
        self._scrubber.set_months([])
        if controls.words:
            return "", []
        conditions = controls.conditions()
        try:
            digits = await self._api.proportions(controls.sort, conditions)
            months = await self._api.months(controls.sort, conditions) if controls.by_time() else []
        except APIError:
            return "", []  # Rows are guessed then.
        headings = [(each["count"], month_name(each["month"])) for each in months]
        self._scrubber.set_months(headings)
        return digits, headings

    def summarise(self) -> None:
        """Say how many photos the grid has; welcome those who have none."""
        if not self.grid.is_known:
            return
        total = self.grid.count
        empty = find("images").querySelector(".empty")
        if empty:
            empty.remove()
        filtered = self._controls.filtered()
        if not total and filtered:
            find("images").append(self._nothing_found())
        find("welcome").hidden = bool(total) or filtered
        document.body.classList.toggle("welcoming", not total and not filtered)
        find("library-controls").hidden = not total and not filtered
        find("library-summary").textContent = self._count(total)

    def _drawn(self) -> None:
        """Name the month of the photos at the top of the window above them, and remember what is there."""
        shown = self.grid.top_heading()
        self._scrubber.drawn()
        if shown != self._month:
            self._month = shown
            find("library-month").textContent = shown
        window.clearTimeout(self._timer)
        self._timer = window.setTimeout(self._keep_anchor, REST_MS)

    def _leave(self) -> None:
        """Keep what is at the top of the window at once: the page may not come to do so later."""
        self.grid.catch_up()
        self._keep_anchor()

    def _key(self, event) -> None:
        """Go to an end at once: on the browser's way there rows are laid out, and it would stop where they move."""
        if event.key not in ("Home", "End") or event.defaultPrevented or event.shiftKey or event.altKey:
            return
        if not self.grid.is_shown or dialog_is_open() or menu_is_open() or event.target.matches(FIELDS):
            return
        event.preventDefault()
        if event.key == "Home":
            self.grid.go_to_top()
        else:
            self.grid.go_to_end()

    def _keep_anchor(self) -> None:
        """Keep what is at the top of the window with the entry of the history, for when the page is loaded again."""
        if self.grid.is_known and self.grid.is_shown and self.grid.anchor != self._address.kept(ANCHOR):
            self._address.replace({}, {ANCHOR: self.grid.anchor})

    def _heading_of(self, image: dict) -> str:
        """Return what an image is shown under: what it was found by, or the month in a library sorted by time."""
        controls = self._controls
        if controls.words:
            return self._headings.get(image["id"], "")
        if controls.by_taken():
            return month_name(clock_time(image)[:7])
        return month(image["created"]) if controls.by_time() else ""

    def _nothing_found(self):
        """Make what is shown in place of photos where none passes words and filters."""
        words = self._controls.words
        empty = make("li", "empty")
        everything = make("button", "quiet", "Show all photos", type="button")
        everything.addEventListener("click", lambda event: self._controls.clear())
        empty.append(make("p", "", f"No photos match “{words}”." if words else "No photos match."), everything)
        return empty

    def _count(self, total: int) -> str:
        if self._controls.words and self._cut:
            return f"The {total} best matches"
        count = counted(total, "photo", "photos")
        return f"{count} found" if self._controls.filtered() else count

    def _changed(self) -> None:
        find("library-again").hidden = True
        self.summarise()
        self._on_change()

    def _fail(self, error) -> None:
        find("library-again").hidden = False
        if error.status == 0:  # The page says so itself, and goes on once the server is back.
            return
        find("library-summary").textContent = error.message
        if self.grid.count:  # The summary is out of sight of anybody who has scrolled down.
            notice(error.message)

    def _offer_unseen(self, count: int) -> None:
        self._unseen = count
        new = count + max(self._elsewhere, 0)
        find("library-new").hidden = not new and self._elsewhere >= 0
        find("library-new").textContent = counted(new, "new photo", "new photos") if new else "Some photos are gone"
