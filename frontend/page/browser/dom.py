"""Finds and makes elements; text is always set as text, so that nothing in a file becomes markup."""

from pyscript import document, window

from frontend.page.browser.throwing import Thrown, call

SVG = "http://www.w3.org/2000/svg"


def find(element_id: str):
    """Return the element of the page with this id."""
    return document.getElementById(element_id)


def make(tag: str, class_name: str = "", text: str = "", **attributes: str):
    """
    Create an element.

    Args:
        attributes: Underscores stand for hyphens: `aria_label` becomes `aria-label`.
    """
    element = document.createElement(tag)
    if class_name:
        element.className = class_name
    if text:
        element.textContent = text
    for name, value in attributes.items():
        element.setAttribute(name.replace("_", "-"), value)
    return element


def icon(name: str):
    """Make an icon: one of `ICONS` in backend/setup/icons.py. Screen readers pass over it."""
    use = document.createElementNS(SVG, "use")
    use.setAttribute("href", f"#icon-{name}")
    element = document.createElementNS(SVG, "svg")
    element.setAttribute("class", "icon")
    element.setAttribute("aria-hidden", "true")
    element.append(use)
    return element


def hold_pointer(element, event) -> None:
    """Let an element hear all that the pointer of an event does until it is lifted, wherever it goes."""
    try:
        call(element, "setPointerCapture", event.pointerId)
    except Thrown:
        return  # It is lifted already: a slow page hears of it late.


def limit_lengths(limits: dict) -> None:
    """Let nobody type more into a field than the server accepts; its `data-limit` names one of the server's limits."""
    for field in list(document.querySelectorAll("[data-limit]")):
        field.maxLength = limits[field.dataset.limit]


def is_typed_in(element) -> bool:
    """Tell whether keys are text to an element, rather than commands to the page."""
    return element.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=range])")


def dialog_is_open() -> bool:
    """Tell whether a dialog waits for an answer; nothing else is to be touched until then."""
    return document.querySelector("dialog[open]") is not None


def menu_is_open() -> bool:
    """Tell whether a menu is open, which Escape closes, and nothing else with it."""
    return document.querySelector(":popover-open") is not None


# How long a notice stays: long enough to read two sentences. A guess.
NOTICE_MS = 8000

notice_timer = [0]


def notice(text: str) -> None:
    """Say something where it is seen wherever the page is scrolled to; it goes away after a while."""
    element = find("notice")
    element.textContent = text
    element.hidden = False
    window.clearTimeout(notice_timer[0])
    notice_timer[0] = window.setTimeout(lambda: element.setAttribute("hidden", ""), NOTICE_MS)
