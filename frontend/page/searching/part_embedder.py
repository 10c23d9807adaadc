"""The one picture whose parts are searched with: the worker keeps it decoded until another takes its place."""

import asyncio

from pyscript import window


class CloseUp:
    """Opens a picture in detail when the first part of it is asked for. One at a time, so that memory is bounded."""

    def __init__(self, embedder, api) -> None:
        self._embedder = embedder
        self._api = api
        self._lock = asyncio.Lock()
        self._of = None
        self._opened = None

    async def embed(self, example: dict, region: tuple, wanted) -> dict | None:
        """
        Turn a part of a picture into its features.

        Args:
            wanted: Called when the worker has time; where it says no, a newer part has taken this one's place.

        Returns:
            The features; None if they were no longer wanted.

        Raises:
            PictureError: The picture cannot be used.
            ApiError: The library's picture is gone, or the server cannot be reached.
        """
        async with self._lock:
            if not wanted():
                return None
            if self._of is not example:
                await self._close()
                self._opened = await self._open(example)
                self._of = example
            return await self._embedder.embed_part(self._opened, region)

    async def let_go(self) -> None:
        """Let the worker forget the picture, once it is not at work on it."""
        async with self._lock:
            await self._close()

    async def _close(self) -> None:
        opened, self._opened, self._of = self._opened, None, None
        if opened:
            await self._embedder.close(opened)

    async def _open(self, example: dict) -> dict:
        if example["id"]:
            image = await self._api.image(example["id"])  # The address at hand may have expired.
            return await self._embedder.open_in_detail(image["original_url"])
        url = window.URL.createObjectURL(example["file"])
        try:
            return await self._embedder.open_in_detail(url)
        finally:
            window.URL.revokeObjectURL(url)
