"""The cells of a grid that are in the document: the cards of images that are known, blanks for the others."""

from frontend.page.browser.dom import find
from frontend.page.grid.cards import card, shown

CARDS_AT_ONCE = 6
"""How many cards are made before the browser gets its turn: 8 ms here, half of a screen's frame."""


class Cell:
    """An element, and what is known of it without asking the browser."""

    def __init__(self, image_id: str | None) -> None:
        self.image_id = image_id
        self.element = card(shown[image_id]) if image_id else blank()
        self._place = ()

    def move(self, index: int, columns: int, count: int) -> None:
        """Put the cell where the one of this index belongs; readers hear which of how many it is."""
        place = (index, columns, count)
        if place == self._place:
            return
        self._place = place
        self.element.style.setProperty("--row", str(index // columns))
        self.element.style.setProperty("--column", str(index % columns))
        if self.image_id:
            self.element.setAttribute("aria-posinset", str(index + 1))
            self.element.setAttribute("aria-setsize", str(count))


class Cells:
    """All of them, in the order of the grid."""

    def __init__(self, element) -> None:
        self._element = element
        self._cells = []

    def show(self, wanted: list, columns: int, count: int) -> bool:
        """
        Show these and no others.

        Args:
            wanted: (index, image id) of each, in order; without an id where the image is not known.
            columns: How many cells a row has.
            count: How many images there are in all.

        Returns:
            Whether all cards are there; if not, blanks stand for some, and another call makes more.
        """
        cards = {cell.image_id: cell for cell in self._cells if cell.image_id}
        blanks = [cell for cell in self._cells if not cell.image_id]
        cells = []
        made = 0
        complete = True
        for index, image_id in wanted:
            cell = cards.get(image_id)
            if not cell and image_id and made < CARDS_AT_ONCE:
                cell = Cell(image_id)
                made += 1
            if not cell:
                complete = complete and not image_id
                cell = blanks.pop() if blanks else Cell(None)
            cell.move(index, columns, count)
            cells.append(cell)
        self._arrange(cells)
        return complete

    def focused(self) -> str | None:
        """Return the image whose card has the focus, None if none has."""
        item = self._element.querySelector(".card:focus-within")
        return item.dataset.id if item else None

    def focus(self, image_id: str) -> bool:
        """Give an image's card the focus; returns whether it has one."""
        for cell in self._cells:
            if cell.image_id == image_id:
                cell.element.querySelector(".picture").focus({"preventScroll": True})
                return True
        return False

    def caption(self) -> float | None:
        """Measure by how much a card is higher than wide, in pixels; None without a card."""
        for cell in self._cells:
            if cell.image_id:
                box = cell.element.getBoundingClientRect()
                return box.height - box.width
        return None

    def _arrange(self, cells: list) -> None:
        """Have just these elements in the document, moving as few as can be: one that moves loses the focus."""
        if cells == self._cells:
            return
        staying = [cell for cell in self._cells if cell in cells]
        for cell in self._cells:
            if cell not in staying:
                cell.element.remove()
        for index, cell in enumerate(cells):
            if index < len(staying) and staying[index] is cell:
                continue
            if cell in staying:
                staying.remove(cell)
            self._element.insertBefore(cell.element, staying[index].element if index < len(staying) else None)
            staying.insert(index, cell)
        self._cells = cells


def blank():
    """Make a cell without a picture, from the template in index.html."""
    return find("blank").content.firstElementChild.cloneNode(True)
