"""The folder store over HTTP: serves signed requests as an S3 server would, and streams large objects."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol

from litestar import HttpMethod, Request, Response, Router, put, route
from litestar.exceptions import InternalServerException
from litestar.params import FromPath
from litestar.response import Stream

from backend.catalogue.errors import BodyMismatch
from backend.catalogue.service import MAX_THUMBNAIL_BYTES
from backend.catalogue.values import ObjectFacts, ObjectKey

from .security import STORED_OBJECT_POLICY

PATH = "/store"

# Thumbnails are sent whole, which costs a sixth less than a stream with its task that watches for disconnects.
WHOLE_BYTES = MAX_THUMBNAIL_BYTES


class Served(Protocol):
    """An object that a signed address permits to read."""

    @property
    def facts(self) -> ObjectFacts: ...

    @property
    def max_age_s(self) -> int:
        """How long the address stays valid, in seconds."""
        ...


class SignedStore(Protocol):
    """What these routes need from a store. It verifies signatures, and raises ObjectRefused."""

    async def write(
        self,
        key: str,
        query: Mapping[str, str],
        content_type: str,
        content_length: int | None,
        chunks: AsyncIterator[bytes],
    ) -> None: ...

    async def served(self, key: str, query: Mapping[str, str]) -> Served: ...

    def read(self, key: ObjectKey) -> AsyncIterator[bytes]: ...


def store_routes(store: SignedStore, embeddable: bool = False) -> Router:
    """
    Return the routes by which browsers write and read objects. They are not part of the API description.

    Args:
        embeddable: Pages of other origins, even isolated ones, may embed objects whose signed addresses they know.
    """

    # The store itself enforces the size that was signed, while the body streams in.
    @put("/{kind:str}/{name:str}", status_code=201, request_max_body_size=None)
    async def write(request: Request[Any, Any, Any], kind: FromPath[str], name: FromPath[str]) -> Response[bytes]:
        content_type = request.headers.get("content-type", "")
        await store.write(f"{kind}/{name}", _query(request), content_type, _content_length(request), _chunks(request))
        return Response(b"")

    @route("/{kind:str}/{name:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD])
    async def read(request: Request[Any, Any, Any], kind: FromPath[str], name: FromPath[str]) -> Response[Any]:
        key = ObjectKey(f"{kind}/{name}")
        served = await store.served(key, _query(request))
        content_type, headers = served.facts.content_type, _headers(served, embeddable)
        if served.facts.size > WHOLE_BYTES or request.method == HttpMethod.HEAD:
            return Stream(store.read(key), media_type=content_type, headers=headers)
        whole = b"".join([piece async for piece in store.read(key)])
        return Response(whole, media_type=content_type, headers=headers)

    return Router(PATH, route_handlers=[write, read], include_in_schema=False)


def _query(request: Request[Any, Any, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in request.query_params.items()}


def _content_length(request: Request[Any, Any, Any]) -> int | None:
    value = request.headers.get("content-length", "")
    return int(value) if value.isascii() and value.isdigit() else None


async def _chunks(request: Request[Any, Any, Any]) -> AsyncIterator[bytes]:
    try:
        async for chunk in request.stream():
            yield chunk
    except InternalServerException as exc:
        # Litestar raises this if the client disconnects.
        raise BodyMismatch("The connection closed before the body was complete.") from exc


def _headers(served: Served, embeddable: bool) -> dict[str, str]:
    policy = {"Cross-Origin-Resource-Policy": "cross-origin"} if embeddable else {}
    return policy | {
        "Content-Length": str(served.facts.size),
        "Cache-Control": f"private, max-age={served.max_age_s}, immutable",
        "Content-Security-Policy": STORED_OBJECT_POLICY,
    }
