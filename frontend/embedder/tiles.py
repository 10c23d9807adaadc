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


async def draw_strip(sources: Sequence[str | int], side_px: int, columns: int, atlas: Any = None) -> Any:
    """
    Draw thumbnails as squares, each stretched to fill its own, from the left.

    Args:
        sources: Absolute addresses, or numbers of tiles of the atlas. What is empty or cannot be read leaves its square
            empty.
        atlas: Rows of `columns` squares of the same side, from which numbers are taken.

    Returns:
        An ImageBitmap of `columns` times `side_px` by `side_px` pixels.
    """
    canvas = js.OffscreenCanvas.new(side_px * columns, side_px)
    context = canvas.getContext("2d")
    # Chained promises, not coroutines: those would wait for their turn several times for each photo.
    promises = [_bitmap(source, side_px) if source and isinstance(source, str) else None for source in sources]
    for number, outcome in enumerate(await js.Promise.allSettled(to_js(promises))):
        if outcome.status == "fulfilled" and outcome.value:
            context.drawImage(outcome.value, number * side_px, 0)
            outcome.value.close()
    for number, source in enumerate(sources):
        if isinstance(source, int):
            row, column = divmod(source, columns)
            here = (number * side_px, 0, side_px, side_px)
            context.drawImage(atlas, column * side_px, row * side_px, side_px, side_px, *here)
    return canvas.transferToImageBitmap()


def _bitmap(url: str, side_px: int) -> Any:
    """Return the promise of a thumbnail as a square ImageBitmap; None or a failure where it cannot be read."""
    options = to_js(
        {"resizeWidth": side_px, "resizeHeight": side_px, "resizeQuality": "medium"},
        dict_converter=js.Object.fromEntries,
    )
    blob = js.fetch(url).then(create_once_callable(lambda response: response.blob() if response.ok else None))
    return blob.then(create_once_callable(lambda found: js.createImageBitmap(found, options) if found else None))
