"""
The library as a map: pictures that look alike lie near each other.

Every picture is a dot; as many as fit without covering each other are shown on top. The worker holds where they lie and
chooses; the page moves what is shown.
"""

import asyncio

from pyscript import window

from frontend.page.browser.dom import find
from frontend.page.browser.storage import tab_storage
from frontend.page.browser.tasks import start
from frontend.page.grid.cards import SELECT, SHOW, action_of, leaving, selected
from frontend.page.grid.plain_grid import PlainGrid
from frontend.page.map.gestures import Gestures
from frontend.page.map.lasso import UNITS, Outline
from frontend.page.map.map_cards import Spots
from frontend.page.map.viewport import ALL, moved, place_of, shift, zoomed
from frontend.page.model.embedder import PictureError
from frontend.page.server.api import ApiError
from frontend.page.wording.numbers import counted

NAME = "lookalike-map"

MOST_SHOWN = 150
"""How many pictures are shown at most beside the dots: a large window full. A guess."""

GAP_PX = 6

REACH_PX = 12
"""How far from a dot a click still means it: a finger is some 10 mm wide."""

MOST_STRETCHED = 2
"""How far a picture grows with the map before it is drawn in its usual size again, though the map moves. A guess."""

PAUSE_MS = 120
"""How long the map has to lie still before it is filled with pictures again. A guess."""


class Map:
    """The map, and the switch between it and the grid."""

    def __init__(self, api, embedder, conditions, on_action, on_select, on_gone) -> None:
        """
        Make the map work.

        Args:
            conditions: Awaited for the API's filters that the library is shown by.
            on_action: Gets what was done to an image of the map: the action, the image and the grid it is in.
            on_select: Gets the images within an outline, some at a time.
            on_gone: Gets an image that turns out to have been deleted.
        """
        self._api = api
        self._embedder = embedder
        self._conditions = conditions
        self._on_action = on_action
        self._on_select = on_select
        self._grid = PlainGrid("map-pictures")
        self._spots = Spots(api, lambda image_id: on_gone({"id": image_id}))
        self._outline = Outline(lambda: self._view, lambda corners: start(self._select(corners)))
        self._gestures = Gestures(find("map-stage"), self._move, self._zoom, self._fit, self._outline)
        self._placing = asyncio.Lock()
        self._view = ALL
        self._drawn = ALL
        self._loads = 0
        self._placed = False
        self._stale = True
        self._fillings = 0
        self._selections = 0
        self._timer = 0
        self._marking = 0
        self._added = 0
        self._summary = ""
        find("as-grid").addEventListener("click", lambda event: self._show(False))
        find("as-map").addEventListener("click", lambda event: self._show(True))
        find("map-renew").addEventListener("click", lambda event: self.reload())
        stage = find("map-stage")
        stage.addEventListener("click", self._clicked)
        for name in ("keydown", "keyup"):
            stage.addEventListener(name, self._space)
        window.onresize = lambda event: self._fill_soon()
        self._draw()
        if tab_storage.read(NAME):
            self._show(True)

    def reload(self) -> None:
        """Place the pictures anew: those that the library is shown by now. Put off while the grid is shown."""
        self._stale = True
        self._loads += 1
        if self._visible():
            self._stale = False
            start(self._load(self._loads))

    def add(self) -> None:
        """Offer to place a picture that was added: the others move with it."""
        if self._visible() and self._placed and not self._summary:
            self.reload()
            return
        self._added += 1
        if self._visible():
            self._offer(f"Place {self._added} added")
        else:
            self._stale = True

    def forget(self, image_id: str) -> None:
        """Take a deleted image off the map."""
        self._spots.forget(image_id)
        if self._placed:
            start(self._forget(image_id))

    def show_selected(self) -> None:
        """Draw the dots of the selected pictures as such."""
        if not selected:
            self._selections += 1  # Whoever clears the selection does not want the rest of it.
        window.clearTimeout(self._marking)
        self._marking = window.setTimeout(lambda: start(self._mark()), PAUSE_MS)

    def _visible(self) -> bool:
        return not find("map").hidden

    def _show(self, wanted: bool) -> None:
        find("map").hidden = not wanted
        find("as-map").setAttribute("aria-pressed", str(wanted).lower())
        find("as-grid").setAttribute("aria-pressed", str(not wanted).lower())
        tab_storage.write(NAME, "yes" if wanted else "")
        self._outline.give_up()
        self._outline.choose(False)
        if wanted and self._stale:
            self.reload()
        elif wanted:
            self._fill_soon()

    def _offer(self, text: str) -> None:
        find("map-renew").hidden = not text
        find("map-renew").textContent = text

    async def _load(self, turn: int) -> None:
        """Fetch the vectors and let the worker place their pictures."""
        self._placed = False
        self._filled(False)
        self._added = 0
        self._offer("")
        self._spots.clear()
        for name in ("map-dots", "map-marked"):
            find(name).setAttribute("d", "")
        self._say("Fetching what the pictures look like …")
        async with self._placing:
            if turn != self._loads:
                return
            try:
                total, placed = await self._place()
            except (ApiError, PictureError) as exc:
                self._fail(turn, str(exc))
                return
            except Exception as exc:  # The worker's own, such as one for want of memory.
                window.console.error(repr(exc))
                self._fail(turn, "The pictures could not be placed.")
                return
        if turn != self._loads:
            return
        self._placed = True
        self._view = ALL
        self._draw()
        find("map-dots").setAttribute("d", placed["dots"])
        self._summarise(placed["count"], total)
        self.show_selected()
        await self._fill()

    def _fail(self, turn: int, reason: str) -> None:
        if turn == self._loads:
            self._say(reason)
            self._offer("Try again")
            self._filled(True)

    async def _place(self) -> tuple:
        """Return how many pictures there are in all, and what the worker says of those that it placed."""
        blob, total = await self._api.vectors(await self._conditions())
        space = await self._api.space()
        self._say("Placing the pictures …" if self._embedder.reachable() else "Placing them once Python has started …")
        return total, await self._embedder.place_pictures(blob, space.dimension)

    def _summarise(self, count: int, total: int) -> None:
        self._summary = ""
        if total > count:
            self._summary = f"{count:,} of {total:,} pictures, chosen at random. Alike ones lie together."
        elif count:
            self._summary = f"{counted(count, 'picture', 'pictures')}. Alike ones lie together."
        self._say(self._summary or "Nothing to place: no picture is here, or none fits.")

    def _say(self, text: str) -> None:
        find("map-note").textContent = text

    def _move(self, dx: float, dy: float) -> None:
        self._see(moved(self._view, dx, dy))

    def _zoom(self, factor: float, x: float, y: float) -> bool:
        return self._see(zoomed(self._view, factor, x, y))

    def _fit(self) -> None:
        self._see(ALL)

    def _see(self, view: tuple) -> bool:
        """Show another part; returns whether it is another."""
        if view == self._view:
            return False
        self._view = view
        self._look()
        self._fill_soon()
        return True

    def _look(self) -> None:
        """Move and stretch all that is there as one, which the browser does without looking at any of it."""
        x, y, factor = shift(self._drawn, self._view)
        if not 1 / MOST_STRETCHED < factor < MOST_STRETCHED:
            self._draw()
            return
        find("map-layer").style.setProperty(
            "transform", f"translate({100 * x:.4f}%, {100 * y:.4f}%) scale({factor:.6f})"
        )
        find("map-out").disabled = find("map-fit").disabled = self._view == ALL

    def _draw(self) -> None:
        """Draw everything where it belongs in this view, dots and pictures in their usual size."""
        self._drawn = self._view
        left, top, side = self._view
        numbers = [f"{value * UNITS:.2f}" for value in (left, top, side, side)]
        find("map-points").setAttribute("viewBox", " ".join(numbers))
        style = self._grid.element.style
        for name, value in (("--left", left), ("--top", top), ("--zoom", 1 / side), ("--grown", grown(side))):
            style.setProperty(name, str(value))
        self._look()

    def _filled(self, done: bool) -> None:
        """Note for readers, and for the tests, whether all that is to be shown here is."""
        find("map-stage").setAttribute("aria-busy", str(not done).lower())

    def _fill_soon(self) -> None:
        self._filled(False)
        window.clearTimeout(self._timer)
        self._timer = window.setTimeout(lambda: start(self._fill()), PAUSE_MS)

    async def _fill(self) -> None:
        """Show as many pictures as fit where the map lies now."""
        if not self._placed or not self._visible():
            return
        self._draw()
        self._fillings += 1
        turn, load = self._fillings, self._loads
        spacing = self._in_map(spot_px() * grown(self._view[2]) + GAP_PX)
        spots = await self._embedder.thinned(self._view, spacing, MOST_SHOWN)
        try:
            await self._spots.show(spots, lambda: (turn, load) == (self._fillings, self._loads))
        except ApiError as exc:
            self._say(exc.message)
            return
        if (turn, load) == (self._fillings, self._loads):
            self._filled(True)

    def _in_map(self, length_px: float) -> tuple:
        """Return what a length on the screen is on the map, to the side and up and down."""
        box = find("map-stage").getBoundingClientRect()
        side = self._view[2]
        return length_px / max(box.width, 1) * side, length_px / max(box.height, 1) * side

    def _clicked(self, event) -> None:
        if event.detail and self._gestures.dragged:  # Without detail it is a key's.
            return
        action, image = action_of(event)
        if action:
            self._on_action(SELECT if action == SHOW and self._outline.wanted(event) else action, image, self._grid)
        elif self._placed:
            box = find("map-stage").getBoundingClientRect()
            x, y = (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height
            action = SELECT if self._outline.wanted(event) else SHOW
            start(self._act_at(action, place_of(self._view, x, y)))

    def _space(self, event) -> None:
        """Let the space bar select, where Enter opens; the browser would let both press the button."""
        picture = event.target.closest(".picture")
        if event.key != " " or not picture:
            return
        event.preventDefault()
        if event.type == "keydown" and not event.repeat:
            self._on_action(SELECT, action_of(event)[1], self._grid)

    async def _act_at(self, action: str, point: tuple) -> None:
        """Do what a click on a dot means."""
        image_id = await self._embedder.nearest(point, self._in_map(REACH_PX))
        if not image_id or image_id in leaving:
            return
        try:
            await self._spots.know([image_id], lambda images: [self._on_action(action, images[0], self._grid)])
        except ApiError as exc:
            self._say(exc.message)

    async def _select(self, corners: list) -> None:
        """Select what lies within an outline; the page has to know the images first, which takes a while for many."""
        if not self._placed:
            return
        self._selections += 1
        turn = self._selections
        image_ids = [image_id for image_id in await self._embedder.inside(corners) if image_id not in leaving]
        done = [0]

        def select(images: list) -> bool:
            if turn != self._selections:
                return False
            self._on_select(images)
            done[0] += len(images)
            self._say(f"{done[0]:,} of {len(image_ids):,} selected …")
            return True

        try:
            await self._spots.know(image_ids, select)
        except ApiError as exc:
            self._say(f"{done[0]:,} of {len(image_ids):,} selected, then: {exc.message}")
            return
        self._say(self._summary if image_ids else "There is no picture within that outline.")

    async def _mark(self) -> None:
        if self._placed:
            find("map-marked").setAttribute("d", await self._embedder.dots(list(selected)))

    async def _forget(self, image_id: str) -> None:
        find("map-dots").setAttribute("d", await self._embedder.forget(image_id))


def grown(side: float) -> float:
    """Return how much larger pictures are where less of the map is seen, and fewer lie: half as large again at most."""
    return min(side**-0.2, 1.5)


def spot_px() -> float:
    """Return the side of a picture on the whole map, in pixels."""
    return float(window.getComputedStyle(find("map-stage")).getPropertyValue("--spot").replace("px", ""))
