"""Puts objects into the embedded store without a server in between."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from backend.adapters.folder.store import FolderStore
from backend.catalogue.values import ObjectKey, SignedRequest

from .records import facts


async def put_object(store: FolderStore, key: ObjectKey, body: bytes, now: datetime) -> None:
    """Write an object as a browser would."""
    await send(store, store.presign_put(key, facts(body), now + timedelta(seconds=60)), body)


async def send(store: FolderStore, request: SignedRequest, body: bytes) -> None:
    """Carry out a signed PUT."""

    async def chunks() -> AsyncIterator[bytes]:
        yield body

    address = urlsplit(request.url)
    query = dict(parse_qsl(address.query))
    await store.write(key_of(request), query, request.headers["Content-Type"], len(body), chunks())


def key_of(request: SignedRequest) -> str:
    """Return the key that a signed request of a store at /store is for."""
    return urlsplit(request.url).path.removeprefix("/store/")
