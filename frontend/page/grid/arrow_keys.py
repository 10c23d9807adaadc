"""Arrow keys, Home and End in a grid of pictures; Enter is the button's own."""

from frontend.page.browser.dom import find


def listen(grid, around_id: str) -> None:
    """Let arrow keys go through a grid; from the element around it, the first of them goes into the grid."""
    around = find(around_id)
    around.addEventListener("keydown", lambda event: pressed(event, grid, around))


def pressed(event, grid, around) -> None:
    """Move the focus to the picture that a key leads to."""
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
        event.preventDefault()  # Else the page would scroll as well.
        grid.focus_at(there)


def steps(key: str, here: int, count: int, per_row: int) -> int:
    """Return how many cards a key goes forward, backward if negative; 0 for a key that does not move."""
    ways = {
        "ArrowLeft": -1,
        "ArrowRight": 1,
        "ArrowUp": -per_row,
        "ArrowDown": per_row,
        "Home": -here,
        "End": count - 1 - here,
    }
    return ways.get(key, 0)
