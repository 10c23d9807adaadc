"""
Backs up a library that may be in use meanwhile.

First all rows are read as of one moment, which takes seconds to minutes; upkeep keeps the files of old versions that
long. Then the objects of these rows are copied. They never change, but an image may be deleted meanwhile, and is then
left out. An object that is missing although its image still exists is reported as damage.
"""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from backend import __version__
from backend.adapters.lance.database import LanceDatabase
from backend.adapters.lance.snapshot import Snapshot, snapshots
from backend.catalogue.errors import BodyMismatch, ObjectMissing
from backend.catalogue.object_keys import original_key, thumbnail_key
from backend.catalogue.ports import ObjectStore
from backend.catalogue.values import SHA256, ImageID, ImageRecord, ObjectFacts, ObjectKey

from .chunks import Listed, Writer, cut, pack_listing, pack_rows, read_listing
from .depots import Depot, facts_of, write_bytes
from .errors import BackupUnusable, PartUnusable
from .inventory import Inventory
from .manifest import (
    TIME,
    Backup,
    Chunk,
    ModelFile,
    Space,
    all_objects,
    model_file,
    object_file,
    read_manifest,
    times,
    write_manifest,
)
from .parallel import in_parallel
from .progress import Progress, Tell, silent


@dataclass(frozen=True)
class SourceLibrary:
    """The library to back up."""

    database: LanceDatabase
    store: ObjectStore
    models: Path
    """The folder with the models, which need not exist."""
    library: str | None
    """Its identity; None if it has none yet."""


@dataclass
class Made:
    """What making a backup did."""

    backup: Backup
    copied: int
    """Number of objects that were not in the depot before."""
    copied_bytes: int
    """Size of these objects and everything else written."""
    damage: Sequence[str]
    """A sentence for each thing that is missing or damaged."""


async def make_backup(source: SourceLibrary, depot: Depot, tell: Tell = silent) -> Made:
    """
    Add a backup to a depot. Files of earlier or interrupted backups are not written again.

    Raises:
        DepotUnavailable: The depot cannot be read or written.
        BackupUnusable: It holds backups of another library.
        Unavailable: The library's database or store cannot answer.
    """
    with depot.alone():
        making = _Making(source, depot, tell)
        return await making.run()


class _Making:
    """A backup in progress."""

    def __init__(self, source: SourceLibrary, depot: Depot, tell: Tell) -> None:
        self._source = source
        self._depot = depot
        self._tell = tell
        self._writer = Writer(depot)
        self._damage: list[str] = []
        self._left_out: set[ImageID] = set()
        self._lacking: list[ObjectKey] = []
        self._copied = 0
        self._copied_bytes = 0

    async def run(self) -> Made:
        earlier = await self._earlier()
        await self._writer.look("rows", "listings", "models")
        made = await self._moment()
        originals = _Originals()
        async with snapshots(self._source.database) as found:
            spaces = [await self._space(snapshot, originals) for snapshot in found]
        images = originals.sorted()
        # Read after the rows, so that it includes images deleted meanwhile, or by a process that crashed before
        # deleting the row.
        deleted = set(await self._source.database.tombstones.all())
        self._left_out = deleted.intersection(images.ids)
        listings, objects_bytes = await self._objects(images, earlier)
        backup = Backup(
            made=made,
            lookalike=__version__,
            library=self._source.library,
            images=sum(chunk.images for chunk in listings),
            bytes=objects_bytes,
            spaces=tuple(spaces),
            listings=tuple(listings),
            models=tuple(await self._models()),
            left_out=tuple(sorted(self._left_out)),
            lacking=tuple(sorted(self._lacking)),
        )
        await self._depot.settle()
        await write_manifest(self._depot, backup)
        return Made(backup, self._copied, self._copied_bytes + self._writer.written_bytes, self._damage)

    async def _earlier(self) -> Backup | None:
        """Return the latest backup that can be read."""
        for time in reversed(await times(self._depot)):
            try:
                earlier = await read_manifest(self._depot, time)
            except (BackupUnusable, PartUnusable) as exc:
                self._damage.append(f"the earlier backup {time} cannot be used: {exc}")
                continue
            if None not in (earlier.library, self._source.library) and earlier.library != self._source.library:
                raise BackupUnusable(
                    f"{self._depot.address} holds backups of another library; choose another folder or bucket"
                )
            return earlier
        return None

    async def _moment(self) -> datetime:
        """Return the time to the second, after waiting until no other backup has it as its name."""
        there = await times(self._depot)
        now = datetime.now(UTC)
        if now.strftime(TIME) in there:
            await asyncio.sleep(1)
            now = datetime.now(UTC)
        return now.replace(microsecond=0)

    async def _space(self, snapshot: Snapshot, originals: "_Originals") -> Space:
        progress = Progress(self._tell, f"Reading the rows of space {snapshot.space}", len(snapshot.ids))
        chunks: list[Chunk] = []
        for which in cut(snapshot.ids):
            rows = await snapshot.rows(which)
            self._damage += [f"the row of image {image_id} is damaged and left out" for image_id in rows.damaged]
            if rows.images:
                originals.add(rows.images)
                content = await asyncio.to_thread(pack_rows, rows.images, rows.vectors)
                chunks.append(await self._writer.rows(content, len(rows.images)))
            progress.bytes = self._writer.written_bytes
            progress.reach(which.stop)
        images = sum(chunk.images for chunk in chunks)
        return Space(snapshot.space, snapshot.dimension, images, tuple(chunks))

    async def _objects(self, images: "_Images", earlier: Backup | None) -> tuple[list[Chunk], int]:
        """Copy the objects that the depot lacks; return the listings, and the size of all objects."""
        copying = _Copying(
            self._source.store,
            self._depot,
            await Inventory.of_store(self._source.store),
            await Inventory.of(all_objects(self._depot)),
        )
        known = _Known(self._depot, earlier)
        progress = Progress(self._tell, "Copying", len(images.ids))
        chunks: list[Chunk] = []
        size = 0
        for which in cut(images.ids):
            wanted = [image for image in images.of(which) if image.id not in self._left_out]
            copies = await copying.copy(wanted, await known.thumbnails(images.ids[which.stop - 1]), progress)
            listed = await self._listed(wanted, copies)
            if listed:
                content = await asyncio.to_thread(pack_listing, listed)
                chunks.append(await self._writer.listing(content, len(listed)))
            size += sum(facts.size for one in listed for facts in one.objects.values())
            progress.reach(which.stop)
        self._copied, self._copied_bytes = copying.copied, copying.copied_bytes
        return chunks, size

    async def _listed(self, wanted: "Sequence[_Image]", copies: "dict[ObjectKey, _Copy]") -> list[Listed]:
        """List the objects of each image, after checking whether images that lack some were just deleted."""
        suspects = [image.id for image in wanted if any(copies[key].trouble for key in image.keys)]
        there = await self._source.database.registered(suspects)
        self._left_out |= set(suspects) - there
        listed = []
        for image in wanted:
            if image.id not in self._left_out:
                for key in image.keys:
                    self._note_trouble(key, image, copies[key])
                original, thumbnail = (copies[key].facts for key in image.keys)
                listed.append(Listed(image.id, original, thumbnail))
        return listed

    def _note_trouble(self, key: ObjectKey, image: "_Image", copy: "_Copy") -> None:
        if copy.trouble is None:
            return
        rest = "" if copy.facts is None else "; the backup has it from before"
        if copy.facts is None:
            self._lacking.append(key)
        self._damage.append(f"{key} of {image.file_name!r} {copy.trouble} in the library{rest}")

    async def _models(self) -> list[ModelFile]:
        folder = self._source.models
        files = []
        for path in sorted(await asyncio.to_thread(lambda: list(folder.rglob("*")))):
            name = path.relative_to(folder).as_posix()
            if path.is_file() and not any(step.startswith(".") for step in name.split("/")):
                try:
                    content = await asyncio.to_thread(path.read_bytes)
                except OSError as exc:
                    self._damage.append(f"{path} cannot be read: {exc.strerror}")
                    continue
                facts = facts_of(content)
                files.append(ModelFile(facts.sha256, facts.size, name))
                await self._writer.write(model_file(files[-1]), content)
        return files


@dataclass(frozen=True)
class _Image:
    """What the rows say about an image's objects."""

    id: ImageID
    file_name: str
    original: ObjectFacts

    @property
    def keys(self) -> tuple[ObjectKey, ObjectKey]:
        return original_key(self.id), thumbnail_key(self.id)


class _Originals:
    """Collects what rows say about objects, in some 150 bytes per image."""

    def __init__(self) -> None:
        self._tables = [_ORIGINALS.empty_table()]

    def add(self, images: Sequence[ImageRecord]) -> None:
        columns = [
            [image.id for image in images],
            [image.file_name for image in images],
            [image.original.size for image in images],
            [image.original.content_type for image in images],
            [image.original.sha256 for image in images],
        ]
        self._tables.append(pa.Table.from_arrays(list(map(pa.array, columns)), schema=_ORIGINALS))

    def sorted(self) -> "_Images":
        """Return each image once, in the order of ids."""
        table = pa.concat_tables(self._tables)
        ids, first = np.unique(table["id"].to_numpy().astype(np.str_), return_index=True)
        return _Images(ids.tolist(), table.take(first))


_ORIGINALS = pa.schema(
    [
        ("id", pa.string()),
        ("file_name", pa.string()),
        ("size", pa.int64()),
        ("content_type", pa.string()),
        ("sha256", pa.string()),
    ]
)


@dataclass(frozen=True)
class _Images:
    """All images of a library in the order of ids. Compared by identity, as it holds a table."""

    ids: Sequence[ImageID]
    table: pa.Table

    def of(self, which: range) -> list[_Image]:
        return [
            _Image(row["id"], row["file_name"], ObjectFacts(row["size"], row["content_type"], SHA256(row["sha256"])))
            for row in self.table.slice(which.start, len(which)).to_pylist()
        ]


class _Known:
    """What the previous backup knew about thumbnails, read in step with the images, so that it is never all in
    memory."""

    def __init__(self, depot: Depot, earlier: Backup | None) -> None:
        self._depot = depot
        self._chunks = list(reversed(earlier.listings if earlier else ()))
        self._read: list[Listed] = []

    async def thumbnails(self, last: ImageID) -> dict[ImageID, ObjectFacts]:
        """Return those of the images from where the previous call ended up to `last`."""
        while self._chunks and (not self._read or self._read[-1].id < last):
            try:
                self._read += await read_listing(self._depot, self._chunks.pop())
            except PartUnusable:
                continue  # The store is asked instead.
        found = {one.id: one.thumbnail for one in self._read if one.id <= last and one.thumbnail is not None}
        self._read = [one for one in self._read if one.id > last]
        return found


@dataclass(frozen=True)
class _Copy:
    """The result for one object."""

    facts: ObjectFacts | None
    """Facts of the object in the depot; None if it is not there."""
    trouble: str | None = None
    """What is wrong with the one in the library, as the end of a sentence."""


@dataclass
class _Copying:
    """Copies objects from a library to a depot."""

    store: ObjectStore
    depot: Depot
    stored: Inventory
    """What the library has."""
    kept: Inventory
    """What the depot has."""
    copied: int = 0
    copied_bytes: int = 0
    _progress: Progress = field(default_factory=lambda: Progress(silent, "", 0))

    async def copy(
        self, images: Sequence[_Image], thumbnails: dict[ImageID, ObjectFacts], progress: Progress
    ) -> dict[ObjectKey, _Copy]:
        """
        Copy those of the images' objects that the depot lacks.

        Args:
            thumbnails: Known facts of thumbnails.
        """
        self._progress = progress
        facts: dict[ObjectKey, ObjectFacts | None] = {}
        for image in images:
            facts |= {original_key(image.id): image.original, thumbnail_key(image.id): thumbnails.get(image.id)}
        keys = list(facts)
        stored = self.stored.sizes(keys)
        kept = self.kept.sizes([object_file(key) for key in keys])

        async def one(key: ObjectKey) -> _Copy:
            return await self._one(key, facts[key], stored.get(key), kept.get(object_file(key)))

        return dict(zip(keys, await in_parallel(one, keys), strict=True))

    async def _one(self, key: ObjectKey, facts: ObjectFacts | None, stored: int | None, kept: int | None) -> _Copy:
        facts = facts or await self.store.head(key)
        if facts is None:
            return _Copy(None, "is missing")
        if facts.sha256 and facts.size == kept:
            return _Copy(facts, _trouble(facts, stored))
        try:
            return _Copy(await self._write(key, facts))
        except ObjectMissing:
            return _Copy(None, "is missing")
        except BodyMismatch:
            return _Copy(None, "is damaged: its bytes differ from those uploaded,")

    async def _write(self, key: ObjectKey, facts: ObjectFacts) -> ObjectFacts:
        if not facts.sha256:
            # A thumbnail for which the store keeps no checksum; it is small.
            content = b"".join([piece async for piece in self.store.read(key)])
            facts = replace(facts_of(content), content_type=facts.content_type)
            await write_bytes(self.depot, object_file(key), content)
        else:
            async with aclosing(self.store.read(key)) as pieces:
                await self.depot.write(object_file(key), facts, pieces)
        self.copied += 1
        self.copied_bytes += facts.size
        self._progress.bytes += facts.size
        return facts


def _trouble(facts: ObjectFacts, stored: int | None) -> str | None:
    if stored is None:
        return "is missing"
    return None if stored == facts.size else f"is damaged: it has {stored} bytes, not {facts.size},"
