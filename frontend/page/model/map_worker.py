"""The map as the page asks the worker for it; see `photo_map`, where photos lie and what is known of them."""

import json


class MapWorker:
    """
    Calls the functions of the worker that are about the map. Lengths are in heights of the map.

    If the worker dies, the map is gone with it, and calls raise WorkerLost until the next `begin`.
    """

    def __init__(self, embedder) -> None:
        self._embedder = embedder
        self._life = 0

    def reachable(self) -> bool:
        """Tell whether the worker answers by now."""
        return self._embedder.reachable()

    async def begin(self, vectors, dimension: int, aspect: float, flat: bool, kept) -> dict:
        """
        Begin a map, once the worker answers.

        Args:
            vectors: The API's answer, as a blob.
            aspect: The map's width over its height.
            flat: Whether `picture` will be called.
            kept: What `keep` gave for an earlier map, None if there is none.

        Returns:
            `count`, how many photos there are, and whether they are the `same`, in the same order, as those kept.

        Raises:
            PictureError: The worker did not start.
        """
        self._life = await self._embedder.answering_life()
        begun = await self._call("map_begin", vectors, dimension, aspect, flat, kept)
        return {"count": begun.count, "same": begun.same}

    async def arrange(self, budget_ms: int) -> tuple:
        """Work on the map for a while; returns which share is done, and the positions if anything moved."""
        made = await self._call("map_arrange", budget_ms)
        return made.done, made.positions if made.moved else None

    async def batch(self, number: int) -> list[str]:
        """Return the ids of the photos of a row of the atlas."""
        return json.loads(await self._call("map_batch", number))

    async def describe(self, number: int, images, server: str) -> dict:
        """Let the worker read the API's answer about a row of the atlas; returns `shapes`, `means` and ids `gone`."""
        made = await self._call("map_describe", number, images, server)
        return {"shapes": made.shapes, "means": made.means, "gone": json.loads(made.gone)}

    async def strip(self, number: int):
        """Return a row of the atlas, whose photos are described, as a bitmap."""
        return await self._call("map_strip", number)

    async def keep(self):
        """Return what is to be kept of a map that is done: `ids`, `positions`, `shapes`, `means` and `atlas`."""
        return await self._call("map_keep")

    async def wanted(self, box: tuple) -> list[str]:
        """Return the ids of some photos in a part (left, top, right, bottom) that are not drawn for near by yet."""
        return json.loads(await self._call("map_wanted", *box))

    async def closer(self, images, server: str) -> dict:
        """Draw photos, as the API describes them, for near by; returns `row`, `strip` and `slots`."""
        made = await self._call("map_closer", images, server)
        return {"row": made.row, "strip": made.strip, "slots": made.slots}

    async def at(self, point: tuple, side: float, reach: float) -> str:
        """Return the id of the photo at a point, or ""; `side` is that of the photos as they are shown."""
        return await self._call("map_at", point[0], point[1], side, reach)

    async def near(self, x: float, y: float, most: int) -> list:
        """Return [id, title, x, y, shape] of the photos nearest to a point."""
        return json.loads(await self._call("map_near", x, y, most))

    async def inside(self, outline: list) -> list[str]:
        """Return the ids of the photos within an outline."""
        return json.loads(await self._call("map_inside", json.dumps(outline)))

    async def forget(self, image_id: str) -> None:
        """Take a photo off the map."""
        await self._call("map_forget", image_id)

    async def states(self, selected: list[str]):
        """Return for each photo whether it is gone (0), there (1) or selected (2)."""
        return await self._call("map_states", json.dumps(selected))

    async def islands(self) -> list:
        """Return [name, x, y, count, whether it is a large one] of the islands."""
        return json.loads(await self._call("map_islands"))

    async def colours(self, by: str) -> tuple:
        """Return the colour of each photo by "tag", "month" or "island", and [name, colour] of what they mean."""
        made = await self._call("map_colours", by)
        return made.colours, json.loads(made.meanings)

    async def times(self) -> dict:
        """Return the `times` of all photos, 0 to 1 from the `first` to the `last`, in seconds since 1970."""
        made = await self._call("map_times")
        return {"times": made.times, "first": made.first, "last": made.last}

    async def picture(self, middle: tuple, scale: float, photo_px: float, size: tuple, times: tuple):
        """Return a bitmap of what is around a point, see `map_picture`."""
        return await self._call("map_picture", *middle, scale, photo_px, *size, *times)

    async def overview(self, width: int, height: int):
        """Return a bitmap with a dot for each photo."""
        return await self._call("map_overview", width, height)

    async def _call(self, name: str, *given):
        return await self._embedder.call(name, *given, life=self._life)
