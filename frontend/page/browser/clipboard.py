"""The clipboard, also on pages without encryption, where browsers refuse the newer way to it."""

from pyscript import document, window
from pyscript.ffi import to_js

from frontend.page.browser.dom import make
from frontend.page.browser.files import items_of
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


def shows_pictures() -> bool:
    """Tell whether the page may ask for pictures on the clipboard; the browser may still ask the visitor."""
    return (
        window.isSecureContext
        and hasattr(window.navigator, "clipboard")
        and hasattr(window.navigator.clipboard, "read")
    )


async def copied_pictures() -> list:
    """Return the pictures on the clipboard as files; none where there are none, or the visitor does not want it."""
    files = []
    try:
        for item in items_of(await window.navigator.clipboard.read()):
            for kind in items_of(item.types):
                if kind.startswith("image/"):
                    blob = await item.getType(kind)
                    # The name that browsers themselves give to a picture that is pasted.
                    name = "image." + kind[len("image/") :].split("+")[0]
                    files.append(window.File.new(to_js([blob]), name, to_js({"type": kind})))
                    break  # Others are the same in another format.
    except Exception:
        return []
    return files
