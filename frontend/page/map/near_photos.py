"""
The photos near the middle of the map as buttons, exactly where they are drawn: for keys and screen readers.

They are see-through until they are so large that the drawing would be soft; then they show the thumbnail itself. The
pointer does not see them: what lies under it is found among all photos.
"""

from pyscript import document

from frontend.page.browser.dom import find, make
from frontend.page.map.directions import nearest_along

# How many there are. The arrow keys reach the others, as the map moves along.
MOST = 30

# From which side on they show the thumbnail, in pixels.
SHARP_PX = 120

# The element that they lie in has this many pixels to a height of the map, and is scaled.
UNITS = 1000

ARROWS = {"ArrowLeft": (-1, 0), "ArrowRight": (1, 0), "ArrowUp": (0, -1), "ArrowDown": (0, 1)}


class NearPhotos:
    """The buttons, and the photos they stand for; a grid as the lightbox knows them."""

    def __init__(self, known, fetch, on_focus) -> None:
        """
        Begin with none.

        Args:
            known: The page's `KnownImages`.
            fetch: Awaited with ids of images that are to be known.
            on_focus: Called with the place of a photo that an arrow key has led to.
        """
        self.element = find("map-photos")
        self._known = known
        self._fetch = fetch
        self._on_focus = on_focus
        # Of each photo: id -> (x, y) on the map.
        self._places = {}
        self.element.addEventListener("keydown", self._key)

    @property
    def ids(self) -> list[str]:
        """The photos, the one nearest to the middle first."""
        return list(self._places)

    @property
    def place_of_focus(self) -> tuple | None:
        """Where the photo lies that has the focus, None if none has."""
        button = document.activeElement
        return self._places.get(button.dataset.id) if self.element.contains(button) else None

    def show(self, photos: list, size_px: float) -> None:
        """
        Show these photos and no others, except the one that has the focus.

        Args:
            photos: [id, title, x, y, shape] of each.
            size_px: The longer side of a photo.
        """
        focused = self.element.contains(document.activeElement) and document.activeElement.dataset.id
        kept = {item.dataset.id: item for item in list(self.element.children)}
        places = {}
        for image_id, title, x, y, shape in photos:
            if self._known.is_withdrawn(image_id):
                continue
            places[image_id] = (x, y)
            item = kept.pop(image_id, None) or self._item(image_id, title, x, y, shape)
            self._sharpen(item, image_id, size_px)
            self._mark(item, image_id)
            if not item.parentElement:
                self.element.append(item)
        for image_id, item in kept.items():
            if image_id == focused:
                places[image_id] = self._places.get(image_id, (0, 0))
            else:
                item.remove()
        self._places = places
        self._rove(focused or (self.ids or [""])[0])

    def show_selected(self) -> None:
        """Say of each photo whether it is selected."""
        for item in list(self.element.children):
            self._mark(item, item.dataset.id)

    def forget(self, image_id: str) -> None:
        """Remove a photo."""
        self._places.pop(image_id, None)
        item = self.element.querySelector(f'[data-id="{image_id}"]')
        if item:
            item.remove()

    def clear(self) -> None:
        """Remove all photos."""
        self._places = {}
        self.element.replaceChildren()

    @property
    def count(self) -> int:
        """How many photos there are, as the lightbox asks."""
        return len(self._places)

    def index_of(self, image_id: str) -> int | None:
        """Return the index of a photo, None if it is not here."""
        ids = self.ids
        return ids.index(image_id) if image_id in ids else None

    async def image_at(self, index: int) -> dict | None:
        """Return the image at an index, None if there is none."""
        ids = self.ids
        if not 0 <= index < len(ids):
            return None
        await self._fetch([ids[index]])
        return self._known.get(ids[index])

    async def each(self, first: int, last: int, on_batch) -> None:
        """Give all images from an index to another to `on_batch`."""
        ids = self.ids[first : last + 1]
        await self._fetch(ids)
        on_batch([self._known.get(image_id) for image_id in ids if self._known.has(image_id)])

    def focus_at(self, index: int) -> None:
        """Move the focus to the photo at an index."""
        self._focus(self.ids[index])

    def _focus(self, image_id: str) -> None:
        self._rove(image_id)
        button = self.element.querySelector(f'button[data-id="{image_id}"]')
        if button:
            button.focus({"preventScroll": True})

    def _item(self, image_id: str, title: str, x: float, y: float, shape: float):
        item = make("li", data_id=image_id)
        item.style.cssText = f"{placed(x, y)};--w:{min(shape, 1):.4f};--h:{min(1 / shape, 1):.4f}"
        item.append(
            make("button", "map-photo", type="button", data_id=image_id, aria_label=f"Open {title}", tabindex="-1")
        )
        return item

    def _sharpen(self, item, image_id: str, size_px: float) -> None:
        """Show the thumbnail itself, or no longer."""
        image = self._known.get(image_id)
        there = item.querySelector("img")
        if size_px < SHARP_PX or not image:
            if there:
                there.remove()
        elif not there:
            thumbnail = make("img", alt="", crossorigin="anonymous", decoding="async")
            thumbnail.src = image["thumbnail_url"]
            item.firstElementChild.append(thumbnail)

    def _mark(self, item, image_id: str) -> None:
        item.classList.toggle("selected", self._known.is_selected(image_id))

    def _rove(self, image_id: str) -> None:
        """Let Tab reach one photo only."""
        for button in list(self.element.querySelectorAll("button")):
            button.tabIndex = 0 if button.dataset.id == image_id else -1

    def _key(self, event) -> None:
        """Go to the nearest photo in the direction of an arrow key; without one, the map moves."""
        here = self._places.get(event.target.dataset.id)
        if event.key not in ARROWS or not here:
            return
        best = nearest_along(ARROWS[event.key], here, self._places)
        if best:
            event.preventDefault()
            event.stopPropagation()
            self._focus(best)
            self._on_focus(self._places[best])


def placed(x: float, y: float) -> str:
    """Return the style that has the middle of an element at a point of the map; as `left`, it would be rounded."""
    return f"translate:calc({x * UNITS:.4f}px - 50%) calc({y * UNITS:.4f}px - 50%)"
