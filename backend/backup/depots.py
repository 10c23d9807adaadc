"""Depots: where backups are, a folder or a bucket. Their files are there whole or not at all."""

import asyncio
import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, aclosing, contextmanager, suppress
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from backend.adapters.disk.durable import sync_folder
from backend.adapters.disk.piecewise import entries_of, pieces_of
from backend.adapters.s3.store import S3Store, reason
from backend.catalogue.errors import BodyMismatch, ObjectExists, ObjectMissing, StoreUnavailable
from backend.catalogue.values import SHA256, ObjectFacts, ObjectKey

from .errors import DepotUnavailable, PartUnusable

UNSPECIFIED = "application/octet-stream"


class Depot(Protocol):
    """
    A folder or bucket that holds backups. Names have slashes: folders, then the file.

    Every method raises DepotUnavailable when the depot cannot be read or written.
    """

    @property
    def address(self) -> str:
        """Where it is, for people."""
        ...

    def read(self, name: str) -> AsyncGenerator[bytes, None]:
        """
        Read a file in pieces.

        Raises:
            PartUnusable: It is missing, or the disk cannot read it.
        """
        ...

    async def write(self, name: str, facts: ObjectFacts, chunks: AsyncIterator[bytes]) -> None:
        """
        Write or replace a file. Whatever `chunks` raises reaches the caller, and nothing is changed then.

        Raises:
            BodyMismatch: The bytes are not those of the facts.
        """
        ...

    def list(self, folder: str) -> AsyncIterator[tuple[str, int]]:
        """Iterate over the files of a folder, which need not exist: names, and sizes in bytes."""
        ...

    async def delete(self, names: Sequence[str]) -> None:
        """Remove files. Those that do not exist count as removed."""
        ...

    async def settle(self) -> None:
        """Ensure that everything written survives a power failure."""
        ...

    def alone(self) -> AbstractContextManager[None]:
        """Lock the depot against other writers while the block runs, if it supports locks."""
        ...


class FolderDepot:
    """A folder on this machine, or mounted."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._written: set[Path] = set()

    @property
    def address(self) -> str:
        return str(self._root)

    async def read(self, name: str) -> AsyncGenerator[bytes, None]:
        with self._reading(name):
            async with aclosing(pieces_of(self._root / name)) as pieces:
                async for piece in pieces:
                    if piece:
                        yield piece

    async def write(self, name: str, facts: ObjectFacts, chunks: AsyncIterator[bytes]) -> None:
        partial = self._root / ".incoming" / secrets.token_hex(16)
        try:
            async for piece in verified(chunks, facts):
                with self._translated("written"):
                    await asyncio.to_thread(_append, partial, piece)
            with self._translated("written"):
                await asyncio.to_thread(self._publish, partial, self._root / name)
        finally:
            with suppress(OSError):
                partial.unlink(missing_ok=True)

    async def list(self, folder: str) -> AsyncIterator[tuple[str, int]]:
        with self._translated("read"), suppress(FileNotFoundError):
            async with aclosing(entries_of(self._root / folder)) as parts:
                async for part in parts:
                    for name, size in await asyncio.to_thread(_sizes, part):
                        yield f"{folder}/{name}", size

    async def delete(self, names: Sequence[str]) -> None:
        with self._translated("changed"):
            for name in names:
                await asyncio.to_thread((self._root / name).unlink, missing_ok=True)

    async def settle(self) -> None:
        with self._translated("written"):
            while self._written:
                await asyncio.to_thread(sync_folder, self._written.pop())

    @contextmanager
    def alone(self) -> Iterator[None]:
        with ExitStack() as stack:
            with self._translated("written"):
                incoming = self._root / ".incoming"
                incoming.mkdir(parents=True, exist_ok=True)
                try:
                    stack.enter_context(FileLock(self._root / ".lock", timeout=0))
                except Timeout:
                    raise DepotUnavailable(f"another backup to {self._root} is running at this moment") from None
                # What interrupted backups left.
                shutil.rmtree(incoming)
                incoming.mkdir()
            yield

    def _publish(self, partial: Path, target: Path) -> None:
        with partial.open("ab") as file:  # Created here if it is empty.
            os.fsync(file.fileno())
        target.parent.mkdir(parents=True, exist_ok=True)
        partial.replace(target)
        self._written |= {target.parent, target.parent.parent}

    @contextmanager
    def _reading(self, name: str) -> Iterator[None]:
        """Tell a missing or unreadable file from an unreadable folder."""
        with self._translated("read"):
            try:
                yield
            except FileNotFoundError as exc:
                raise PartUnusable(name, "is missing") from exc
            except OSError as exc:
                if exc.errno != errno.EIO:
                    raise
                raise PartUnusable(name, "cannot be read from the disk") from exc

    @contextmanager
    def _translated(self, done: str) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            raise DepotUnavailable(f"{self._root} cannot be {done}: {exc.strerror or exc}") from exc


class BucketDepot:
    """A prefix in a bucket."""

    def __init__(self, bucket: S3Store) -> None:
        self._bucket = bucket

    @property
    def address(self) -> str:
        return str(self._bucket.address)

    async def read(self, name: str) -> AsyncGenerator[bytes, None]:
        with self._translated():
            try:
                async with aclosing(self._bucket.read(ObjectKey(name))) as pieces:
                    async for piece in pieces:
                        yield piece
            except ObjectMissing as exc:
                raise PartUnusable(name, "is missing") from exc

    async def write(self, name: str, facts: ObjectFacts, chunks: AsyncIterator[bytes]) -> None:
        key = ObjectKey(name)
        with self._translated():
            # There hardly ever is one: only missing files are written, and those with a wrong size.
            there = await self._bucket.head(key)
            if there is not None and there.size != facts.size:
                await self._bucket.delete([key])
            try:
                await self._bucket.put(key, facts, chunks)
            except ObjectExists as exc:
                if await self._bucket.head(key) != facts:
                    raise DepotUnavailable(
                        f"{name} in {self.address} was meanwhile written by another process"
                    ) from exc

    async def list(self, folder: str) -> AsyncIterator[tuple[str, int]]:
        with self._translated():
            async for stored in self._bucket.list_all(f"{folder}/"):
                yield stored.key, stored.size

    async def delete(self, names: Sequence[str]) -> None:
        with self._translated():
            await self._bucket.delete([ObjectKey(name) for name in names])

    async def settle(self) -> None:
        """Do nothing: a bucket keeps what it has acknowledged."""

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Do nothing: buckets have no locks."""
        yield

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except StoreUnavailable as exc:
            raise DepotUnavailable(f"{self.address} cannot be used: {reason(exc)}") from exc


async def verified(chunks: AsyncIterator[bytes], facts: ObjectFacts) -> AsyncIterator[bytes]:
    """
    Pass bytes on, and verify them against the facts.

    Raises:
        BodyMismatch: They differ; raised at the end, or once there are too many.
    """
    size, digest = 0, hashlib.sha256()
    async for chunk in chunks:
        size += len(chunk)
        if size > facts.size:
            break
        digest.update(chunk)
        yield chunk
    if size != facts.size:
        raise BodyMismatch(f"has {'more than ' * (size > facts.size)}{min(size, facts.size)} bytes, not {facts.size}")
    if digest.hexdigest() != facts.sha256:
        raise BodyMismatch("has the wrong SHA-256")


async def part(depot: Depot, name: str, facts: ObjectFacts) -> AsyncGenerator[bytes, None]:
    """
    Read a file of a backup, and verify it.

    Raises:
        PartUnusable: It is missing, or differs; the latter is raised after the last piece.
    """
    try:
        async with aclosing(depot.read(name)) as pieces:
            async for piece in verified(pieces, facts):
                yield piece
    except BodyMismatch as exc:
        raise PartUnusable(name, f"is damaged: it {exc}") from exc


async def whole_part(depot: Depot, name: str, facts: ObjectFacts) -> bytes:
    """The same for a small file, at once."""
    return b"".join([piece async for piece in part(depot, name, facts)])


async def write_bytes(depot: Depot, name: str, content: bytes) -> None:
    """Write a small file."""

    async def pieces() -> AsyncIterator[bytes]:
        yield content

    await depot.write(name, facts_of(content), pieces())


def facts_of(content: bytes) -> ObjectFacts:
    return ObjectFacts(len(content), UNSPECIFIED, SHA256(hashlib.sha256(content).hexdigest()))


def _append(path: Path, piece: bytes) -> None:
    with path.open("ab") as file:
        file.write(piece)


def _sizes(entries: Sequence[os.DirEntry[str]]) -> list[tuple[str, int]]:
    return [(entry.name, entry.stat().st_size) for entry in entries if entry.is_file()]
