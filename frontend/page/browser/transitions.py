"""View transitions: one element grows out of another while the page changes, unless people want nothing to move."""

import js
from pyscript import document, window

from frontend.page.browser.tasks import start
from frontend.page.browser.throwing import Thrown, call

# What the browser calls the pair of elements meanwhile; the style says how they move.
NAME = "grown"

# The elements that have the name now. One movement may begin before another is over, and a name is one element's.
named = []

# Counts movements, so that one that is over notices that another has begun.
begun = [0]


def grow(before, update) -> None:
    """
    Change the page.

    Args:
        before: The element that something grows out of; None if there is none.
        update: Called once, now or with the next frame, to make the change; returns the element that `before` has
            become, None if there is none.
    """
    if not moves():
        update()
        return
    unname()
    begun[0] += 1

    def change() -> None:
        unname()
        after = update()
        if after:
            after.style.viewTransitionName = NAME
            named.append(after)

    if before:
        before.style.viewTransitionName = NAME
        named.append(before)
    try:
        moving = call(document, "startViewTransition", change)
    except Thrown:
        change()
    else:
        start(clear(moving, begun[0]))


def moves() -> bool:
    """Whether things move at all: not in old browsers, in tabs that nobody sees, or where people want none of it."""
    still = window.matchMedia("(prefers-reduced-motion: reduce)").matches
    return hasattr(document, "startViewTransition") and not still and not document.hidden


def unname() -> None:
    """Take the name from all that have it."""
    while named:
        named.pop().style.viewTransitionName = ""


async def clear(moving, turn: int) -> None:
    """Take the name from what has grown once it has, unless another movement has begun by then."""
    for promise in (moving.ready, moving.updateCallbackDone):
        promise.catch(js.Boolean)  # One that was skipped is no error for the console.
    await moving.finished.catch(js.Boolean)
    if turn == begun[0]:
        unname()
