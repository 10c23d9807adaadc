"""The clipboard, also on pages without encryption, where browsers refuse the newer way to it."""

from pyscript import document, window

from frontend.page.browser.dom import make
from frontend.page.browser.throwing import Thrown, call


async def copy_text(text: str, within) -> bool:
    """Put a text on the clipboard; returns whether it is there. `within` is an element that can have the focus now."""
    if window.isSecureContext and hasattr(window.navigator, "clipboard"):
        try:
            await window.navigator.clipboard.writeText(text)
        except Exception:
            return False
        return True
    focused = document.activeElement
    field = make("textarea", "visually-hidden")
    field.value = text
    within.append(field)
    field.select()
    try:
        return bool(call(document, "execCommand", "copy"))
    except Thrown:
        return False
    finally:
        field.remove()
        focused.focus()
