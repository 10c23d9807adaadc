"""
Drawings (SVG), which only a document can draw: what is searched with and added is a picture of one.

The drawing itself never reaches the server: it may contain scripts, which an img does not run.
"""

from pyscript import window
from pyscript.ffi import to_js

from frontend.page.browser.dom import make
from frontend.page.browser.throwing import call
from frontend.page.model.embedder import PictureError
from frontend.page.model.svg import HEAD_BYTES, SVG, UNTOLD, begins_like_drawing

# Of the longer side of the picture that is made of a drawing.
SIDE_PX = 1024


async def drawn(file):
    """
    Return a PNG of a drawing, as a file; any other file as it is.

    Raises:
        PictureError: The browser cannot draw it.
    """
    if not await is_drawing(file):
        return file
    url = window.URL.createObjectURL(file.slice(0, file.size, SVG))
    try:
        element = make("img")
        element.src = url
        await element.decode()
        blob = await draw(element)
    except Exception:
        raise PictureError("The drawing (SVG) is damaged, or this browser cannot draw it.")
    finally:
        window.URL.revokeObjectURL(url)
    return window.File.new(to_js([blob]), f"{file.name}.png", to_js({"type": "image/png"}))


async def is_drawing(file) -> bool:
    """Tell whether a file is a drawing; one that cannot be read is none, and whoever reads it next says so."""
    if file.type not in UNTOLD:
        return file.type == SVG
    try:
        return begins_like_drawing(await file.slice(0, HEAD_BYTES).text())
    except Exception:
        return False


def draw(element):
    """Draw an img that is loaded, its longer side SIDE_PX; returns a promise of a blob."""
    # Firefox gives no size to a drawing that declares none.
    width, height = element.naturalWidth or SIDE_PX, element.naturalHeight or SIDE_PX
    scale = SIDE_PX / max(width, height)
    width, height = max(round(width * scale), 1), max(round(height * scale), 1)
    canvas = window.OffscreenCanvas.new(width, height)
    call(canvas.getContext("2d"), "drawImage", element, 0, 0, width, height)
    return call(canvas, "convertToBlob")
