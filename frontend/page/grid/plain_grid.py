"""A grid with all its cards in the document: the matches of a search, and the photos on the map."""

from pyscript import document

from frontend.page.browser.dom import find

# The cards that are to be seen: those of a fold that is closed are not.
SHOWN = ".card:not(details:not([open]) .card)"


class PlainGrid:
    """Answers the same questions as `WindowGrid`, which has only a part of its cards in the document."""

    def __init__(self, element_id: str, known) -> None:
        self.element = find(element_id)
        self._known = known

    @property
    def count(self) -> int:
        """How many images there are."""
        return self.element.querySelectorAll(SHOWN).length

    def vertical_neighbour(self, index: int, step: int) -> int:
        """Return the index of the photo above (`step` -1) or below (1) another, the one whose middle is nearest."""
        boxes = [card.getBoundingClientRect() for card in list(self.element.querySelectorAll(SHOWN))]
        here = boxes[index]
        others = [number for number, box in enumerate(boxes) if (box.top - here.top) * step > 1]
        if not others:
            return index
        row_px = min([abs(boxes[number].top - here.top) for number in others])
        row = [number for number in others if abs(boxes[number].top - here.top) < row_px + 1]
        middle = here.left + here.width / 2
        return min(row, key=lambda number: abs(boxes[number].left + boxes[number].width / 2 - middle))

    def index_of(self, image_id: str) -> int | None:
        """Return the index of an image, None if it is not here."""
        ids = self._ids()
        return ids.index(image_id) if image_id in ids else None

    def id_at(self, index: int) -> str | None:
        """Return which image is at an index, None if there is none."""
        ids = self._ids()
        return ids[index] if 0 <= index < len(ids) else None

    def index_at(self, x_px: float, y_px: float) -> int | None:
        """Return the index of the photo at a spot of the window, None where there is none."""
        element = document.elementFromPoint(x_px, y_px)
        card = element.closest(".card") if element else None
        return self.index_of(card.dataset.id) if card and self.element.contains(card) else None

    async def find(self, image_id: str) -> int | None:
        """Return the index of an image, None if it is not here."""
        return self.index_of(image_id)

    async def image_at(self, index: int) -> dict | None:
        """Return the image at an index, None if there is none."""
        ids = self._ids()
        return self._known.get(ids[index]) if 0 <= index < len(ids) else None

    async def each(self, first: int, last: int, on_batch) -> None:
        """Give all images from an index to another to `on_batch`, which returns whether to go on."""
        on_batch([self._known.get(image_id) for image_id in self._ids()[first : last + 1]])

    def focus_at(self, index: int) -> None:
        """Move the focus to the photo at an index."""
        self.element.querySelectorAll(SHOWN).item(index).querySelector(".picture").focus()

    def _ids(self) -> list[str]:
        return [card.dataset.id for card in list(self.element.querySelectorAll(SHOWN))]
