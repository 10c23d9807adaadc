"""The search service of the queue architecture: makes vectors and finds them. `python -m` runs it."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from uuid import UUID

import httpx
import lancedb
import numpy as np
import pyarrow as pa
import uvicorn
from litestar import Litestar, Request, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from frontend.embedder.preprocessing import PictureError, make_thumbnail
from frontend.embedder.space import Vector
from tests.benchmarks.queue_architecture.native_model import NativeModel
from tests.benchmarks.queue_architecture.settings import MAX_UPLOAD_BYTES, MODEL, STREAM, Settings

logger = logging.getLogger(__name__)

GROUP = "search-service"
CONSUMER = "one"

BATCH = 32
"""Messages that are taken at once, and share a commit. More would let the first wait for longer than half a second."""

IDLE_MS = 5_000
"""How long it is waited for a message before it is asked again."""

RETRY_S = 1.0
"""After a failure of something else, such as the broker."""

OPTIMIZE_EVERY = 256
"""New rows after which the table's files are joined: as ours does."""

SEARCHES_AT_ONCE = 8
"""In the table, as ours."""

WORKERS = os.cpu_count() or 1
"""
Threads that each work on a picture of their own, in one ONNX Runtime session: two pictures side by side go through in
less time than two one after the other on two threads each.
"""

T = TypeVar("T")


class SearchService:
    """The model and the table. To be used within `opened`."""

    def __init__(self, model: NativeModel, table: lancedb.AsyncTable, api: httpx.AsyncClient, broker: Redis) -> None:
        self._model = model
        self._table = table
        self._api = api
        self._broker = broker
        # Two sets of threads, so that a search does not wait behind all pictures that were uploaded before.
        self._takers, self._searchers = ThreadPoolExecutor(WORKERS), ThreadPoolExecutor(WORKERS)
        self._searches = asyncio.Semaphore(SEARCHES_AT_ONCE)
        self._added = 0
        """Rows since the files were joined."""

    @classmethod
    @asynccontextmanager
    async def opened(cls, settings: Settings) -> "AsyncIterator[SearchService]":
        model = NativeModel(MODEL, settings.model_file, threads=1)
        schema = pa.schema(
            [
                pa.field("id", pa.string(), nullable=False),
                pa.field("vector", pa.list_(pa.float16(), model.space.dimension), nullable=False),
            ]
        )
        connection = await lancedb.connect_async(settings.folder / "vectors")
        table = await connection.create_table("images", schema=schema, exist_ok=True)
        async with (
            httpx.AsyncClient(base_url=settings.api_url, timeout=60) as api,
            # Longer than the broker lets it wait for messages.
            Redis.from_url(settings.broker_url, socket_timeout=2 * IDLE_MS / 1000) as broker,
        ):
            service = cls(model, table, api, broker)
            await service._make_group()
            consumer = asyncio.create_task(service._consume())
            try:
                yield service
            finally:
                consumer.cancel()
                await asyncio.wait([consumer])

    async def search(self, content: bytes, limit: int) -> list[dict[str, Any]]:
        return await self._nearest(await _in_thread(self._searchers, self._vector, content), limit)

    async def similar(self, image_id: UUID, limit: int) -> list[dict[str, Any]] | None:
        """Return the lookalikes of an image, and itself; None if it is not in the table."""
        rows = await self._table.query().where(f"id = '{image_id}'").select(["vector"]).to_list()
        return await self._nearest(rows[0]["vector"], limit) if rows else None

    async def _nearest(self, vector: "Vector | list[float]", limit: int) -> list[dict[str, Any]]:
        async with self._searches:
            query = self._table.query().nearest_to(vector).distance_type("cosine").limit(limit)
            rows = await query.select(["id", "_distance"]).to_list()
        return [{"id": row["id"], "score": 1 - row["_distance"]} for row in rows]

    # The consumer

    async def _make_group(self) -> None:
        try:
            await self._broker.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
        except ResponseError as exc:
            if "BUSYGROUP" not in str(exc):
                raise

    async def _consume(self) -> None:
        """Take messages for ever. Those that were taken before and not finished come first."""
        start = "0"
        while True:
            try:
                answer: Any = await self._broker.xreadgroup(GROUP, CONSUMER, {STREAM: start}, BATCH, block=IDLE_MS)
                messages = answer[0][1] if answer else []
                if messages:
                    await self._take_in(messages)
                elif start == "0":
                    start = ">"
            except Exception:
                logger.exception("messages are tried again")
                start = "0"
                await asyncio.sleep(RETRY_S)

    async def _take_in(self, messages: Sequence[tuple[bytes, dict[bytes, bytes]]]) -> None:
        """Bring the pictures of some messages into the table with one commit, and forget the messages."""
        ids = [fields[b"id"].decode() for _, fields in messages]
        vectors = await asyncio.gather(*map(self._prepare, ids))
        rows = [
            {"id": image_id, "vector": vector.astype(np.float16)}
            for image_id, vector in zip(ids, vectors, strict=True)
            if vector is not None
        ]
        if rows:
            # By the id, as a message may come twice.
            merge = self._table.merge_insert("id").when_not_matched_insert_all()
            await merge.execute(pa.Table.from_pylist(rows, schema=await self._table.schema()))
        done = [message_id for message_id, _ in messages]
        async with self._broker.pipeline(transaction=False) as pipeline:
            pipeline.xack(STREAM, GROUP, *done)
            pipeline.xdel(STREAM, *done)
            await pipeline.execute()
        self._added += len(rows)
        if self._added >= OPTIMIZE_EVERY:
            self._added = 0
            await self._table.optimize()

    async def _prepare(self, image_id: str) -> Vector | None:
        """Download a picture, upload its thumbnail, and return its vector; None if it is no picture."""
        answer = (await self._api.get(f"/files/originals/{image_id}")).raise_for_status()
        try:
            thumbnail, vector = await _in_thread(self._takers, self._thumbnail_and_vector, answer.content)
        except PictureError as exc:
            logger.warning("%s is no picture: %s", image_id, exc)
            return None
        (await self._api.put(f"/files/thumbnails/{image_id}", content=thumbnail)).raise_for_status()
        return vector

    # In the threads

    def _vector(self, content: bytes) -> Vector:
        return self._model.vector(self._model.decode(content))

    def _thumbnail_and_vector(self, content: bytes) -> tuple[bytes, Vector]:
        picture = self._model.decode(content)
        return make_thumbnail(picture.pixels).data, self._model.vector(picture)


async def _in_thread(threads: ThreadPoolExecutor, work: Callable[[bytes], T], content: bytes) -> T:
    return await asyncio.get_running_loop().run_in_executor(threads, work, content)


@post("/search", request_max_body_size=MAX_UPLOAD_BYTES, status_code=200)
async def search(request: Request[Any, Any, State], state: State, limit: FromQuery[int]) -> list[dict[str, Any]]:
    return await state.service.search(await request.body(), limit)


@get("/similar/{image_id:uuid}")
async def similar(image_id: FromPath[UUID], state: State, limit: FromQuery[int]) -> list[dict[str, Any]]:
    found = await state.service.similar(image_id, limit)
    if found is None:
        raise NotFoundException
    return found


def create_app(settings: Settings) -> Litestar:
    @asynccontextmanager
    async def opened(app: Litestar) -> AsyncIterator[None]:
        async with SearchService.opened(settings) as service:
            app.state.service = service
            yield

    return Litestar([search, similar], lifespan=[opened], logging_config=None, openapi_config=None)


if __name__ == "__main__":
    its_settings = Settings.from_environ()
    uvicorn.run(create_app(its_settings), port=its_settings.service_port, log_level="warning", server_header=False)
