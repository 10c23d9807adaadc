"""The cells of a grid that are in the document: photos, blanks for those that are not known, and headings."""

from pyscript import window

from frontend.page.browser.dom import find

# How many photos are made before the browser gets its turn: half of a screen's frame, when measured.
CARDS_AT_ONCE = 8

# As long as cells glide: see `gliding` in library.css.
GLIDE_MS = 220


class Cell:
    """An element, and what can be said of it without asking the browser."""

    def __init__(self, key: str, element) -> None:
        """`key` is the image's id, empty for a blank."""
        self.key = key
        self.element = element
        self.index = -1
        self._box = ()
        self._count = ()

    def move(self, box: tuple, index: int, count: int) -> None:
        """Move the cell to (left, top, width, height); screen readers hear which of how many it is."""
        self.index = index
        if box != self._box:
            self._box = box
            style = self.element.style
            style.transform = f"translate({box[0]:.2f}px, {box[1]:.2f}px)"
            style.width = f"{box[2]:.2f}px"
            style.height = f"{box[3]:.2f}px"
        if self.key and self._count != (index, count):
            self._count = (index, count)
            self.element.setAttribute("aria-posinset", str(index + 1))
            self.element.setAttribute("aria-setsize", str(count))


class Cells:
    """All cells, in the order of the grid."""

    def __init__(self, element, make_card) -> None:
        """`make_card` makes the card of the image with an id."""
        self._element = element
        self._make_card = make_card
        self._cells = []
        # What was asked for last, once all of it is there.
        self._shown = None
        # Text of a heading -> its element.
        self._headings = {}
        self._glide_timer = 0

    def show(self, wanted: list, count: int) -> bool:
        """
        Show these cells and no others.

        Args:
            wanted: (index, box, image id) of each, in order; the box is (left, top, width, height) in pixels, and there
                is no id where the image is not known.
            count: How many images there are in all.

        Returns:
            Whether all cards are there; if not, blanks stand for some, and another call makes more.
        """
        if self._shown == (wanted, count):
            return True
        cards = {cell.key: cell for cell in self._cells if cell.key}
        # A blank stays where it is or goes: browsers take one that moves for a photo that jumps.
        blanks = {cell.index: cell for cell in self._cells if not cell.key}
        cells = []
        made = 0
        complete = True
        for index, box, image_id in wanted:
            cell = cards.get(image_id)
            if not cell and image_id and made < CARDS_AT_ONCE:
                cell = Cell(image_id, self._make_card(image_id))
                made += 1
            if not cell:
                complete = complete and not image_id
                cell = blanks.get(index) or Cell("", copy_of("blank"))
            cell.move(box, index, count)
            cells.append(cell)
        self._arrange(cells)
        self._shown = (wanted, count) if complete else None
        return complete

    def show_headings(self, wanted: list) -> None:
        """Show these headings, (top, text), and no others."""
        texts = [text for top, text in wanted]
        for text in [text for text in self._headings if text not in texts]:
            self._headings.pop(text).remove()
        for top, text in wanted:
            heading = self._headings.get(text)
            if not heading:
                heading = self._headings[text] = copy_of("heading")
                heading.querySelector("h3").textContent = text
                self._element.append(heading)
            heading.style.transform = f"translateY({top:.2f}px)"

    def glide(self) -> None:
        """Let cells that are about to be moved be seen on their way: some have come or gone, and others make room."""
        self._element.classList.add("gliding")
        window.clearTimeout(self._glide_timer)
        self._glide_timer = window.setTimeout(lambda: self._element.classList.remove("gliding"), GLIDE_MS)

    def focused(self) -> str | None:
        """Return the image whose card has the focus, None if none has."""
        card = self._element.querySelector(".card:focus-within")
        return card.dataset.id if card else None

    def focus(self, image_id: str) -> bool:
        """Give an image's card the focus; returns whether it has one."""
        for cell in self._cells:
            if cell.key == image_id:
                cell.element.querySelector(".picture").focus({"preventScroll": True})
                return True
        return False

    def first(self):
        """Return the first card, None without one."""
        for cell in self._cells:
            if cell.key:
                return cell.element
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
            before = staying[index].element if index < len(staying) else None
            if before:
                self._element.insertBefore(cell.element, before)
            elif index:  # Behind the one before, as headings may follow.
                staying[index - 1].element.after(cell.element)
            else:
                self._element.prepend(cell.element)
            staying.insert(index, cell)
        self._cells = cells


def copy_of(template_id: str):
    """Make an element from a template in index.html."""
    return find(template_id).content.firstElementChild.cloneNode(True)
