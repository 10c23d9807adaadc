"""View transitions: one element grows out of another while the page changes, unless people want nothing to move."""

import js
from pyscript import document, window

from frontend.page.browser.tasks import start
from frontend.page.browser.throwing import Thrown, call

# What the browser calls the pair of elements meanwhile; the style says how they move.
NAME = "grown"


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
    named = []

    def change() -> None:
        if before:
            before.style.viewTransitionName = ""
        after = update()
        if after:
            after.style.viewTransitionName = NAME
            named.append(after)

    if before:
        before.style.viewTransitionName = NAME
    try:
        moving = call(document, "startViewTransition", change)
    except Thrown:
        change()
    else:
        start(clear(moving, named))


def moves() -> bool:
    """Whether things move at all: not in old browsers, in tabs that nobody sees, or where people want none of it."""
    still = window.matchMedia("(prefers-reduced-motion: reduce)").matches
    return hasattr(document, "startViewTransition") and not still and not document.hidden


async def clear(moving, named: list) -> None:
    """Take the name from what has grown once it has."""
    for promise in (moving.ready, moving.updateCallbackDone):
        promise.catch(js.Boolean)  # One that was skipped is no error for the console.
    await moving.finished.catch(js.Boolean)
    for element in named:
        element.style.viewTransitionName = ""
