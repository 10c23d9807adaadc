"""
The map as this browser keeps it over a reload, to have it there again at once.

That is where photos lie, and a small thumbnail of each.
There is one for maps that are wide and one for those that are upright, of the whole library only.
"""

import asyncio

import js

from frontend.page.browser.database import Database

DATABASE = "lookalike-map"
STORE = "maps"

# How long a browser may take to find it before the map is made without. A guess: it takes some milliseconds.
PATIENCE_S = 2


class KeptMap:
    """Reads and writes what is kept. A browser that keeps nothing, or has no more room, is no error."""

    def __init__(self) -> None:
        self._database = Database(DATABASE, STORE)

    async def read(self, shape: str, library: str):
        """
        Return what was kept of the map of a shape.

        Args:
            shape: "wide" or "upright".
            library: Tells the server and the model: of others nothing is returned.

        Returns:
            As `write` was given it, `made` without its ids beside `marker`, `names` and `note`; None if there is none.
        """
        try:
            record = await asyncio.wait_for(self._database.get(shape), PATIENCE_S)
        except Exception:
            return None
        return record if record and record.library == library else None

    async def write(self, shape: str, library: str, marker: str, made, names: str, note: str) -> None:
        """
        Keep a map in place of the one before.

        Args:
            marker: The library's, from before the map was made: what is kept is right as long as it is the same.
            made: What the worker gave: `ids`, `positions`, `shapes`, `means` and `atlas`.
            names: The islands, as text.
            note: What is said of the whole map.
        """
        record = js.Object.new()
        record.id, record.library, record.marker, record.names, record.note = shape, library, marker, names, note
        record.ids, record.positions, record.shapes = made.ids, made.positions, made.shapes
        record.means, record.atlas = made.means, made.atlas
        try:
            await self._database.put(record)
        except Exception:
            return
