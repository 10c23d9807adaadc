"""The API server of the queue architecture: takes pictures and queries, serves files. `python -m` runs it."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec
import uvicorn
from litestar import Litestar, Request, Response, get, post, put
from litestar.datastructures import State, UploadFile
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotFoundException
from litestar.params import Body, FromPath, FromQuery
from litestar.response import File
from redis.asyncio import Redis

from tests.benchmarks.queue_architecture.settings import MAX_UPLOAD_BYTES, STREAM, Settings

TABLE = """
CREATE TABLE IF NOT EXISTS images (
    id uuid PRIMARY KEY,
    sha256 bytea UNIQUE NOT NULL,
    file_name text NOT NULL,
    content_type text NOT NULL,
    size bigint NOT NULL,
    created timestamptz NOT NULL
)
"""
INSERT = "INSERT INTO images VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (sha256) DO NOTHING RETURNING id"
COLUMNS = "id, file_name, content_type, size, created"

CONNECTIONS = 10
"""To the database, which takes a process of its own for each. The default of asyncpg, and of most pools about."""

FILES = ("originals", "thumbnails")


@dataclass
class Upload:
    """The fields of the form."""

    file: UploadFile


class Image(msgspec.Struct, frozen=True):
    id: str
    file_name: str
    content_type: str
    size: int
    created: datetime
    original_url: str
    thumbnail_url: str


class Match(msgspec.Struct, frozen=True):
    score: float
    image: Image


class Found(msgspec.Struct, frozen=True):
    """What the search service answers."""

    id: str
    score: float


Form = Annotated[Upload, Body(media_type=RequestEncodingType.MULTI_PART)]


@post("/images", request_max_body_size=MAX_UPLOAD_BYTES)
async def upload(data: Form, state: State) -> Response[Image]:
    """Store a picture, write its row, and tell the search service. The order leaves no row without its picture."""
    content = await data.file.read()
    image_id = uuid4()
    path = _path(state, "originals", image_id)
    digest, _ = await asyncio.to_thread(lambda: (hashlib.sha256(content).digest(), write_durably(path, content)))
    image = Image(
        id=str(image_id),
        file_name=data.file.filename,
        content_type=data.file.content_type,
        size=len(content),
        created=datetime.now(UTC),
        **_urls(image_id),
    )
    values = (image_id, digest, image.file_name, image.content_type, image.size, image.created)
    if await state.database.fetchval(INSERT, *values) is None:
        await asyncio.to_thread(path.unlink)
        known = await state.database.fetchrow(f"SELECT {COLUMNS} FROM images WHERE sha256 = $1", digest)
        return Response(_image(known), status_code=200)
    await state.broker.xadd(STREAM, {"id": str(image_id)})
    return Response(image, status_code=201)


@post("/search", request_max_body_size=MAX_UPLOAD_BYTES, status_code=200)
async def search(data: Form, state: State, limit: FromQuery[int] = 24) -> list[Match]:
    """Find the lookalikes of a picture."""
    content = await data.file.read()
    return await _matches(state, await state.service.post("/search", params={"limit": limit}, content=content))


@get("/images/{image_id:uuid}/similar")
async def similar(image_id: FromPath[UUID], state: State, limit: FromQuery[int] = 24) -> list[Match]:
    """Find the lookalikes of an image of the library; 404 as long as it cannot be found itself."""
    return await _matches(state, await state.service.get(f"/similar/{image_id}", params={"limit": limit}))


@get("/files/originals/{image_id:uuid}")
async def original(image_id: FromPath[UUID], state: State) -> File:
    return File(_path(state, "originals", image_id), content_disposition_type="inline")


@get("/files/thumbnails/{image_id:uuid}")
async def thumbnail(image_id: FromPath[UUID], state: State) -> Response[bytes]:
    try:
        content = await asyncio.to_thread(_path(state, "thumbnails", image_id).read_bytes)
    except FileNotFoundError:
        raise NotFoundException from None
    return Response(content, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})


@put("/files/thumbnails/{image_id:uuid}", request_max_body_size=MAX_UPLOAD_BYTES, status_code=204)
async def write_thumbnail(image_id: FromPath[UUID], request: Request[Any, Any, State], state: State) -> None:
    """For the search service alone; a proxy would let nobody else in."""
    content = await request.body()
    await asyncio.to_thread(write_durably, _path(state, "thumbnails", image_id), content)


def write_durably(path: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all, and after a power failure too, as our store does."""
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    descriptor = os.open(path.parent, os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


async def _matches(state: State, answer: httpx.Response) -> list[Match]:
    """Set the rows of the database beside what the search service found."""
    if answer.status_code == 404:
        raise NotFoundException
    found = msgspec.json.decode(answer.raise_for_status().content, type=list[Found])
    ids = [UUID(match.id) for match in found]
    rows = await state.database.fetch(f"SELECT {COLUMNS} FROM images WHERE id = ANY($1)", ids)
    images = {row["id"]: _image(row) for row in rows}
    return [
        Match(match.score, images[image_id]) for image_id, match in zip(ids, found, strict=True) if image_id in images
    ]


def _image(row: asyncpg.Record) -> Image:
    return Image(
        id=str(row["id"]),
        file_name=row["file_name"],
        content_type=row["content_type"],
        size=row["size"],
        created=row["created"],
        **_urls(row["id"]),
    )


def _urls(image_id: UUID) -> dict[str, str]:
    return {f"{kind[:-1]}_url": f"/files/{kind}/{image_id}" for kind in FILES}


def _path(state: State, kind: str, image_id: UUID) -> Path:
    return state.files / kind / image_id.hex


def create_app(settings: Settings) -> Litestar:
    @asynccontextmanager
    async def opened(app: Litestar) -> AsyncIterator[None]:
        app.state.files = settings.folder / "files"
        for kind in FILES:
            (app.state.files / kind).mkdir(parents=True, exist_ok=True)
        async with (
            asyncpg.create_pool(settings.database_url, min_size=CONNECTIONS, max_size=CONNECTIONS) as database,
            Redis.from_url(settings.broker_url) as broker,
            # Patient, as a search waits for its turn when many come at once.
            httpx.AsyncClient(base_url=settings.service_url, timeout=60) as service,
        ):
            await database.execute(TABLE)
            app.state.database, app.state.broker, app.state.service = database, broker, service
            yield

    return Litestar(
        [upload, search, similar, original, thumbnail, write_thumbnail],
        lifespan=[opened],
        logging_config=None,
        openapi_config=None,
    )


if __name__ == "__main__":
    its_settings = Settings.from_environ()
    uvicorn.run(create_app(its_settings), port=its_settings.api_port, log_level="warning", server_header=False)
