"""
The library as a map, on which similar photos lie near each other.

The worker arranges the photos and holds what is known of them; the graphics hardware draws them; the page says where
one looks, and has buttons for the photos near the middle.
"""

import asyncio
import json

from pyscript import document, window

from frontend.page.browser.dom import find, make
from frontend.page.browser.tasks import start
from frontend.page.browser.views import MAP
from frontend.page.grid.cards import OPEN, SELECT
from frontend.page.map.gestures import Gestures
from frontend.page.map.island_names import IslandNames
from frontend.page.map.kept_map import KeptMap
from frontend.page.map.lasso import Lasso
from frontend.page.map.map_view import MapView
from frontend.page.map.near_photos import MOST, SHARP_PX, NearPhotos
from frontend.page.map.overview import Overview
from frontend.page.map.peek import LARGE_PX, Peek
from frontend.page.map.time_range import TimeRange
from frontend.page.model.embedder import PictureError
from frontend.page.model.map_worker import MapWorker
from frontend.page.server.addresses import SERVER
from frontend.page.server.api import APIError
from frontend.page.wording.numbers import counted

# How wide the map is beside its height, on a stage that is wider than high and on one that is not.
ASPECTS = {"wide": 1.6, "upright": 0.62}

# How long the worker arranges photos before searches get their turn.
SLICE_MS = 60

# How often photos move while they are arranged.
FRAME_MS = 300

# How many thumbnails the worker draws in a row, and after how many rows small photos are drawn from them.
ROW = 64
REFINE_ROWS = 8

# How many requests for a row of photos are under way at once.
REQUESTS = 3

# An id in the API's answer about vectors, and one of the vector's numbers, in bytes.
ID_BYTES = 16
NUMBER_BYTES = 2

# From which side on photos are drawn from larger thumbnails, in pixels of the screen.
CLOSE_PX = 40

# How many images are asked for in one request: reading them takes MicroPython some 20 ms then.
MOST_AT_ONCE = 50

# How far from a photo a click still means it: a finger is some 10 mm wide.
REACH_PX = 10

# How far from the middle of the stage its edge is, and how near to it one photo has to lie, in parts of the stage.
ON_STAGE = 0.5
INNER = 0.25

# How far a double click zooms in.
DOUBLE = 2.5


class Map:
    """The map; `show` and `hide` are called as one comes and goes."""

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
        self._worker = MapWorker(embedder)
        embedder.listen(self._lose)
        self._known = known
        self._conditions = conditions
        self._on_action = on_action
        self._on_select = on_select
        self._on_gone = on_gone
        self._near = NearPhotos(known, self._fetch, self._led_to)
        self._names = IslandNames()
        self._view = MapView(self._worker, self._looking, lambda: start(self._rested()), self.reload)
        self._overview = Overview(self._worker, self._view.look_at)
        self._times = TimeRange(self._dim)
        self._lasso = Lasso(lambda corners: start(self._select(corners)))
        view = self._view
        self._gestures = Gestures(find("map-stage"), self._lasso, view.move, view.zoom, view.glide, view.fit)
        self._peek = Peek(self._gestures, self._photo_to_peek_at)
        self._kept = KeptMap()
        # Held while the worker arranges photos, so that it does so once at a time.
        self._arranging = asyncio.Lock()
        # These count what was begun, so that what takes a while notices that something newer is wanted.
        self._loads = 0
        self._rests = 0
        self._selections = 0
        self._count = 0
        # Whether the worker knows all that is shown; one can wait for it.
        self._arranged = False
        self._settled = asyncio.Event()
        # Whether the map that is shown is one that was kept, and is still right.
        self._is_kept = False
        self._stale = True
        # How many photos were added since they were arranged.
        self._added = 0
        # What was deleted before the worker could be told.
        self._gone = []
        self._summary = ""
        self._listen()

    def _listen(self) -> None:
        find("map-reload").addEventListener("click", lambda event: self.reload())
        find("map-all").addEventListener("click", lambda event: find("library-clear").click())
        find("map-colour").addEventListener("change", lambda event: start(self._colour()))
        stage = find("map-stage")
        stage.addEventListener("click", self._clicked)
        stage.addEventListener("dblclick", self._double_clicked)
        for name in ("keydown", "keyup"):
            stage.addEventListener(name, self._keyed)

    def show(self) -> None:
        """Go on where one left, now that the map can be seen."""
        if self._stale:
            self.reload()
        else:
            self._view.ask()
            self._view.rest_soon()

    def hide(self) -> None:
        """Drop what is half done, as the map is not seen any more."""
        self._lasso.cancel()
        self._lasso.switch(False)
        self._peek.hide()

    def reload(self) -> None:
        """Arrange the photos that the library shows now; put off while the map is not seen."""
        self._stale = True
        self._loads += 1
        if self._visible():
            self._stale = False
            start(self._load(self._loads))

    def _lose(self) -> None:
        """The worker is gone, and with it what it knew of the photos; a map that it was making says so itself."""
        if self._arranged:
            self.reload()

    def add(self) -> None:
        """Offer to show a photo that was added."""
        if self._visible() and self._arranged and not self._count:
            self.reload()
            return
        self._added += 1
        if self._visible():
            self._offer_reload(f"Show {counted(self._added, 'new photo', 'new photos')}")
        else:
            self._stale = True

    def forget(self, image_id: str) -> None:
        """Take a deleted image off the map."""
        self._near.forget(image_id)
        if self._arranged:
            start(self._forget(image_id))
        else:
            self._gone.append(image_id)

    def show_selected(self) -> None:
        """Mark the selected photos."""
        if not self._known.selected_count:
            self._selections += 1  # Clearing the selection ends what still adds to it.
        self._near.show_selected()
        if self._arranged:
            start(self._mark())

    @property
    def _rows(self) -> int:
        """How many rows of the atlas the photos fill."""
        return (self._count + ROW - 1) // ROW

    def _visible(self) -> bool:
        return document.body.dataset.view == MAP

    def _offer_reload(self, text: str) -> None:
        find("map-reload").hidden = not text
        find("map-reload").textContent = text

    async def _load(self, turn: int) -> None:
        """Fetch the vectors, let the worker arrange their photos, and show them as that goes on."""
        self._clear()
        async with self._arranging:
            if turn != self._loads:
                return
            try:
                conditions, space = await self._conditions(), await self._api.space()
                shape = "upright" if self._view.is_upright() else "wide"
                library = f"{SERVER} {space.id}"
                kept = await self._kept.read(shape, library)
                marker = "" if conditions else (await self._api.library())["marker"]
                if kept and kept.marker == marker and not self._view.is_flat:
                    await self._show_kept(turn, kept, shape)
                total = await self._begin(turn, conditions, space.dimension, shape, kept)
                await self._learn_all(turn)
                await asyncio.gather(self._arrange(turn), self._draw_all(turn))
                if turn != self._loads:
                    return
                names = await self._finish(total, bool(conditions))
                if marker and self._count and not self._is_kept:
                    made = await self._worker.keep()
                    await self._kept.write(shape, library, marker, made, json.dumps(names), self._summary)
            except (APIError, PictureError) as exc:
                self._fail(turn, str(exc))
            except Exception as exc:  # The worker's own, such as one for lack of memory.
                window.console.error(repr(exc))
                self._fail(turn, "The map could not be made.")

    def _clear(self) -> None:
        """Take everything off the map."""
        self._arranged = False
        self._settled.clear()
        self._is_kept = False
        find("map-stage").setAttribute("aria-busy", "true")
        self._added = 0
        self._offer_reload("")
        self._near.clear()
        self._names.clear()
        self._peek.hide()
        for name in ("map-empty", "map-overview", "map-time"):
            find(name).hidden = True
        find("map-photos").classList.remove("dimmed")
        self._say("Loading the map …")

    def _fail(self, turn: int, reason: str) -> None:
        if turn == self._loads:
            self._is_kept = False
            self._settled.set()
            find("map-progress").hidden = True
            self._say(reason)
            self._offer_reload("Try again")
            find("map-stage").setAttribute("aria-busy", "false")

    async def _show_kept(self, turn: int, kept, shape: str) -> None:
        """Show a map that was kept and is still right, before the worker has it, too."""
        try:
            atlas = await window.createImageBitmap(kept.atlas)
        except Exception:
            return
        if turn != self._loads:
            return
        self._is_kept = True
        self._count = kept.shapes.length
        self._view.begin(self._count, ASPECTS[shape])
        canvas = self._view.canvas
        canvas.set_values("shape", kept.shapes)
        canvas.set_values("mean", kept.means)
        canvas.put_row(0, atlas)
        canvas.refine()
        self._view.set_positions(kept.positions, True)
        self._names.show(json.loads(kept.names), self._count)
        self._say(kept.note)

    async def _begin(self, turn: int, conditions: dict, dimension: int, shape: str, kept) -> int:
        """Let the worker read the vectors; returns how many photos there are in all."""
        blob, total = await self._api.vectors(conditions)
        count = blob.size // (ID_BYTES + NUMBER_BYTES * dimension)
        if turn == self._loads and not self._is_kept:
            self._view.begin(count, ASPECTS[shape])
            if not self._worker.reachable():
                self._say("The map comes once this page is ready …")
        begun = await self._worker.begin(blob, dimension, ASPECTS[shape], self._view.is_flat, kept)
        if turn == self._loads and self._is_kept and not begun["same"]:
            self._is_kept = False
            self._view.begin(count, ASPECTS[shape])
        self._count = begun["count"]
        return total

    async def _arrange(self, turn: int) -> None:
        """Let the worker arrange the photos, slice by slice, and show them on their way."""
        progress = find("map-progress")
        shown_at = 0
        done = 0
        while done < 1 and turn == self._loads:
            done, positions = await self._worker.arrange(SLICE_MS)
            if self._is_kept or not self._count:
                continue
            if done < 1 and progress.hidden:
                self._say("Arranging your photos …")
            progress.hidden = done == 1
            progress.value = done
            now = window.performance.now()
            if positions and (done == 1 or now > shown_at + FRAME_MS):
                shown_at = now
                self._view.set_positions(positions)
        progress.hidden = True

    async def _learn_all(self, turn: int) -> None:
        """Let the worker learn of each photo what it is, and show its proportions and its colour, row by row."""
        rows = list(range(self._rows))

        async def learn() -> None:
            while rows and turn == self._loads:
                await self._learn(turn, rows.pop(0))

        await asyncio.gather(*[learn() for _ in range(REQUESTS)])

    async def _draw_all(self, turn: int) -> None:
        """Let the worker draw the thumbnails, row by row."""
        for row in range(self._rows):
            if turn != self._loads or self._is_kept:
                return
            strip = await self._worker.strip(row)
            if turn != self._loads:
                return
            self._view.canvas.put_row(row, strip)
            if row % REFINE_ROWS == REFINE_ROWS - 1 or row == self._rows - 1:
                self._view.canvas.refine()
            self._view.ask()

    async def _learn(self, turn: int, row: int) -> None:
        """Let the worker learn what the API says of the photos of a row, and show their proportions and colours."""
        answer = await self._api.some_images_blob(await self._worker.batch(row))
        if turn != self._loads:
            return
        made = await self._worker.describe(row, answer, SERVER)
        if turn != self._loads:
            return
        self._view.canvas.set_values("shape", made["shapes"])
        self._view.canvas.set_values("mean", made["means"])
        self._view.ask()
        for image_id in made["gone"]:
            self._on_gone({"id": image_id})

    async def _finish(self, total: int, filtered: bool) -> list:
        """
        Show what is known once all photos are arranged and described.

        Args:
            total: How many photos there are.
            filtered: Whether there may be others that the library does not show now.

        Returns:
            The islands.
        """
        self._arranged = True
        self._settled.set()
        self._summary = ""
        if total > self._count:
            self._summary = f"{self._count:,} of {total:,} photos, chosen at random"
        elif self._count:
            self._summary = counted(self._count, "photo", "photos")
        self._say(self._summary)
        if not self._count:
            self._show_empty(filtered)
            return []
        while self._gone:
            await self._worker.forget(self._gone.pop())
        times = await self._worker.times()
        self._view.canvas.set_values("time", times["times"])
        self._times.show(times["first"], times["last"])
        await self._overview.draw(self._view.camera.aspect)
        islands = await self._worker.islands()
        self._names.show(islands, self._count)
        await self._mark()
        await self._colour()
        self._view.rest_soon()
        return islands

    def _show_empty(self, filtered: bool) -> None:
        """Say that there is no photo, and what can be done."""
        find("map-empty-text").textContent = "No photo passes the filters" if filtered else "Your map is empty"
        find("map-add").hidden = filtered
        find("map-all").hidden = not filtered
        find("map-empty").hidden = False
        find("map-stage").setAttribute("aria-busy", "false")

    def _say(self, text: str) -> None:
        find("map-note").textContent = text

    def _looking(self, camera) -> None:
        """Follow where one looks, in each frame."""
        self._names.follow(camera)
        if self._arranged:
            self._overview.follow(camera)
        find("map-out").disabled = find("map-fit").disabled = camera.shows_all
        find("map-in").disabled = camera.is_nearest

    async def _rested(self) -> None:
        """Look at what is near, now that the map lies still."""
        if not self._arranged or not self._count or not self._visible():
            return
        self._rests += 1
        turn = (self._rests, self._loads)
        camera = self._view.camera
        place = self._near.place_of_focus
        if not (place and self._in_view(place, ON_STAGE)):
            place = None
        x, y = place or (camera.x, camera.y)
        near = await self._worker.near(x, y, MOST)
        if turn != (self._rests, self._loads):
            return
        lost = near and not place and not self._gestures.is_busy and not self._in_view((near[0][2], near[0][3]), INNER)
        if lost and self._view.go_to(near[0][2], near[0][3], camera.zoom):
            return  # Nobody gets lost where nothing is.
        try:
            if camera.photo_px >= SHARP_PX:
                await self._fetch([photo[0] for photo in near])
            if turn != (self._rests, self._loads):
                return
            self._near.show(near, camera.photo_px)
            if camera.photo_px * window.devicePixelRatio > CLOSE_PX and not self._view.is_flat:
                await self._look_closer(turn)
        except APIError as exc:
            self._say(exc.message)
        if turn == (self._rests, self._loads):
            find("map-stage").setAttribute("aria-busy", "false")

    def _led_to(self, place: tuple) -> None:
        """Follow the focus: those beside the photo that has it now are the next."""
        if self._in_view(place, ON_STAGE) or not self._view.go_to(place[0], place[1], self._view.camera.zoom):
            self._view.rest_soon()

    def _in_view(self, place: tuple, within: float) -> bool:
        camera = self._view.camera
        x, y = camera.pixel_of(place[0], place[1])
        return all(abs(at / size - 0.5) < within for at, size in ((x, camera.width), (y, camera.height)))

    async def _look_closer(self, turn: tuple) -> None:
        """Have the photos in view drawn from larger thumbnails."""
        while turn == (self._rests, self._loads):
            wanted = await self._worker.wanted(self._view.camera.box())
            if not wanted:
                return
            answer = await self._api.some_images_blob(wanted)
            if turn[1] != self._loads:
                return
            made = await self._worker.closer(answer, SERVER)
            if turn[1] != self._loads:
                return
            self._view.canvas.put_close_row(made["row"], made["strip"])
            self._view.canvas.set_values("slot", made["slots"])
            self._view.ask()

    async def _fetch(self, image_ids: list[str], on_batch=None) -> None:
        """
        Ask the server for those of the images that the page does not know yet.

        Args:
            on_batch: Called with the images, some at a time and in order; returns whether to go on.

        Raises:
            APIError: The server cannot say what they are.
        """
        for first in range(0, len(image_ids), MOST_AT_ONCE):
            some = image_ids[first : first + MOST_AT_ONCE]
            missing = [image_id for image_id in some if not self._known.has(image_id)]
            if missing:
                for image in (await self._api.some_images(missing))["images"]:
                    self._known.learn(image)
            for image_id in missing:
                if not self._known.has(image_id):
                    self._on_gone({"id": image_id})
            if on_batch and not on_batch([self._known.get(image_id) for image_id in some if self._known.has(image_id)]):
                return

    async def _image_at(self, point: tuple) -> dict | None:
        """Return the image drawn at a point of the stage, None if there is none; waits until the worker can tell."""
        camera = self._view.camera
        place = camera.point_at(point[0], point[1])
        side, reach = camera.photo_px / camera.scale, REACH_PX / camera.scale
        if self._is_kept:
            await self._settled.wait()
        if not self._arranged:
            return None
        image_id = await self._worker.at(place, side, reach)
        if not image_id or self._known.is_withdrawn(image_id):
            return None
        await self._fetch([image_id])
        return self._known.get(image_id)

    async def _photo_to_peek_at(self, point: tuple) -> dict | None:
        return await self._image_at(point) if self._view.camera.photo_px < LARGE_PX else None

    def _clicked(self, event) -> None:
        if event.detail and self._gestures.dragged:  # A click by key has no detail.
            return
        action = SELECT if self._lasso.applies_to(event) else OPEN
        if event.detail:
            start(self._act_at(action, self._gestures.point(event)))
        elif event.target.dataset.id:
            start(self._act_on(action, event.target.dataset.id))

    def _double_clicked(self, event) -> None:
        """Zoom in where nothing is that a click has opened."""
        point = self._gestures.point(event)
        start(self._zoom_unless_photo(point))

    async def _zoom_unless_photo(self, point: tuple) -> None:
        try:
            if not await self._image_at(point):
                self._view.glide(DOUBLE, point)
        except APIError as exc:
            self._say(exc.message)

    def _keyed(self, event) -> None:
        """Let the space bar select the photo that has the focus, and Enter open that in the middle of the stage."""
        on_photo = event.target.closest(".map-photo")
        if event.key == " " and on_photo:
            event.preventDefault()  # Else the browser would press the button.
            if event.type == "keydown" and not event.repeat:
                start(self._act_on(SELECT, on_photo.dataset.id))
        elif event.key == "Enter" and not on_photo and event.type == "keydown" and self._near.ids:
            start(self._act_on(OPEN, self._near.ids[0]))

    async def _act_at(self, action: str, point: tuple) -> None:
        """Do to the photo at a point of the stage what a click on it means."""
        try:
            image = await self._image_at(point)
        except APIError as exc:
            self._say(exc.message)
            return
        if not image:
            return
        if action == OPEN:  # Those beside it are next to it in the lightbox, too.
            place = self._view.camera.point_at(point[0], point[1])
            near = await self._worker.near(place[0], place[1], MOST)
            self._near.show(near, self._view.camera.photo_px)
        self._on_action(action, image, self._near)

    async def _act_on(self, action: str, image_id: str) -> None:
        try:
            await self._fetch([image_id])
        except APIError as exc:
            self._say(exc.message)
            return
        if self._known.has(image_id):
            self._on_action(action, self._known.get(image_id), self._near)

    async def _select(self, corners: list) -> None:
        """Select what is inside a lasso; the page has to fetch those images first, which takes a while for many."""
        if not self._arranged:
            return
        self._selections += 1
        turn = self._selections
        inside = await self._worker.inside([self._view.camera.point_at(x, y) for x, y in corners])
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
            await self._fetch(image_ids, select)
        except APIError as exc:
            self._say(f"Stopped at {done[0]:,} of {len(image_ids):,} selected: {exc.message}")
            return
        self._say(self._summary if image_ids else "There are no photos inside that outline.")

    async def _mark(self) -> None:
        states = await self._worker.states([image["id"] for image in self._known.selected])
        self._view.canvas.set_values("state", states)
        self._view.ask()

    async def _forget(self, image_id: str) -> None:
        await self._worker.forget(image_id)
        await self._mark()

    async def _colour(self) -> None:
        """Give photos a ring in the colour of what was chosen, and say what the colours mean."""
        if not self._arranged:
            return
        by = find("map-colour").value
        colours, meanings = await self._worker.colours(by)
        find("map-photos").classList.toggle("coloured", bool(by))
        self._view.canvas.set_values("colour", colours)
        self._view.ask()
        find("map-meanings").replaceChildren(*[meaning(name, colour) for name, colour in meanings])

    def _dim(self, first: float, last: float) -> None:
        find("map-photos").classList.toggle("dimmed", first > 0 or last < 1)
        self._view.canvas.set_range(first, last)
        self._view.ask()


def meaning(name: str, colour: str):
    """Make a row of the legend."""
    row = make("li", "", name)
    row.style.setProperty("--colour", colour)
    return row
