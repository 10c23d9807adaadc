"""
The keys of a grid of photos: Tab reaches it once, arrows move inside it, letters do what the buttons on a photo do.

One photo at a time can be reached by Tab, the one that had the focus last (a roving tabindex). Enter is the button's
own.
"""

from frontend.page.browser.dom import find
from frontend.page.grid.cards import DELETE, LESS_LIKE, MORE_LIKE, SELECT, SIMILAR

# Key -> what it does to the photo that has the focus.
ACTIONS = {" ": SELECT, "s": SIMILAR, "+": MORE_LIKE, "=": MORE_LIKE, "-": LESS_LIKE, "Delete": DELETE}

# The attribute of a grid with the id of the photo that had the focus last.
REACHED = "data-reached"


def listen(grid, around_id: str, on_action) -> None:
    """
    Let keys work in a grid; from the element around it, arrow keys enter it.

    Args:
        on_action: Called with what a key does, the image, the grid, and whether Shift is held.
    """
    around = find(around_id)
    around.addEventListener("keydown", lambda event: pressed(event, grid, around, on_action))
    grid.element.addEventListener("keyup", released)
    grid.element.addEventListener("focusin", lambda event: reached(event, grid))


def pressed(event, grid, around, on_action) -> None:
    """Move the focus to the photo that a key leads to, or do what it means."""
    if event.ctrlKey or event.altKey or event.metaKey or not grid.count:
        return
    card = event.target.closest(".card")
    if card and grid.element.contains(card):
        if event.key in ACTIONS:
            event.preventDefault()
            on_action(ACTIONS[event.key], card.dataset.id, grid, event.shiftKey)
            return
        here = grid.index_of(card.dataset.id)
        there = leads_to(event.key, here, grid)
    elif event.target.isSameNode(around) and event.key in ("ArrowDown", "ArrowRight"):
        here, there = -1, 0
    else:
        return
    if there != here and 0 <= there < grid.count:
        event.preventDefault()  # Otherwise the page would scroll as well.
        grid.focus_at(there)


def leads_to(key: str, here: int, grid) -> int:
    """Return the index of the photo that a key moves to; `here` for a key that does not move."""
    if key in ("ArrowUp", "ArrowDown"):
        return grid.vertical_neighbour(here, -1 if key == "ArrowUp" else 1)
    return {"ArrowLeft": here - 1, "ArrowRight": here + 1, "Home": 0, "End": grid.count - 1}.get(key, here)


def released(event) -> None:
    """Keep the space bar, which selects, from opening the photo as it opens any button."""
    if event.key == " " and event.target.closest(".picture"):
        event.preventDefault()


def reached(event, grid) -> None:
    """Let Tab come back to the photo that has the focus now."""
    card = event.target.closest(".card")
    grid.element.setAttribute(REACHED, card.dataset.id if card else "")
    keep_reachable(grid.element)


def keep_reachable(element) -> None:
    """Let Tab reach the photo of a grid that had the focus last; where that is not there, the first."""
    last = element.querySelector(f'[data-id="{element.getAttribute(REACHED) or ""}"] .picture')
    wanted = last or element.querySelector(".card .picture")
    if wanted and wanted.tabIndex == 0:
        return
    for picture in list(element.querySelectorAll('.picture[tabindex="0"]')):
        picture.tabIndex = -1
    if wanted:
        wanted.tabIndex = 0
