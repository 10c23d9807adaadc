"""Whole libraries for tests: rows, objects and models, written without a server, and compared as a whole."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from backend.adapters.lance.index import LanceIndex
from backend.catalogue.library import OpenLibrary
from backend.catalogue.object_keys import original_key, thumbnail_key
from backend.catalogue.spaces import EmbeddingSpace
from backend.catalogue.values import SHA256, ImageID, ImageRecord, Label, ObjectKey, created_at, new_image_id
from backend.databases import opened_database
from backend.settings import Settings
from backend.stores import opened_store, prepare_store

from .api import JPEG, WEBP
from .records import facts, record
from .small_model import write_model
from .spaces import small_space, vector

SPACE = small_space()
LONG_AGO = datetime.now(UTC) - timedelta(days=30)


@dataclass(frozen=True)
class Photo:
    """An image with the bytes of its objects."""

    image: ImageRecord
    original: bytes
    thumbnail: bytes
    seed: int
    """Of its vector."""

    @property
    def id(self) -> ImageID:
        return self.image.id


def photo(number: int) -> Photo:
    """Return a photo that was added long ago, and differs in everything from those of other numbers."""
    image_id = new_image_id(LONG_AGO + timedelta(seconds=number))
    original = JPEG + f"original {number} ".encode() * (20 + number)
    plain = record(number, tags=("holiday", f"tag {number}"), labels=("cat", "dog"))
    described = replace(
        plain.description,
        title=f"日本 🐈 {number}",
        attributes={"price": number / 7, "name": f"'{number}'", "sold": number % 2 == 0},
        labels=(Label("tabby, tabby cat", 0.1 + 0.2), Label("lynx", 1e-12)),
    )
    image = replace(plain, id=image_id, created=created_at(image_id), original=facts(original), description=described)
    return Photo(image, original, WEBP + f"thumbnail {number}".encode(), number)


def photos(count: int, first: int = 0) -> list[Photo]:
    return [photo(number) for number in range(first, first + count)]


def add(settings: Settings, *added: Photo, space: EmbeddingSpace = SPACE) -> None:
    """Register photos with their objects, and make database and store one library, as a server does."""

    async def write() -> None:
        async with opened_store(settings) as store, opened_database(settings) as database:
            await prepare_store(store)
            async with LanceIndex.open(database, space) as index:
                await asyncio.gather(*[index.add(one.image, vector(one.seed, space.dimension)) for one in added])
            for one in added:
                for key, body, content_type in (
                    (original_key(one.id), one.original, "image/jpeg"),
                    (thumbnail_key(one.id), one.thumbnail, "image/webp"),
                ):
                    if await store.head(key) is None:
                        await store.put(key, facts(body, content_type), _chunks(body))
            await OpenLibrary(database, store).adopt()

    asyncio.run(write())


def delete(settings: Settings, *image_ids: ImageID) -> None:
    """Delete images with their objects, as a server does."""

    async def write() -> None:
        async with opened_store(settings) as store, opened_database(settings) as database:
            for space in await database.spaces():
                async with LanceIndex.existing(database, space) as index:
                    await index.delete(image_ids)
            await store.delete(
                [key for image_id in image_ids for key in (original_key(image_id), thumbnail_key(image_id))]
            )

    asyncio.run(write())


def forget_rows(settings: Settings, *image_ids: ImageID) -> None:
    """Remove rows as an accident does: nobody remembers a deletion."""

    async def write() -> None:
        async with opened_database(settings) as database:
            for space in await database.spaces():
                async with database.existing(space) as table:
                    await table.delete(f"id IN ({', '.join(repr(str(image_id)) for image_id in image_ids)})")

    asyncio.run(write())


def damage_row(settings: Settings, image_id: ImageID) -> None:
    """Change a row as a disk does: its checksum is that of another row then."""

    async def write() -> None:
        async with opened_database(settings) as database:
            for space in await database.spaces():
                async with database.existing(space) as table:
                    await table.update({"revision": 1}, where=f"id = '{image_id}'")

    asyncio.run(write())


def write_models(settings: Settings) -> None:
    """Install a model, as the set-up does."""
    write_model(settings.data / "models" / SPACE.id)
    (settings.data / "models" / ".building").mkdir()
    (settings.data / "models" / ".building" / "half-made").write_bytes(b"not to be kept")


def everything(settings: Settings) -> dict[str, Any]:
    """Return all that there is in a library: identity, rows, objects with their facts, and models."""

    async def read() -> dict[str, Any]:
        async with opened_store(settings) as store, opened_database(settings) as database:
            found: dict[str, Any] = {"identity": (await database.look(None)).library}
            for space in sorted(await database.spaces()):
                async with LanceIndex.existing(database, space) as index:
                    images = sorted([image async for image, _ in index.everything()], key=lambda image: image.id)
                    found[space] = len(images)
                    if not images:
                        continue
                    ids, vectors = await index.vectors_of([image.id for image in images])
                    bits = [row.tobytes() for row in vectors.view(np.uint16)]
                    found |= {f"{space} {image.id}": (image, bits[ids.index(image.id)]) for image in images}
            async for stored in store.list():
                found[stored.key] = await store.head(stored.key), await _sha256(store.read(stored.key))
        return found

    found = asyncio.run(read())
    models = settings.data / "models"
    files = [path for path in models.rglob("*") if path.is_file() and ".building" not in path.parts]
    return found | {f"models/{path.relative_to(models)}": path.read_bytes() for path in files}


def body_of(settings: Settings, key: ObjectKey) -> Path:
    """Return the file with the bytes of an object of the embedded store."""
    return settings.data / "objects" / key / "body"


def keys_of(image_ids: Sequence[ImageID]) -> set[str]:
    return {key for image_id in image_ids for key in (original_key(image_id), thumbnail_key(image_id))}


async def _sha256(pieces: AsyncIterator[bytes]) -> SHA256:
    digest = hashlib.sha256()
    async for piece in pieces:
        digest.update(piece)
    return SHA256(digest.hexdigest())


async def _chunks(body: bytes) -> AsyncIterator[bytes]:
    yield body
