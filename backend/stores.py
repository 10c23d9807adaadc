"""The object store that the settings name: files in the data folder, or a bucket."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

from backend.adapters.folder.store import FolderStore
from backend.adapters.s3.checks import check_store
from backend.adapters.s3.store import BucketAddress, S3Store
from backend.catalogue.service import utc_now
from backend.settings import Settings, signing_secret
from backend.web import store_routes
from backend.web.hosts import origin_of


def make_store(settings: Settings) -> FolderStore | S3Store:
    """
    Make the store; nothing is opened or asked yet. To be closed.

    Raises:
        StoreUnavailable: boto3's configuration cannot be used. The message is for whoever starts the server.
    """
    if settings.store is not None:
        return S3Store(bucket_address(settings), settings.url_expires_s)
    secret = signing_secret(settings)
    return FolderStore(settings.data / "objects", store_routes.PATH, secret, settings.url_expires_s, utc_now)


async def prepare_store(store: FolderStore | S3Store) -> None:
    """
    Make sure that the store can be used, and tidy it. To be called by whoever serves it, and nobody else.

    Raises:
        StoreUnavailable: It cannot be used. The message is for whoever starts the server.
    """
    if isinstance(store, S3Store):
        await check_store(store)
    else:
        await store.prepare()


@asynccontextmanager
async def opened_store(settings: Settings) -> AsyncIterator[FolderStore | S3Store]:
    """Make the store for a command that runs beside the server; it is closed in the end."""
    async with aclosing(make_store(settings)) as store:
        yield store


@asynccontextmanager
async def store_to_look_at(settings: Settings) -> AsyncIterator[FolderStore | S3Store]:
    """Make the store for a command that changes nothing, and so makes no secret either: it signs no address."""
    async with opened_store(replace(settings, secret=settings.secret or "signs nothing")) as store:
        yield store


def bucket_address(settings: Settings) -> BucketAddress:
    """Return where the bucket is that the settings name."""
    assert settings.store is not None
    return bucket_address_at(settings.store, settings)


def bucket_address_at(address: str, settings: Settings) -> BucketAddress:
    """Return where `s3://bucket/prefix` is, by the settings for S3."""
    bucket, _, prefix = address.removeprefix("s3://").partition("/")
    addressing = settings.s3_addressing or ("path" if settings.s3_endpoint else "virtual")
    return BucketAddress(bucket, prefix, settings.s3_endpoint, settings.s3_public_endpoint, addressing)


def page_origin(settings: Settings) -> str:
    """Return the origin under which browsers find the page, as far as the settings tell."""
    if settings.hosts:
        return f"https://{settings.hosts[0]}"
    return origin_of(settings.host, settings.port)
