"""Arrow keys, Home and End in a grid of pictures; Enter is the button's own."""

from frontend.page.dom import find


def listen(grid_id: str, from_id: str) -> None:
    """Let arrow keys go through a grid; from the element `from_id` around it, the first of them goes into the grid."""
    grid, around = find(grid_id), find(from_id)
    around.addEventListener("keydown", lambda event: pressed(event, grid, around))


def pressed(event, grid, around) -> None:
    """Move the focus to the card that a key leads to."""
    pictures = grid.querySelectorAll(".picture")
    card = event.target.closest(".card")
    if event.shiftKey or event.ctrlKey or event.altKey or event.metaKey or not pictures.length:
        return
    if card and grid.contains(card):
        here = index_of(pictures, card)
        there = here + steps(event.key, here, pictures.length, columns(pictures))
    elif event.target.isSameNode(around) and event.key in ("ArrowDown", "ArrowRight"):
        here, there = -1, 0
    else:
        return
    if there != here and 0 <= there < pictures.length:
        event.preventDefault()  # Else the page would scroll as well.
        pictures.item(there).focus()


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


def columns(pictures) -> int:
    """Count the pictures of the first row."""
    top = pictures.item(0).getBoundingClientRect().top
    count = 1
    while count < pictures.length and pictures.item(count).getBoundingClientRect().top == top:
        count += 1
    return count


def index_of(pictures, card) -> int:
    """Return which of the pictures is a card's."""
    for index in range(pictures.length):
        if card.contains(pictures.item(index)):
            return index
    return 0
