"""
The import of files into a library, on all cores: `Importer.run` and `_import` read top to bottom.

    files -> SHA-256 -> those that the server does not know -> read by a process of each core -> store and server

A file that cannot be used is noted, and the others go on. What concerns all files ends the import; run again, it goes
on where it was, since what is there already is recognised by its SHA-256 before it is decoded.
"""

import asyncio
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from frontend.client import uploads
from frontend.client.async_client import AsyncClient
from frontend.client.errors import (
    KeyRefused,
    LookalikeError,
    PictureUnusable,
    RequestRefused,
    ServerBusy,
    SpaceChanged,
    StoreRefused,
)
from frontend.client.importing.folders import FoundFile
from frontend.client.importing.reader_process import ReaderProcess
from frontend.client.pictures import Prepared
from frontend.client.records import Image, Space
from frontend.client.uploads import Description
from frontend.page.wording.titles_and_tags import cut_tags

ASKED_AT_ONCE: Final = 50
"""How many files the server is asked about at once, whether it knows them."""

SENT_AT_ONCE: Final = 16
"""How many files are on their way to the server at once: registrations that come together share a commit."""

NOTHING: Final = Description()


class Outcome(StrEnum):
    """What has become of a file."""

    ADDED = "added"
    KNOWN = "already there"
    CHANGED = "already there, data changed"
    UNUSABLE = "cannot be used"


@dataclass(frozen=True)
class Options:
    """How files are imported."""

    tags: Sequence[str] = ()
    """For all of them."""
    tag_folders: bool = False
    """Whether the names of their folders become tags."""
    descriptions: Mapping[str, Description] = field(default_factory=dict[str, Description])
    """What a table says of a file, by its `relative`."""
    dry_run: bool = False
    """Whether only to say what would be done."""


class Importer:
    """Imports files into one library."""

    def __init__(
        self, client: AsyncClient, options: Options, on_outcome: Callable[[FoundFile, Outcome, str], None]
    ) -> None:
        """
        Args:
            on_outcome: Called for each file with what has become of it, and why if it cannot be used, or what is not as
                it should be with it.
        """
        self._client = client
        self._options = options
        self._on_outcome = on_outcome
        self._cores = os.cpu_count() or 1
        # SHA-256 of what this import has seen, so that a file that is there twice is read once.
        self._seen: set[str] = set()

    async def run(self, files: Sequence[FoundFile]) -> None:
        """
        Import files.

        Raises:
            KeyRefused: The key does not allow it.
            ModelUnusable, SpaceChanged, ServerUnreachable, ServerBusy, StoreRefused: As their names say.
        """
        space = await self._client.space()
        if space.role == "read" and not self._options.dry_run:
            raise KeyRefused(403, "role-required", "This key, or none, allows to read only: adding needs another one.")
        async with self._client.with_its_model():
            try:
                await self._run(files, space)
            except* LookalikeError as group:
                raise first_of(group) from None

    async def _run(self, files: Sequence[FoundFile], space: Space) -> None:
        unknown: asyncio.Queue[FoundFile | None] = asyncio.Queue(2 * self._cores)
        sending = asyncio.Semaphore(SENT_AT_ONCE)
        folder = await self._client.model_folder()
        readers = [ReaderProcess(space, folder) for _ in range(self._cores if not self._options.dry_run else 0)]
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._sort_out(files, unknown))
                for reader in readers:
                    group.create_task(self._read(unknown, reader, space, sending, group))
                if self._options.dry_run:
                    group.create_task(self._pretend(unknown))
        finally:
            for reader in readers:
                reader.close()

    async def _sort_out(self, files: Sequence[FoundFile], unknown: asyncio.Queue[FoundFile | None]) -> None:
        """Pass on the files that the server does not know."""
        for some in in_parts(files, ASKED_AT_ONCE):
            sums = await asyncio.gather(*[asyncio.to_thread(sha256_of, file.path) for file in some])
            known = await self._client.known(sorted({each for each in sums if each}))
            for file, sha256 in zip(some, sums, strict=True):
                if sha256 in known:
                    await self._describe(file, known[sha256])
                elif sha256 in self._seen:
                    self._on_outcome(file, Outcome.KNOWN, "")
                else:
                    if sha256:  # What cannot be read is told by whoever tries again.
                        self._seen.add(sha256)
                    await unknown.put(file)
        await unknown.put(None)

    async def _read(
        self,
        unknown: asyncio.Queue[FoundFile | None],
        reader: ReaderProcess,
        space: Space,
        sending: asyncio.Semaphore,
        group: asyncio.TaskGroup,
    ) -> None:
        """Read one file after the other, while those before are still being sent."""
        while (file := await unknown.get()) is not None:
            try:
                data, beside, file_ms = await asyncio.to_thread(contents_of, file, space.limits["max_upload_bytes"])
                prepared = await reader.prepare(data, beside, file_ms)
            except PictureUnusable as exc:
                self._on_outcome(file, Outcome.UNUSABLE, str(exc))
                continue
            await sending.acquire()
            group.create_task(self._send(file, data, prepared, space, sending))
        await unknown.put(None)  # For the next reader.

    async def _send(
        self, file: FoundFile, data: bytes, prepared: Prepared, space: Space, sending: asyncio.Semaphore
    ) -> None:
        """Bring a file that was read into the library."""
        try:
            description = self._description_of(file, space)
            added = await uploads.add(self._client.connection, space, file.name, data, prepared, description)
        except RequestRefused as exc:
            if isinstance(exc, KeyRefused | ServerBusy | SpaceChanged):
                raise
            self._on_outcome(file, Outcome.UNUSABLE, str(exc))
        except StoreRefused as exc:
            if exc.status >= 500:
                raise
            self._on_outcome(file, Outcome.UNUSABLE, str(exc))
        else:
            self._on_outcome(file, Outcome.ADDED if added.new else Outcome.KNOWN, added.note)
        finally:
            sending.release()

    async def _pretend(self, unknown: asyncio.Queue[FoundFile | None]) -> None:
        while (file := await unknown.get()) is not None:
            self._on_outcome(file, Outcome.ADDED, "")

    async def _describe(self, file: FoundFile, image: Image) -> None:
        """Give an image that is there already what the table and the options say of its file."""
        changes = changes_of(image, self._description_of(file, await self._client.space()))
        if changes and not self._options.dry_run:
            await self._client.change(image.id, **changes)
        self._on_outcome(file, Outcome.CHANGED if changes else Outcome.KNOWN, "")

    def _description_of(self, file: FoundFile, space: Space) -> Description:
        told = self._options.descriptions.get(file.relative, NOTHING)
        folders = file.folders if self._options.tag_folders else ()
        tags = cut_tags([*told.tags, *self._options.tags, *folders], dict(space.limits))
        return Description(told.title, tags, told.attributes)


def changes_of(image: Image, description: Description) -> dict[str, Any]:
    """Return what has to be changed of an image so that it is as described; tags are only added."""
    changes: dict[str, Any] = {}
    if description.title and description.title != image.title:
        changes["title"] = description.title
    if missing := [tag for tag in description.tags if tag not in image.tags]:
        changes["tags"] = [*image.tags, *missing]
    attributes = description.attributes or {}
    if new := {name: value for name, value in attributes.items() if image.attributes.get(name) != value}:
        changes["attributes"] = new
    return changes


def contents_of(file: FoundFile, max_bytes: int) -> tuple[bytes, Sequence[tuple[str, str]], float]:
    """
    Return a file's bytes, names and texts of those beside it, and when it was changed last, in ms since 1970.

    Raises:
        PictureUnusable: It cannot be read, or the server does not take as much.
    """
    try:
        facts = file.path.stat()
        if facts.st_size > max_bytes:
            size, most = facts.st_size / 1e6, max_bytes / 1e6
            raise PictureUnusable(f"The file is too large: {size:,.0f} MB; the server takes {most:,.0f} MB at most.")
        return file.path.read_bytes(), [text for path in file.beside if (text := text_of(path))], facts.st_mtime * 1000
    except OSError as exc:
        raise PictureUnusable(f"The file cannot be read: {exc.strerror or exc}.") from exc


def text_of(path: Path) -> tuple[str, str] | None:
    """Return name and text of a file beside a photo, None if it cannot be read."""
    try:
        return path.name, path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hex; empty if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def in_parts(files: Sequence[FoundFile], count: int) -> Iterator[Sequence[FoundFile]]:
    """Split files into parts of so many."""
    return (files[start : start + count] for start in range(0, len(files), count))


def first_of(group: BaseExceptionGroup[LookalikeError]) -> LookalikeError:
    """Return the first of several errors, however deep."""
    first = group.exceptions[0]
    return first_of(first) if isinstance(first, BaseExceptionGroup) else first
