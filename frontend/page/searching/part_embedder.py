"""Embeds parts of a photo, which the worker keeps decoded until parts of another are searched with."""

import asyncio

from pyscript import window


class PartEmbedder:
    """Opens a photo when its first part is asked for, one at a time to bound memory."""

    def __init__(self, embedder, api) -> None:
        self._embedder = embedder
        self._api = api
        self._lock = asyncio.Lock()
        self._example = None
        self._opened = None

    async def embed(self, example: dict, region: tuple, still_wanted) -> dict | None:
        """
        Turn a part of a photo into features.

        Args:
            example: The photo; see `query`.
            region: The part; see `rectangle`.
            still_wanted: Called when the worker has time; returns False if a newer part is wanted by then.

        Returns:
            The features; None if they were no longer wanted.

        Raises:
            PictureError: The photo cannot be used.
            APIError: The library's image is gone, or the server cannot be reached.
        """
        async with self._lock:
            if not still_wanted():
                return None
            return await self._of(example, lambda picture: self._embedder.embed_part(picture, region))

    async def crops(self, example: dict, still_wanted) -> list | None:
        """Return the parts of a photo that are worth a search, see `rectangle`; arguments and errors as of `embed`."""
        async with self._lock:
            if not still_wanted():
                return None
            return await self._of(example, self._embedder.crops)

    async def _of(self, example: dict, ask):
        """Ask something of the open picture of a photo; of one that is opened anew if the worker dies meanwhile."""

        async def attempt(alone: bool):
            return await ask(await self._held(example, alone))

        return await self._embedder.insist(attempt)

    async def _held(self, example: dict, anew: bool) -> dict:
        """Return the open picture of a photo, in place of another's."""
        opened = self._opened
        if opened is None or self._example is not example or anew:
            await self._close()
            opened = self._opened = await self._open(example, anew)
            self._example = example
        return opened

    async def release(self) -> None:
        """Let the worker free the photo, once it is done with it."""
        async with self._lock:
            await self._close()

    async def _close(self) -> None:
        opened, self._opened, self._example = self._opened, None, None
        if opened:
            await self._embedder.close(opened)

    async def _open(self, example: dict, alone: bool) -> dict:
        if example["id"]:
            image = await self._api.image(example["id"])  # The address that the page has may have expired.
            return await self._embedder.open_in_detail(image["original_url"], alone)
        if not example["file"]:  # It was chosen before the page was loaded again; what was shown of it is left.
            return await self._embedder.open_in_detail(example["url"], alone)
        url = window.URL.createObjectURL(example["file"])
        try:
            return await self._embedder.open_in_detail(url, alone)
        finally:
            window.URL.revokeObjectURL(url)
