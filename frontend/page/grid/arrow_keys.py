"""Moves the focus in a grid of photos by arrow keys, Home and End; Enter is the button's own."""

from frontend.page.browser.dom import find


def listen(grid, around_id: str) -> None:
    """Let arrow keys move through a grid; from the element around it, they first enter the grid."""
    around = find(around_id)
    around.addEventListener("keydown", lambda event: pressed(event, grid, around))


def pressed(event, grid, around) -> None:
    """Move the focus to the photo that a key leads to."""
    card = event.target.closest(".card")
    if event.shiftKey or event.ctrlKey or event.altKey or event.metaKey or not grid.count:
        return
    if card and grid.element.contains(card):
        here = grid.index_of(card.dataset.id)
        there = here + steps(event.key, here, grid.count, grid.columns())
    elif event.target.isSameNode(around) and event.key in ("ArrowDown", "ArrowRight"):
        here, there = -1, 0
    else:
        return
    if there != here and 0 <= there < grid.count:
        event.preventDefault()  # Otherwise the page would scroll as well.
        grid.focus_at(there)


def steps(key: str, here: int, count: int, per_row: int) -> int:
    """Return how many cards a key moves forward, backward if negative; 0 for a key that does not move."""
    distances = {
        "ArrowLeft": -1,
        "ArrowRight": 1,
        "ArrowUp": -per_row,
        "ArrowDown": per_row,
        "Home": -here,
        "End": count - 1 - here,
    }
    return distances.get(key, 0)
