"""
The manifest of one backup, `backups/<UTC time>.json`: everything that belongs to it, with sizes and checksums.

The file contains the version of the format, the manifest, and the manifest's own SHA-256.
"""

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import msgspec

from backend.catalogue.object_keys import KINDS
from backend.catalogue.values import SHA256, ImageID, ObjectFacts, ObjectKey, SpaceID

from .depots import UNSPECIFIED, Depot, write_bytes
from .errors import BackupUnusable

# Version of the backups' format.
FORMAT = 1

FOLDER = "backups"
TIME = "%Y%m%dT%H%M%SZ"

Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Count = Annotated[int, msgspec.Meta(ge=0)]
Identifier = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]


@dataclass(frozen=True)
class Part:
    """A file that is named by its content."""

    sha256: Digest
    size: Count
    """In bytes."""

    @property
    def facts(self) -> ObjectFacts:
        return ObjectFacts(self.size, UNSPECIFIED, SHA256(self.sha256))


@dataclass(frozen=True)
class Chunk(Part):
    """A part with the rows, or the objects' facts, of some images."""

    images: Count


@dataclass(frozen=True)
class ModelFile(Part):
    """A file of the folder `models`."""

    name: Annotated[str, msgspec.Meta(pattern=r"^(?!\.)[^/\\:\0]+(/(?!\.)[^/\\:\0]+)*$")]
    """Within that folder, with slashes."""


@dataclass(frozen=True)
class Space:
    """The rows of an embedding space."""

    space: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{16}$")]
    dimension: Annotated[int, msgspec.Meta(ge=1)]
    images: Count
    rows: tuple[Chunk, ...]
    """In the order of ids, files `rows/<sha256>.parquet`."""

    @property
    def id(self) -> SpaceID:
        return SpaceID(self.space)


@dataclass(frozen=True)
class Backup:
    """The manifest of a backup."""

    made: datetime
    """UTC: when the rows were read."""
    lookalike: str
    """The version of Lookalike that made it."""
    library: str | None
    """Identity of the library; None if it had none yet."""
    images: Count
    """Number of distinct images, without those left out."""
    bytes: Count
    """Size of all objects together."""
    spaces: tuple[Space, ...]
    listings: tuple[Chunk, ...]
    """Facts of the objects, in the order of ids: files `listings/<sha256>.parquet`."""
    models: tuple[ModelFile, ...]
    """Files `models/<sha256>`."""
    left_out: tuple[Identifier, ...] = ()
    """Images deleted while the backup was made: they have rows in it, but no objects."""
    lacking: tuple[str, ...] = ()
    """Objects that the backup lacks because they were missing or damaged in the library."""

    @property
    def time(self) -> str:
        """The backup's name."""
        return self.made.astimezone(UTC).strftime(TIME)

    @property
    def parts(self) -> dict[str, Part]:
        """All files that are named by their content."""
        rows = {row_file(chunk): chunk for space in self.spaces for chunk in space.rows}
        return {**rows, **{listing_file(chunk): chunk for chunk in self.listings}, **self.model_files}

    @property
    def model_files(self) -> dict[str, Part]:
        return {model_file(file): file for file in self.models}


def row_file(chunk: Part) -> str:
    return f"rows/{chunk.sha256}.parquet"


def listing_file(chunk: Part) -> str:
    return f"listings/{chunk.sha256}.parquet"


def model_file(file: Part) -> str:
    return f"models/{file.sha256}"


def object_file(key: ObjectKey) -> str:
    return f"objects/{key}"


async def all_objects(depot: Depot) -> AsyncIterator[tuple[str, int]]:
    """Iterate over the objects in a depot, of all backups: names and sizes in bytes."""
    for kind in KINDS:
        async for file in depot.list(f"objects/{kind}"):
            yield file


def left_out_of(backup: Backup) -> frozenset[ImageID]:
    return frozenset(ImageID(image_id) for image_id in backup.left_out)


class _File(msgspec.Struct):
    format: int
    sha256: str
    backup: msgspec.Raw


async def write_manifest(depot: Depot, backup: Backup) -> None:
    """Write the manifest. From then on the backup exists."""
    content = msgspec.json.format(msgspec.json.encode(backup), indent=1)
    envelope = b'{"format": %d,\n"sha256": "%s",\n"backup": %s}\n'
    digest = hashlib.sha256(content).hexdigest().encode()
    await write_bytes(depot, _name(backup.time), envelope % (FORMAT, digest, content))
    await depot.settle()


async def times(depot: Depot) -> list[str]:
    """Return the names of all backups, oldest first."""
    names = [name.removeprefix(f"{FOLDER}/") async for name, _ in depot.list(FOLDER)]
    return sorted(name.removesuffix(".json") for name in names if name.endswith(".json"))


async def read_manifest(depot: Depot, time: str) -> Backup:
    """
    Read one backup's manifest.

    Raises:
        BackupUnusable: It is damaged, or was made by a later version of Lookalike.
        PartUnusable: There is no such backup.
    """
    content = b"".join([piece async for piece in depot.read(_name(time))])
    where = f"{_name(time)} in {depot.address}"
    try:
        file = msgspec.json.decode(content, type=_File)
        if file.format > FORMAT:
            raise BackupUnusable(f"{where} was made by a later version of Lookalike; use that version")
        if hashlib.sha256(bytes(file.backup)).hexdigest() != file.sha256:
            raise BackupUnusable(f"{where} is damaged: its checksum does not match its content")
        return msgspec.json.decode(file.backup, type=Backup)
    except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
        raise BackupUnusable(f"{where} is damaged: {exc}") from exc


async def choose(depot: Depot, time: str | None) -> Backup:
    """
    Read the manifest of the latest backup, or of the one with this name.

    Raises:
        BackupUnusable: There is none, or it cannot be read.
    """
    there = await times(depot)
    if not there:
        raise BackupUnusable(f"there is no backup in {depot.address}")
    if time is not None and time not in there:
        raise BackupUnusable(f"there is no backup {time} in {depot.address}; it has {_enumerated(there)}")
    return await read_manifest(depot, time or there[-1])


async def forget(depot: Depot, time: str) -> None:
    """Delete a backup's manifest."""
    await depot.delete([_name(time)])
    await depot.settle()


def _enumerated(names: Sequence[str]) -> str:
    return ", ".join(names[-10:]) if len(names) <= 10 else f"… {', '.join(names[-10:])}"


def _name(time: str) -> str:
    return f"{FOLDER}/{time}.json"
