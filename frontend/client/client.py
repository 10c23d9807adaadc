"""`Client`: one library, for programs that do one thing after another. It runs an `AsyncClient` in a thread."""

import functools
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from anyio.from_thread import start_blocking_portal
from msgspec import UNSET, UnsetType

from frontend.client.async_client import AsyncClient, Filters, Photo
from frontend.client.connection import PATIENCE_S, TIMEOUT_S
from frontend.client.records import Attribute, DuplicateGroup, Image, Match
from frontend.client.uploads import Added

Item = TypeVar("Item")


class Client:
    """
    One library; its methods are those of `AsyncClient`, and describe themselves there.

        with Client("http://127.0.0.1:8000") as library:
            library.add("beach.jpg", tags=["holiday"])
            for match in library.search("dog.jpg", limit=5):
                print(match.score, match.image.title)
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        timeout_s: float = TIMEOUT_S,
        patience_s: float = PATIENCE_S,
        cache: Path | None = None,
    ) -> None:
        self._starting = start_blocking_portal()
        self._portal = self._starting.__enter__()
        try:
            make = functools.partial(AsyncClient, url, key, timeout_s=timeout_s, patience_s=patience_s, cache=cache)
            self._client: AsyncClient = self._portal.call(make)
        except BaseException:
            self._starting.__exit__(None, None, None)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        try:
            self._portal.call(self._client.close)
        finally:
            self._starting.__exit__(None, None, None)

    def add(
        self,
        photo: Photo,
        *,
        title: str = "",
        tags: Sequence[str] = (),
        attributes: Mapping[str, Attribute] | None = None,
        name: str = "",
    ) -> Added:
        """Add a picture; one that is there already is not sent again."""
        return self._call(self._client.add, photo, title=title, tags=tags, attributes=attributes, name=name)

    def search(
        self,
        photo: Photo | None = None,
        *,
        words: str = "",
        like: str = "",
        limit: int = 10,
        tags: Sequence[str] = (),
        filters: Filters | None = None,
    ) -> list[Match]:
        """Find images that look like a photo, or that words describe, or both; the best first."""
        return self._call(self._client.search, photo, words=words, like=like, limit=limit, tags=tags, filters=filters)

    def get(self, image_id: str) -> Image:
        """Return an image as it is now, with fresh addresses."""
        return self._call(self._client.get, image_id)

    def count(self, *, tags: Sequence[str] = (), filters: Filters | None = None) -> int:
        """Return how many images there are, or pass."""
        return self._call(self._client.count, tags=tags, filters=filters)

    def list(
        self, *, sort: str = "-taken", tags: Sequence[str] = (), filters: Filters | None = None
    ) -> Iterator[Image]:
        """Go through all images, or through those that pass."""
        return self._each(self._client.list(sort=sort, tags=tags, filters=filters))

    def change(
        self,
        image_id: str,
        *,
        title: str | UnsetType | None = UNSET,
        tags: Sequence[str] | UnsetType | None = UNSET,
        attributes: Mapping[str, Attribute | None] | UnsetType = UNSET,
        taken: str | UnsetType | None = UNSET,
    ) -> Image:
        """Change the data of an image: what is not named stays, None removes."""
        return self._call(self._client.change, image_id, title=title, tags=tags, attributes=attributes, taken=taken)

    def delete(self, image_id: str) -> None:
        """Delete an image and its files."""
        self._call(self._client.delete, image_id)

    def duplicates(self) -> Iterator[DuplicateGroup]:
        """Go through the groups of images that are versions of the same picture."""
        return self._each(self._client.duplicates())

    def download(self, image: Image, to: str | os.PathLike[str]) -> Path:
        """Write the original of an image to a file, or into a folder under its own name."""
        return self._call(self._client.download, image, to)

    def _call(self, method: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        return self._portal.call(functools.partial(method, *arguments, **named))

    def _each(self, items: AsyncIterator[Item]) -> Iterator[Item]:
        """Go through what comes one after the other."""
        while True:
            try:
                item = self._portal.call(items.__anext__)
            except StopAsyncIteration:
                return
            yield item
