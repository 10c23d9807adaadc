"""
The library as a map, on which similar photos lie near each other.

Every photo is a dot; on top are cards, as many as fit without overlap. The worker holds where the photos lie and
chooses which get a card; the page moves what is shown.
"""

import asyncio

from pyscript import document, window

from frontend.page.browser.dom import find
from frontend.page.browser.tasks import start
from frontend.page.grid.cards import OPEN, SELECT
from frontend.page.grid.plain_grid import PlainGrid
from frontend.page.map.gestures import Gestures
from frontend.page.map.lasso import UNITS, Lasso
from frontend.page.map.map_cards import MapCards
from frontend.page.map.viewport import ALL, moved, point_at, transform, zoomed
from frontend.page.model.embedder import PictureError
from frontend.page.server.api import APIError
from frontend.page.wording.numbers import counted

# How many cards are shown at most: a large window full. A guess.
MOST_CARDS = 150

GAP_PX = 6

# How far from a dot a click still means it: a finger is some 10 mm wide.
REACH_PX = 12

# How far a card is scaled with the map before it is drawn in its usual size again, though the map moves. A guess.
MOST_SCALED = 2

# How long the map has to lie still before cards are chosen anew. A guess.
PAUSE_MS = 120


class Map:
    """The map, and the switch between it and the grid."""

    def __init__(self, api, embedder, cards, known, conditions, on_action, on_select, on_gone) -> None:
        """
        Make the map work.

        Args:
            cards: The page's `Cards`, and `known` its `KnownImages`.
            conditions: Awaited for the API's filters that the library's images fulfil.
            on_action: Called with what was done to an image of the map: the action, the image and the grid it is in.
            on_select: Called with the images inside a lasso, some at a time.
            on_gone: Called with an image that turns out to have been deleted.
        """
        self._api = api
        self._embedder = embedder
        self._cards = cards
        self._known = known
        self._conditions = conditions
        self._on_action = on_action
        self._on_select = on_select
        self._grid = PlainGrid("map-photos", known)
        self._map_cards = MapCards(api, cards, known, lambda image_id: on_gone({"id": image_id}))
        self._lasso = Lasso(lambda: self._viewport, lambda corners: start(self._select(corners)))
        self._gestures = Gestures(find("map-stage"), self._move, self._zoom, self._fit, self._lasso)
        # Held while the worker lays out photos, so that it does so once at a time.
        self._laying_out = asyncio.Lock()
        self._viewport = ALL
        # The viewport that dots and cards are drawn for; between two drawings they are moved and scaled as one.
        self._drawn = ALL
        # These three count what was begun, so that what takes a while notices that something newer is wanted.
        self._loads = 0
        self._fillings = 0
        self._selections = 0
        self._laid_out = False
        self._stale = True
        self._fill_timer = 0
        self._mark_timer = 0
        # How many photos were added since they were laid out.
        self._added = 0
        self._summary = ""
        self._listen()
        self._draw()

    def _listen(self) -> None:
        find("map-reload").addEventListener("click", lambda event: self.reload())
        stage = find("map-stage")
        stage.addEventListener("click", self._clicked)
        for name in ("keydown", "keyup"):
            stage.addEventListener(name, self._space)
        window.onresize = lambda event: self._fill_soon()

    def reload(self) -> None:
        """Lay out the photos that the library shows now; put off while the grid is shown."""
        self._stale = True
        self._loads += 1
        if self._visible():
            self._stale = False
            start(self._load(self._loads))

    def add(self) -> None:
        """Offer to lay out the map anew with a photo that was added, as the others move then."""
        if self._visible() and self._laid_out and not self._summary:
            self.reload()
            return
        self._added += 1
        if self._visible():
            self._offer_reload(f"Add {counted(self._added, 'new photo', 'new photos')}")
        else:
            self._stale = True

    def forget(self, image_id: str) -> None:
        """Take a deleted image off the map."""
        self._map_cards.forget(image_id)
        if self._laid_out:
            start(self._forget(image_id))

    def show_selected(self) -> None:
        """Mark the dots of the selected photos."""
        if not self._known.selected:
            self._selections += 1  # Clearing the selection ends what still adds to it.
        window.clearTimeout(self._mark_timer)
        self._mark_timer = window.setTimeout(lambda: start(self._mark()), PAUSE_MS)

    def _visible(self) -> bool:
        return document.body.dataset.view == "map"

    def show(self) -> None:
        """Show the map; called once its view is."""
        if self._stale:
            self.reload()
        else:
            self._fill_soon()

    def hide(self) -> None:
        """End what goes on only while the map is shown."""
        self._lasso.cancel()
        self._lasso.switch(False)

    def _offer_reload(self, text: str) -> None:
        find("map-reload").hidden = not text
        find("map-reload").textContent = text

    async def _load(self, turn: int) -> None:
        """Fetch the vectors and let the worker lay out their photos."""
        self._clear()
        async with self._laying_out:
            if turn != self._loads:
                return
            try:
                total, layout = await self._lay_out()
            except (APIError, PictureError) as exc:
                self._fail(turn, str(exc))
                return
            except Exception as exc:  # The worker's own, such as one for lack of memory.
                window.console.error(repr(exc))
                self._fail(turn, "The map could not be made.")
                return
        if turn != self._loads:
            return
        self._laid_out = True
        self._viewport = ALL
        self._draw()
        find("map-dots").setAttribute("d", layout["dots"])
        self._summarise(layout["count"], total)
        self.show_selected()
        await self._fill()

    def _clear(self) -> None:
        """Take everything off the map."""
        self._laid_out = False
        self._set_filled(False)
        self._added = 0
        self._offer_reload("")
        self._map_cards.clear()
        for name in ("map-dots", "map-selected"):
            find(name).setAttribute("d", "")
        self._say("Loading the map …")

    def _fail(self, turn: int, reason: str) -> None:
        if turn == self._loads:
            self._say(reason)
            self._offer_reload("Try again")
            self._set_filled(True)

    async def _lay_out(self) -> tuple:
        """Return how many photos there are in all, and what the worker says of those that it laid out."""
        blob, total = await self._api.vectors(await self._conditions())
        space = await self._api.space()
        ready = self._embedder.reachable()
        self._say("Arranging the photos …" if ready else "The photos will be arranged once Python has started …")
        return total, await self._embedder.place_pictures(blob, space.dimension)

    def _summarise(self, count: int, total: int) -> None:
        self._summary = ""
        if total > count:
            self._summary = f"{count:,} of {total:,} photos, chosen at random. Similar photos lie near each other."
        elif count:
            self._summary = f"{counted(count, 'photo', 'photos')}. Similar photos lie near each other."
        self._say(self._summary or "There are no photos to show.")

    def _say(self, text: str) -> None:
        find("map-note").textContent = text

    def _move(self, dx: float, dy: float) -> None:
        self._look_at(moved(self._viewport, dx, dy))

    def _zoom(self, factor: float, x: float, y: float) -> bool:
        return self._look_at(zoomed(self._viewport, factor, x, y))

    def _fit(self) -> None:
        self._look_at(ALL)

    def _look_at(self, viewport: tuple) -> bool:
        """Show another part of the map; returns whether it is another."""
        if viewport == self._viewport:
            return False
        self._viewport = viewport
        self._transform()
        self._fill_soon()
        return True

    def _transform(self) -> None:
        """Move and scale everything on the map as one, which the browser does without looking at any of it."""
        x, y, factor = transform(self._drawn, self._viewport)
        if not 1 / MOST_SCALED < factor < MOST_SCALED:
            self._draw()
            return
        find("map-layer").style.setProperty(
            "transform", f"translate({100 * x:.4f}%, {100 * y:.4f}%) scale({factor:.6f})"
        )
        find("map-out").disabled = find("map-fit").disabled = self._viewport == ALL

    def _draw(self) -> None:
        """Draw everything where it belongs in the viewport, dots and cards in their usual size."""
        self._drawn = self._viewport
        left, top, side = self._viewport
        numbers = [f"{value * UNITS:.2f}" for value in (left, top, side, side)]
        find("map-points").setAttribute("viewBox", " ".join(numbers))
        style = self._grid.element.style
        for name, value in (("--left", left), ("--top", top), ("--zoom", 1 / side), ("--grown", card_scale(side))):
            style.setProperty(name, str(value))
        self._transform()

    def _set_filled(self, filled: bool) -> None:
        """Tell screen readers, and the tests, whether all cards of the viewport are there."""
        find("map-stage").setAttribute("aria-busy", str(not filled).lower())

    def _fill_soon(self) -> None:
        self._set_filled(False)
        window.clearTimeout(self._fill_timer)
        self._fill_timer = window.setTimeout(lambda: start(self._fill()), PAUSE_MS)

    async def _fill(self) -> None:
        """Show as many cards as fit into the viewport."""
        if not self._laid_out or not self._visible():
            return
        self._draw()
        self._fillings += 1
        turn = (self._fillings, self._loads)
        spacing = self._on_map(card_px() * card_scale(self._viewport[2]) + GAP_PX)
        points = await self._embedder.thinned(self._viewport, spacing, MOST_CARDS)
        try:
            await self._map_cards.show(points, lambda: turn == (self._fillings, self._loads))
        except APIError as exc:
            self._say(exc.message)
            return
        if turn == (self._fillings, self._loads):
            self._set_filled(True)

    def _on_map(self, length_px: float) -> tuple:
        """Return which width and height on the map a length on the screen is."""
        box = find("map-stage").getBoundingClientRect()
        side = self._viewport[2]
        return length_px / max(box.width, 1) * side, length_px / max(box.height, 1) * side

    def _clicked(self, event) -> None:
        if event.detail and self._gestures.dragged:  # A click by key has no detail.
            return
        selecting = self._lasso.applies_to(event)
        action, image = self._cards.clicked(event)
        if action:
            self._on_action(SELECT if action == OPEN and selecting else action, image, self._grid)
        elif self._laid_out:
            box = find("map-stage").getBoundingClientRect()
            x, y = (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height
            start(self._act_at(SELECT if selecting else OPEN, point_at(self._viewport, x, y)))

    def _space(self, event) -> None:
        """Let the space bar select, where Enter opens; the browser would let both press the button."""
        photo = event.target.closest(".picture")
        if event.key != " " or not photo:
            return
        event.preventDefault()
        if event.type == "keydown" and not event.repeat:
            self._on_action(SELECT, self._cards.clicked(event)[1], self._grid)

    async def _act_at(self, action: str, point: tuple) -> None:
        """Do to the photo of a dot what a click on it means."""
        image_id = await self._embedder.nearest(point, self._on_map(REACH_PX))
        if not image_id or self._known.is_withdrawn(image_id):
            return

        def act(images: list) -> bool:
            for image in images:  # None, if it turned out to have been deleted.
                self._on_action(action, image, self._grid)
            return True

        try:
            await self._map_cards.fetch([image_id], act)
        except APIError as exc:
            self._say(exc.message)

    async def _select(self, corners: list) -> None:
        """Select what is inside a lasso; the page has to fetch those images first, which takes a while for many."""
        if not self._laid_out:
            return
        self._selections += 1
        turn = self._selections
        inside = await self._embedder.inside(corners)
        image_ids = [image_id for image_id in inside if not self._known.is_withdrawn(image_id)]
        done = [0]

        def select(images: list) -> bool:
            if turn != self._selections:
                return False
            self._on_select(images)
            done[0] += len(images)
            self._say(f"{done[0]:,} of {len(image_ids):,} selected …")
            return True

        try:
            await self._map_cards.fetch(image_ids, select)
        except APIError as exc:
            self._say(f"Stopped at {done[0]:,} of {len(image_ids):,} selected: {exc.message}")
            return
        self._say(self._summary if image_ids else "There are no photos inside that outline.")

    async def _mark(self) -> None:
        if self._laid_out:
            selected = [image["id"] for image in self._known.selected]
            find("map-selected").setAttribute("d", await self._embedder.dots(selected))

    async def _forget(self, image_id: str) -> None:
        find("map-dots").setAttribute("d", await self._embedder.forget(image_id))


def card_scale(side: float) -> float:
    """Return how much larger cards are where fewer are in view, half as large again at most; `side` of the viewport."""
    return min(side**-0.2, 1.5)


def card_px() -> float:
    """Return the side of a card while all of the map is in view, in pixels."""
    return float(window.getComputedStyle(find("map-stage")).getPropertyValue("--card").replace("px", ""))
