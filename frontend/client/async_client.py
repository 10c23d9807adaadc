"""
`AsyncClient`: one library, for programs that wait for many things at once. `Client` is the same for all others.

Both flows read top to bottom: adding in `uploads`, searching in `AsyncClient.search`.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from msgspec import UNSET, UnsetType

from frontend.client import uploads
from frontend.client.connection import PATIENCE_S, TIMEOUT_S, Connection
from frontend.client.errors import LookalikeError, PictureUnusable, SpaceChanged
from frontend.client.model.model_files import default_cache, model_folder
from frontend.client.model.native_model import NativeModel
from frontend.client.pictures import PictureReader
from frontend.client.records import (
    Attribute,
    DuplicateGroup,
    DuplicatePage,
    Image,
    ImagePage,
    Match,
    SearchResult,
    Space,
)
from frontend.client.uploads import Added, Description
from frontend.embedder.space import to_base64
from frontend.embedder.words import WordTable, read_table

Photo = str | os.PathLike[str] | bytes
"""The path of a file, or its bytes."""

Filters = Mapping[str, Any]
"""Which images count, under the API's names: `{"tags_any": ["red", "blue"], "taken_from": "2026-01-01T00:00:00"}`."""

NAMELESS: Final = "photo"
"""The name of a file of which only the bytes are known."""

KNOWN_AT_ONCE: Final = 50
"""How many files are asked about in one request: addresses of more than 8 KB not every proxy lets through."""


class AsyncClient:
    """
    One library.

        async with AsyncClient("http://127.0.0.1:8000") as library:
            await library.add("beach.jpg", tags=["holiday"])
            for match in await library.search("dog.jpg", limit=5):
                print(match.score, match.image.title)

    All methods raise `ServerUnreachable` if nobody answers, and `RequestRefused` or one of its kinds if the server says
    no; see `errors`.
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
        """
        Nothing is sent yet.

        Args:
            url: Of the server, as a browser opens its page.
            key: For servers that want one: with the role `read` to search, `write` to add, change and delete.
            timeout_s: How long nothing may be heard before a connection counts as lost.
            patience_s: How long a request is tried again while the server cannot be reached, or is busy.
            cache: Where the server's model is kept; in the user's folder for such things by default.

        Raises:
            LookalikeError: The address is none.
        """
        self.connection = Connection(url, key, timeout_s, patience_s)
        self._cache = cache or default_cache()
        self._space: Space | None = None
        self._reader: PictureReader | None = None
        self._words: WordTable | None = None
        self._preparing = asyncio.Lock()
        # Pictures are read one at a time; see `PictureReader`.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lookalike")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        await self.connection.close()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def space(self) -> Space:
        """Return the server's model, and what the server accepts. It is asked once."""
        if self._space is None:
            self._space = await self.connection.call("GET", "space", Space)
        return self._space

    @asynccontextmanager
    async def with_its_model(self) -> AsyncIterator[None]:
        """
        Say what to do where it turns out within the block that the server has another model by now, and begin with it.

        Raises:
            SpaceChanged: It has.
        """
        try:
            yield
        except SpaceChanged as exc:
            self._space, self._reader, self._words = None, None, None
            has = await self.space()
            raise SpaceChanged(
                exc.status,
                exc.kind,
                f"The server has another model by now: {has.manifest['model']} ({has.space}). Repeat what you did: the"
                " client gets that model from the server, and goes on with it.",
            ) from exc

    async def model_folder(self) -> Path:
        """
        Return the folder with the server's model, fetching what is missing.

        Raises:
            ModelUnusable: The server gives other files than it says, or they cannot be kept.
        """
        return await model_folder(self.connection, await self.space(), self._cache)

    async def add(
        self,
        photo: Photo,
        *,
        title: str = "",
        tags: Sequence[str] = (),
        attributes: Mapping[str, Attribute] | None = None,
        name: str = "",
    ) -> Added:
        """
        Add a picture; one that is there already is not sent again.

        Args:
            photo: The path of a file, or its bytes.
            title: If none is given, what is noted in the file, or its name.
            tags: Beside those that are noted in the file.
            attributes: Your own data, by name.
            name: Of the file, where only its bytes are given.

        Raises:
            PictureUnusable: The file cannot be read, or is no picture.
            ModelUnusable: The server's model cannot be run here.
        """
        data, file_ms = await self._in_thread(read_file, photo)
        description = Description(title, tags, attributes)
        async with self.with_its_model():
            reader = await self._ready()
            prepared = await self._in_thread(reader.prepare, data, (), file_ms)
            return await uploads.add(
                self.connection, await self.space(), name or name_of(photo), data, prepared, description
            )

    async def search(
        self,
        photo: Photo | None = None,
        *,
        words: str = "",
        like: str = "",
        limit: int = 10,
        tags: Sequence[str] = (),
        filters: Filters | None = None,
    ) -> list[Match]:
        """
        Find images that look like a photo, or that words describe, or both.

        Args:
            photo: The path of a file, or its bytes. It stays on this machine: only its vectors are sent.
            words: Such as "red dress".
            like: The id of an image of the library to search with, in place of a photo.
            limit: How many matches at most.
            tags: Only images that have all of these.
            filters: Further conditions, under the API's names.

        Returns:
            The matches, best first.

        Raises:
            PictureUnusable: The file cannot be read, or is no picture.
            ModelUnusable: The server's model cannot be run here.
        """
        return list((await self.search_result(photo, words, like, limit, tags, filters)).matches)

    async def search_result(
        self,
        photo: Photo | None,
        words: str,
        like: str,
        limit: int,
        tags: Sequence[str],
        filters: Filters | None,
    ) -> SearchResult:
        """As `search`, and among how many images was searched."""
        if photo is None and not words and not like:
            raise LookalikeError("A search needs a photo, words, or the id of an image.")
        async with self.with_its_model():
            query = await self._query(photo, words, like)
            query |= {"limit": limit, "filters": with_tags(filters, tags)}
            return await self.connection.call("POST", "search", SearchResult, body=query)

    async def _query(self, photo: Photo | None, words: str, like: str) -> dict[str, Any]:
        """Return what is searched with, under the API's names."""
        space = await self.space()
        query: dict[str, Any] = {"space": space.space}
        if photo is not None:
            data, _ = await self._in_thread(read_file, photo)
            reader = await self._ready()
            look = await self._in_thread(reader.look, data)
            query["vector"] = look.vector
            query["any_of"] = [{"vector": look.middle}]
            query["perceptual_hash"] = look.perceptual_hash
        elif like:
            query["like"] = like
        if words:
            query["text"] = words
            vector = (await self._word_table()).vector(words) if space.manifest.get("words") else None
            if vector is not None:
                query["text_vector"] = to_base64(vector)
        return query

    async def get(self, image_id: str) -> Image:
        """
        Return an image as it is now, with fresh addresses.

        Raises:
            ImageNotFound: There is no such image.
        """
        return await self.connection.call("GET", f"images/{image_id}", Image)

    async def count(self, *, tags: Sequence[str] = (), filters: Filters | None = None) -> int:
        """Return how many images there are, or pass."""
        return (await self._page(1, "-taken", None, with_tags(filters, tags))).total

    async def list(
        self, *, sort: str = "-taken", tags: Sequence[str] = (), filters: Filters | None = None
    ) -> AsyncIterator[Image]:
        """
        Go through all images, or through those that pass; those that others add meanwhile may be left out.

        Args:
            sort: `taken`, `created`, `title` or `size`; with a hyphen in front, from the last to the first.
        """
        after = None
        passing = with_tags(filters, tags)
        most = (await self.space()).limits["max_images"]
        while True:
            page = await self._page(most, sort, after, passing)
            for image in page.images:
                yield image
            if page.next is None:
                return
            after = page.next

    async def change(
        self,
        image_id: str,
        *,
        title: str | UnsetType | None = UNSET,
        tags: Sequence[str] | UnsetType | None = UNSET,
        attributes: Mapping[str, Attribute | None] | UnsetType = UNSET,
        taken: str | UnsetType | None = UNSET,
    ) -> Image:
        """
        Change the data of an image: what is not named stays, None removes.

        Args:
            attributes: Those that are not named stay, too.
            taken: By the clock there, such as "2026-05-03T14:07:31", or with an offset from UTC at its end.

        Raises:
            ImageNotFound: There is no such image.
        """
        named = {"title": title, "tags": tags, "attributes": attributes, "taken": taken}
        changes = {name: value for name, value in named.items() if value is not UNSET}
        return await self.connection.call("PATCH", f"images/{image_id}", Image, body=changes)

    async def delete(self, image_id: str) -> None:
        """
        Delete an image and its files.

        Raises:
            ImageNotFound: There is no such image.
        """
        await self.connection.call("DELETE", f"images/{image_id}", dict)

    async def duplicates(self) -> AsyncIterator[DuplicateGroup]:
        """Go through the groups of images that are versions of the same picture, that with the newest image first."""
        after = None
        while True:
            parameters = {"after": after} if after else {}
            page = await self.connection.call("GET", "duplicates", DuplicatePage, parameters=parameters)
            for group in page.groups:
                yield group
            if page.next is None:
                return
            after = page.next

    async def download(self, image: Image, to: str | os.PathLike[str]) -> Path:
        """
        Write the original of an image to a file, or into a folder under its own name; what is there is not overwritten.

        Raises:
            FileExistsError: There is such a file already.
            OSError: It cannot be written.
            StoreRefused: The store does not have it any more.
        """
        fresh = await self.get(image.id)
        data = await self.connection.fetch(fresh.original_url)
        return await self._in_thread(write_new, Path(to), image.file_name, data)

    async def known(self, sha256s: Sequence[str]) -> dict[str, Image]:
        """Return which files are in the library already: the SHA-256 of each, in hex, and its image."""
        found: dict[str, Image] = {}
        for start in range(0, len(sha256s), KNOWN_AT_ONCE):
            some = list(sha256s[start : start + KNOWN_AT_ONCE])
            page = await self._page(KNOWN_AT_ONCE, "-created", None, {"sha256_any": some})
            found |= {image.sha256: image for image in page.images}
        return found

    async def _page(self, limit: int, sort: str, after: str | None, filters: Filters) -> ImagePage:
        parameters = {"limit": limit, "sort": sort, "filters": json.dumps(dict(filters))}
        if after is not None:
            parameters["after"] = after
        return await self.connection.call("GET", "images", ImagePage, parameters=parameters)

    async def _ready(self) -> PictureReader:
        """Return what reads pictures for this server; its model is fetched, translated and proven once."""
        async with self._preparing:
            if self._reader is None:
                space, folder = await self.space(), await self.model_folder()
                model = await self._in_thread(NativeModel, space, folder, os.cpu_count() or 1)
                self._reader = PictureReader(model, bool(space.limits["keeps_coordinates"]))
            return self._reader

    async def _word_table(self) -> WordTable:
        async with self._preparing:
            if self._words is None:
                space, folder = await self.space(), await self.model_folder()
                data = (folder / space.manifest["words"]["file"]).read_bytes()
                self._words = await self._in_thread(read_table, data)
            assert self._words is not None
            return self._words

    async def _in_thread(self, function: Any, *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)


def with_tags(filters: Filters | None, tags: Sequence[str]) -> dict[str, Any]:
    """Add to filters that an image must have all of some tags."""
    passing = dict(filters or {})
    if tags:
        passing["tags_all"] = [*passing.get("tags_all", ()), *tags]
    return passing


def read_file(photo: Photo) -> tuple[bytes, float]:
    """
    Return the bytes of a picture, and when its file was changed last, in ms since 1970; 0 where there is no file.

    Raises:
        PictureUnusable: It cannot be read.
    """
    if isinstance(photo, bytes):
        return photo, 0
    try:
        path = Path(photo)
        return path.read_bytes(), path.stat().st_mtime * 1000
    except OSError as exc:
        raise PictureUnusable(f"{photo} cannot be read: {exc.strerror or exc}.") from exc


def name_of(photo: Photo) -> str:
    """Return the name of a picture's file, in characters that can be sent."""
    if isinstance(photo, bytes):
        return NAMELESS
    return os.fsencode(Path(photo).name).decode("utf-8", "replace")


def write_new(path: Path, name: str, data: bytes) -> Path:
    """Write a file that does not exist yet, under a name if `path` is a folder; none is left that is not whole."""
    if path.is_dir():
        path /= Path(name).name
    with path.open("xb") as file:
        try:
            file.write(data)
        except BaseException:
            path.unlink()
            raise
    return path
