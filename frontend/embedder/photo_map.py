"""
The map as the worker holds it: photos are read, arranged in slices, described, and then asked about.

    map_begin -> map_arrange until done -> map_batch, map_describe and map_strip for all -> anything else, when wanted

Positions of an earlier map are remembered, so that the same photos are arranged once, and new ones join them. What
`map_keep` gives, the page keeps over a reload, and gives back to `map_begin`.
"""

import json
import time
from collections.abc import Iterator
from typing import Any, Final

import js
import numpy as np
from pyodide.ffi import JsException, to_js

from frontend.embedder.arrangement import Frame, arrange
from frontend.embedder.flat_picture import FlatPicture
from frontend.embedder.kept_map import KeptMap
from frontend.embedder.scatter import Scatter, read_rows
from frontend.embedder.tiles import TILE_PX, TILES, draw_strip

CLOSE_PX: Final = 128
CLOSE_TILES: Final = 16
CLOSE_ROWS: Final = 32
# The atlas of those that are seen from near by; a row is drawn over when there is no other left.


class PhotoMap:
    """One map at a time."""

    def __init__(self) -> None:
        self.scatter = Scatter([], 1)
        self.frames: Iterator[Frame] = iter(())
        self.slots = np.zeros(0, dtype=np.float32)
        self.rows_used = 0
        self.picture: FlatPicture | None = None
        self.kept = KeptMap()
        self.atlas: Any = None
        self._remembered: dict[str, tuple[float, float]] = {}
        self._aspect = 0.0

    def begin(self, rows: bytes, dimension: int, aspect: float, kept: KeptMap) -> None:
        """Read the photos of a map, of which an earlier one is kept."""
        ids, vectors = read_rows(rows, dimension)
        if aspect != self._aspect:
            self._remembered = {}
        self._aspect = aspect
        self.kept = kept
        self._remembered = kept.places() | self._remembered
        self.scatter = Scatter(ids, aspect)
        self.atlas = js.OffscreenCanvas.new(TILES * TILE_PX, max(-(-len(ids) // TILES), 1) * TILE_PX)
        self.slots = np.full(len(ids), -1, dtype=np.float32)
        self.rows_used = 0
        unknown = (np.nan, np.nan)
        known = np.array([self._remembered.get(image_id, unknown) for image_id in ids], dtype=np.float32)
        self.frames = arrange(vectors, aspect, known.reshape(-1, 2))

    def arrange(self, budget_s: float) -> tuple[float, bool]:
        """Work on the map for a while; returns which share is done, and whether anything moved."""
        until = time.perf_counter() + budget_s
        done, moved = 1.0, False
        for frame in self.frames:
            done = frame.done
            if frame.positions is not None:
                self.scatter.positions = frame.positions
                moved = True
            if time.perf_counter() > until:
                break
        if done == 1:
            places = self.scatter.positions.tolist()
            self._remembered.update(
                (image_id, (x, y)) for image_id, (x, y) in zip(self.scatter.ids, places, strict=True)
            )
        return done, moved

    def take_row(self, numbers: list[int]) -> int:
        """Give photos the next row of the close atlas, which others lose; returns its number."""
        row = self.rows_used % CLOSE_ROWS
        self.rows_used += 1
        self.slots[(self.slots >= row * CLOSE_TILES) & (self.slots < (row + 1) * CLOSE_TILES)] = -1
        for column, number in enumerate(numbers):
            self.slots[number] = row * CLOSE_TILES + column
        return row


photo_map = PhotoMap()


async def map_begin(rows: Any, dimension: int, aspect: float, flat: bool, kept: Any) -> dict[str, Any]:
    """
    Read the vectors in a Blob, and begin a map of their photos.

    Args:
        aspect: The map's width over its height.
        flat: Whether `map_picture` will be called, as the page cannot draw photos itself.
        kept: What `map_keep` gave for an earlier map of this aspect, or null.

    Returns:
        `count`, how many photos there are, and whether they are the `same` in the same order as those kept.
    """
    earlier = await read_kept(kept)
    photo_map.begin((await rows.arrayBuffer()).to_bytes(), dimension, aspect, earlier)
    photo_map.picture = FlatPicture(photo_map.scatter, photo_map.atlas) if flat else None
    return {"count": len(photo_map.scatter), "same": photo_map.scatter.ids == earlier.ids}


def map_arrange(budget_ms: float) -> dict[str, Any]:
    """Work for some milliseconds; returns the share `done`, whether anything `moved`, and (x, y, x, y, …)."""
    done, moved = photo_map.arrange(budget_ms / 1000)
    return {"done": done, "moved": moved, "positions": to_js(photo_map.scatter.positions.ravel())}


def map_batch(number: int) -> str:
    """Return the ids of the photos of a row of the atlas, as JSON."""
    return json.dumps(row_ids(number))


async def map_describe(number: int, answer: Any, server: str) -> dict[str, Any]:
    """
    Learn what the API says of the photos of a row of the atlas.

    Args:
        answer: The API's page of images, as a Blob.
        server: What addresses that begin with a slash belong to.

    Returns:
        Of all photos of the map `shapes`, width over height, and `means`, the average colours; as JSON those `gone`.
    """
    images = await read_images(answer, server)
    scatter = photo_map.scatter
    for image in images.values():
        scatter.learn(image)
    gone = [image_id for image_id in row_ids(number) if image_id not in images]
    return {"shapes": to_js(scatter.shapes), "means": to_js(scatter.means.ravel()), "gone": json.dumps(gone)}


async def map_strip(number: int) -> Any:
    """Draw the photos of a row of the atlas, which are described: an ImageBitmap."""
    scatter, kept = photo_map.scatter, photo_map.kept
    tiles = [
        scatter.thumbnail_url(image_id) if (tile := kept.tile(image_id)) is None else tile
        for image_id in row_ids(number)
    ]
    strip = await draw_strip(tiles, TILE_PX, TILES, kept.atlas)
    photo_map.atlas.getContext("2d").drawImage(strip, 0, number * TILE_PX)
    return strip


async def map_keep() -> dict[str, Any]:
    """Return what is to be kept of a map whose photos are all drawn: arrays, and the `atlas` as a Blob."""
    scatter = photo_map.scatter
    options = to_js({"type": "image/webp", "quality": 0.8}, dict_converter=js.Object.fromEntries)
    return {
        "ids": to_js(b"".join(bytes.fromhex(image_id) for image_id in scatter.ids)),
        "positions": to_js(scatter.positions.ravel()),
        "shapes": to_js(scatter.shapes),
        "means": to_js(scatter.means.ravel()),
        "atlas": await photo_map.atlas.convertToBlob(options),
    }


def map_wanted(left: float, top: float, right: float, bottom: float) -> str:
    """Return the ids of a row of photos in a part of the map that are not in the close atlas yet, as JSON."""
    most = CLOSE_TILES * (CLOSE_ROWS - 1)
    numbers = photo_map.scatter.in_view(left, top, right, bottom, most)
    missing = numbers[photo_map.slots[numbers] < 0][:CLOSE_TILES]
    return json.dumps([photo_map.scatter.ids[number] for number in missing])


async def map_closer(answer: Any, server: str) -> dict[str, Any]:
    """Draw photos, as the API describes them in a Blob, from near by: `row` and `strip`, and the `slots` of all."""
    images = await read_images(answer, server)
    scatter = photo_map.scatter
    known = {number: image for image in images.values() if (number := scatter.number_of(image["id"])) is not None}
    strip = await draw_strip([image["thumbnail_url"] for image in known.values()], CLOSE_PX, CLOSE_TILES)
    row = photo_map.take_row(list(known))
    return {"row": row, "strip": strip, "slots": to_js(photo_map.slots)}


def map_at(x: float, y: float, side: float, reach: float) -> str:
    """Return the id of the photo at a point of the map, or ""."""
    return photo_map.scatter.at(x, y, side, reach)


def map_near(x: float, y: float, most: int) -> str:
    """Return [id, title, x, y, shape] of the photos nearest to a point, as JSON."""
    return json.dumps(photo_map.scatter.near(x, y, most))


def map_inside(outline_json: str) -> str:
    """Return the ids of the photos within an outline [[x, y], …]; both as JSON."""
    return json.dumps(photo_map.scatter.inside(json.loads(outline_json)))


def map_forget(image_id: str) -> None:
    """Take a photo off the map."""
    photo_map.scatter.forget(image_id)


def map_states(selected_json: str) -> Any:
    """Return for each photo whether it is gone (0), there (1) or selected (2); the ids of those selected as JSON."""
    states = photo_map.scatter.states(json.loads(selected_json))
    if photo_map.picture:
        photo_map.picture.states = states
    return to_js(states)


def map_islands() -> str:
    """Return the names of islands as JSON: [name, x, y, count, whether it is a large one]."""
    large, small = photo_map.scatter.islands()
    found = [(island, True) for island in large] + [(island, False) for island in small]
    return json.dumps([(one.name, one.x, one.y, one.count, is_large) for one, is_large in found])


def map_colours(by: str) -> dict[str, Any]:
    """Colour the photos, see `Scatter.colours`: `colours` and, as JSON, their `meanings`."""
    colours, meanings = photo_map.scatter.colours(by)
    if photo_map.picture:
        photo_map.picture.colours = colours
    return {"colours": to_js(colours.ravel()), "meanings": json.dumps(meanings)}


def map_times() -> dict[str, Any]:
    """
    Return when all photos were taken: `times`, 0 to 1 from the `first` to the `last`.

    These are in seconds since 1970, by the clocks there.
    """
    times = photo_map.scatter.times()
    known = times[~np.isnan(times)]
    first, last = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    shares = np.nan_to_num((times - first) / max(last - first, 1), nan=0).astype(np.float32)
    if photo_map.picture:
        photo_map.picture.times = shares
    return {"times": to_js(shares), "first": first, "last": last}


def map_picture(
    x: float, y: float, scale: float, photo_px: float, width: int, height: int, first: float, last: float
) -> Any:
    """Draw what is around a point of the map, see `FlatPicture.draw`: an ImageBitmap."""
    assert photo_map.picture
    return photo_map.picture.draw((x, y), scale, photo_px, (width, height), (first, last))


def map_overview(width: int, height: int) -> Any:
    """Draw all photos as dots: an ImageBitmap."""
    pixels = js.Uint8ClampedArray.new(to_js(photo_map.scatter.overview(width, height).ravel()))
    canvas = js.OffscreenCanvas.new(width, height)
    canvas.getContext("2d").putImageData(js.ImageData.new(pixels, width, height), 0, 0)
    return canvas.transferToImageBitmap()


def row_ids(number: int) -> list[str]:
    """Return the ids of the photos of a row of the atlas."""
    return photo_map.scatter.ids[number * TILES : (number + 1) * TILES]


async def read_kept(kept: Any) -> KeptMap:
    """Read what `map_keep` gave; what cannot be read is as good as nothing."""
    if not kept:
        return KeptMap()
    try:
        atlas = await js.createImageBitmap(kept.atlas)
    except JsException:
        return KeptMap()
    return KeptMap(kept.ids.to_bytes(), np.asarray(kept.positions.to_py(), dtype=np.float32).reshape(-1, 2), atlas)


async def read_images(answer: Any, server: str) -> dict[str, Any]:
    """Read a page of the API's images from a Blob: id -> image, with absolute addresses."""
    images = json.loads(await answer.text())["images"]
    for image in images:
        if image["thumbnail_url"].startswith("/"):
            image["thumbnail_url"] = server + image["thumbnail_url"]
    return {image["id"]: image for image in images}
