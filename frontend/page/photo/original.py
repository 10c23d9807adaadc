"""
The original of a photo, as an element that is decoded and can be shown at once.

What the browser cannot show, such as a TIFF, is shown as the worker decodes it.
"""

from pyscript import window

from frontend.page.browser.dom import make
from frontend.page.model.embedder import PictureError
from frontend.page.photo.exif import CHUNK_HEAD_BYTES, ENOUGH_BYTES, HEADER_BYTES, UPRIGHT, chunk, orientation

WEBP = "image/webp"

# Of the longer side of what is shown where a browser cannot show an original: a large screen's.
PREVIEW_SIDE_PX = 2048


async def original_of(image: dict):
    """Load the original; returns its element, turned upright, or None if this browser cannot show it."""
    element = make("img", alt=image["title"], crossorigin="anonymous", draggable="false")
    element.src = image["original_url"]
    try:
        await element.decode()
    except Exception:
        return None
    if image["content_type"] == WEBP:
        turned = await webp_orientation(image["original_url"])
        if turned != UPRIGHT:
            element.classList.add(f"turned-{turned}")
    return element


async def preview_of(image: dict, embedder):
    """Let the worker decode the original; returns an element, or None if it cannot either, or is not there."""

    async def attempt(alone: bool) -> dict:
        picture = await embedder.open_in_detail(image["original_url"], alone)
        try:
            return await embedder.preview(picture, PREVIEW_SIDE_PX)
        finally:
            await embedder.close(picture)

    try:
        preview = await embedder.insist(attempt)
        element = make("img", alt=image["title"], draggable="false")
        element.src = window.URL.createObjectURL(preview["blob"])
        await element.decode()
    except (PictureError, Exception):
        return None
    window.URL.revokeObjectURL(element.src)
    return element


async def webp_orientation(url: str) -> int:
    """Return the orientation in the EXIF data of a WebP file; the browser has the file, as it shows it."""
    try:
        blob = await (await window.fetch(url)).blob()
        at = HEADER_BYTES
        while at + CHUNK_HEAD_BYTES <= blob.size:
            name, size = chunk(await part(blob, at, CHUNK_HEAD_BYTES))
            at += CHUNK_HEAD_BYTES
            if name == b"EXIF":
                return orientation(await part(blob, at, min(size, ENOUGH_BYTES)))
            at += size + size % 2
    except Exception:
        return UPRIGHT
    return UPRIGHT


async def part(blob, first: int, count: int) -> bytes:
    """Return some bytes of a blob."""
    return bytes(list(window.Uint8Array.new(await blob.slice(first, first + count).arrayBuffer())))
