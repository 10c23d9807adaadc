"""
The two architectures as a visitor meets them: ours, with the work of the browser, and the one with a queue.

What the browser computes (thumbnail, fingerprints, vector) is in a `Picture` before a load begins, so that a load
measures servers. `upload_file` and `search_file` compute it on the way, natively, as a stand-in for the browser.
"""

import asyncio
import hashlib
import io
import random
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import msgspec
import numpy as np
from PIL import Image

from frontend.embedder.preprocessing import make_thumbnail
from frontend.embedder.space import to_base64
from tests.benchmarks.queue_architecture.deployment import Through, running_deployment
from tests.benchmarks.queue_architecture.native_model import NativeModel
from tests.benchmarks.visitors import Answer, Visitor
from tests.support.servers.lookalike import free_port, running_server

LIMIT = 24
"""Matches that the page asks for. Source: frontend/page/searching/query.py."""

CAMERA_PX = 4000
"""Longer side of what stands for a picture of a camera: 12 megapixels."""

CREATED, FOUND, MISSING = 201, 200, 404

BUSY = (429, 502, 503)
"""Answers after which the page tries again, after the pauses below. Source: frontend/page/adding/retries.py."""
TRIES = 8
FIRST_PAUSE_S = 1


@dataclass(frozen=True)
class Picture:
    """A file, and what a browser finds out about it."""

    number: int
    """The same for copies, which look alike to the last pixel."""
    original: bytes = field(repr=False)
    thumbnail: bytes = field(repr=False)
    vector: str = field(repr=False)
    """As the wire has it."""
    width: int
    height: int
    fingerprints: Mapping[str, str] = field(repr=False)
    thumbnail_fingerprints: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, number: int, original: bytes, model: NativeModel) -> "Picture":
        decoded = model.decode(original)
        thumbnail = make_thumbnail(decoded.pixels).data
        vector = to_base64(model.vector(decoded))
        fingerprints = fingerprints_of(original), fingerprints_of(thumbnail)
        return cls(number, original, thumbnail, vector, decoded.width, decoded.height, *fingerprints)

    def copy(self, number: int) -> "Picture":
        """Return a file of its own: what follows the end of a JPEG counts for its fingerprint, not for its picture."""
        original = self.original + number.to_bytes(8)
        return replace(self, original=original, fingerprints=fingerprints_of(original))


def as_of_a_camera(original: bytes, number: int) -> bytes:
    """Enlarge a picture to what a camera takes, with grain, which is most of such a file."""
    image = Image.open(io.BytesIO(original)).convert("RGB")
    scale = CAMERA_PX / max(image.size)
    pixels = np.asarray(image.resize((round(image.width * scale), round(image.height * scale))), np.int16)
    grain = np.random.default_rng(number).integers(-6, 7, pixels.shape, np.int16)
    out = io.BytesIO()
    Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8)).save(out, "JPEG", quality=93)
    return out.getvalue()


def fingerprints_of(content: bytes) -> Mapping[str, str]:
    """Compute what the browser declares of a file."""
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return {"sha256": hashlib.sha256(content).hexdigest(), "md5": md5}


class Contender(Protocol):
    """A running architecture."""

    @property
    def name(self) -> str: ...

    @property
    def url(self) -> str: ...

    @property
    def processes(self) -> Mapping[str, int]:
        """Program -> id of its process."""
        ...

    @property
    def refused(self) -> int:
        """How many requests were answered with being too busy, and were made again, so far."""
        ...

    async def upload(self, visitor: Visitor, picture: Picture) -> str:
        """Upload a picture until it is acknowledged, and return its id."""
        ...

    async def is_searchable(self, visitor: Visitor, image_id: str, picture: Picture) -> bool:
        """Search, cheaply, for an image that was uploaded."""
        ...

    async def search(self, visitor: Visitor, picture: Picture) -> Sequence[tuple[str, str]]:
        """Search with a picture; return id and address of the thumbnail of each match, best first."""
        ...

    async def upload_file(self, visitor: Visitor, original: bytes) -> str:
        """Do as `upload` and what comes before it on the visitor's side."""
        ...

    async def search_file(self, visitor: Visitor, original: bytes) -> Sequence[tuple[str, str]]:
        """Do as `search` and what comes before it on the visitor's side."""
        ...


class Lookalike:
    """`lookalike serve`, and what its page does."""

    name = "Lookalike"

    def __init__(self, url: str, process: int, model: NativeModel, space: str) -> None:
        self.url = url
        self.processes = {"Lookalike": process}
        self.refused = 0
        self._model = model
        self._space = space

    @classmethod
    @contextmanager
    def running(cls, folder: Path, model: NativeModel, through: Through) -> "Iterator[Lookalike]":
        port = free_port()
        with running_server(folder, port=port) as server, server.api() as api:
            space = api.get("/space").json()["space"]
            yield cls(f"http://127.0.0.1:{through('Lookalike', port)}", server.process.pid, model, space)

    async def upload(self, visitor: Visitor, picture: Picture) -> str:
        target = await self._begin(visitor, picture)
        await self._send(visitor, picture, target)
        return await self._finish(visitor, picture, target)

    async def is_searchable(self, visitor: Visitor, image_id: str, picture: Picture) -> bool:
        query = {"space": self._space, "vector": picture.vector, "limit": 1, "filters": {"ids": [image_id]}}
        return bool(_read(await _post(visitor, "/api/v1/search", query), FOUND)["matches"])

    async def search(self, visitor: Visitor, picture: Picture) -> Sequence[tuple[str, str]]:
        return await self._search(visitor, picture.vector)

    async def upload_file(self, visitor: Visitor, original: bytes) -> str:
        """As in the page, the model runs while the file is sent."""
        decoded = await asyncio.to_thread(self._model.decode, original)
        thumbnail = (await asyncio.to_thread(make_thumbnail, decoded.pixels)).data
        fingerprints = [await asyncio.to_thread(fingerprints_of, content) for content in (original, thumbnail)]
        picture = Picture(0, original, thumbnail, "", decoded.width, decoded.height, *fingerprints)
        target = await self._begin(visitor, picture)
        vector, _ = await asyncio.gather(
            asyncio.to_thread(self._model.vector, decoded), self._send(visitor, picture, target)
        )
        picture = replace(picture, vector=to_base64(vector))
        return await self._finish(visitor, picture, target)

    async def search_file(self, visitor: Visitor, original: bytes) -> Sequence[tuple[str, str]]:
        vector = await asyncio.to_thread(lambda: self._model.vector(self._model.decode(original)))
        return await self._search(visitor, to_base64(vector))

    async def _begin(self, visitor: Visitor, picture: Picture) -> Mapping[str, Any]:
        parts = {"original": picture.fingerprints, "thumbnail": picture.thumbnail_fingerprints}
        original, thumbnail = (
            {**fingerprints, "size": len(getattr(picture, part)), "content_type": "image/jpeg"}
            for part, fingerprints in parts.items()
        )
        declaration = {**original, "file_name": "picture.jpg", "thumbnail": thumbnail}
        answer = await self._insist(lambda: _post(visitor, "/api/v1/uploads", declaration))
        return _read(answer, CREATED)["upload"]

    async def _send(self, visitor: Visitor, picture: Picture, target: Mapping[str, Any]) -> None:
        async def put(signed: Mapping[str, Any], body: bytes) -> None:
            sent = (signed["method"], signed["url"], body, signed["headers"])
            (await self._insist(lambda: visitor.request(*sent))).expect(CREATED)

        await asyncio.gather(put(target["original"], picture.original), put(target["thumbnail"], picture.thumbnail))

    async def _finish(self, visitor: Visitor, picture: Picture, target: Mapping[str, Any]) -> str:
        """Look for a twin, which the page tells of and does without if need be, and register."""
        twin = {"space": self._space, "vector": picture.vector, "limit": 1}
        (await _post(visitor, "/api/v1/search", twin)).expect(FOUND, *BUSY)
        registration = {
            "ticket": target["ticket"],
            "space": self._space,
            "vector": picture.vector,
            "width": picture.width,
            "height": picture.height,
            "title": "picture",
        }
        body = msgspec.json.encode(registration)
        target_url = f"/api/v1/images/{target['id']}"
        answer = await self._insist(lambda: visitor.request("PUT", target_url, body, JSON))
        return _read(answer, CREATED, FOUND)["id"]  # Found: an earlier try was too slow to be answered.

    async def _insist(self, send: Callable[[], Awaitable[Answer]]) -> Answer:
        """Send, and again after a while as long as the server is too busy."""
        for attempt in range(TRIES):
            answer = await send()
            if answer.status not in BUSY:
                return answer
            self.refused += 1
            await asyncio.sleep(FIRST_PAUSE_S * 2**attempt * random.uniform(0.8, 1.2))
        return await send()

    async def _search(self, visitor: Visitor, vector: str) -> Sequence[tuple[str, str]]:
        query = {"space": self._space, "vector": vector, "limit": LIMIT}
        return _matches(_read(await _post(visitor, "/api/v1/search", query), FOUND)["matches"])


class WithQueue:
    """The queue architecture: whoever uploads or searches sends the picture, and no more."""

    name = "with a queue"

    def __init__(self, url: str, processes: Mapping[str, int]) -> None:
        self.url = url
        self.processes = processes
        self.refused = 0

    @classmethod
    @contextmanager
    def running(cls, folder: Path, model_file: Path, through: Through) -> "Iterator[WithQueue]":
        with running_deployment(folder, model_file, through) as deployment:
            yield cls(deployment.url, deployment.processes)

    async def upload(self, visitor: Visitor, picture: Picture) -> str:
        return await self.upload_file(visitor, picture.original)

    async def is_searchable(self, visitor: Visitor, image_id: str, picture: Picture) -> bool:
        answer = await visitor.request("GET", f"/images/{image_id}/similar?limit=1")
        return bool(_read(answer, FOUND, MISSING)) and answer.status == FOUND

    async def search(self, visitor: Visitor, picture: Picture) -> Sequence[tuple[str, str]]:
        return await self.search_file(visitor, picture.original)

    async def upload_file(self, visitor: Visitor, original: bytes) -> str:
        answer = await visitor.request("POST", "/images", _form(original), FORM)
        return _read(answer, CREATED)["id"]

    async def search_file(self, visitor: Visitor, original: bytes) -> Sequence[tuple[str, str]]:
        answer = await visitor.request("POST", f"/search?limit={LIMIT}", _form(original), FORM)
        return _matches(_read(answer, FOUND))


async def fetch_thumbnails(visitor: Visitor, matches: Sequence[tuple[str, str]]) -> None:
    """Load the thumbnails of matches as a page does: all at once, over the connections that there are."""
    for answer in await asyncio.gather(*(visitor.request("GET", url) for _, url in matches)):
        answer.expect(FOUND)


def stand_in_ms(originals: Sequence[bytes], model: NativeModel) -> Mapping[str, Sequence[float]]:
    """Time what the browser does with a picture: step -> milliseconds for each."""
    steps: dict[str, list[float]] = {"decode": [], "thumbnail": [], "fingerprints": [], "vector": []}
    for original in originals:
        began = time.perf_counter()
        decoded = model.decode(original)
        opened = time.perf_counter()
        thumbnail = make_thumbnail(decoded.pixels).data
        shrunk = time.perf_counter()
        fingerprints_of(original)
        fingerprints_of(thumbnail)
        hashed = time.perf_counter()
        model.vector(decoded)
        ended = time.perf_counter()
        for step, seconds in zip(
            steps, (opened - began, shrunk - opened, hashed - shrunk, ended - hashed), strict=True
        ):
            steps[step].append(seconds * 1000)
    return steps


JSON = {"Content-Type": "application/json"}
BOUNDARY = "----8f2c"
FORM = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
FORM_HEAD = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="picture.jpg"\r\n'
    "Content-Type: image/jpeg\r\n\r\n"
).encode()
FORM_END = f"\r\n--{BOUNDARY}--\r\n".encode()


def _form(original: bytes) -> bytes:
    """Write a file as a browser sends a form."""
    return b"".join([FORM_HEAD, original, FORM_END])


async def _post(visitor: Visitor, target: str, body: Mapping[str, Any]) -> Answer:
    return await visitor.request("POST", target, msgspec.json.encode(body), JSON)


def _read(answer: Answer, *statuses: int) -> Any:
    return msgspec.json.decode(answer.expect(*statuses))


def _matches(matches: Sequence[Mapping[str, Any]]) -> Sequence[tuple[str, str]]:
    return [(match["image"]["id"], match["image"]["thumbnail_url"]) for match in matches]
