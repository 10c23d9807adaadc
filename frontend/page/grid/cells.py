"""The cells of a grid that are in the document: cards of the images that are known, blanks for the others."""

from frontend.page.browser.dom import find

# How many cards are made before the browser gets its turn: 8 ms when measured, half of a screen's frame.
CARDS_AT_ONCE = 6


class Cell:
    """An element, and what can be said of it without asking the browser."""

    def __init__(self, image_id: str | None, element) -> None:
        self.image_id = image_id
        self.element = element
        self._spot = ()

    def move(self, index: int, row: float, column: int, count: int) -> None:
        """Move the cell to its row and column; screen readers hear which of how many it is."""
        spot = (index, row, column, count)
        if spot == self._spot:
            return
        self._spot = spot
        self.element.style.setProperty("--row", str(row))
        self.element.style.setProperty("--column", str(column))
        if self.image_id:
            self.element.setAttribute("aria-posinset", str(index + 1))
            self.element.setAttribute("aria-setsize", str(count))


class Cells:
    """All cells, in the order of the grid."""

    def __init__(self, element, make_card) -> None:
        """`make_card` makes the card of the image with an id."""
        self._element = element
        self._make_card = make_card
        self._cells = []

    def show(self, wanted: list, columns: int, count: int) -> bool:
        """
        Show these cells and no others.

        Args:
            wanted: (index, row, image id) of each, in order; the row as `--row` of the style counts it, and no id
                where the image is not known.
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
        for index, row, image_id in wanted:
            cell = cards.get(image_id)
            if not cell and image_id and made < CARDS_AT_ONCE:
                cell = Cell(image_id, self._make_card(image_id))
                made += 1
            if not cell:
                complete = complete and not image_id
                cell = blanks.pop() if blanks else Cell(None, blank())
            cell.move(index, row, index % columns, count)
            cells.append(cell)
        self._arrange(cells)
        return complete

    def focused(self) -> str | None:
        """Return the image whose card has the focus, None if none has."""
        card = self._element.querySelector(".card:focus-within")
        return card.dataset.id if card else None

    def focus(self, image_id: str) -> bool:
        """Give an image's card the focus; returns whether it has one."""
        for cell in self._cells:
            if cell.image_id == image_id:
                cell.element.querySelector(".picture").focus({"preventScroll": True})
                return True
        return False

    def caption_px(self) -> float | None:
        """Measure how much higher than wide a card is; None without a card."""
        for cell in self._cells:
            if cell.image_id:
                box = cell.element.getBoundingClientRect()
                return box.height - box.width
        return None

    def _arrange(self, cells: list) -> None:
        """Have just these elements in the document, moving as few as possible: one that moves loses the focus."""
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
    """Make a cell without a photo, from the template in index.html."""
    return find("blank").content.firstElementChild.cloneNode(True)
