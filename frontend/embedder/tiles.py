"""
Thumbnails as tiles of a texture: fetched, shrunk and drawn side by side, a strip at a time.

A strip is one row of an atlas. It crosses to the page as one bitmap, which the graphics hardware takes at once.
"""

from collections.abc import Sequence
from typing import Any, Final

import js
from pyodide.ffi import create_once_callable, to_js

TILE_PX: Final = 32
TILES: Final = 64
# The atlas of all photos: this many in a row, each of this side.


async def draw_strip(urls: Sequence[str], side_px: int, columns: int) -> Any:
    """
    Draw thumbnails as squares, each stretched to fill its own, from the left.

    Args:
        urls: Absolute; one that is empty or cannot be read leaves its square empty.

    Returns:
        An ImageBitmap of `columns` times `side_px` by `side_px` pixels.
    """
    canvas = js.OffscreenCanvas.new(side_px * columns, side_px)
    context = canvas.getContext("2d")
    # Chained promises, not coroutines: those would wait for their turn several times for each photo.
    read = js.Promise.allSettled(to_js([_bitmap(url, side_px) if url else None for url in urls]))
    for number, outcome in enumerate(await read):
        if outcome.status == "fulfilled" and outcome.value:
            context.drawImage(outcome.value, number * side_px, 0)
            outcome.value.close()
    return canvas.transferToImageBitmap()


def _bitmap(url: str, side_px: int) -> Any:
    """Return the promise of a thumbnail as a square ImageBitmap; None or a failure where it cannot be read."""
    options = to_js(
        {"resizeWidth": side_px, "resizeHeight": side_px, "resizeQuality": "medium"},
        dict_converter=js.Object.fromEntries,
    )
    blob = js.fetch(url).then(create_once_callable(lambda response: response.blob() if response.ok else None))
    return blob.then(create_once_callable(lambda found: js.createImageBitmap(found, options) if found else None))
